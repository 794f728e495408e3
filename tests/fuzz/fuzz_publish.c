/*
 * Publications in both encodings and their answers: what is taken is what a plain reading of the
 * message finds, its data byte for byte, and every answer is well-formed.
 *
 * Input: the encoding (a byte, odd: JSON), the longest data (a byte, 0: any), which allocation
 * fails (a byte, 0: none), then the message.
 */
#include <jansson.h>
#include <string.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "fuzz/json_reference.h"
#include "fuzz/msgpack_reference.h"
#include "proto/msgpack_walk.h"
#include "proto/publish.h"
#include "tickcast/messages.h"

#define MOST_BYTES 32768u /* too few for PUBLISH_FIELDS, and as deep as the references recurse */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    allocations_of_libraries();
    return 0;
}

/* --- msgpack --- */

struct expected {
    bool good;
    struct msgpack_node key;
    const uint8_t *data, *id;
    size_t data_bytes, id_bytes;
};

static bool is_id(enum msgpack_kind kind) {
    return kind == MSGPACK_BOOL || kind == MSGPACK_UNSIGNED || kind == MSGPACK_SIGNED ||
           kind == MSGPACK_FLOAT || kind == MSGPACK_DOUBLE || kind == MSGPACK_STR;
}

/* True if a name before `end` is the one of `node`. */
static bool repeated(const uint8_t *at, const uint8_t *end, const struct msgpack_node *node) {
    const uint8_t *self = node->body;
    for (;;) {
        struct msgpack_node name = msgpack_reference_node(at, end);
        if (name.body == self) return false;
        if (name.count == node->count && memcmp(name.body, node->body, name.count) == 0)
            return true;
        at = name.next + msgpack_reference_object(name.next, end, UINT32_MAX);
    }
}

static bool take_field(struct expected *expected, const struct msgpack_node *name,
                       const uint8_t *end, size_t bytes) {
    struct msgpack_node value = msgpack_reference_node(name->next, end);
    if (msgpack_reference_is(name, "key")) {
        expected->key = value;
        return value.kind == MSGPACK_STR;
    }
    if (msgpack_reference_is(name, "data")) {
        expected->data = name->next;
        expected->data_bytes = bytes;
        return msgpack_reference_object(name->next, end, PROTO_DATA_DEPTH) == bytes;
    }
    if (msgpack_reference_is(name, "id") && value.kind != MSGPACK_NIL) {
        expected->id = name->next;
        expected->id_bytes = bytes;
        return is_id(value.kind);
    }
    return true;
}

static void read_message(const uint8_t *bytes, size_t count, struct expected *expected) {
    const uint8_t *end = bytes + count;
    struct msgpack_node map = msgpack_reference_node(bytes, end);
    const uint8_t *next = map.body;
    if (map.kind != MSGPACK_MAP) return;
    for (uint64_t i = 0; i < map.count; i++) {
        struct msgpack_node name = msgpack_reference_node(next, end);
        if (name.kind != MSGPACK_STR || repeated(map.body, end, &name)) return;
        size_t value = msgpack_reference_object(name.next, end, UINT32_MAX);
        if (value == 0 || !take_field(expected, &name, end, value)) return;
        next = name.next + value;
    }
    expected->good = next == end && expected->key.kind == MSGPACK_STR && expected->data != NULL;
}

static bool is_at(struct proto_text text, const uint8_t *at, size_t bytes) {
    return (const uint8_t *)text.at == at && text.bytes == bytes;
}

static void check_msgpack(const uint8_t *bytes, size_t count, const struct publication *made,
                          bool good, uint64_t max_payload) {
    struct expected expected = {0};
    read_message(bytes, count, &expected);
    CHECK(good == (expected.good && expected.data_bytes <= max_payload));
    if (!good) return;
    CHECK(is_at(made->key, expected.key.body, expected.key.count));
    CHECK(is_at(made->data, expected.data, expected.data_bytes));
    CHECK(is_at(made->id, expected.id, expected.id_bytes));
}

/* --- JSON --- */

