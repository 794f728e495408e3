#include "proto/publish.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "proto/json.h"
#include "proto/msgpack_walk.h"

#define FEW_FIELDS 16 /* names of so many are compared one by one, of more by sorting */
#define SHOWN_NAME 64 /* bytes of a field's name in an error */

/* Reading goes on after the first thing that is wrong, since an id may still follow. */
struct reader {
    struct publication *publication;
    uint64_t max_payload;
    char *error; /* tells of the first */
    bool bad;
};

struct field {
    struct proto_text name, value;
    bool named; /* the name is a string */
    bool deep;  /* the value is deeper than data may be */
};

__attribute__((format(printf, 2, 3))) static int wrong(struct reader *reader, const char *format,
                                                       ...) {
    if (reader->bad) return -1;
    reader->bad = true;
    va_list args;
    va_start(args, format);
    vsnprintf(reader->error, PROTO_ERROR_BYTES, format, args);
    va_end(args);
    return -1;
}

static bool is_id(uint8_t head) {
    bool text = (head & 0xe0) == 0xa0 || (head >= 0xd9 && head <= 0xdb);
    bool number = head < 0x80 || head >= 0xe0 || (head >= 0xca && head <= 0xd3);
    return text || number || head == 0xc2 || head == 0xc3;
}

static void take_data(struct reader *reader, struct proto_text data, bool deep) {
    reader->publication->data = data;
    if (deep)
        wrong(reader, "\"data\" is too deep; at most %d containers in one another are allowed",
              PROTO_DATA_DEPTH);
    else if (data.bytes > reader->max_payload)
        wrong(reader, "\"data\" is %u bytes of msgpack; at most %llu are allowed", data.bytes,
              (unsigned long long)reader->max_payload);
}

static void take_field(struct reader *reader, const struct field *field) {
    struct publication *publication = reader->publication;
    const uint8_t *at = (const uint8_t *)field->value.at;
    if (text_is(field->name, "data", 4)) {
        take_data(reader, field->value, field->deep);
    } else if (text_is(field->name, "key", 3)) {
        if (text_read(&at, &publication->key) != TEXT_STR)
            wrong(reader, "\"key\" must be a string");
    } else if (text_is(field->name, "id", 2) && *at != 0xc0) {
        if (is_id(*at))
            publication->id = field->value;
        else
            wrong(reader, "\"id\" must be a string, integer, float or boolean");
    }
}

static bool read_name(const uint8_t **at, const uint8_t *end, struct field *field) {
    /* a name's bytes are known to be there before they are looked at */
    size_t left = (size_t)(end - *at);
    bool usual = left > 0 && (**at & 0xe0) == 0xa0 && left > (**at & 31u);
    if (usual) {
        field->named = true;
        field->name = (struct proto_text){(const char *)*at + 1, **at & 31u};
        *at += 1 + field->name.bytes;
        return true;
    }
    size_t bytes = msgpack_skip(*at, left);
    const uint8_t *text = *at;
    field->named = bytes > 0 && text_read(&text, &field->name) == TEXT_STR;
    *at += bytes;
    return bytes > 0;
}

static bool read_value(const uint8_t **at, const uint8_t *end, struct field *field) {
    size_t bytes = msgpack_walk(*at, (size_t)(end - *at), PROTO_DATA_DEPTH);
    field->deep = bytes == 0;
    if (field->deep) bytes = msgpack_skip(*at, (size_t)(end - *at));
    field->value = (struct proto_text){(const char *)*at, (uint32_t)bytes};
    *at += bytes;
    return bytes > 0;
}

static bool repeated(const struct proto_text *names, uint32_t count, struct proto_text name) {
    for (uint32_t i = 0; i < count; i++)
        if (text_is(names[i], name.at, name.bytes)) return true;
    return false;
}

static int compare_names(const void *left, const void *right) {
    const struct proto_text *a = left, *b = right;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
    return memcmp(a->at, b->at, a->bytes);
}

/* The names of many fields, each of which has been read already and is a string. */
static int compare_many(struct reader *reader, const uint8_t *at, const uint8_t *end,
                        uint32_t fields) {
    struct proto_text *names = calloc(fields, sizeof *names);
    if (names == NULL) return wrong(reader, "no memory");
    struct field field;
    for (uint32_t i = 0; i < fields && read_name(&at, end, &field); i++) {
        names[i] = field.name;
        read_value(&at, end, &field);
    }
    qsort(names, fields, sizeof *names, compare_names);
    for (uint32_t i = 1; i < fields; i++)
        if (compare_names(&names[i - 1], &names[i]) == 0) wrong(reader, "a field name is repeated");
    free(names);
    return reader->bad ? -1 : 0;
}

