#include "proto/publish.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/error.h"
#include "proto/json.h"
#include "proto/msgpack_walk.h"

static int fail(char *error, const char *text) {
    snprintf(error, PROTO_ERROR_BYTES, "%s", text);
    return -1;
}

static int fail_size(char *error, uint64_t bytes, uint64_t most) {
    snprintf(error, PROTO_ERROR_BYTES,
             "\"data\" is %llu bytes of msgpack; at most %llu are allowed",
             (unsigned long long)bytes, (unsigned long long)most);
    return -1;
}

static const char bad_id[] = "\"id\" must be a string, an integer, a float or a boolean";
static const char no_key[] = "\"key\" is missing";
static const char no_data[] = "\"data\" is missing";

/* --- msgpack --- */

static bool is_id(uint8_t head) {
    bool text = (head & 0xe0) == 0xa0 || (head >= 0xd9 && head <= 0xdb);
    bool number = head < 0x80 || head >= 0xe0 || (head >= 0xca && head <= 0xd3);
    return text || number || head == 0xc2 || head == 0xc3;
}

/* A field that we know. False: its value is not what it must be. */
static bool take_field(struct publication *publication, struct proto_text name,
                       struct proto_text value, char *error) {
    const uint8_t *at = (const uint8_t *)value.at;
    if (text_is(name, "data", 4)) {
        publication->data = value;
    } else if (text_is(name, "key", 3)) {
        if (text_read(&at, &publication->key) == TEXT_STR) return true;
        fail(error, "\"key\" must be a string");
        return false;
    } else if (text_is(name, "id", 2) && *at != 0xc0) {
        if (!is_id(*at)) {
            fail(error, bad_id);
            return false;
        }
        publication->id = value;
    }
    return true;
}

static bool repeated(const struct proto_text *names, uint32_t count, struct proto_text name) {
    for (uint32_t i = 0; i < count; i++)
        if (text_is(names[i], name.at, name.bytes)) return true;
    return false;
}

static bool read_name(const uint8_t **at, const uint8_t *end, struct proto_text *name) {
    /* a name's bytes are known to be there before they are looked at */
    bool usual = *at < end && (**at & 0xe0) == 0xa0 && end - *at > (**at & 31);
    if (!usual && msgpack_walk(*at, (size_t)(end - *at), 0) == 0) return false;
    return text_read(at, name) == TEXT_STR;
}

/* All fields are looked at, also after an error, so that an id behind it is found. */
static int read_fields(const uint8_t *at, const uint8_t *end, uint32_t fields,
                       struct publication *publication, char *error) {
    struct proto_text names[PUBLISH_MAX_FIELDS];
    bool good = true;
    for (uint32_t i = 0; i < fields; i++) {
        if (!read_name(&at, end, &names[i]))
            return fail(error,
                        "field names must be strings, and the message one whole msgpack map");
        size_t bytes = msgpack_walk(at, (size_t)(end - at), PROTO_DATA_DEPTH);
        if (bytes == 0) {
            char name[64];
            snprintf(error, PROTO_ERROR_BYTES,
                     "field \"%s\" is truncated, not msgpack, or more than %d containers deep",
                     log_escape(names[i].at, names[i].bytes, name, sizeof name), PROTO_DATA_DEPTH);
            return -1;
        }
        struct proto_text value = {(const char *)at, (uint32_t)bytes};
        at += bytes;
        char more[PROTO_ERROR_BYTES];
        char *where = good ? error : more;
        if (repeated(names, i, names[i])) {
            fail(where, "a field name is repeated");
            good = false;
        } else if (!take_field(publication, names[i], value, where)) {
            good = false;
        }
    }
    if (good && at != end) return fail(error, "bytes follow the message");
    return good ? 0 : -1;
}

static int decode_msgpack(const uint8_t *bytes, size_t count, struct publication *publication,
                          char *error) {
    const uint8_t *at = bytes, *end = bytes + count;
    uint32_t fields;
    if (count == 0 || ((bytes[0] & 0xf0) != 0x80 && bytes[0] != 0xde && bytes[0] != 0xdf))
        return fail(error, "the message must be a msgpack map {\"key\": string, \"data\": any}");
    size_t head = bytes[0] == 0xde ? 3 : bytes[0] == 0xdf ? 5 : 1;
    if (count < head) return fail(error, "the message is truncated");
    (void)map_read(&at, &fields);
    if (fields > PUBLISH_MAX_FIELDS) return fail(error, "more than 32 fields");
    return read_fields(at, end, fields, publication, error);
}

/* --- JSON --- */

struct json_heap {
    json_t *root;
    msgpack_sbuffer data;
    char *id;
};

