/* The log callback: what it gets, where it runs, and that it ends with TIMUninit. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

typedef struct log_book {
    atomic_int lines;
    atomic_int leaks;
    atomic_int unknown_key;
    atomic_int below_warn;
    atomic_int other_thread;
    pthread_t callbacks_run_on;
    const char *secret;
} log_book;

static void write_down(enum TIMLogLevel level, const char *log, const void *user_data) {
    log_book *book = (log_book *)user_data;
    if (book->secret != NULL && strstr(log, book->secret) != NULL) {
        atomic_fetch_add(&book->leaks, 1);
    }
    if (strstr(log, "no_such_key") != NULL) {
        atomic_fetch_add(&book->unknown_key, 1);
    }
    if (level < kTIMLog_Warn) {
        atomic_fetch_add(&book->below_warn, 1);
    }
    if (book->callbacks_run_on != 0 && !pthread_equal(book->callbacks_run_on, pthread_self())) {
        atomic_fetch_add(&book->other_thread, 1);
    }
    atomic_fetch_add(&book->lines, 1);
}

static atomic_int done;

static void note_thread(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params;
    ((log_book *)user_data)->callbacks_run_on = pthread_self();
    atomic_fetch_add(&done, 1);
}

static void a_login_in_the_log(void) {
    /* C18, C23 */
    log_book book = {0};
    char *ticket = ticket_for("alice", 60);
    book.secret = ticket;
    atomic_store(&done, 0);
    TIMSetConfig("{\"set_config_log_level\": 3, \"set_config_callback_log_level\": 3}", NULL, NULL);
    TIMSetLogCallback(write_down, &book);
    CHECK_IS(TIMInit(APP, "{\"no_such_key\": 1}"), TIM_SUCC);
    CHECK_IS(TIMLogin("alice", ticket, note_thread, &book), TIM_SUCC);
    CHECK(wait_for(&done, 1));
    CHECK(wait_for(&book.unknown_key, 1));
    CHECK(wait_for(&book.lines, 3));
    /* Callbacks run one at a time, on one thread. */
    CHECK_IS(TIMLogin("alice", "another ticket", NULL, NULL), TIM_SUCC);
    CHECK_IS(TIMLogout(note_thread, &book), TIM_SUCC);
    CHECK(wait_for(&done, 2));
    CHECK_IS(atomic_load(&book.other_thread), 0);
    CHECK_IS(atomic_load(&book.leaks), 0);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    int lines = atomic_load(&book.lines);
    sleep_ms(50);
    CHECK_IS(atomic_load(&book.lines), lines);
    free(ticket);
}

static void levels(void) {
    log_book book = {0};
    TIMSetConfig("{\"set_config_callback_log_level\": 5}", NULL, NULL);
    TIMSetLogCallback(write_down, &book);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    atomic_store(&done, 0);
    CHECK_IS(TIMLogout(note_thread, &book), TIM_SUCC);
    CHECK(wait_for(&done, 1));
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(atomic_load(&book.below_warn), 0);
    TIMSetConfig("{\"set_config_callback_log_level\": 3}", NULL, NULL);
}

static atomic_int entered;
static atomic_int may_leave;
static atomic_int has_left;

static void stay(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
    atomic_fetch_add(&entered, 1);
    wait_for(&may_leave, 1);
    atomic_fetch_add(&has_left, 1);
}

static void *leave_soon(void *nothing) {
    sleep_ms(30);
    atomic_store(&may_leave, 1);
    return nothing;
}

static void uninit_waits(void) {
    /* C9 */
    TIMSetLogCallback(stay, NULL);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK(wait_for(&entered, 1));
    pthread_t opener;
    pthread_create(&opener, NULL, leave_soon, NULL);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(atomic_load(&has_left), atomic_load(&entered));
    pthread_join(opener, NULL);
}

static atomic_int inits;

static void init_again(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
    /* It logs that this is no configuration of its own any more, and that no such key is known. */
    CHECK_IS(TIMInit(APP, "{\"no_such_key\": 1}"), TIM_SUCC);
    tessera_log_error("a line that the log callback writes");
    atomic_fetch_add(&inits, 1);
}

static void what_the_log_callback_causes(void) {
    /* C18: without a connection, which would be logged whenever it comes about. */
    CHECK_IS(TIMInit(APP, "{\"sdk_config_connect_at_init\": false}"), TIM_SUCC);
    TIMSetLogCallback(init_again, NULL);
    tessera_log_error("a line of the program");
    CHECK(wait_for(&inits, 1));
    sleep_ms(200);
    int lines = atomic_load(&inits);
    sleep_ms(200);
    CHECK_IS(atomic_load(&inits), lines);
    tessera_log_error("another");
    CHECK(wait_for(&inits, lines + 1));
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

static atomic_int warnings;

static void count_proxies(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)user_data;
    if (level == kTIMLog_Warn && strstr(log, "_proxy_info has no effect") != NULL) {
        atomic_fetch_add(&warnings, 1);
    }
    CHECK(strstr(log, "hunter2") == NULL);
}

static void a_proxy_has_no_effect_and_is_warned_of(void) {
    /* C23 */
    TIMSetLogCallback(count_proxies, NULL);
    CHECK_IS(TIMSetConfig("{\"" kTIMSetConfigHttpProxyInfo "\": {\"" kTIMHttpProxyInfoIp "\": \"proxy\", \""
                          kTIMHttpProxyInfoPort "\": 1}, \"" kTIMSetConfigSocks5ProxyInfo "\": {\""
                          kTIMSocks5ProxyInfoPassword "\": \"hunter2\"}, \"" kTIMSetConfigPACProxyInfo "\": {}, \""
                          kTIMSetConfigIsLogOutputConsole "\": false, \"" kTIMSetConfigUserDefineData "\": \"x\"}",
                          NULL, NULL),
             TIM_SUCC);
    CHECK(wait_for(&warnings, 3));
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

void logs_tests(void) {
    run_test("what the log callback makes the SDK log is not its next line", what_the_log_callback_causes);
    run_test("a proxy has no effect, and a warning says so", a_proxy_has_no_effect_and_is_warned_of);
    run_test("the log of a login comes on the thread of all callbacks, without the ticket", a_login_in_the_log);
    run_test("the callback gets no level below its own", levels);
    run_test("TIMUninit waits for a log callback that runs", uninit_waits);
}
