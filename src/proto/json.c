#include "proto/json.h"

#include <jansson.h>
#include <msgpack/pack.h>
#include <msgpack/sbuffer.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/msgpack_walk.h"

/*
 * jansson refuses U+0000 in names, though JSON has it. A text with such a name is read a second
 * time with a mark in all its strings: U+E000 '0' for U+0000, U+E000 '1' for U+E000.
 */
#define MARK       "\xee\x80\x80"
#define MARK_BYTES 3

#define ESCAPE_BYTES 6 /* of a backslash, u and four digits */

struct json_packer {
    msgpack_packer msgpack;
    bool marked;
};

/* A copy of `text` with marks; NULL without memory. */
static char *mark(const char *text, size_t count, size_t *marked_bytes) {
    char *marked = malloc(count + count / MARK_BYTES + 1), *out = marked;
    if (marked == NULL) return NULL;
    for (size_t i = 0; i < count;) {
        size_t left = count - i, bytes = 1;
        const char *written = text + i, *digit = "";
        if (left >= ESCAPE_BYTES && memcmp(text + i, "\\u0000", ESCAPE_BYTES) == 0) {
            bytes = ESCAPE_BYTES, written = "\\ue000", digit = "0";
        } else if (left >= ESCAPE_BYTES && (memcmp(text + i, "\\ue000", ESCAPE_BYTES) == 0 ||
                                            memcmp(text + i, "\\uE000", ESCAPE_BYTES) == 0)) {
            bytes = ESCAPE_BYTES, digit = "1";
        } else if (left >= MARK_BYTES && memcmp(text + i, MARK, MARK_BYTES) == 0) {
            bytes = MARK_BYTES, digit = "1";
        } else if (text[i] == '\\' && left >= 2) {
            bytes = 2; /* an escaped backslash begins no other escape */
        }
        out = (char *)memcpy(out, written, bytes) + bytes;
        if (*digit != '\0') *out++ = *digit;
        i += bytes;
    }
    *marked_bytes = (size_t)(out - marked);
    return marked;
}

/* The next mark in `text`, or its end. */
static const char *find_mark(const char *text, const char *end) {
    const char *found = memmem(text, (size_t)(end - text), MARK, MARK_BYTES);
    return found != NULL ? found : end;
}

/* Each mark and its digit is one character of one or three bytes. */
static bool pack_marked(msgpack_packer *packer, const char *text, size_t bytes) {
    const char *end = text + bytes;
    size_t shorter = 0;
    for (const char *at = find_mark(text, end); at < end; at = find_mark(at + MARK_BYTES, end))
        shorter += at[MARK_BYTES] == '0' ? MARK_BYTES : 1;
    if (msgpack_pack_str(packer, bytes - shorter) != 0) return false;
    while (text < end) {
        const char *at = find_mark(text, end);
        if (msgpack_pack_str_body(packer, text, (size_t)(at - text)) != 0) return false;
        if (at == end) break;
        bool nul = at[MARK_BYTES] == '0';
        if (msgpack_pack_str_body(packer, nul ? "" : MARK, nul ? 1 : MARK_BYTES) != 0) return false;
        text = at + MARK_BYTES + 1;
    }
    return true;
}

static bool pack_text(struct json_packer *packer, const char *text, size_t bytes) {
    if (packer->marked) return pack_marked(&packer->msgpack, text, bytes);
    return msgpack_pack_str(&packer->msgpack, bytes) == 0 &&
           msgpack_pack_str_body(&packer->msgpack, text, bytes) == 0;
}

static bool pack(struct json_packer *packer, json_t *value);

static bool pack_object(struct json_packer *packer, json_t *object) {
    if (msgpack_pack_map(&packer->msgpack, json_object_size(object)) != 0) return false;
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value) {
        if (!pack_text(packer, key, strlen(key)) || !pack(packer, value)) return false;
    }
    return true;
}

static bool pack_array(struct json_packer *packer, const json_t *array) {
    size_t count = json_array_size(array);
    if (msgpack_pack_array(&packer->msgpack, count) != 0) return false;
    for (size_t i = 0; i < count; i++)
        if (!pack(packer, json_array_get(array, i))) return false;
    return true;
}

/* Recurses as deep as jansson did, JSON_PARSER_MAX_DEPTH at most. False without memory. */
static bool pack(struct json_packer *packer, json_t *value) {
    msgpack_packer *msgpack = &packer->msgpack;
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return pack_object(packer, value);
    case JSON_ARRAY:
        return pack_array(packer, value);
    case JSON_STRING:
        return pack_text(packer, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return msgpack_pack_int64(msgpack, json_integer_value(value)) == 0;
    case JSON_REAL:
        return msgpack_pack_double(msgpack, json_real_value(value)) == 0;
    case JSON_TRUE:
        return msgpack_pack_true(msgpack) == 0;
    case JSON_FALSE:
        return msgpack_pack_false(msgpack) == 0;
    case JSON_NULL:
        return msgpack_pack_nil(msgpack) == 0;
    }
    return false;
}

static json_t *parse(const char *text, size_t count, bool *marked, char *error) {
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    /* jansson passes over a NUL behind a number */
    const char *nul = count > 0 ? memchr(text, '\0', count) : NULL;
    if (nul != NULL) {
        snprintf(error, PROTO_ERROR_BYTES, "not JSON: a NUL at byte %zu", (size_t)(nul - text) + 1);
        return NULL;
    }
    json_error_t where;
    json_t *value = json_loadb(text, count, flags, &where);
    *marked = value == NULL && json_error_code(&where) == json_error_null_byte_in_key;
    if (*marked) {
        size_t marked_bytes;
        char *copy = mark(text, count, &marked_bytes);
        if (copy != NULL) value = json_loadb(copy, marked_bytes, flags, &where);
        free(copy);
    }
    if (value != NULL) return value;
    bool number = json_error_code(&where) == json_error_numeric_overflow;
    snprintf(error, PROTO_ERROR_BYTES, "not JSON: %s at byte %d%s", where.text, where.position,
             number ? "; integers must fit in int64 and other numbers in float64" : "");
    return NULL;
}

int json_to_msgpack_any_depth(const char *text, size_t count, struct json_msgpack *out,
                              char *error) {
    struct json_packer packer;
    msgpack_sbuffer packed;
    json_t *value = parse(text, count, &packer.marked, error);
    if (value == NULL) return -1;
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&packer.msgpack, &packed, msgpack_sbuffer_write);
    bool good = pack(&packer, value);
    json_decref(value);
    out->count = packed.size;
    out->bytes = (uint8_t *)msgpack_sbuffer_release(&packed);
    if (good) return 0;
    free(out->bytes);
    *out = (struct json_msgpack){0};
    snprintf(error, PROTO_ERROR_BYTES, "no memory");
    return -1;
}

int json_to_msgpack(const char *text, size_t count, struct json_msgpack *out, char *error) {
    struct json_msgpack made;
    if (json_to_msgpack_any_depth(text, count, &made, error) < 0) return -1;
    if (msgpack_walk(made.bytes, made.count, PROTO_DATA_DEPTH) == 0) {
        free(made.bytes);
        snprintf(error, PROTO_ERROR_BYTES,
                 "too deep; at most %d containers in one another are allowed", PROTO_DATA_DEPTH);
        return -1;
    }
    *out = made;
    return 0;
}
