/*
 * JSON (RFC 8259) to msgpack and back. Ours, since jansson goes on without the bytes of a string or
 * number for which it got no memory, or aborts, and has no U+0000 in names.
 */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include "proto/text.h"

struct json_msgpack {
    uint8_t *bytes; /**< heap, free() */
    size_t count;
};

/** Turns one JSON value, at most PROTO_DATA_DEPTH containers deep, into msgpack: integers as
 * integers, other numbers as float64. Names that are repeated in an object, integers outside int64,
 * lone surrogates and invalid UTF-8 are errors, U+0000 in a string is not. 0, or -1 with a sentence
 * in `error` (PROTO_ERROR_BYTES). */
int json_to_msgpack(const char *text, size_t count, struct json_msgpack *out, char *error);

/** The same, up to 2048 values in one another. */
int json_to_msgpack_any_depth(const char *text, size_t count, struct json_msgpack *out,
                              char *error);

/** Turns one msgpack object, at most PROTO_WALK_DEPTH containers deep, into JSON text: bin as
 * base64 text, NaN and infinities as null, ext as {"ext": type, "data": base64}, map keys that are
 * neither str nor bin as their JSON text (a container that is a key inside such a key as "...").
 * Invalid UTF-8 becomes U+FFFD. A terminated string on the heap; NULL if it is not exactly one
 * object, or without memory. */
char *msgpack_to_json(const void *bytes, size_t count);

#endif
