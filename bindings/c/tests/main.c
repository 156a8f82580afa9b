/* The tests of the C binding, in one process, as a program in C meets them. `tests calls` runs one group. */

#include "check.h"

#include <malloc.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    void (*run)(void);
} GROUPS[] = {
    /* First, because it needs a process that has not initialised anything yet. */
    {"fork", fork_tests},     {"calls", calls_tests},   {"clients", clients_tests}, {"logs", logs_tests},
    {"loops", loops_tests},   {"matrix", matrix_tests}, {"uninit", uninit_tests},   {"threads", threads_tests},
    {"cycles", cycles_tests},
};

int main(int count, char **arguments) {
    bool known = count < 2;
    /* A thread that meets busy arenas would add one of its own, which the test of memory would count. */
    mallopt(M_ARENA_MAX, 2);
    for (size_t at = 0; at < sizeof GROUPS / sizeof GROUPS[0]; at++) {
        bool wanted = count < 2;
        for (int argument = 1; argument < count; argument++) {
            wanted = wanted || strcmp(arguments[argument], GROUPS[at].name) == 0;
        }
        if (wanted) {
            known = true;
            GROUPS[at].run();
        }
    }
    if (!known) {
        fputs("there is no such group of tests\n", stderr);
        return 2;
    }
    return tests_ended();
}
