/* C9: callbacks during and after TIMUninit; C19: replacing a callback. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

#define LOGINS 200

/* Nobody listens there, so a login goes on trying. */
static const char NO_NETWORK[] = "{\"sdk_config_server_url\": \"ws://127.0.0.1:1\"}";

typedef struct counts {
    atomic_int results;
    atomic_int interrupted;
    atomic_int entered;
    atomic_int left;
    atomic_int may_leave;
    atomic_bool is_over;
    atomic_int after_the_end;
} counts;

static void count(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)desc, (void)json_params;
    counts *all = (counts *)user_data;
    if (atomic_load(&all->is_over)) {
        atomic_fetch_add(&all->after_the_end, 1);
    }
    if (code == ERR_SDK_COMM_INTERRUPT) {
        atomic_fetch_add(&all->interrupted, 1);
    }
    atomic_fetch_add(&all->results, 1);
}

static void count_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)status, (void)code, (void)desc;
    counts *all = (counts *)user_data;
    if (atomic_load(&all->is_over)) {
        atomic_fetch_add(&all->after_the_end, 1);
    }
}

static void every_call_gets_its_result(void) {
    counts all = {0};
    TIMSetNetworkStatusListenerCallback(count_network, &all);
    CHECK_IS(TIMInit(APP, NO_NETWORK), TIM_SUCC);
    int accepted = 0;
    for (int at = 0; at < LOGINS; at++) {
        accepted += TIMLogin(at % 2 == 0 ? "alice" : "bob", "no ticket", count, &all) == TIM_SUCC;
    }
    CHECK_IS(TIMUninit(), TIM_SUCC);
    atomic_store(&all.is_over, true);
    CHECK_IS(atomic_load(&all.results), accepted);
    CHECK(atomic_load(&all.interrupted) > 0);
    sleep_ms(100);
    CHECK_IS(atomic_load(&all.after_the_end), 0);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
}

static void stay(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params;
    counts *all = (counts *)user_data;
    atomic_fetch_add(&all->entered, 1);
    wait_for(&all->may_leave, 1);
    atomic_fetch_add(&all->left, 1);
}

static void *leave_soon(void *argument) {
    sleep_ms(30);
    atomic_store(&((counts *)argument)->may_leave, 1);
    return NULL;
}

static void the_running_callback_is_waited_for(void) {
    counts all = {0};
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(TIMLogout(stay, &all), TIM_SUCC);
    CHECK_IS(TIMLogout(count, &all), TIM_SUCC);
    CHECK(wait_for(&all.entered, 1));
    pthread_t opener;
    pthread_create(&opener, NULL, leave_soon, &all);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(atomic_load(&all.left), 1);
    CHECK_IS(atomic_load(&all.results), 1);
    pthread_join(opener, NULL);
}

static void a_stuck_callback_is_not_waited_for_for_ever(void) {
    counts all = {0};
    CHECK_IS(TIMInit(APP, "{\"sdk_config_uninit_timeout_ms\": 50}"), TIM_SUCC);
    CHECK_IS(TIMLogout(stay, &all), TIM_SUCC);
    CHECK(wait_for(&all.entered, 1));
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(atomic_load(&all.left), 0);
    atomic_store(&all.may_leave, 1);
    CHECK(wait_for(&all.left, 1));
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(TIMLogout(count, &all), TIM_SUCC);
    CHECK(wait_for(&all.results, 1));
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

static void uninit_inside(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params;
    counts *all = (counts *)user_data;
    CHECK_IS(TIMUninit(), TIM_SUCC);
    /* What was due has come before it returned. */
    CHECK_IS(atomic_load(&all->interrupted), 2);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    atomic_fetch_add(&all->left, 1);
}

static void inside_a_callback_it_runs_what_is_due(void) {
    counts all = {0};
    CHECK_IS(TIMInit(APP, NO_NETWORK), TIM_SUCC);
    CHECK_IS(TIMLogin("alice", "no ticket", count, &all), TIM_SUCC);
    CHECK_IS(callExperimentalAPI("{\"request_internal_operation\": \"none\"}", stay, &all), TIM_SUCC);
    CHECK(wait_for(&all.entered, 1));
    CHECK_IS(TIMSetConfig("{}", uninit_inside, &all), TIM_SUCC);
    CHECK_IS(TIMSetConfig("{}", count, &all), TIM_SUCC);
    atomic_store(&all.may_leave, 1);
    CHECK(wait_for(&all.left, 2));
    CHECK_IS(atomic_load(&all.results), 2);
}

/* ---- init in a callback of TIMUninit ------------------------------------------------------------------------- */

static counts again;

static void log_again(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
    atomic_fetch_add(&again.left, 1);
}

/* Goes on the moment that TIMUninit has begun, so that the next callback comes while it still runs. */
static void until_uninit(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    atomic_store(&again.entered, 1);
    while (TIMGetLoginStatus() == kTIMLoginStatus_Logining) {
    }
}

static void count_again(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)status, (void)code, (void)desc, (void)user_data;
    atomic_fetch_add(&again.results, 1);
}