static int read_fields(struct reader *reader, const uint8_t *at, const uint8_t *end,
                       uint32_t fields) {
    struct proto_text names[FEW_FIELDS];
    const uint8_t *first = at;
    uint32_t few = 0;
    if (fields > PUBLISH_FIELDS)
        return wrong(reader, "%u fields; at most %d are allowed", fields, PUBLISH_FIELDS);
    for (uint32_t i = 0; i < fields; i++) {
        struct field field;
        if (!read_name(&at, end, &field) || !read_value(&at, end, &field))
            return wrong(reader, "field %u of %u is truncated or not msgpack", i + 1, fields);
        if (!field.named) {
            wrong(reader, "the name of field %u is not a string", i + 1);
        } else if (repeated(names, few, field.name)) {
            char shown[SHOWN_NAME];
            wrong(reader, "field \"%s\" is repeated",
                  log_escape(field.name.at, field.name.bytes, shown, sizeof shown));
        } else {
            if (few < FEW_FIELDS) names[few++] = field.name;
            take_field(reader, &field);
        }
    }
    if (at != end)
        wrong(reader, "%zu bytes follow the message; none are allowed", (size_t)(end - at));
    if (reader->bad) return -1;
    return fields > FEW_FIELDS ? compare_many(reader, first, end, fields) : 0;
}

/* The message that nearly every publisher sends: {"key": a short string, "data": any} in this order
 * and nothing else. False: it is another one, or a bad one. */
static bool take_usual(struct reader *reader, const uint8_t *bytes, size_t count) {
    static const char before_key[] = "\x82\xa3key", before_data[] = "\xa4"
                                                                    "data";
    enum { KEY_AT = sizeof before_key - 1, DATA_BYTES = sizeof before_data - 1 };
    if (count <= KEY_AT || memcmp(bytes, before_key, KEY_AT) != 0) return false;
    if ((bytes[KEY_AT] & 0xe0) != 0xa0) return false; /* a fixstr, up to 31 bytes */
    size_t key_bytes = bytes[KEY_AT] & 31, name_at = KEY_AT + 1 + key_bytes;
    size_t data_at = name_at + DATA_BYTES;
    if (count <= data_at || memcmp(bytes + name_at, before_data, DATA_BYTES) != 0) return false;
    size_t data_bytes = count - data_at;
    if (data_bytes > reader->max_payload ||
        msgpack_walk(bytes + data_at, data_bytes, PROTO_DATA_DEPTH) != data_bytes)
        return false;
    const char *text = (const char *)bytes;
    reader->publication->key = (struct proto_text){text + KEY_AT + 1, (uint32_t)key_bytes};
    reader->publication->data = (struct proto_text){text + data_at, (uint32_t)data_bytes};
    return true;
}

static int decode_msgpack(struct reader *reader, const uint8_t *bytes, size_t count) {
    const uint8_t *at = bytes;
    uint32_t fields;
    if (take_usual(reader, bytes, count)) return 0;
    if (count == 0 || ((bytes[0] & 0xf0) != 0x80 && bytes[0] != 0xde && bytes[0] != 0xdf))
        return wrong(reader, "the message must be a map {\"key\": string, \"data\": any}");
    size_t head = bytes[0] == 0xde ? 3 : bytes[0] == 0xdf ? 5 : 1;
    if (count < head) return wrong(reader, "the message is truncated");
    (void)map_read(&at, &fields);
    if (read_fields(reader, at, bytes + count, fields) < 0) return -1;
    if (reader->publication->key.at == NULL) return wrong(reader, "\"key\" is missing");
    if (reader->publication->data.at == NULL) return wrong(reader, "\"data\" is missing");
    return 0;
}

/* --- JSON: the same message in msgpack, except for the text of the id --- */

struct json_heap {
    struct json_msgpack message;
    char *id;
};

static int decode_json(struct reader *reader, const char *text, size_t count) {
    struct publication *publication = reader->publication;
    struct json_heap *heap = calloc(1, sizeof *heap);
    if (heap == NULL) return wrong(reader, "no memory");
    publication->heap = heap;
    if (json_to_msgpack_any_depth(text, count, &heap->message, reader->error) < 0) return -1;
    int result = decode_msgpack(reader, heap->message.bytes, heap->message.count);
    if (publication->id.bytes > 0) {
        heap->id = msgpack_to_json(publication->id.at, publication->id.bytes);
        if (heap->id == NULL) {
            publication->id = (struct proto_text){0};
            return wrong(reader, "no memory");
        }
        publication->id = (struct proto_text){heap->id, (uint32_t)strlen(heap->id)};
    }
    return result;
}

int publish_decode(enum publish_encoding encoding, const void *bytes, size_t count,
                   uint64_t max_payload, struct publication *publication, char *error) {
    *publication = (struct publication){0};
    struct reader reader = {publication, max_payload, error, false};
    return encoding == PUBLISH_JSON ? decode_json(&reader, bytes, count)
                                    : decode_msgpack(&reader, bytes, count);
}

void publication_fini(struct publication *publication) {
    struct json_heap *heap = publication->heap;
    if (heap == NULL) return;
    free(heap->message.bytes);
    free(heap->id);
    free(heap);
    publication->heap = NULL;
}
