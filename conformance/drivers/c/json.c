/* See json.h. */

#include "json.h"

#include <stdlib.h>
#include <string.h>

static json *read_value(const char **at);

static void skip_space(const char **at) {
    while (**at == ' ' || **at == '\t' || **at == '\r' || **at == '\n') {
        ++*at;
    }
}

static bool take(const char **at, const char *word) {
    size_t length = strlen(word);
    if (strncmp(*at, word, length) != 0) {
        return false;
    }
    *at += length;
    return true;
}

/* One code unit of \uXXXX as UTF-8. The runner writes what lies beyond the basic plane as it is. */
static char *write_unit(char *out, unsigned unit) {
    if (unit < 0x80) {
        *out++ = (char)unit;
    } else if (unit < 0x800) {
        *out++ = (char)(0xc0 | (unit >> 6));
        *out++ = (char)(0x80 | (unit & 0x3f));
    } else {
        *out++ = (char)(0xe0 | (unit >> 12));
        *out++ = (char)(0x80 | ((unit >> 6) & 0x3f));
        *out++ = (char)(0x80 | (unit & 0x3f));
    }
    return out;
}

static char *read_text(const char **at) {
    if (!take(at, "\"")) {
        return NULL;
    }
    /* No escape is shorter than what it stands for. */
    char *text = (char *)malloc(strlen(*at) + 1);
    char *out = text;
    while (**at != '"') {
        char letter = *(*at)++;
        if (letter == '\0') {
            free(text);
            return NULL;
        }
        if (letter != '\\') {
            *out++ = letter;
            continue;
        }
        char escape = *(*at)++;
        switch (escape) {
        case 'n': *out++ = '\n'; break;
        case 't': *out++ = '\t'; break;
        case 'r': *out++ = '\r'; break;
        case 'b': *out++ = '\b'; break;
        case 'f': *out++ = '\f'; break;
        case 'u': {
            char digits[5] = {0};
            for (int i = 0; i < 4 && **at != '\0'; i++) {
                digits[i] = *(*at)++;
            }
            out = write_unit(out, (unsigned)strtoul(digits, NULL, 16));
            break;
        }
        case '\0': free(text); return NULL;
        default: *out++ = escape; break;
        }
    }
    ++*at;
    *out = '\0';
    return text;
}

static json *new_value(json_kind kind) {
    json *value = (json *)calloc(1, sizeof(json));
    value->kind = kind;
    return value;
}

static json *read_members(const char **at, json_kind kind, const char *end) {
    json *whole = new_value(kind);
    json **last = &whole->first;
    skip_space(at);
    while (!take(at, end)) {
        char *key = NULL;
        if (whole->first != NULL && !take(at, ",")) {
            json_free(whole);
            return NULL;
        }
        skip_space(at);
        if (kind == JSON_OBJECT) {
            key = read_text(at);
            skip_space(at);
            take(at, ":");
        }
        json *member = read_value(at);
        if (member == NULL) {
            free(key);
            json_free(whole);
            return NULL;
        }
        member->key = key;
        *last = member;
        last = &member->next;
        skip_space(at);
    }
    return whole;
}

static json *read_value(const char **at) {
    skip_space(at);
    if (take(at, "{")) {
        return read_members(at, JSON_OBJECT, "}");
    }
    if (take(at, "[")) {
        return read_members(at, JSON_ARRAY, "]");
    }
    if (take(at, "null")) {
        return new_value(JSON_NULL);
    }
    if (**at == 't' || **at == 'f') {
        json *value = new_value(JSON_BOOL);
        value->number = take(at, "true") ? 1 : (take(at, "false"), 0);
        return value;
    }
    if (**at == '"') {
        char *text = read_text(at);
        if (text == NULL) {
            return NULL;
        }
        json *value = new_value(JSON_TEXT);
        value->text = text;
        return value;
    }
    char *end = NULL;
    long long number = strtoll(*at, &end, 10);
    if (end == *at) {
        return NULL;
    }
    *at = end;
    json *value = new_value(JSON_NUMBER);
    value->number = number;
    return value;
}

json *json_read(const char *text) {
    return read_value(&text);
}

void json_free(json *value) {
    while (value != NULL) {
        json *next = value->next;
        json_free(value->first);
        free(value->key);
        free(value->text);
        free(value);
        value = next;
    }
}

const json *json_get(const json *object, const char *key) {
    for (const json *member = object->first; member != NULL; member = member->next) {
        if (member->key != NULL && strcmp(member->key, key) == 0) {
            return member;
        }
    }
    return NULL;
}

const char *json_text(const json *object, const char *key) {
    const json *member = json_get(object, key);
    return member != NULL && member->text != NULL ? member->text : "";
}

int64_t json_number(const json *object, const char *key) {
    const json *member = json_get(object, key);
    return member != NULL ? member->number : 0;
}

void json_write_text(FILE *out, const char *text) {
    fputc('"', out);
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at == '"' || *at == '\\') {
            fputc('\\', out);
            fputc(*at, out);
        } else if (*at < 0x20) {
            fprintf(out, "\\u%04x", *at);
        } else {
            fputc(*at, out);
        }
    }
    fputc('"', out);
}
