/* What the tests in C and C++ share: checks, waiting, and asking the gateway that tessera-with-gateway runs beside them. */

#ifndef CHECK_H
#define CHECK_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A condition that must hold; the test goes on, and counts as failed. */
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)
/* The same for two numbers, which are shown. */
#define CHECK_IS(found, wanted) check_is((long long)(found), (long long)(wanted), #found, __FILE__, __LINE__)

void check(bool holds, const char *what, const char *file, int line);
void check_is(long long found, long long wanted, const char *what, const char *file, int line);

/* Runs a test and says how it ended. */
void run_test(const char *name, void (*test)(void));
/* Prints the closing line; the exit code of the program. */
int tests_ended(void);

/* The app of the gateway. */
#define APP 1400000001u

/* Asks the gateway; the answer without "ok ", to be freed, or the end of the program. */
char *ask(const char *format, ...);
/* A ticket that is good for so many seconds, to be freed. */
char *ticket_for(const char *user, unsigned seconds);
/* A ticket of a minute of which half is over, to be freed: a client with a provider that renews early asks it at once. */
char *ticket_to_renew(const char *user);
/* Waits until the ticket of the user's session is good for more than that; false after 20 s. */
bool is_renewed(const char *user);

#ifndef __cplusplus
/* Waits until the number is at least this, 20 s at most; false if it is not then. */
bool wait_for(_Atomic int *number, int at_least);
#endif
void sleep_ms(unsigned ms);
/* Whether the environment says that big counts are played whole. */
bool is_full(void);

/* The tests, one function for each file. */
void calls_tests(void);
void clients_tests(void);
void logs_tests(void);
void loops_tests(void);
void matrix_tests(void);
void uninit_tests(void);
void threads_tests(void);
void fork_tests(void);
void cycles_tests(void);

#ifdef __cplusplus
}
#endif

#endif
