/* A program that knows nothing of Tessera: it declares the vendor's functions itself, from the published documentation,
 * and was linked with another library. It sets every callback at its start and clears them at its end, as published
 * wrappers do. `setters.h` has the names of those setters. */

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

typedef void (*TIMCommCallback)(int32_t code, const char *desc, const char *json_params, const void *user_data);

extern int TIMInit(uint64_t sdk_app_id, const char *json_sdk_config);
extern int TIMUninit(void);
extern const char *TIMGetSDKVersion(void);
extern uint64_t TIMGetServerTime(void);
extern int TIMSetConfig(const char *json_config, TIMCommCallback cb, const void *user_data);
extern int TIMLogin(const char *user_id, const char *user_sig, TIMCommCallback cb, const void *user_data);
extern int TIMLogout(TIMCommCallback cb, const void *user_data);
extern int TIMGetLoginStatus(void);
extern int TIMGetLoginUserID(char *user_id_buffer);
extern int callExperimentalAPI(const char *json_param, TIMCommCallback cb, const void *user_data);
extern void TIMSetNetworkStatusListenerCallback(void (*cb)(int, int32_t, const char *, const void *), const void *);
extern void TIMSetKickedOfflineCallback(void (*cb)(const void *), const void *);
extern void TIMSetUserSigExpiredCallback(void (*cb)(const void *), const void *);
extern void TIMSetLogCallback(void (*cb)(int, const char *, const void *), const void *);
#define SETTER(name) extern void name(void (*cb)(void), const void *user_data);
#include "setters.h"
#undef SETTER

static atomic_int fired;
static atomic_int answers;
static atomic_int last_code;
static atomic_int connected;

static void never(void) {
    atomic_fetch_add(&fired, 1);
}

static void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    atomic_store(&last_code, code);
    if (desc != NULL && json_params != NULL && strcmp((const char *)user_data, "data") == 0) {
        atomic_fetch_add(&answers, 1);
    }
}

static void on_network(int status, int32_t code, const char *desc, const void *user_data) {
    (void)code, (void)desc, (void)user_data;
    atomic_fetch_add(&connected, status == 0);
}

static int result(int accepted, int number) {
    for (int tries = 0; accepted == 0 && atomic_load(&answers) < number && tries < 10000; tries++) {
        usleep(1000);
    }
    return accepted == 0 && atomic_load(&answers) == number ? atomic_load(&last_code) : -1;
}

int main(int count, char **arguments) {
    if (count != 3) {
        printf("%s\n", TIMGetSDKVersion());
        return 2;
    }
    char user[128] = {0};
#define SETTER(name) name(never, "data");
#include "setters.h"
#undef SETTER
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    TIMSetKickedOfflineCallback((void (*)(const void *))never, NULL);
    TIMSetUserSigExpiredCallback((void (*)(const void *))never, NULL);
    int ok = 1;
    ok &= result(callExperimentalAPI("{\"request_internal_operation\":\"internal_operation_set_ui_platform\","
                                     "\"request_set_ui_platform_param\":\"unity\"}",
                                     on_result, "data"),
                 1) == 0;
    ok &= TIMInit(1400000001, "{\"sdk_config_log_file_path\":\"/\",\"sdk_config_config_file_path\":\"/\"}") == 0;
    ok &= result(TIMLogin(arguments[1], arguments[2], on_result, "data"), 2) == 0;
    ok &= TIMGetLoginStatus() == 1 && TIMGetLoginUserID(user) == 0 && strcmp(user, arguments[1]) == 0;
    ok &= atomic_load(&connected) > 0 && TIMGetServerTime() > 1700000000;
    ok &= result(TIMLogout(on_result, "data"), 3) == 0;
    ok &= TIMGetLoginStatus() == 3;
#define SETTER(name) name(NULL, NULL);
#include "setters.h"
#undef SETTER
    TIMSetNetworkStatusListenerCallback(NULL, NULL);
    TIMSetKickedOfflineCallback(NULL, NULL);
    TIMSetUserSigExpiredCallback(NULL, NULL);
    TIMSetLogCallback(NULL, NULL);
    ok &= TIMUninit() == 0 && atomic_load(&fired) == 0;
    printf("%s a program that was linked with another library logs in through this one\n", ok ? "ok    " : "FAILED");
    printf("%d passed, %d failed, 0 skipped\n", ok, !ok);
    return !ok;
}
