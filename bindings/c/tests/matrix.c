/* C18: every function from every callback. Each pair is a run of its own; the callback must return, and the SDK must
 * work after it. */

#include "check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

/* What is called inside of the callback, and whether it was. */
static void (*function)(void);
static atomic_int called;
/* A client beside the shared one. */
static TesseraClient *other;
static uint64_t request;
static TesseraListener listener;

/* Only the first callback of a run calls. */
static void call_it(void) {
    int none = 0;
    if (atomic_compare_exchange_strong(&called, &none, 1)) {
        function();
        atomic_store(&called, 2);
    }
}

/* ---- functions ---------------------------------------------------------------------------------------------- */

static void nothing(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
}

static void do_init(void) {
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
}
static void do_uninit(void) {
    CHECK_IS(TIMUninit(), TIM_SUCC);
}
static void do_uninit_and_init(void) {
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(TIMLogin("other", "no ticket", nothing, NULL), TIM_SUCC);
}
static void do_getters(void) {
    char user[128];
    CHECK(TIMGetSDKVersion()[0] != '\0');
    TIMGetServerTime();
    TIMGetLoginStatus();
    CHECK_IS(TIMGetLoginUserID(user), TIM_SUCC);
    tessera_connection_status(tessera_client_shared());
    tessera_server_time_ms(tessera_client_shared());
    tessera_last_error();
    tessera_abi_version();
}
static void do_set_config(void) {
    CHECK_IS(TIMSetConfig("{\"set_config_log_level\": 3}", nothing, NULL), TIM_SUCC);
}
static void do_experimental(void) {
    CHECK_IS(callExperimentalAPI("{\"request_internal_operation\": \"none\"}", nothing, NULL), TIM_SUCC);
}
static void do_login(void) {
    CHECK_IS(TIMLogin("other", "no ticket", nothing, NULL), TIM_SUCC);
}
static void do_logout(void) {
    CHECK_IS(TIMLogout(nothing, NULL), TIM_SUCC);
}
static void do_login_wait(void) {
    CHECK_IS(tessera_login_wait(tessera_client_shared(), "other", "no ticket"), ERR_SDK_INVALID_OPERATION);
    CHECK_IS(tessera_logout_wait(other), ERR_SDK_INVALID_OPERATION);
}
static void do_setters(void) {
    TIMSetNetworkStatusListenerCallback(NULL, NULL);
    TIMSetKickedOfflineCallback(NULL, NULL);
    TIMSetUserSigExpiredCallback(NULL, NULL);
    TIMSetLogCallback(NULL, NULL);
    TIMSetConvEventCallback(NULL, NULL);
}
static void do_listeners(void) {
    CHECK_IS(tessera_remove_listener(tessera_client_shared(), &listener), TIM_SUCC);
    CHECK_IS(tessera_add_listener(tessera_client_shared(), &listener), TIM_SUCC);
}
static void do_provider(void) {
    CHECK_IS(tessera_set_ticket_provider(tessera_client_shared(), NULL, NULL), TIM_SUCC);
}
static void do_provide(void) {
    CHECK_IS(tessera_provide_ticket(tessera_client_shared(), request, "no ticket"), TIM_SUCC);
}
static void do_hints(void) {
    CHECK_IS(tessera_notify_network_available(tessera_client_shared()), TIM_SUCC);
    CHECK_IS(tessera_notify_foreground(tessera_client_shared()), TIM_SUCC);
}
static void do_other_client(void) {
    CHECK_IS(tessera_init(other, APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_login(other, "other", "no ticket", nothing, NULL), TIM_SUCC);
    CHECK_IS(tessera_uninit(other), TIM_SUCC);
}
static void do_new_client(void) {
    TesseraClient *client = tessera_client_new();
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    tessera_client_free(client);
}

static const struct {
    const char *name;
    void (*call)(void);
} FUNCTIONS[] = {
    {"TIMInit", do_init},
    {"TIMUninit", do_uninit},
    {"TIMUninit and TIMInit", do_uninit_and_init},
    {"the getters", do_getters},
    {"TIMSetConfig", do_set_config},
    {"callExperimentalAPI", do_experimental},
    {"TIMLogin", do_login},
    {"TIMLogout", do_logout},
    {"tessera_login_wait", do_login_wait},
    {"the setters", do_setters},
    {"tessera_add_listener and tessera_remove_listener", do_listeners},
    {"tessera_set_ticket_provider", do_provider},
    {"tessera_provide_ticket", do_provide},
    {"the hints", do_hints},
    {"another client", do_other_client},
    {"a new client", do_new_client},
};

/* ---- callbacks ---------------------------------------------------------------------------------------------- */

static enum TIMNetworkStatus wanted_status;

static void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    nothing(code, desc, json_params, user_data);
    call_it();
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
    request = number;
    call_it();
}

static char url[128];
static char settings[512];

