/* See check.h. */

#include "check.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int passed = 0;
static int failed = 0;
static atomic_int failures_of_test = 0;

void check(bool holds, const char *what, const char *file, int line) {
    if (!holds) {
        atomic_fetch_add(&failures_of_test, 1);
        printf("%s:%d: this does not hold: %s\n", file, line, what);
    }
}

void check_is(long long found, long long wanted, const char *what, const char *file, int line) {
    if (found != wanted) {
        atomic_fetch_add(&failures_of_test, 1);
        printf("%s:%d: %s is %lld, not %lld\n", file, line, what, found, wanted);
    }
}

void run_test(const char *name, void (*test)(void)) {
    atomic_store(&failures_of_test, 0);
    test();
    bool ok = atomic_load(&failures_of_test) == 0;
    printf("%-6s %s\n", ok ? "ok" : "FAILED", name);
    fflush(stdout);
    *(ok ? &passed : &failed) += 1;
}

int tests_ended(void) {
    printf("%d passed, %d failed, 0 skipped\n", passed, failed);
    return failed == 0 ? 0 : 1;
}

char *ask(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    putchar('@');
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
    char *line = NULL;
    size_t room = 0;
    if (getline(&line, &room, stdin) < 2 || strncmp(line, "ok", 2) != 0) {
        printf("the gateway says: %s\n", line != NULL ? line : "nothing");
        exit(1);
    }
    line[strcspn(line, "\n")] = '\0';
    memmove(line, line + (line[2] == ' ' ? 3 : 2), strlen(line + (line[2] == ' ' ? 3 : 2)) + 1);
    return line;
}

char *ticket_for(const char *user, unsigned seconds) {
    return ask("sign %s %u", user, seconds);
}

static long long number_of(char *answer) {
    long long number = atoll(answer);
    free(answer);
    return number;
}

char *ticket_to_renew(const char *user) {
    return ask("sign %s 60 %lld", user, number_of(ask("now")) - 30000);
}

bool is_renewed(const char *user) {
    for (int tries = 0; tries < 2000; tries++) {
        if (number_of(ask("expires %s", user)) > number_of(ask("now")) + 30000) {
            return true;
        }
        sleep_ms(10);
    }
    return false;
}

void sleep_ms(unsigned ms) {
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    nanosleep(&time, NULL);
}

bool wait_for(_Atomic int *number, int at_least) {
    for (int tries = 0; tries < 20000; tries++) {
        if (atomic_load(number) >= at_least) {
            return true;
        }
        sleep_ms(1);
    }
    return false;
}

bool is_full(void) {
    const char *full = getenv("TESSERA_FULL");
    return full != NULL && strcmp(full, "1") == 0;
}
