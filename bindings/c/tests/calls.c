/* Arguments, results and callbacks of the vendor's functions (C4, C5, C9, C21, C23). */

#include "check.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tessera/tim.h>

/* What a callback was called with. */
typedef struct outcome {
    atomic_int calls;
    atomic_int code;
    char json[256];
    bool texts_are_there;
} outcome;

static void keep(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    outcome *kept = (outcome *)user_data;
    kept->texts_are_there = desc != NULL && json_params != NULL;
    snprintf(kept->json, sizeof kept->json, "%s", json_params);
    atomic_store(&kept->code, code);
    atomic_fetch_add(&kept->calls, 1);
}

/* Waits for the one callback and gives its code. */
static int code_of(outcome *kept) {
    CHECK(wait_for(&kept->calls, 1));
    CHECK(kept->texts_are_there);
    return atomic_load(&kept->code);
}

static const char *user(void) {
    static char buffer[128];
    CHECK_IS(TIMGetLoginUserID(buffer), TIM_SUCC);
    return buffer;
}

static void required_arguments(void) {
    outcome kept = {0};
    CHECK_IS(TIMLogin(NULL, "t", keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(TIMLogin("", "t", keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(TIMLogin("alice", NULL, keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(TIMLogin("alice", "", keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(tessera_last_error()->code, ERR_INVALID_PARAMETERS);
    CHECK(!tessera_last_error()->retryable);
    CHECK_IS(TIMGetLoginUserID(NULL), TIM_ERR_PARAM);
    CHECK_IS(TIMSetConfig(NULL, keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(TIMSetConfig("", keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(TIMSetConfig("{", keep, &kept), TIM_ERR_JSON);
    CHECK_IS(callExperimentalAPI(NULL, keep, &kept), TIM_ERR_PARAM);
    CHECK_IS(callExperimentalAPI("{}", keep, &kept), TIM_ERR_JSON);
    CHECK_IS(TIMInit(0, NULL), TIM_ERR_PARAM);
    CHECK_IS(TIMInit(APP, "{"), TIM_ERR_JSON);
    CHECK_IS(TIMInit(APP, "[1]"), TIM_ERR_JSON);
    CHECK_IS(TIMInit(APP, "{\"sdk_config_login_timeout_ms\": 99}"), TIM_ERR_PARAM);
    CHECK(strstr(tessera_last_error()->desc, "login_timeout_ms") != NULL);
    sleep_ms(20);
    CHECK_IS(atomic_load(&kept.calls), 0);
}

static void without_init(void) {
    /* C5 */
    outcome login = {0};
    outcome logout = {0};
    CHECK_IS(TIMLogin("alice", "ticket", keep, &login), TIM_SUCC);
    CHECK_IS(TIMLogout(keep, &logout), TIM_SUCC);
    CHECK_IS(code_of(&login), ERR_SDK_NOT_INITIALIZED);
    CHECK_IS(code_of(&logout), ERR_SDK_NOT_INITIALIZED);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_IS(strcmp(user(), ""), 0);
    CHECK_IS(TIMGetServerTime(), 0);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK(strlen(TIMGetSDKVersion()) >= 5);
}

static void one_login(void) {
    /* C1, C3, C21 */
    char *ticket = ticket_for("alice", 60);
    outcome login = {0};
    outcome again = {0};
    outcome logout = {0};
    char *url = ask("url calls");
    char json[256];
    snprintf(json, sizeof json, "{\"sdk_config_server_url\": \"%s\"}", url);
    CHECK_IS(TIMInit(APP, json), TIM_SUCC);
    /* Nobody answers before the status was looked at. */
    free(ask("fault calls stall"));
    CHECK_IS(TIMLogin("alice", ticket, keep, &login), TIM_SUCC);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_Logining);
    free(ask("fault calls restore"));
    CHECK_IS(code_of(&login), ERR_SUCC);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_Logined);
    CHECK_IS(strcmp(user(), "alice"), 0);
    CHECK(TIMGetServerTime() > 1700000000);
    CHECK_IS(TIMInit(APP, "{\"sdk_config_server_url\": \"ws://nowhere\"}"), TIM_SUCC);
    CHECK_IS(TIMInit(APP + 1, NULL), TIM_ERR_PARAM);
    CHECK_IS(tessera_last_error()->code, ERR_SDK_HAD_INITIALIZED);
    /* No callback, and none that is missed. */
    CHECK_IS(TIMLogin("alice", ticket, NULL, &again), TIM_SUCC);
    CHECK_IS(TIMLogout(keep, &logout), TIM_SUCC);
    CHECK_IS(code_of(&logout), ERR_SUCC);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    CHECK_IS(strcmp(user(), ""), 0);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    CHECK_IS(atomic_load(&again.calls), 0);
    free(ticket);
    free(url);
}

static void user_id_buffer(void) {
    /* The longest user id, in a wall of other bytes. */
    const char longest[] = "abcdefghijklmnopqrstuvwxyz-_4567";
    char *ticket = ticket_for(longest, 60);
    CHECK_IS(strlen(longest), 32);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    outcome login = {0};
    CHECK_IS(TIMLogin(longest, ticket, keep, &login), TIM_SUCC);
    CHECK_IS(code_of(&login), ERR_SUCC);
    char buffer[160];
    memset(buffer, 'x', sizeof buffer);
    CHECK_IS(TIMGetLoginUserID(buffer), TIM_SUCC);
    CHECK_IS(strcmp(buffer, longest), 0);
    /* The text with its NUL: no more is written. */
    for (size_t at = sizeof longest; at < sizeof buffer; at++) {
        CHECK(buffer[at] == 'x');
    }
    CHECK_IS(TIMUninit(), TIM_SUCC);
    free(ticket);
}

static void bytes_that_are_no_text(void) {
    /* C4: what is not UTF-8 is refused where user ids are. */
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    outcome login = {0};
    CHECK_IS(TIMLogin("\xff\xfe", "ticket", keep, &login), TIM_SUCC);
    CHECK_IS(code_of(&login), ERR_SDK_COMM_INVALID_IDENTIFIER);
    outcome ticket = {0};
    CHECK_IS(TIMLogin("alice", "\xff\xfe", keep, &ticket), TIM_SUCC);
    CHECK_IS(code_of(&ticket), ERR_SVR_ACCOUNT_USERSIG_CHECK_FAILED);
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

static void settings_by_json(void) {
    /* C23: the code wins over the environment; unknown keys are ignored. */
    char *url = ask("url settings");
    char json[512];
    snprintf(json, sizeof json,
             "{\"sdk_config_server_url\": \"%s\", \"sdk_config_log_file_path\": \"/\", \"sdk_config_allow_plain\": true,"
             " \"sdk_config_login_timeout_ms\": 300, \"colour\": {\"of\": [\"the\", \"sky\"]}}",
             url);
    free(ask("fault settings refuse"));
    CHECK_IS(TIMInit(APP, json), TIM_SUCC);
    outcome login = {0};
    CHECK_IS(TIMLogin("alice", "ticket", keep, &login), TIM_SUCC);
    CHECK_IS(code_of(&login), ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    free(ask("fault settings restore"));
    free(url);
}

static void experimental(void) {
    /* Before init; what is set holds from the next one on. */
    outcome framework = {0};
    CHECK_IS(callExperimentalAPI("{\"request_internal_operation\": \"internal_operation_set_ui_platform\","
                                 " \"request_set_ui_platform_param\": \"unity\"}",
                                 keep, &framework),
             TIM_SUCC);
    CHECK_IS(code_of(&framework), ERR_SUCC);
    CHECK(strstr(framework.json, "internal_operation_set_ui_platform") != NULL);
    outcome other = {0};
    CHECK_IS(callExperimentalAPI("{\"request_internal_operation\": \"internal_operation_sso_data\"}", keep, &other),
             TIM_SUCC);
    CHECK_IS(code_of(&other), ERR_SDK_INTERFACE_NOT_SUPPORT);

    char *url = ask("url experimental");
    char json[512];
    snprintf(json, sizeof json,
             "{\"request_internal_operation\": \"%s\", \"%s\": {\"%s\": [{\"%s\": \"%s\"}]}}",
             kTIMInternalOperationSetCustomServerInfo, kTIMRequestSetCustomServerInfoParam,
             kTIMCustomServerInfoLongConnectionAddressArray, kTIMServerAddressIp, url);
    outcome server = {0};
    CHECK_IS(callExperimentalAPI(json, keep, &server), TIM_SUCC);
    CHECK_IS(code_of(&server), ERR_SUCC);
    outcome retries = {0};
    snprintf(json, sizeof json, "{\"%s\": \"%s\", \"%s\": 0}", kTIMRequestInternalOperation,
             kTIMInternalOperationSetMaxRetryCount, kTIMRequestSetMaxRetryCountParam);
    CHECK_IS(callExperimentalAPI(json, keep, &retries), TIM_SUCC);
    CHECK_IS(code_of(&retries), ERR_SUCC);
    outcome timeout = {0};
    snprintf(json, sizeof json, "{\"%s\": \"%s\", \"%s\": 1}", kTIMRequestInternalOperation,
             kTIMInternalOperationSetPacketRequestTimeout, kTIMRequestSetPacketRequestTimeoutParam);
    CHECK_IS(callExperimentalAPI(json, keep, &timeout), TIM_SUCC);
    CHECK_IS(code_of(&timeout), ERR_SUCC);
    outcome ignore = {0};
    snprintf(json, sizeof json, "{\"%s\": \"%s\", \"%s\": true}", kTIMRequestInternalOperation,
             kTIMInternalOperationSetIgnoreRepeatLogin, kTIMRequestSetIgnoreRepeatLoginParam);
    CHECK_IS(callExperimentalAPI(json, keep, &ignore), TIM_SUCC);
    CHECK_IS(code_of(&ignore), ERR_SUCC);

    /* The server: its network is refused, so nobody is reached. The deadline: one try of one second. */
    free(ask("fault experimental refuse"));
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    outcome login = {0};
    CHECK_IS(TIMLogin("alice", "ticket", keep, &login), TIM_SUCC);
    CHECK_IS(code_of(&login), ERR_SDK_NET_WAIT_SEND_TIMEOUT_NO_NETWORK);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    free(ask("fault experimental restore"));
    /* The repeated login, with a deadline that it cannot miss: a ticket that the gateway would refuse is not even looked at. */
    char *ticket = ticket_for("alice", 60);
    outcome first = {0};
    outcome second = {0};
    snprintf(json, sizeof json, "{\"%s\": \"%s\", \"%s\": 20}", kTIMRequestInternalOperation,
             kTIMInternalOperationSetPacketRequestTimeout, kTIMRequestSetPacketRequestTimeoutParam);
    CHECK_IS(callExperimentalAPI(json, NULL, NULL), TIM_SUCC);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(TIMLogin("alice", ticket, keep, &first), TIM_SUCC);
    CHECK_IS(code_of(&first), ERR_SUCC);
    CHECK_IS(TIMLogin("alice", "another", keep, &second), TIM_SUCC);
    CHECK_IS(code_of(&second), ERR_SUCC);
    CHECK_IS(TIMUninit(), TIM_SUCC);
    free(ticket);
    free(url);
    /* Whatever follows in this process has its own settings again. */
    snprintf(json, sizeof json, "{\"%s\": \"%s\", \"%s\": {\"%s\": [{\"%s\": \"%s\"}]}}", kTIMRequestInternalOperation,
             kTIMInternalOperationSetCustomServerInfo, kTIMRequestSetCustomServerInfoParam,
             kTIMCustomServerInfoLongConnectionAddressArray, kTIMServerAddressIp, getenv("TESSERA_SERVER_URL"));
    CHECK_IS(callExperimentalAPI(json, NULL, NULL), TIM_SUCC);
}

static void log_levels(void) {
    outcome all = {0};
    CHECK_IS(TIMSetConfig("{\"set_config_log_level\": 4, \"set_config_user_config\": {}}", keep, &all), TIM_SUCC);
    CHECK_IS(code_of(&all), ERR_SUCC);
    CHECK(strstr(all.json, "\"set_config_log_level\":4") != NULL);
    CHECK_IS(TIMSetConfig("{\"set_config_log_level\": \"loud\"}", keep, &all), TIM_ERR_PARAM);
}

static void outside(void) {
    /* Wrappers set and clear all of them; none ever fires. A few stand for the table. */
    TIMSetConvEventCallback(NULL, NULL);
    TIMSetSelfInfoUpdatedCallback(NULL, NULL);
    TIMAddRecvNewMsgCallback(NULL, NULL);
    TIMRemoveRecvNewMsgCallback(NULL);
    TIMSetMyFollowersListChangedCallback(NULL, NULL);
    TIMSetExperimentalNotifyCallback(NULL, NULL);
}

void calls_tests(void) {
    run_test("required arguments are checked at once, and nobody is called back", required_arguments);
    run_test("without init calls are answered with 6013", without_init);
    run_test("one login, with the status and the user of each moment", one_login);
    run_test("a buffer for a user id is not overrun", user_id_buffer);
    run_test("bytes that are no text are refused as values", bytes_that_are_no_text);
    run_test("settings come from the JSON of TIMInit", settings_by_json);
    run_test("experimental operations work before init", experimental);
    run_test("log levels are set and told", log_levels);
    run_test("setters outside of the layer are there", outside);
}
