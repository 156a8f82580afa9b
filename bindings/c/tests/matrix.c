/* C18: every function from every callback. Each pair is a run of its own; the callback must return, and the SDK must
 * work after it. */

#include "check.h"
#include "matrix.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is called inside of the callback, and whether it was. */
static void (*function)(void);
static atomic_int called;

/* Only the first callback of a run calls. */
static void call_it(void) {
    int none = 0;
    if (atomic_compare_exchange_strong(&called, &none, 1)) {
        function();
        atomic_store(&called, 2);
    }
}

/* ---- what calls ---------------------------------------------------------------------------------------------- */

static enum TIMNetworkStatus wanted_status;

static void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    call_it();
}
static void on_success(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    CHECK_IS(code, ERR_SUCC);
    on_result(code, desc, json_params, user_data);
}
static void on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)code, (void)desc, (void)user_data;
    if (status == wanted_status) {
        call_it();
    }
}
static void on_plain(const void *user_data) {
    (void)user_data;
    call_it();
}
static void on_log(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
    call_it();
}
static void on_error(const TesseraError *error, const void *user_data) {
    (void)error, (void)user_data;
    call_it();
}
static void on_kick(const TesseraKick *kick, const void *user_data) {
    (void)kick, (void)user_data;
    call_it();
}
static void on_ticket(uint64_t number, const char *user_id, const void *user_data) {
    (void)user_id, (void)user_data;
    matrix_request = number;
    call_it();
}

/* The loop of the client, which the test turns. */
static atomic_int posted;

static void post(const void *user_data) {
    (void)user_data;
    atomic_store(&posted, 1);
}
static void post_and_call(const void *user_data) {
    post(user_data);
    call_it();
}

/* ---- how each callback is brought about ---------------------------------------------------------------------- */

static char url[128];
static char settings[512];

/* Settings with the client's own network. */
static const char *own_network(void) {
    snprintf(settings, sizeof settings,
             "{\"sdk_config_server_url\": \"%s\", \"sdk_config_reconnect_delay_min_ms\": 10,"
             " \"sdk_config_reconnect_delay_max_ms\": 10}",
             url);
    return settings;
}

static const char NO_NETWORK[] = "{\"sdk_config_server_url\": \"ws://127.0.0.1:1\"}";

static void init(const char *json) {
    CHECK_IS(tessera_init(matrix_client, APP, json), TIM_SUCC);
}

/* Somebody new, since a kick outlives the second of a ticket. */
static const char *new_name(void) {
    static char name[32];
    static int number = 0;
    snprintf(name, sizeof name, "matrix%d", number++);
    return name;
}

/* Logs in; the name. */
static const char *log_in(void) {
    const char *name = new_name();
    char *ticket = ticket_for(name, 60);
    CHECK_IS(tessera_login_wait(matrix_client, name, ticket), ERR_SUCC);
    free(ticket);
    return name;
}

static void listen(TesseraListener with) {
    with.size = sizeof with;
    matrix_listener = with;
    CHECK_IS(tessera_add_listener(matrix_client, &matrix_listener), TIM_SUCC);
}

static void in_login_without_init(void) {
    CHECK_IS(tessera_login(matrix_client, "alice", "no ticket", on_result, NULL), TIM_SUCC);
}
static void in_login(void) {
    init(NULL);
    in_login_without_init();
}
static void in_login_that_succeeds(void) {
    const char *name = new_name();
    char *ticket = ticket_for(name, 60);
    init(NULL);
    CHECK_IS(tessera_login(matrix_client, name, ticket, on_success, NULL), TIM_SUCC);
    free(ticket);
}
static void in_logout(void) {
    init(NULL);
    CHECK_IS(tessera_logout(matrix_client, on_result, NULL), TIM_SUCC);
}
static void in_config(void) {
    init(NULL);
    CHECK_IS(TIMSetConfig("{}", on_result, NULL), TIM_SUCC);
}
static void in_experimental(void) {
    CHECK_IS(callExperimentalAPI("{\"request_internal_operation\": \"none\"}", on_result, NULL), TIM_SUCC);
}
static void in_network(enum TIMNetworkStatus status, const char *json) {
    wanted_status = status;
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    init(json);
}
static void in_connecting(void) {
    in_network(kTIMConnecting, NULL);
}
static void in_connected(void) {
    in_network(kTIMConnected, NULL);
}
static void in_failed(void) {
    in_network(kTIMConnectFailed, NO_NETWORK);
}
static void cut(void) {
    init(own_network());
    log_in();
    free(ask("fault matrix cut"));
}
static void in_disconnected(void) {
    wanted_status = kTIMDisconnected;
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    cut();
}
static void kick(void) {
    init(NULL);
    free(ask("kick %s", log_in()));
}
static void in_kicked(void) {
    TIMSetKickedOfflineCallback(on_plain, NULL);
    kick();
}
static void expire(void) {
    init(NULL);
    free(ask("expire %s", log_in()));
}
static void in_expired(void) {
    TIMSetUserSigExpiredCallback(on_plain, NULL);
    expire();
}
static void in_log(void) {
    TIMSetLogCallback(on_log, NULL);
    init("{\"no_such_key\": 1}");
}
static void in_listener_connecting(void) {
    listen((TesseraListener){.on_connecting = on_plain});
    init(NULL);
}
static void in_listener_connected(void) {
    listen((TesseraListener){.on_connect_success = on_plain});
    init(NULL);
}
static void in_listener_failed(void) {
    listen((TesseraListener){.on_connect_failed = on_error});
    init(NO_NETWORK);
}
static void in_listener_disconnected(void) {
    listen((TesseraListener){.on_disconnected = on_error});
    cut();
}
static void in_listener_kicked(void) {
    listen((TesseraListener){.on_kicked_offline = on_kick});
    kick();
}
static void in_listener_expired(void) {
    listen((TesseraListener){.on_user_sig_expired = on_plain});
    expire();
}
static void in_ticket(void) {
    CHECK_IS(tessera_set_ticket_provider(matrix_client, on_ticket, NULL), TIM_SUCC);
    init("{\"sdk_config_ticket_renew_percent\": 10, \"sdk_config_ticket_renew_jitter_percent\": 0}");
    const char *name = new_name();
    char *ticket = ticket_to_renew(name);
    CHECK_IS(tessera_login_wait(matrix_client, name, ticket), ERR_SUCC);
    free(ticket);
}

