/* Many cycles with the memory of one. */

#include "check.h"

#include <stdio.h>
#include <stdlib.h>

#include <tessera/tim.h>

/* What the process may take more at the end than after the first tenth. A leak of ten bytes a cycle is more. */
#define GROWTH_KIB 768

/* Without pages of files, which come and go as the system likes. */
static long resident_kib(void) {
    long kib = -1;
    char line[128];
    FILE *status = fopen("/proc/self/status", "r");
    while (status != NULL && kib < 0 && fgets(line, sizeof line, status) != NULL) {
        sscanf(line, "RssAnon: %ld", &kib);
    }
    CHECK(kib > 0);
    if (status != NULL) {
        fclose(status);
    }
    return kib;
}

/* Stacks and arenas that are kept for later may come late, but only once; a leak comes every time. */
#define MEASUREMENTS 3

static void repeat(int times, const char *what, void (*once)(void)) {
    long growth = GROWTH_KIB;
    for (int measured = 0; measured < MEASUREMENTS && growth >= GROWTH_KIB; measured++) {
        long before = 0;
        for (int at = 0; at < times; at++) {
            if (at == times / 10) {
                before = resident_kib();
            }
            once();
        }
        growth = resident_kib() - before;
        printf("       %d times %s: %ld KiB more\n", times, what, growth);
#ifdef __SANITIZE_ADDRESS__ /* which keeps what is freed for a while */
        return;
#endif
    }
    CHECK(growth < GROWTH_KIB);
}

static char *ticket;

static void log_in_and_out(void) {
    TesseraClient *client = tessera_client_shared();
    CHECK_IS(tessera_login_wait(client, "cycles", ticket), ERR_SUCC);
    CHECK_IS(tessera_logout_wait(client), ERR_SUCC);
}

static void logins(void) {
    ticket = ticket_for("cycles", 86400);
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    repeat(is_full() ? 100000 : 3000, "login and logout", log_in_and_out);
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

static void init_and_uninit(void) {
    CHECK_IS(TIMInit(APP, NULL), TIM_SUCC);
    CHECK_IS(TIMLogin("cycles", ticket, NULL, NULL), TIM_SUCC);
    CHECK_IS(TIMUninit(), TIM_SUCC);
}

static void inits(void) {
    repeat(is_full() ? 5000 : 500, "init and uninit", init_and_uninit);
}

static void new_and_free(void) {
    TesseraClient *client = tessera_client_new();
    CHECK_IS(tessera_init(client, APP, NULL), TIM_SUCC);
    tessera_client_free(client);
}

static void clients(void) {
    repeat(is_full() ? 5000 : 500, "a client of its own", new_and_free);
    free(ticket);
}

void cycles_tests(void) {
    run_test("logins and logouts take no memory", logins);
    run_test("init and uninit take no memory", inits);
    run_test("clients that are freed take no memory", clients);
}
