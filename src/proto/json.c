#include "proto/json.h"

#include <msgpack/pack.h>
#include <stdio.h>
#include <string.h>

#include "proto/msgpack_walk.h"

json_t *json_parse(const char *text, size_t count, char *error) {
    json_error_t where;
    json_t *value =
        json_loadb(text, count, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY, &where);
    if (value == NULL)
        snprintf(error, PROTO_ERROR_BYTES, "not JSON: %s at byte %d", where.text, where.position);
    return value;
}

static bool pack(msgpack_packer *packer, const json_t *value, unsigned depth);

static bool pack_text(msgpack_packer *packer, const char *text, size_t bytes) {
    return msgpack_pack_str(packer, bytes) == 0 && msgpack_pack_str_body(packer, text, bytes) == 0;
}

static bool pack_object(msgpack_packer *packer, const json_t *object, unsigned depth) {
    if (depth == 0 || msgpack_pack_map(packer, json_object_size(object)) != 0) return false;
    const char *key;
    json_t *value;
    json_t *pairs = (json_t *)(uintptr_t)object; /* jansson's iteration wants it so */
    json_object_foreach(pairs, key, value) {
        if (!pack_text(packer, key, strlen(key)) || !pack(packer, value, depth - 1)) return false;
    }
    return true;
}

static bool pack_array(msgpack_packer *packer, const json_t *array, unsigned depth) {
    size_t count = json_array_size(array);
    if (depth == 0 || msgpack_pack_array(packer, count) != 0) return false;
    for (size_t i = 0; i < count; i++)
        if (!pack(packer, json_array_get(array, i), depth - 1)) return false;
    return true;
}

/* Recurses at most `depth` deep. */
static bool pack(msgpack_packer *packer, const json_t *value, unsigned depth) {
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return pack_object(packer, value, depth);
    case JSON_ARRAY:
        return pack_array(packer, value, depth);
    case JSON_STRING:
        return pack_text(packer, json_string_value(value), json_string_length(value));
    case JSON_INTEGER:
        return msgpack_pack_int64(packer, json_integer_value(value)) == 0;
    case JSON_REAL:
        return msgpack_pack_double(packer, json_real_value(value)) == 0;
    case JSON_TRUE:
        return msgpack_pack_true(packer) == 0;
    case JSON_FALSE:
        return msgpack_pack_false(packer) == 0;
    case JSON_NULL:
        return msgpack_pack_nil(packer) == 0;
    }
    return false;
}

bool json_pack_msgpack(const json_t *value, msgpack_sbuffer *out) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, out, msgpack_sbuffer_write);
    return pack(&packer, value, PROTO_DATA_DEPTH);
}

int json_to_msgpack(const char *text, size_t count, struct json_msgpack *out, char *error) {
    json_t *value = json_parse(text, count, error);
    if (value == NULL) return -1;
    msgpack_sbuffer packed;
    msgpack_sbuffer_init(&packed);
    bool good = json_pack_msgpack(value, &packed);
    json_decref(value);
    if (!good) {
        msgpack_sbuffer_destroy(&packed);
        snprintf(error, PROTO_ERROR_BYTES, "more than %d containers in one another",
                 PROTO_DATA_DEPTH);
        return -1;
    }
    out->count = packed.size;
    out->bytes = (uint8_t *)msgpack_sbuffer_release(&packed);
    return 0;
}
