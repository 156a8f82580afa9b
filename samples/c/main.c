/* A small app in C: it starts the SDK, logs a user in, switches to another, and logs out.
 *
 *     sample <sdk app id> <user> <userSig> <another user> <userSig>
 *
 * It says nothing of a gateway: the SDK finds it by its settings, here TESSERA_SERVER_URL and TESSERA_ALLOW_PLAIN. */

/* For nanosleep: -std=c11 alone leaves POSIX out. */
#ifndef _POSIX_C_SOURCE
#define _POSIX_C_SOURCE 199309L
#endif

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <tessera/tim.h>

/* The result of the call that is waited for; -1 until it is there. */
static atomic_int outcome = -1;

static void on_result(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)json_params;
    printf("%s: code %d %s\n", (const char *)user_data, (int)code, desc);
    if (code == ERR_USER_SIG_EXPIRED || code == ERR_SVR_ACCOUNT_USERSIG_EXPIRED) {
        printf("ask your server for a new userSig, and log in with that\n");
    }
    atomic_store(&outcome, code);
}

static void on_network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    static const char *const names[] = {"connected", "disconnected", "connecting", "connect failed"};
    (void)user_data;
    printf("network: %s %s\n", names[status], code != 0 ? desc : "");
}

static void on_kicked(const void *user_data) {
    (void)user_data;
    printf("kicked offline: somebody else logged in as this user\n");
}

static void on_expired(const void *user_data) {
    (void)user_data;
    printf("the userSig has expired\n");
}

/* A program with an event loop would go on with it instead. */
static int result(int accepted) {
    struct timespec moment = {0, 1000000};
    while (accepted == TIM_SUCC && atomic_load(&outcome) == -1) {
        nanosleep(&moment, NULL);
    }
    return accepted == TIM_SUCC ? atomic_exchange(&outcome, -1) : ERR_INVALID_PARAMETERS;
}

static void require(int holds, const char *what) {
    if (!holds) {
        printf("FAILED %s\n0 passed, 1 failed, 0 skipped\n", what);
        exit(1);
    }
}

static void show_user(const char *expected) {
    char user_id_buffer[128] = {0};
    TIMGetLoginUserID(user_id_buffer);
    printf("status %d, user \"%s\"\n", (int)TIMGetLoginStatus(), user_id_buffer);
    require(strcmp(user_id_buffer, expected) == 0, "the user is who has logged in");
}

int main(int count, char **arguments) {
    require(count == 6, "five arguments");
    TIMSetNetworkStatusListenerCallback(on_network, NULL);
    TIMSetKickedOfflineCallback(on_kicked, NULL);
    TIMSetUserSigExpiredCallback(on_expired, NULL);
    printf("version %s\n", TIMGetSDKVersion());
    require(TIMInit(strtoull(arguments[1], NULL, 10), NULL) == TIM_SUCC, "TIMInit");
    require(result(TIMLogin(arguments[2], arguments[3], on_result, "login")) == ERR_SUCC, "the login");
    show_user(arguments[2]);
    /* Another user: the first one is logged out by it. */
    require(result(TIMLogin(arguments[4], arguments[5], on_result, "switch")) == ERR_SUCC, "the account switch");
    show_user(arguments[4]);
    require(result(TIMLogout(on_result, "logout")) == ERR_SUCC, "the logout");
    show_user("");
    require(TIMUninit() == TIM_SUCC, "TIMUninit");
    printf("1 passed, 0 failed, 0 skipped\n");
    return 0;
}