static unsigned depth_of(json_t *value) {
    unsigned deepest = 0;
    const char *name;
    json_t *inside;
    size_t i;
    json_object_foreach(value, name, inside) {
        unsigned depth = depth_of(inside);
        if (depth > deepest) deepest = depth;
    }
    json_array_foreach(value, i, inside) {
        unsigned depth = depth_of(inside);
        if (depth > deepest) deepest = depth;
    }
    return deepest + (json_is_object(value) || json_is_array(value));
}

static void check_json_content(json_t *tree, const struct publication *made) {
    json_t *key = json_object_get(tree, "key"), *id = json_object_get(tree, "id");
    CHECK(made->key.bytes == json_string_length(key));
    CHECK(memcmp(made->key.at, json_string_value(key), made->key.bytes) == 0);
    char *data = json_dumps(json_object_get(tree, "data"), JSON_ENCODE_ANY);
    CHECK(
        json_reference_same(data, strlen(data), (const uint8_t *)made->data.at, made->data.bytes));
    free(data);
    CHECK((made->id.bytes > 0) == (id != NULL && !json_is_null(id)));
    if (made->id.bytes == 0) return;
    json_t *shown = json_loadb(made->id.at, made->id.bytes, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    CHECK(json_equal(shown, id));
    json_decref(shown);
}

/* What jansson cannot read, names with U+0000, is left to fuzz_json. */
static void check_json(const char *text, size_t count, const struct publication *made, bool good,
                       uint64_t max_payload) {
    if (json_reference_verdict(text, count) == JSON_REFUSED) CHECK(!good);
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL | JSON_DECODE_ANY;
    json_t *tree = json_loadb(text, count, flags, NULL);
    if (good) CHECK(made->data.bytes <= max_payload);
    if (tree == NULL || memchr(text, '\0', count) != NULL) {
        json_decref(tree);
        return;
    }
    json_t *data = json_object_get(tree, "data"), *id = json_object_get(tree, "id");
    bool expected = json_is_string(json_object_get(tree, "key")) && data != NULL &&
                    depth_of(data) <= PROTO_DATA_DEPTH && !json_is_object(id) && !json_is_array(id);
    CHECK(expected || !good);
    if (max_payload == UINT64_MAX) CHECK(expected == good);
    if (good) check_json_content(tree, made);
    json_decref(tree);
}

/* --- answers --- */

static void check_msgpack_answer(const uint8_t *answer, size_t count, struct proto_text id,
                                 const char *error) {
    const uint8_t *end = answer + count;
    CHECK(msgpack_reference_object(answer, end, 1) == count);
    struct msgpack_node map = msgpack_reference_node(answer, end);
    struct msgpack_node name = msgpack_reference_node(map.body, end);
    const uint8_t *shown = name.next;
    CHECK(map.kind == MSGPACK_MAP && map.count == (error != NULL && id.bytes > 0 ? 2 : 1));
    CHECK(msgpack_reference_is(&name, error != NULL ? "error" : "ack"));
    if (error != NULL) {
        struct msgpack_node text = msgpack_reference_node(shown, end);
        CHECK(msgpack_reference_is(&text, error));
        if (id.bytes == 0) return;
        name = msgpack_reference_node(text.next, end);
        CHECK(msgpack_reference_is(&name, "id"));
        shown = name.next;
    }
    CHECK((size_t)(end - shown) == id.bytes && memcmp(shown, id.at, id.bytes) == 0);
}

static void check_json_answer(const char *answer, size_t count, struct proto_text id,
                              const char *error) {
    const size_t flags = JSON_DECODE_ANY | JSON_ALLOW_NUL | JSON_REJECT_DUPLICATES;
    json_t *tree = json_loadb(answer, count, flags, NULL);
    CHECK(json_object_size(tree) == (error != NULL && id.bytes > 0 ? 2 : 1));
    if (error != NULL) CHECK(json_is_string(json_object_get(tree, "error")));
    if (id.bytes > 0) {
        json_t *expected = json_loadb(id.at, id.bytes, flags, NULL);
        CHECK(expected != NULL);
        CHECK(json_equal(json_object_get(tree, error != NULL ? "id" : "ack"), expected));
        json_decref(expected);
    }
    json_decref(tree);
}

static void check_answer(enum publish_encoding encoding, struct proto_text id, const char *error,
                         uint32_t nth) {
    size_t count = 0;
    allocations_begin(nth);
    uint8_t *answer = publish_answer(encoding, id, error, &count);
    bool failed = allocations_end() != 0;
    CHECK(answer != NULL || failed);
    if (answer == NULL) return;
    if (encoding == PUBLISH_JSON)
        check_json_answer((const char *)answer, count, id, error);
    else
        check_msgpack_answer(answer, count, id, error);
    free(answer);
}

/* --- what subscribers get of it --- */

static void check_payload(const struct publication *made) {
    struct tickcast_payload payload;
    size_t size = tickcast_payload_size(made->key.bytes, made->data.bytes);
    uint8_t *out = malloc(size);
    CHECK(out != NULL);
    CHECK(tickcast_payload_encode(made->key.at, made->key.bytes, made->data.at, made->data.bytes,
                                  out) == size);
    CHECK(msgpack_reference_object(out, out + size, PROTO_WALK_DEPTH) == size);
    CHECK(tickcast_payload_decode(out, size, &payload) == 0);
    CHECK(payload.key_bytes == made->key.bytes && payload.data_bytes == made->data.bytes);
    CHECK(memcmp(payload.key, made->key.at, made->key.bytes) == 0);
    CHECK(memcmp(payload.data, made->data.at, made->data.bytes) == 0);
    free(out);
}

/* Any bytes as a payload: fields in any order, of repeated ones the last. */
static void check_payload_decode(const uint8_t *bytes, size_t count) {
    const uint8_t *end = bytes + count;
    struct tickcast_payload payload;
    struct msgpack_node map = msgpack_reference_node(bytes, end), key = {0};
    const uint8_t *next = map.body, *data = NULL;
    bool good =
        map.kind == MSGPACK_MAP && msgpack_reference_object(bytes, end, PROTO_WALK_DEPTH) == count;
    for (uint64_t i = 0; good && i < map.count; i++) {
        struct msgpack_node name = msgpack_reference_node(next, end);
        bool str = name.kind == MSGPACK_STR;
        if (str && msgpack_reference_is(&name, "key")) key = msgpack_reference_node(name.next, end);
        if (str && msgpack_reference_is(&name, "data")) data = name.next;
        good = str && (key.kind == MSGPACK_STR || key.kind == MSGPACK_NONE);
        next = name.next + msgpack_reference_object(name.next, end, PROTO_WALK_DEPTH);
    }
    good = good && key.kind == MSGPACK_STR && data != NULL;
    CHECK((tickcast_payload_decode(bytes, count, &payload) == 0) == good);
    if (!good) return;
    CHECK((const uint8_t *)payload.key == key.body && payload.key_bytes == key.count);
    CHECK(payload.data == data && payload.data_bytes == msgpack_reference_object(data, end, 64));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    enum publish_encoding encoding = fuzz_byte(&input) & 1 ? PUBLISH_JSON : PUBLISH_MSGPACK;
    uint64_t max_payload = fuzz_byte(&input);
    uint32_t nth = fuzz_byte(&input);
    if (max_payload == 0) max_payload = UINT64_MAX;
    size_t count;
    const uint8_t *bytes = fuzz_bytes(&input, MOST_BYTES, &count);
    uint8_t *copy = fuzz_copy(bytes, count);

    struct publication made;
    char error[PROTO_ERROR_BYTES] = "";
    allocations_begin(nth);
    int result = publish_decode(encoding, copy, count, max_payload, &made, error);
    bool failed = allocations_end() != 0;
    CHECK((result == 0) == (error[0] == '\0') && strlen(error) < sizeof error);
    CHECK(memcmp(copy, bytes, count) == 0);
    if (result == 0 || !failed) {
        if (encoding == PUBLISH_JSON)
            check_json((const char *)copy, count, &made, result == 0, max_payload);
        else
            check_msgpack(copy, count, &made, result == 0, max_payload);
    }
    if (result == 0) check_payload(&made);
    if (made.id.bytes > 0) check_answer(encoding, made.id, NULL, nth);
    if (result != 0) check_answer(encoding, made.id, error, nth);
    char *text = fuzz_text(bytes, count);
    check_answer(encoding, made.id, text, nth);
    fuzz_free(text);
    publication_fini(&made);
    check_payload_decode(copy, count);
    fuzz_free(copy);
    return 0;
}