static void init_again(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)desc, (void)json_params, (void)user_data;
    CHECK_IS(code, ERR_SDK_COMM_INTERRUPT);
    TIMSetNetworkStatusListenerCallback(count_again, NULL);
    TIMSetLogCallback(log_again, NULL);
    CHECK_IS(TIMInit(APP, "{\"no_such_key\": 1}"), TIM_SUCC);
}

static void what_a_callback_sets_for_the_next_init_stays(void) {
    for (int round = 0; round < 20; round++) {
        memset(&again, 0, sizeof again);
        CHECK_IS(TIMInit(APP, NO_NETWORK), TIM_SUCC);
        CHECK_IS(TIMLogin("alice", "no ticket", init_again, NULL), TIM_SUCC);
        CHECK_IS(TIMSetConfig("{}", until_uninit, NULL), TIM_SUCC);
        CHECK(wait_for(&again.entered, 1));
        CHECK_IS(TIMUninit(), TIM_SUCC);
        CHECK(wait_for(&again.results, 1));
        CHECK(wait_for(&again.left, 1));
        CHECK_IS(TIMUninit(), TIM_SUCC);
    }
}

/* ---- without init -------------------------------------------------------------------------------------------- */

static void slow(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    sleep_ms(1);
    count(code, desc, json_params, user_data);
}

static void without_init_nothing_comes_after_it_either(void) {
    counts all = {0};
    /* Nothing tells that TIMUninit has begun. If all results were there before it, this was no test yet. */
    for (int round = 0; round < 50 && atomic_load(&all.interrupted) == 0; round++) {
        memset(&all, 0, sizeof all);
        for (int at = 0; at < 10; at++) {
            CHECK_IS(TIMLogin("alice", "no ticket", slow, &all), TIM_SUCC);
            CHECK_IS(TIMSetConfig("{}", slow, &all), TIM_SUCC);
        }
        CHECK_IS(TIMUninit(), TIM_SUCC);
        atomic_store(&all.is_over, true);
        CHECK_IS(atomic_load(&all.results), 20);
    }
    CHECK(atomic_load(&all.interrupted) > 0);
    memset(&again, 0, sizeof again);
    TesseraClient *client = tessera_client_new();
    for (int at = 0; at < 10; at++) {
        CHECK_IS(tessera_logout(client, slow, &again), TIM_SUCC);
    }
    tessera_client_free(client);
    CHECK_IS(atomic_load(&again.results), 10);
    sleep_ms(20);
    CHECK_IS(atomic_load(&all.after_the_end), 0);
    CHECK_IS(atomic_load(&again.results), 10);
}

static void stay_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    stay(code, desc, "", user_data);
    (void)status;
}

static void a_replaced_callback_does_not_run_any_more(void) {
    /* C19 */
    counts all = {0};
    TIMSetNetworkStatusListenerCallback(stay_network, &all);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK(wait_for(&all.entered, 1));
    pthread_t opener;
    pthread_create(&opener, NULL, leave_soon, &all);
    TIMSetNetworkStatusListenerCallback(NULL, NULL);
    CHECK_IS(atomic_load(&all.left), atomic_load(&all.entered));
    int entered = atomic_load(&all.entered);
    sleep_ms(50);
    CHECK_IS(atomic_load(&all.entered), entered);
    pthread_join(opener, NULL);
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

void uninit_tests(void) {
    run_test("TIMUninit completes every call once, and nothing comes after it", every_call_gets_its_result);
    run_test("TIMUninit waits for the callback that runs", the_running_callback_is_waited_for);
    run_test("TIMUninit waits for a stuck callback only so long", a_stuck_callback_is_not_waited_for_for_ever);
    run_test("TIMUninit inside a callback completes what is due", inside_a_callback_it_runs_what_is_due);
    run_test("what a callback of TIMUninit sets for the next init stays", what_a_callback_sets_for_the_next_init_stays);
    run_test("without init nothing comes after TIMUninit either", without_init_nothing_comes_after_it_either);
    run_test("a callback that was replaced does not run any more", a_replaced_callback_does_not_run_any_more);
}