/* ---- the callbacks ------------------------------------------------------------------------------------------- */

/* Whose callback it is: the shared client's, on the SDK's thread or in a loop, or that of a client of its own with one. */
typedef enum place { SHARED, IN_LOOP, OWN_IN_LOOP, WHERE_LOOP_IS_TOLD } place;

static const struct {
    const char *name;
    void (*start)(void);
    place place;
} CALLBACKS[] = {
    {"the result of a login", in_login, SHARED},
    {"the success of a login", in_login_that_succeeds, SHARED},
    {"the result of a logout", in_logout, SHARED},
    {"the result of a login without init", in_login_without_init, SHARED},
    {"the result of TIMSetConfig", in_config, SHARED},
    {"the result of callExperimentalAPI", in_experimental, SHARED},
    {"connecting", in_connecting, SHARED},
    {"connected", in_connected, SHARED},
    {"connect failed", in_failed, SHARED},
    {"disconnected", in_disconnected, SHARED},
    {"kicked", in_kicked, SHARED},
    {"expired", in_expired, SHARED},
    {"the log", in_log, SHARED},
    {"on_connecting", in_listener_connecting, SHARED},
    {"on_connect_success", in_listener_connected, SHARED},
    {"on_connect_failed", in_listener_failed, SHARED},
    {"on_disconnected", in_listener_disconnected, SHARED},
    {"on_kicked_offline", in_listener_kicked, SHARED},
    {"on_user_sig_expired", in_listener_expired, SHARED},
    {"the ticket provider", in_ticket, SHARED},
    {"the success of a login, in a loop", in_login_that_succeeds, IN_LOOP},
    {"the result of TIMSetConfig, in a loop", in_config, IN_LOOP},
    {"the result of callExperimentalAPI, in a loop", in_experimental, IN_LOOP},
    {"the log, in a loop", in_log, IN_LOOP},
    {"where the loop is told", in_login, WHERE_LOOP_IS_TOLD},
    {"the success of a login, in the loop of a client", in_login_that_succeeds, OWN_IN_LOOP},
    {"the result of a login without init, in the loop of a client", in_login_without_init, OWN_IN_LOOP},
    {"on_connect_success, in the loop of a client", in_listener_connected, OWN_IN_LOOP},
};

/* ---- the runs ------------------------------------------------------------------------------------------------ */

/* Waits until the function was called and has returned, and turns the loop meanwhile. */
static bool comes_back(void) {
    for (int tries = 0; tries < 20000 && atomic_load(&called) < 2; tries++) {
        if (atomic_exchange(&posted, 0) != 0 && matrix_client != NULL) {
            CHECK_IS(tessera_deliver_waiting(matrix_client), TIM_SUCC);
        } else {
            sleep_ms(1);
        }
    }
    return atomic_load(&called) == 2;
}

static void begin(place place) {
    atomic_store(&called, 0);
    atomic_store(&posted, 0);
    matrix_listener = (TesseraListener){.size = sizeof matrix_listener};
    matrix_client = place == OWN_IN_LOOP ? tessera_client_new() : tessera_client_shared();
    matrix_wake = place == SHARED ? NULL : place == WHERE_LOOP_IS_TOLD ? post_and_call : post;
    CHECK_IS(tessera_set_host_loop(matrix_client, matrix_wake, NULL), TIM_SUCC);
}

static void end(place place) {
    CHECK_IS(TIMUninit(), TIM_SUCC);
    if (place == OWN_IN_LOOP) {
        tessera_client_free(matrix_client);
    } else if (place != SHARED) {
        CHECK_IS(tessera_deliver_waiting(matrix_client), TIM_SUCC);
        CHECK_IS(tessera_set_host_loop(matrix_client, NULL, NULL), TIM_SUCC);
    }
}

static size_t callback_at;

static void every_function_in_one_callback(void) {
    place place = CALLBACKS[callback_at].place;
    for (size_t at = 0; at < MATRIX_FUNCTION_COUNT; at++) {
        function = MATRIX_FUNCTIONS[at].call;
        begin(place);
        CALLBACKS[callback_at].start();
        if (!comes_back()) {
            printf("%s: %s\n", MATRIX_FUNCTIONS[at].name, atomic_load(&called) == 0 ? "the callback did not come" : "it does not return");
            CHECK(false);
        }
        end(place);
    }
    /* And it still works. */
    begin(SHARED);
    init(NULL);
    log_in();
    end(SHARED);
}

void matrix_tests(void) {
    matrix_other = tessera_client_new();
    char *own = ask("url matrix");
    snprintf(url, sizeof url, "%s", own);
    free(own);
    for (callback_at = 0; callback_at < sizeof CALLBACKS / sizeof CALLBACKS[0]; callback_at++) {
        char name[128];
        snprintf(name, sizeof name, "every function from %s", CALLBACKS[callback_at].name);
        run_test(name, every_function_in_one_callback);
    }
    tessera_client_free(matrix_other);
}