/* Settings with the client's own network, and one more. */
static const char *with(const char *more) {
    snprintf(settings, sizeof settings,
             "{\"sdk_config_server_url\": \"%s\", \"sdk_config_reconnect_delay_min_ms\": 10,"
             " \"sdk_config_reconnect_delay_max_ms\": 10%s}",
             url, more);
    return settings;
}

static void init(const char *json) {
    CHECK_IS(TIMInit(APP, json), TIM_SUCC);
}

/* Logs in as somebody new, since a kick outlives the second of a ticket; the name. */
static const char *log_in(unsigned seconds) {
    static char name[32];
    static int number = 0;
    snprintf(name, sizeof name, "matrix%d", number++);
    char *ticket = ticket_for(name, seconds);
    CHECK_IS(tessera_login_wait(tessera_client_shared(), name, ticket), ERR_SUCC);
    free(ticket);
    return name;
}

static void in_result_of_login(void) {
    init(NULL);
    CHECK_IS(TIMLogin("alice", "no ticket", on_result, NULL), TIM_SUCC);
}
static void in_result_of_logout(void) {
    init(NULL);
    CHECK_IS(TIMLogout(on_result, NULL), TIM_SUCC);
}
static void in_result_without_init(void) {
    CHECK_IS(TIMLogin("alice", "no ticket", on_result, NULL), TIM_SUCC);
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
    in_network(kTIMConnectFailed, "{\"sdk_config_server_url\": \"ws://127.0.0.1:1\"}");
}
static void in_disconnected(void) {
    in_network(kTIMDisconnected, with(""));
    log_in(60);
    free(ask("cut matrix"));
}
static void in_kicked(void) {
    TIMSetKickedOfflineCallback(on_plain, NULL);
    init(NULL);
    free(ask("kick %s", log_in(60)));
}
static void in_expired(void) {
    TIMSetUserSigExpiredCallback(on_plain, NULL);
    init(NULL);
    free(ask("expire %s", log_in(60)));
}
static void in_log(void) {
    TIMSetLogCallback(on_log, NULL);
    init("{\"no_such_key\": 1}");
}
static void in_listener(void) {
    TesseraListener all = {sizeof all, &listener, on_plain, on_plain, on_error, on_error, on_kick, on_plain};
    listener = all;
    CHECK_IS(tessera_add_listener(tessera_client_shared(), &listener), TIM_SUCC);
    init(NULL);
}
static void in_listener_kicked(void) {
    TesseraListener kick = {.size = sizeof kick, .on_kicked_offline = on_kick};
    listener = kick;
    CHECK_IS(tessera_add_listener(tessera_client_shared(), &listener), TIM_SUCC);
    init(NULL);
    free(ask("kick %s", log_in(60)));
}
static void in_ticket(void) {
    CHECK_IS(tessera_set_ticket_provider(tessera_client_shared(), on_ticket, NULL), TIM_SUCC);
    init("{\"sdk_config_ticket_renew_percent\": 10, \"sdk_config_ticket_renew_jitter_percent\": 0}");
    log_in(2);
}

static const struct {
    const char *name;
    void (*start)(void);
} CALLBACKS[] = {
    {"the result of a login", in_result_of_login},
    {"the result of a logout", in_result_of_logout},
    {"the result of a login without init", in_result_without_init},
    {"the result of TIMSetConfig", in_config},
    {"the result of callExperimentalAPI", in_experimental},
    {"connecting", in_connecting},
    {"connected", in_connected},
    {"connect failed", in_failed},
    {"disconnected", in_disconnected},
    {"kicked", in_kicked},
    {"expired", in_expired},
    {"the log", in_log},
    {"a listener", in_listener},
    {"a listener that is told of a kick", in_listener_kicked},
    {"the ticket provider", in_ticket},
};

static size_t callback_at;

static void every_function_in_one_callback(void) {
    for (size_t at = 0; at < sizeof FUNCTIONS / sizeof FUNCTIONS[0]; at++) {
        function = FUNCTIONS[at].call;
        atomic_store(&called, 0);
        TesseraListener none = {.size = sizeof none};
        listener = none;
        CALLBACKS[callback_at].start();
        if (!wait_for(&called, 2)) {
            printf("%s: %s\n", FUNCTIONS[at].name, atomic_load(&called) == 0 ? "the callback did not come" : "it does not return");
            CHECK(false);
        }
        CHECK_IS(TIMUninit(), TIM_SUCC);
    }
    /* And it still works. */
    init(NULL);
    log_in(60);
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

void matrix_tests(void) {
    other = tessera_client_new();
    char *own = ask("url matrix");
    snprintf(url, sizeof url, "%s", own);
    free(own);
    for (callback_at = 0; callback_at < sizeof CALLBACKS / sizeof CALLBACKS[0]; callback_at++) {
        char name[128];
        snprintf(name, sizeof name, "every function from %s", CALLBACKS[callback_at].name);
        run_test(name, every_function_in_one_callback);
    }
    tessera_client_free(other);
}
