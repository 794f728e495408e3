/* The strings and numbers of JSON (RFC 8259). For this folder. */
#ifndef PROTO_JSON_TOKEN_H
#define PROTO_JSON_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_cursor {
    const char *at, *end;
    const char *flaw; /**< static, of what begins at `at`; when a function has answered false */
};

/** Bytes between the quotes of the string that begins at the cursor, which its text does not
 * exceed; all that are left if it is not closed. */
size_t json_token_room(const struct json_cursor *cursor);

/** Takes the string that begins at the cursor's quote and writes its text to `out`, which has that
 *  room. */
bool json_token_string(struct json_cursor *cursor, char *out, size_t *bytes);

struct json_number {
    bool is_float;
    int64_t integer;
    double real;
};

/** Takes a number: without fraction and exponent an integer, which must fit in int64. */
bool json_token_number(struct json_cursor *cursor, struct json_number *number);

#endif
