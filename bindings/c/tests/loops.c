/* A host with an event loop: callbacks run where it delivers, and nowhere else (C9, C18). */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

static TesseraClient *client;
static atomic_int posted;
static atomic_int elsewhere;
static pthread_t loop_thread;

static void post(const void *user_data) {
    (void)user_data;
    atomic_fetch_add(&posted, 1);
}

/* One turn of the loop, when something was posted. */
static void turn(void) {
    if (wait_for(&posted, 1)) {
        atomic_store(&posted, 0);
        CHECK_IS(tessera_deliver_waiting(client), TIM_SUCC);
    } else {
        CHECK(false);
    }
}

typedef struct outcome {
    int results;
    int32_t code;
} outcome;

static void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)desc, (void)json_params;
    outcome *kept = (outcome *)user_data;
    kept->code = code;
    kept->results++;
    atomic_fetch_add(&elsewhere, !pthread_equal(pthread_self(), loop_thread));
}

static void until_result(outcome *kept) {
    while (kept->results == 0) {
        turn();
    }
}

static void start(void) {
    client = tessera_client_shared();
    loop_thread = pthread_self();
    atomic_store(&posted, 0);
    CHECK_IS(tessera_set_host_loop(client, post, NULL), TIM_SUCC);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
}

static void end(void) {
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(tessera_deliver_waiting(client), TIM_SUCC);
    CHECK_IS(tessera_set_host_loop(client, NULL, NULL), TIM_SUCC);
    CHECK_IS(atomic_load(&elsewhere), 0);
}

static atomic_int waited;

static void *log_out_and_wait(void *unused) {
    (void)unused;
    CHECK_IS(tessera_logout_wait(client), ERR_SUCC);
    atomic_store(&waited, 1);
    return NULL;
}

static void a_blocking_call_does_not_stop_the_loop(void) {
    /* C18 */
    pthread_t other;
    start();
    CHECK_IS(tessera_logout_wait(client), ERR_SDK_INVALID_OPERATION);
    CHECK(strstr(tessera_last_error()->desc, "loop") != NULL);
    atomic_store(&waited, 0);
    pthread_create(&other, NULL, log_out_and_wait, NULL);
    while (atomic_load(&waited) == 0) {
        CHECK_IS(tessera_deliver_waiting(client), TIM_SUCC);
        sleep_ms(1);
    }
    pthread_join(other, NULL);
    end();
}

static void callbacks_run_in_the_loop(void) {
    start();
    outcome login = {0};
    char *ticket = ticket_for("loop", 60);
    CHECK_IS(TIMLogin("loop", ticket, on_result, &login), TIM_SUCC);
    until_result(&login);
    CHECK_IS(login.code, ERR_SUCC);
    /* Nothing comes while the loop does not turn, although the result is there. */
    outcome logout = {0};
    CHECK_IS(TIMLogout(on_result, &logout), TIM_SUCC);
    CHECK(wait_for(&posted, 1));
    sleep_ms(50);
    CHECK_IS(logout.results, 0);
    until_result(&logout);
    CHECK_IS(logout.code, ERR_SUCC);
    free(ticket);
    end();
}

static void what_is_due_at_the_end_comes_with_the_next_turn(void) {
    start();
    outcome login = {0};
    outcome logout = {0};
    CHECK_IS(TIMLogin("loop", "no ticket", on_result, &login), TIM_SUCC);
    CHECK_IS(TIMLogout(on_result, &logout), TIM_SUCC);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(login.results + logout.results, 0);
    turn();
    CHECK_IS(login.results, 1);
    CHECK_IS(login.code, ERR_SDK_COMM_INTERRUPT);
    CHECK_IS(logout.code, ERR_SDK_COMM_INTERRUPT);
    end();
}

static void uninit_inside(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    on_result(code, desc, json_params, user_data);
    outcome login = {0};
    CHECK_IS(TIMLogin("loop", "no ticket", on_result, &login), TIM_SUCC);
    CHECK_IS(tessera_login_wait(client, "loop", "no ticket"), ERR_SDK_INVALID_OPERATION);
    /* A loop inside a callback does not deliver. */
    CHECK_IS(tessera_deliver_waiting(client), TIM_SUCC);
    CHECK_IS(login.results, 0);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(login.results, 1);
    CHECK_IS(login.code, ERR_SDK_COMM_INTERRUPT);
}

static void inside_a_callback_uninit_completes_what_is_due(void) {
    start();
    outcome done = {0};
    CHECK_IS(TIMSetConfig("{}", uninit_inside, &done), TIM_SUCC);
    until_result(&done);
    end();
}

static atomic_int entered;
static atomic_int may_leave;
static atomic_int left;

static void stay(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    atomic_fetch_add(&entered, 1);
    wait_for(&may_leave, 1);
    atomic_fetch_add(&left, 1);
}

static void *uninit_from_elsewhere(void *nothing) {
    CHECK(wait_for(&entered, 1));
    atomic_store(&may_leave, 1);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(atomic_load(&left), 1);
    return nothing;
}

static void uninit_from_another_thread_waits_for_the_running_callback(void) {
    start();
    pthread_t other;
    CHECK_IS(TIMSetConfig("{}", stay, NULL), TIM_SUCC);
    pthread_create(&other, NULL, uninit_from_elsewhere, NULL);
    while (atomic_load(&left) == 0) {
        turn();
    }
    pthread_join(other, NULL);
    end();
}

