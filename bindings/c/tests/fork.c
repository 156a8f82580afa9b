/* A child has no SDK if its parent had one, and its parent does not notice it. */

#include "check.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tessera/tim.h>

/* The exit code of a child that does this. */
static int in_child(int (*act)(void)) {
    int status = 0;
    pid_t child = fork();
    if (child == 0) {
        _exit(act());
    }
    CHECK(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static char *ticket;

static int log_in_for_yourself(void) {
    TesseraClient *client = tessera_client_shared();
    bool ok = TIMInit(APP, NULL) == TIM_SUCC && tessera_login_wait(client, "child", ticket) == ERR_SUCC &&
              TIMUninit() == TIM_SUCC;
    return ok ? 0 : 1;
}

static void before_use(void) {
    ticket = ticket_for("child", 60);
    CHECK_IS(in_child(log_in_for_yourself), 0);
    free(ticket);
}

static void exit_inside(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    exit(1);
}

static void uninit_at_exit(void) {
    /* It stands in the callback that calls exit, so it does not wait for it. */
    time_t began = time(NULL);
    bool ok = TIMUninit() == TIM_SUCC && time(NULL) - began < 30;
    _exit(ok ? 0 : 1);
}

static int exit_in_a_callback(void) {
    const char *json = "{\"sdk_config_uninit_timeout_ms\": 60000}";
    if (atexit(uninit_at_exit) != 0 || TIMInit(APP, json) != TIM_SUCC || TIMLogout(exit_inside, NULL) != TIM_SUCC) {
        return 2;
    }
    sleep_ms(20000);
    return 3;
}

static void an_exit_inside_a_callback(void) {
    /* C9 */
    CHECK_IS(in_child(exit_in_a_callback), 0);
}

/* A handle that a child has from its parent. */
static TesseraClient *parents;

static int find_no_sdk(void) {
    char user[128] = "x";
    int wrong = 0;
    TesseraListener listener = {.size = sizeof listener};
    wrong += tessera_init(parents, APP, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_login(parents, "alice", "ticket", NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_logout(parents, NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_login_wait(parents, "alice", "ticket") != ERR_SDK_NOT_INITIALIZED;
    wrong += tessera_logout_wait(parents) != ERR_SDK_NOT_INITIALIZED;
    wrong += tessera_add_listener(parents, &listener) != TIM_ERR_SDKUNINIT;
    wrong += tessera_remove_listener(parents, &listener) != TIM_ERR_SDKUNINIT;
    wrong += tessera_set_ticket_provider(parents, NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_provide_ticket(parents, 1, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_set_host_loop(parents, NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_deliver_waiting(parents) != TIM_ERR_SDKUNINIT;
    wrong += tessera_notify_network_available(parents) != TIM_ERR_SDKUNINIT;
    wrong += tessera_notify_foreground(parents) != TIM_ERR_SDKUNINIT;
    wrong += tessera_login_status(parents) != kTIMLoginStatus_UnLogined;
    wrong += tessera_login_user(parents, user) != TIM_SUCC || strcmp(user, "") != 0;
    wrong += tessera_connection_status(parents) != kTIMDisconnected;
    wrong += tessera_server_time_ms(parents) != 0;
    wrong += tessera_app_id(parents) != 0;
    wrong += tessera_uninit(parents) != TIM_SUCC;
    user[0] = 'x';
    wrong += TIMGetLoginStatus() != kTIMLoginStatus_UnLogined;
    wrong += TIMGetLoginUserID(user) != TIM_SUCC || strcmp(user, "") != 0;
    wrong += TIMGetServerTime() != 0;
    wrong += TIMLogin("alice", "ticket", NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_last_error()->code != ERR_SDK_NOT_INITIALIZED;
    wrong += TIMLogout(NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += TIMSetConfig("{}", NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += callExperimentalAPI("{\"request_internal_operation\": \"none\"}", NULL, NULL) != TIM_ERR_SDKUNINIT;
    wrong += TIMInit(APP, NULL) != TIM_ERR_SDKUNINIT;
    wrong += tessera_client_new() != NULL;
    wrong += tessera_client_shared() != NULL;
    TIMSetKickedOfflineCallback(NULL, NULL);
    TIMSetLogCallback(NULL, NULL);
    wrong += TIMUninit() != TIM_SUCC;
    return wrong;
}

static int free_the_parents(void) {
    tessera_client_free(parents);
    return 0;
}

static atomic_int configured;

static void on_configured(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    atomic_fetch_add(&configured, 1);
}

static void after_a_call_without_init(void) {
    /* Its result needs a thread, which a child would not have. */
    CHECK_IS(TIMSetConfig("{}", on_configured, NULL), TIM_SUCC);
    parents = tessera_client_shared();
    CHECK_IS(in_child(find_no_sdk), 0);
    CHECK(wait_for(&configured, 1));
    CHECK_IS(in_child(find_no_sdk), 0);
}

static void after_login(void) {
    TesseraClient *client = tessera_client_new();
    char *own = ticket_for("parent", 60);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_login_wait(tessera_client_shared(), "parent", own), ERR_SUCC);
    for (int child = 0; child < 5; child++) {
        parents = child % 2 == 0 ? client : tessera_client_shared();
        CHECK_IS(in_child(find_no_sdk), 0);
    }
    parents = client;
    CHECK_IS(in_child(free_the_parents), 0);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    char *sessions = ask("sessions parent");
    CHECK_IS(atoi(sessions), 1);
    free(sessions);
    CHECK_IS(tessera_logout_wait(tessera_client_shared()), ERR_SUCC);
    tessera_client_free(client);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    free(own);
}

void fork_tests(void) {
    run_test("after an exit inside a callback, TIMUninit in an atexit handler neither fails nor waits", an_exit_inside_a_callback);
    run_test("a child that was forked before the SDK was used has one of its own", before_use);
    run_test("a child that was forked after a call without init has none", after_a_call_without_init);
    run_test("a child that was forked after init has none, and harms nobody", after_login);
}
