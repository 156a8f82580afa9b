/* As much JSON as the driver protocol needs: reading one line into a tree, and writing texts. It is no general reader:
 * numbers are whole, and a line that is not JSON ends the driver. */

#ifndef DRIVER_JSON_H
#define DRIVER_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum json_kind { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_TEXT, JSON_ARRAY, JSON_OBJECT } json_kind;

/* A value. Members of an array or object follow each other by `next`; those of an object have a `key`. */
typedef struct json {
    json_kind kind;
    char *key;
    char *text;
    int64_t number;
    struct json *first;
    struct json *next;
} json;

/* The value in a text, or NULL if it is none. */
json *json_read(const char *text);
void json_free(json *value);

/* The member of an object, or NULL. */
const json *json_get(const json *object, const char *key);
/* The text of a member; empty if there is none. */
const char *json_text(const json *object, const char *key);
/* The number or truth value of a member; 0 if there is none. */
int64_t json_number(const json *object, const char *key);

/* Writes a text with its quotes. */
void json_write_text(FILE *out, const char *text);

#ifdef __cplusplus
}
#endif

#endif