static void what_comes_after_the_loop_was_set_is_the_loops(void) {
    /* C18: although the SDK's thread still delivers. */
    outcome logout = {0};
    atomic_store(&entered, 0);
    atomic_store(&may_leave, 0);
    CHECK_IS(TIMSetConfig("{}", stay, NULL), TIM_SUCC);
    CHECK(wait_for(&entered, 1));
    start();
    CHECK_IS(TIMLogout(on_result, &logout), TIM_SUCC);
    CHECK_IS(tessera_deliver_waiting(client), TIM_SUCC);
    CHECK_IS(logout.results, 0);
    atomic_store(&may_leave, 1);
    until_result(&logout);
    end();
}

static atomic_int lines;

static void on_log(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
    atomic_fetch_add(&lines, 1);
    atomic_fetch_add(&elsewhere, !pthread_equal(pthread_self(), loop_thread));
}

static void the_log_comes_in_the_loop_too(void) {
    client = tessera_client_shared();
    loop_thread = pthread_self();
    CHECK_IS(tessera_set_host_loop(client, post, NULL), TIM_SUCC);
    TIMSetConfig("{\"set_config_log_level\": 3}", NULL, NULL);
    TIMSetLogCallback(on_log, NULL);
    CHECK_IS(TIMInit(APP, "{\"no_such_key\": 1}"), TIM_SUCC);
    while (atomic_load(&lines) < 2) {
        turn();
    }
    end();
}

static atomic_int back;

static void on_the_sdks_thread(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    CHECK(!pthread_equal(pthread_self(), loop_thread));
    atomic_fetch_add(&back, 1);
}

static void without_a_loop_the_sdks_thread_is_back(void) {
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(TIMLogout(on_the_sdks_thread, NULL), TIM_SUCC);
    CHECK(wait_for(&back, 1));
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(tessera_deliver_waiting(NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_set_host_loop(NULL, post, NULL), TIM_ERR_PARAM);
}

/* ---- clients that are freed (a further one each) ------------------------------------------------------------- */

static TesseraClient *own;

static void free_it(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    tessera_client_free(own);
    on_result(code, desc, json_params, user_data);
}

static void a_callback_of_the_loop_frees_its_client(void) {
    outcome login = {0};
    loop_thread = pthread_self();
    own = tessera_client_new();
    atomic_store(&posted, 0);
    CHECK_IS(tessera_set_host_loop(own, post, NULL), TIM_SUCC);
    CHECK_IS(tessera_login(own, "loop", "no ticket", free_it, &login), TIM_SUCC);
    CHECK(wait_for(&posted, 1));
    /* Without init the SDK's thread has told the loop, and ends: nobody but this one holds the client. */
    sleep_ms(20);
    CHECK_IS(tessera_deliver_waiting(own), TIM_SUCC);
    CHECK_IS(login.results, 1);
    CHECK_IS(login.code, ERR_SDK_NOT_INITIALIZED);
    CHECK_IS(atomic_load(&elsewhere), 0);
}

static void free_it_elsewhere(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params;
    tessera_client_free(own);
    atomic_store((atomic_int *)user_data, 1);
}

static void a_callback_frees_its_client_before_the_call_returns(void) {
    for (int round = 0; round < 50; round++) {
        atomic_int freed = 0;
        own = tessera_client_new();
        CHECK_IS(tessera_login(own, "loop", "no ticket", free_it_elsewhere, &freed), TIM_SUCC);
        CHECK(wait_for(&freed, 1));
    }
}

/* What a host keeps for its loop, and frees with the client. */
static void count_in(const void *user_data) {
    atomic_fetch_add((atomic_int *)user_data, 1);
}

static void a_freed_client_tells_its_loop_nothing(void) {
    for (int round = 0; round < 20; round++) {
        outcome login = {0};
        atomic_int *told = calloc(1, sizeof *told);
        loop_thread = pthread_self();
        own = tessera_client_new();
        CHECK_IS(tessera_set_host_loop(own, count_in, told), TIM_SUCC);
        CHECK_IS(tessera_init(own, APP, NULL), TIM_SUCC);
        CHECK_IS(tessera_login(own, "loop", "no ticket", on_result, &login), TIM_SUCC);
        if (round % 2 == 0) {
            CHECK(wait_for(told, 1));
            CHECK_IS(tessera_deliver_waiting(own), TIM_SUCC);
        }
        tessera_client_free(own);
        int before = atomic_load(told);
        CHECK_IS(login.results, 1);
        sleep_ms(5);
        CHECK_IS(atomic_load(told), before);
        free(told);
    }
    CHECK_IS(atomic_load(&elsewhere), 0);
}

void loops_tests(void) {
    run_test("callbacks run where the host's loop delivers them", callbacks_run_in_the_loop);
    run_test("what is due at TIMUninit comes with the loop's next turn", what_is_due_at_the_end_comes_with_the_next_turn);
    run_test("TIMUninit inside a callback of the loop completes what is due", inside_a_callback_uninit_completes_what_is_due);
    run_test("a blocking call on the loop's thread fails at once", a_blocking_call_does_not_stop_the_loop);
    run_test("TIMUninit on another thread waits for the loop's callback", uninit_from_another_thread_waits_for_the_running_callback);
    run_test("what comes after the loop was set comes in the loop", what_comes_after_the_loop_was_set_is_the_loops);
    run_test("log records come in the loop too", the_log_comes_in_the_loop_too);
    run_test("a callback of the loop may free its client", a_callback_of_the_loop_frees_its_client);
    run_test("a callback may free its client before the call has returned", a_callback_frees_its_client_before_the_call_returns);
    run_test("a client that was freed tells its loop nothing", a_freed_client_tells_its_loop_nothing);
    run_test("without a loop the SDK's thread is back", without_a_loop_the_sdks_thread_is_back);
}
