/* JSON to msgpack and back, by jansson's rules and msgpack-c's packer. */
#ifndef PROTO_JSON_H
#define PROTO_JSON_H

#include <jansson.h>
#include <msgpack/sbuffer.h>

#include "proto/text.h"

struct json_msgpack {
    uint8_t *bytes; /**< heap, free() */
    size_t count;
};

/** Parses one JSON value: duplicate keys, integers outside int64, lone surrogates and invalid UTF-8
 * are errors, U+0000 in a string is not. NULL: a sentence in `error` (PROTO_ERROR_BYTES). */
json_t *json_parse(const char *text, size_t count, char *error);

/** Packs a value: integers as integers, other numbers as float64. False without memory or deeper
 * than PROTO_DATA_DEPTH containers. */
bool json_pack_msgpack(const json_t *value, msgpack_sbuffer *out);

/** Both together. 0, or -1 with a sentence in `error` (PROTO_ERROR_BYTES). */
int json_to_msgpack(const char *text, size_t count, struct json_msgpack *out, char *error);

/** Turns one msgpack object into JSON text: bin as base64 text, NaN and infinities as null, map
 * keys that are no strings as their JSON text, ext as {"ext": type, "data": base64}. Invalid UTF-8
 * becomes U+FFFD. A terminated string on the heap; NULL if it is not exactly one object, or without
 * memory. */
char *msgpack_to_json(const void *bytes, size_t count);

#endif
