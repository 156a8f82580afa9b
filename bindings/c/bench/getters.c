/* The getters of C for the bench table (docs/benchmarks.md): a line of JSON for each row. `getters <ticket>`, beside a
 * gateway. */

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <tessera/tim.h>

#define APP 1400000001u
#define ROUNDS 15
#define CALLS 2000000

/* CPU time of this thread: what else runs on the machine does not count. */
static double now_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_size(const void *left, const void *right) {
    double difference = *(const double *)left - *(const double *)right;
    return (difference > 0) - (difference < 0);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof(double), by_size);
    return values[count / 2];
}

/* ---- getters ------------------------------------------------------------------------------------------------ */

static char user[128];

/* Nanoseconds of one evaluation of an expression. */
#define NS_EACH(expression)                                                                                            \
    ({                                                                                                                 \
        double before = now_ns();                                                                                      \
        for (int at = 0; at < CALLS; at++) {                                                                           \
            (void)(expression);                                                                                        \
        }                                                                                                              \
        (now_ns() - before) / CALLS;                                                                                   \
    })

/* A function of the library that returns a constant shows what a call costs at all. */
#define GETTER(name, expression, budget)                                                                               \
    do {                                                                                                               \
        double rounds[ROUNDS], anchors[ROUNDS];                                                                        \
        for (int round = 0; round < ROUNDS; round++) {                                                                 \
            anchors[round] = NS_EACH(tessera_abi_version());                                                           \
            rounds[round] = NS_EACH(expression);                                                                       \
        }                                                                                                              \
        print(name, median(rounds, ROUNDS), median(anchors, ROUNDS), budget);                                          \
    } while (0)

static void print(const char *name, double measured, double anchor, double budget) {
    printf("{\"name\": \"C: %s\", \"measured\": %.2f, \"unit\": \"ns\", \"anchors\": [{\"what\": \"a call that returns a "
           "constant\", \"measured\": %.2f}], \"budget\": %g}\n",
           name, measured, anchor, budget);
}

static void getters(const char *ticket) {
    if (TIMInit(APP, NULL) != TIM_SUCC || tessera_login_wait(tessera_client_shared(), "alice", ticket) != ERR_SUCC) {
        fprintf(stderr, "no login: %s\n", tessera_last_error()->desc);
        exit(1);
    }
    GETTER("status getter", TIMGetLoginStatus(), 2);
    GETTER("user-id getter", TIMGetLoginUserID(user), 15);
    TIMUninit();
}

int main(int count, char **arguments) {
    if (count != 2) {
        fputs("usage: getters <ticket>\n", stderr);
        return 2;
    }
    getters(arguments[1]);
    return 0;
}
