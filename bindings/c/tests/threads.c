/* Threads that initialise, uninitialise, log in and set callbacks as they like. */

#include "check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <tessera/tim.h>

#define THREADS 8

static atomic_int accepted;
static atomic_int completed;
static char *ticket;

static void complete(int32_t code, const char *desc, const char *json_params, const void *user_data) {
    (void)code, (void)desc, (void)json_params, (void)user_data;
    atomic_fetch_add(&completed, 1);
}

static void network(enum TIMNetworkStatus status, int32_t code, const char *desc, const void *user_data) {
    (void)status, (void)code, (void)desc, (void)user_data;
}

static void *hammer(void *argument) {
    unsigned seed = (unsigned)(size_t)argument;
    int rounds = is_full() ? 20000 : 1000;
    for (int round = 0; round < rounds; round++) {
        char user[128];
        switch (rand_r(&seed) % 10) {
        case 0: TIMInit(APP, NULL); break;
        case 1: TIMUninit(); break;
        case 2:
        case 3: atomic_fetch_add(&accepted, TIMLogin("hammer", ticket, complete, NULL) == TIM_SUCC); break;
        case 4: atomic_fetch_add(&accepted, TIMLogout(complete, NULL) == TIM_SUCC); break;
        case 5: atomic_fetch_add(&accepted, TIMSetConfig("{}", complete, NULL) == TIM_SUCC); break;
        case 6: TIMSetNetworkStatusListenerCallback(rand_r(&seed) % 2 == 0 ? network : NULL, NULL); break;
        case 7: tessera_notify_network_available(tessera_client_shared()); break;
        default: {
            enum TIMLoginStatus status = TIMGetLoginStatus();
            CHECK(status >= kTIMLoginStatus_Logined && status <= kTIMLoginStatus_Logouting);
            CHECK_IS(TIMGetLoginUserID(user), TIM_SUCC);
            TIMGetServerTime();
        }
        }
    }
    return NULL;
}

static void every_call_completes_once(void) {
    pthread_t threads[THREADS];
    ticket = ticket_for("hammer", 3600);
    for (size_t at = 0; at < THREADS; at++) {
        pthread_create(&threads[at], NULL, hammer, (void *)(at + 1));
    }
    for (size_t at = 0; at < THREADS; at++) {
        pthread_join(threads[at], NULL);
    }
    TIMUninit();
    /* Calls without init too. */
    CHECK_IS(atomic_load(&completed), atomic_load(&accepted));
    sleep_ms(50);
    CHECK_IS(atomic_load(&completed), atomic_load(&accepted));
    CHECK(atomic_load(&accepted) > THREADS * 100);
    CHECK_IS(TIMGetLoginStatus(), kTIMLoginStatus_UnLogined);
    free(ticket);
}

void threads_tests(void) {
    run_test("threads that hammer leave no call without its result", every_call_completes_once);
}