static int take_json_id(struct json_heap *heap, struct publication *publication, char *error) {
    const json_t *id = json_object_get(heap->root, "id");
    if (id == NULL || json_is_null(id)) return 0;
    if (json_is_object(id) || json_is_array(id)) return fail(error, bad_id);
    heap->id = json_dumps(id, JSON_ENCODE_ANY | JSON_COMPACT);
    if (heap->id == NULL) return fail(error, "no memory");
    publication->id = (struct proto_text){heap->id, (uint32_t)strlen(heap->id)};
    return 0;
}

static int take_json(struct json_heap *heap, struct publication *publication, char *error) {
    if (!json_is_object(heap->root))
        return fail(error, "the message must be a JSON object {\"key\": string, \"data\": any}");
    if (take_json_id(heap, publication, error) < 0) return -1;
    const json_t *key = json_object_get(heap->root, "key");
    const json_t *data = json_object_get(heap->root, "data");
    if (key == NULL) return fail(error, no_key);
    if (data == NULL) return fail(error, no_data);
    if (!json_is_string(key)) return fail(error, "\"key\" must be a string");
    if (!json_pack_msgpack(data, &heap->data))
        return fail(error, "\"data\" is more than 64 containers deep");
    publication->key =
        (struct proto_text){json_string_value(key), (uint32_t)json_string_length(key)};
    publication->data = (struct proto_text){heap->data.data, (uint32_t)heap->data.size};
    return 0;
}

static int decode_json(const char *text, size_t count, struct publication *publication,
                       char *error) {
    json_t *root = json_parse(text, count, error);
    if (root == NULL) return -1;
    struct json_heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL) {
        json_decref(root);
        return fail(error, "no memory");
    }
    heap->root = root;
    msgpack_sbuffer_init(&heap->data);
    publication->heap = heap;
    return take_json(heap, publication, error);
}

int publish_decode(enum publish_encoding encoding, const void *bytes, size_t count,
                   uint64_t max_payload, struct publication *publication, char *error) {
    *publication = (struct publication){0};
    int result = encoding == PUBLISH_JSON ? decode_json(bytes, count, publication, error)
                                          : decode_msgpack(bytes, count, publication, error);
    if (result < 0) return -1;
    if (publication->key.at == NULL) return fail(error, no_key);
    if (publication->data.at == NULL) return fail(error, no_data);
    if (publication->data.bytes > max_payload)
        return fail_size(error, publication->data.bytes, max_payload);
    return 0;
}

void publication_fini(struct publication *publication) {
    struct json_heap *heap = publication->heap;
    if (heap == NULL) return;
    json_decref(heap->root);
    msgpack_sbuffer_destroy(&heap->data);
    free(heap->id);
    free(heap);
    publication->heap = NULL;
}

/* --- answers --- */

static uint8_t *answer_json(struct proto_text id, const char *error, size_t *count) {
    json_t *text = error != NULL ? json_string(error) : NULL;
    char *quoted = text != NULL ? json_dumps(text, JSON_ENCODE_ANY) : NULL;
    json_decref(text);
    if (error != NULL && quoted == NULL) {
        /* the text quotes bytes of the message that are not UTF-8 */
        quoted = strdup("\"the message is not valid\"");
        if (quoted == NULL) return NULL;
    }
    char *made = NULL;
    int bytes;
    if (error == NULL)
        bytes = asprintf(&made, "{\"ack\":%.*s}", (int)id.bytes, id.at);
    else if (id.bytes == 0)
        bytes = asprintf(&made, "{\"error\":%s}", quoted);
    else
        bytes = asprintf(&made, "{\"error\":%s,\"id\":%.*s}", quoted, (int)id.bytes, id.at);
    free(quoted);
    if (bytes < 0) return NULL;
    *count = (size_t)bytes;
    return (uint8_t *)made;
}

static uint8_t *answer_msgpack(struct proto_text id, const char *error, size_t *count) {
    size_t text_bytes = error != NULL ? strlen(error) : 0;
    uint8_t *made = malloc(ERROR_HEAD_BYTES + text_bytes + 4 + id.bytes);
    if (made == NULL) return NULL;
    if (error == NULL) {
        memcpy(made,
               "\x81\xa3"
               "ack",
               5);
        memcpy(made + 5, id.at, id.bytes);
        *count = 5 + id.bytes;
        return made;
    }
    size_t bytes = error_encode(error, text_bytes, made);
    if (id.bytes > 0) {
        made[0] = 0x82;
        memcpy(made + bytes, "\xa2id", 3);
        memcpy(made + bytes + 3, id.at, id.bytes);
        bytes += 3 + id.bytes;
    }
    *count = bytes;
    return made;
}

uint8_t *publish_answer(enum publish_encoding encoding, struct proto_text id, const char *error,
                        size_t *count) {
    return encoding == PUBLISH_JSON ? answer_json(id, error, count)
                                    : answer_msgpack(id, error, count);
}
