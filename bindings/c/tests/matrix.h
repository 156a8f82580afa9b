/* C18: every function from every callback. What the list of functions and the list of callbacks share. */

#ifndef MATRIX_H
#define MATRIX_H

#include <stddef.h>

#include <tessera/tim.h>

typedef struct matrix_function {
    const char *name;
    void (*call)(void);
} matrix_function;

/* Every function of the header; exports.sh checks that none is missing. Each is good to be called in any callback. */
extern const matrix_function MATRIX_FUNCTIONS[];
extern const size_t MATRIX_FUNCTION_COUNT;

/* The client whose callback runs: the shared one, or one of its own, which a function may have freed: then NULL. */
extern TesseraClient *matrix_client;
/* A client beside it. */
extern TesseraClient *matrix_other;
/* The listener that this run has added, and the last ticket request. */
extern TesseraListener matrix_listener;
extern uint64_t matrix_request;
/* How the loop of the client is told; NULL if it has none. */
extern TesseraWakeCallback matrix_wake;

#endif
