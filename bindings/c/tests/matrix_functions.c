/* Every function of the header, as it is called inside of each callback (matrix.h). */

#include "check.h"
#include "matrix.h"

TesseraClient *matrix_client;
TesseraClient *matrix_other;
TesseraListener matrix_listener;
uint64_t matrix_request;
TesseraWakeCallback matrix_wake;

static void nothing(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
}
static void nothing_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)status, (void)code, (void)desc, (void)user_data;
}
static void nothing_plain(const void *user_data) {
    (void)user_data;
}
static void nothing_log(enum TIMLogLevel level, const char *log, const void *user_data) {
    (void)level, (void)log, (void)user_data;
}
static void nothing_ticket(uint64_t request, const char *user_id, const void *user_data) {
    (void)request, (void)user_id, (void)user_data;
}

static void do_init(void) {
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_init(matrix_client, APP, NULL), TIM_SUCC);
}
static void do_uninit(void) {
    CHECK_IS(TIMUninit(), TIM_SUCC);
}
static void do_uninit_of_the_client(void) {
    CHECK_IS(tessera_uninit(matrix_client), TIM_SUCC);
}
static void do_uninit_and_init(void) {
    CHECK_IS(tessera_uninit(matrix_client), TIM_SUCC);
    CHECK_IS(tessera_init(matrix_client, APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_login(matrix_client, "other", "no ticket", nothing, NULL), TIM_SUCC);
}
static void do_getters(void) {
    char user[128];
    CHECK(TIMGetSDKVersion()[0] != '\0');
    TIMGetServerTime();
    TIMGetLoginStatus();
    CHECK_IS(TIMGetLoginUserID(user), TIM_SUCC);
    CHECK_IS(tessera_login_user(matrix_client, user), TIM_SUCC);
    tessera_login_status(matrix_client);
    tessera_connection_status(matrix_client);
    tessera_server_time_ms(matrix_client);
    tessera_app_id(matrix_client);
    tessera_last_error();
    tessera_abi_version();
    CHECK(tessera_client_shared() != NULL);
}
static void do_set_config(void) {
    CHECK_IS(TIMSetConfig("{\"set_config_log_level\": 3}", nothing, NULL), TIM_SUCC);
}
static void do_experimental(void) {
    CHECK_IS(callExperimentalAPI("{\"request_internal_operation\": \"none\"}", nothing, NULL), TIM_SUCC);
}
static void do_login(void) {
    CHECK_IS(TIMLogin("other", "no ticket", nothing, NULL), TIM_SUCC);
    CHECK_IS(tessera_login(matrix_client, "other", "no ticket", nothing, NULL), TIM_SUCC);
}
static void do_logout(void) {
    CHECK_IS(TIMLogout(nothing, NULL), TIM_SUCC);
    CHECK_IS(tessera_logout(matrix_client, nothing, NULL), TIM_SUCC);
}
static void do_wait(void) {
    CHECK_IS(tessera_login_wait(matrix_client, "other", "no ticket"), ERR_SDK_INVALID_OPERATION);
    CHECK_IS(tessera_logout_wait(matrix_other), ERR_SDK_INVALID_OPERATION);
}
static void do_set(void) {
    TIMSetNetworkStatusListenerCallback(nothing_network, NULL);
    TIMSetKickedOfflineCallback(nothing_plain, NULL);
    TIMSetUserSigExpiredCallback(nothing_plain, NULL);
    TIMSetLogCallback(nothing_log, NULL);
}
static void do_clear(void) {
    TIMSetNetworkStatusListenerCallback(NULL, NULL);
    TIMSetKickedOfflineCallback(NULL, NULL);
    TIMSetUserSigExpiredCallback(NULL, NULL);
    TIMSetLogCallback(NULL, NULL);
}
#define SETTER(name) (void (*)(void))name,
static void (*const SETTERS[])(void) = {
#include "swap/setters.h"
};
#undef SETTER

static void do_outside(void) {
    for (size_t at = 0; at < sizeof SETTERS / sizeof SETTERS[0]; at++) {
        /* They differ in the callback that they take, and one takes no user data; C passes both the same way. */
        ((void (*)(const void *, const void *))SETTERS[at])(NULL, NULL);
    }
}
static void do_listeners(void) {
    CHECK_IS(tessera_remove_listener(matrix_client, &matrix_listener), TIM_SUCC);
    CHECK_IS(tessera_add_listener(matrix_client, &matrix_listener), TIM_SUCC);
}
static void do_set_provider(void) {
    CHECK_IS(tessera_set_ticket_provider(matrix_client, nothing_ticket, NULL), TIM_SUCC);
}
static void do_clear_provider(void) {
    CHECK_IS(tessera_set_ticket_provider(matrix_client, NULL, NULL), TIM_SUCC);
}
static void do_provide(void) {
    CHECK_IS(tessera_provide_ticket(matrix_client, matrix_request, "no ticket"), TIM_SUCC);
}
static void do_hints(void) {
    CHECK_IS(tessera_notify_network_available(matrix_client), TIM_SUCC);
    CHECK_IS(tessera_notify_foreground(matrix_client), TIM_SUCC);
}
static void do_host_loop(void) {
    CHECK_IS(tessera_set_host_loop(matrix_client, matrix_wake, NULL), TIM_SUCC);
}
static void do_deliver(void) {
    CHECK_IS(tessera_deliver_waiting(matrix_client), TIM_SUCC);
}
static void do_log_error(void) {
    tessera_log_error("written on purpose");
}
static void do_other_client(void) {
    CHECK_IS(tessera_init(matrix_other, APP, NULL), TIM_SUCC);
    CHECK_IS(tessera_login(matrix_other, "other", "no ticket", nothing, NULL), TIM_SUCC);
    CHECK_IS(tessera_uninit(matrix_other), TIM_SUCC);
}
static void do_new_client(void) {
    TesseraClient *client = tessera_client_new();
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    tessera_client_free(client);
}
static void do_free(void) {
    /* The shared one is left as it is. */
    tessera_client_free(matrix_client);
    matrix_client = matrix_client == tessera_client_shared() ? matrix_client : NULL;
}

const matrix_function MATRIX_FUNCTIONS[] = {
    {"TIMInit", do_init},
    {"TIMUninit", do_uninit},
    {"tessera_uninit", do_uninit_of_the_client},
    {"uninit, init and login", do_uninit_and_init},
    {"the getters", do_getters},
    {"TIMSetConfig", do_set_config},
    {"callExperimentalAPI", do_experimental},
    {"TIMLogin", do_login},
    {"TIMLogout", do_logout},
    {"the calls that wait", do_wait},
    {"the setters, with a callback", do_set},
    {"the setters, with NULL", do_clear},
    {"the setters outside of the layer", do_outside},
    {"tessera_add_listener and tessera_remove_listener", do_listeners},
    {"tessera_set_ticket_provider", do_set_provider},
    {"tessera_set_ticket_provider with NULL", do_clear_provider},
    {"tessera_provide_ticket", do_provide},
    {"the hints", do_hints},
    {"tessera_set_host_loop", do_host_loop},
    {"tessera_deliver_waiting", do_deliver},
    {"tessera_log_error", do_log_error},
    {"another client", do_other_client},
    {"a new client", do_new_client},
    {"tessera_client_free", do_free},
};
const size_t MATRIX_FUNCTION_COUNT = sizeof MATRIX_FUNCTIONS / sizeof MATRIX_FUNCTIONS[0];
