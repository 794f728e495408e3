/*
 * Subscribe requests and error messages: decoded as the contract says (c4), by a plain reading of
 * it, without believing a count.
 *
 * Input: the most streams (a byte, of a few values), which allocation fails (a byte, 0: none), then
 * the message.
 */
#include <string.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "fuzz/msgpack_reference.h"
#include "proto/error.h"
#include "proto/msgpack_walk.h"
#include "proto/subscribe.h"
#include "tickcast/messages.h"

#define MOST_BYTES 65536u /* as deep as the reference recurses */

/* The list that counts; `kind` NONE: there is none. */
struct list {
    struct msgpack_node node;
};

/* Behind the object, which is whole. */
static const uint8_t *behind(const uint8_t *at, const uint8_t *end) {
    return at + msgpack_reference_object(at, end, PROTO_REQUEST_DEPTH);
}

static bool is_text(const struct msgpack_node *node) {
    return node->kind == MSGPACK_STR || node->kind == MSGPACK_BIN;
}

/* The value of `streams`: nil keeps what came before, a list of names and nils replaces it. */
static bool take_list(const uint8_t *at, const uint8_t *end, struct list *list) {
    struct msgpack_node node = msgpack_reference_node(at, end);
    if (node.kind == MSGPACK_NIL) return true;
    if (node.kind != MSGPACK_ARRAY) return false;
    const uint8_t *next = node.body;
    for (uint64_t i = 0; i < node.count; i++) {
        struct msgpack_node name = msgpack_reference_node(next, end);
        if (name.kind != MSGPACK_NIL && !is_text(&name)) return false;
        next = name.next;
    }
    list->node = node;
    return true;
}

/* False: undecodable. */
static bool reference(const uint8_t *at, const uint8_t *end, struct list *list) {
    size_t bytes = msgpack_reference_object(at, end, PROTO_REQUEST_DEPTH);
    if (bytes == 0) return false;
    struct msgpack_node node = msgpack_reference_node(at, end);
    if (node.kind == MSGPACK_NIL) return true;
    if (node.kind == MSGPACK_ARRAY) return node.count == 0 || take_list(node.body, end, list);
    if (node.kind != MSGPACK_MAP) return false;
    const uint8_t *next = node.body;
    for (uint64_t i = 0; i < node.count; i++) {
        struct msgpack_node key = msgpack_reference_node(next, end);
        if (key.kind != MSGPACK_NIL && !is_text(&key)) return false;
        if (msgpack_reference_is(&key, "streams") && !take_list(key.next, end, list)) return false;
        next = behind(key.next, end);
    }
    return true;
}

static void check_streams(const struct subscribe_request *request, const struct list *list,
                          const uint8_t *end) {
    const uint8_t *next = list->node.body;
    CHECK(request->count == list->node.count);
    for (uint32_t i = 0; i < request->count; i++) {
        struct msgpack_node name = msgpack_reference_node(next, end);
        CHECK(request->streams[i].at != NULL && request->streams[i].bytes == name.count);
        if (name.kind != MSGPACK_NIL) CHECK((const uint8_t *)request->streams[i].at == name.body);
        next = name.next;
    }
}

static void check_request(const uint8_t *bytes, size_t count, uint32_t max_streams, uint32_t nth) {
    struct list list = {0};
    struct subscribe_request request = {0};
    bool good = reference(bytes, bytes + count, &list);
    allocations_begin(nth);
    enum subscribe_verdict verdict = subscribe_decode(bytes, count, max_streams, &request);
    bool failed = allocations_end() != 0;
    if (!good)
        CHECK(verdict == SUBSCRIBE_UNDECODABLE);
    else if (list.node.count == 0)
        CHECK(verdict == SUBSCRIBE_NONE);
    else if (list.node.count > max_streams)
        CHECK(verdict == SUBSCRIBE_TOO_MANY);
    else
        CHECK(verdict == (failed ? SUBSCRIBE_NOMEM : SUBSCRIBE_STREAMS));
    if (verdict != SUBSCRIBE_STREAMS) {
        CHECK(allocations_held() == 0);
        return;
    }
    check_streams(&request, &list, bytes + count);
    CHECK(allocations_bytes() <= request.count * sizeof request.streams[0]);
    subscribe_request_fini(&request);
    CHECK(allocations_held() == 0);
}

static void check_walk(const uint8_t *bytes, size_t count) {
    for (unsigned depth = 0; depth <= PROTO_REQUEST_DEPTH + 1; depth++)
        CHECK(msgpack_walk(bytes, count, depth) ==
              msgpack_reference_object(bytes, bytes + count, depth));
    CHECK(msgpack_walk(bytes, count, PROTO_WALK_DEPTH) ==
          msgpack_reference_object(bytes, bytes + count, PROTO_WALK_DEPTH));
    CHECK(msgpack_walk(bytes, count, UINT32_MAX) == msgpack_walk(bytes, count, PROTO_WALK_DEPTH));
    CHECK(msgpack_skip(bytes, count) == msgpack_reference_object(bytes, bytes + count, UINT32_MAX));
}

/* An error message is a whole map whose names before `error` are texts, and so is its value. */
static bool reference_error(const uint8_t *bytes, const uint8_t *end, struct msgpack_node *text) {
    size_t count = (size_t)(end - bytes);
    if (msgpack_reference_object(bytes, end, PROTO_REQUEST_DEPTH) != count) return false;
    struct msgpack_node node = msgpack_reference_node(bytes, end);
    if (node.kind != MSGPACK_MAP) return false;
    const uint8_t *next = node.body;
    for (uint64_t i = 0; i < node.count; i++) {
        struct msgpack_node name = msgpack_reference_node(next, end);
        if (!is_text(&name)) return false;
        if (msgpack_reference_is(&name, "error")) {
            *text = msgpack_reference_node(name.next, end);
            return is_text(text);
        }
        next = behind(name.next, end);
    }
    return false;
}

static void check_error(const uint8_t *bytes, size_t count) {
    const char *text;
    size_t text_bytes;
    struct msgpack_node expected;
    bool good = count > 0 && reference_error(bytes, bytes + count, &expected);
    CHECK((tickcast_error_decode(bytes, count, &text, &text_bytes) == 0) == good);
    if (good) CHECK((const uint8_t *)text == expected.body && text_bytes == expected.count);

    uint8_t *made = malloc(count + ERROR_HEAD_BYTES);
    CHECK(made != NULL);
    size_t made_bytes = error_encode((const char *)bytes, count, made);
    CHECK(made_bytes <= count + ERROR_HEAD_BYTES);
    CHECK(tickcast_error_decode(made, made_bytes, &text, &text_bytes) == 0);
    CHECK(text_bytes == count && memcmp(text, bytes, count) == 0);
    free(made);
}

/* The bytes as a list of names, as a client sends it, come back. */
static void check_encoded(const uint8_t *bytes, size_t count, uint32_t nth) {
    enum { MOST = 70000 };
    static const char *names[MOST];
    size_t name_count = 0;
    char *text = fuzz_text(bytes, count), *rest = text;
    for (char *name; name_count < 40 && (name = strsep(&rest, "\n")) != NULL;)
        names[name_count++] = name;
    /* many: the same again and again */
    size_t times = count % 7 == 0 ? 1700 : 1;
    for (size_t i = name_count; i < name_count * times; i++) names[i] = names[i % name_count];
    name_count *= times;

    void *made = NULL;
    allocations_begin(nth);
    size_t made_bytes = tickcast_subscribe_encode(names, name_count, &made);
    CHECK((made_bytes > 0) != (allocations_end() != 0));
    struct subscribe_request request;
    if (made_bytes > 0) {
        CHECK(subscribe_decode(made, made_bytes, MOST, &request) == SUBSCRIBE_STREAMS);
        CHECK(request.count == name_count);
        for (size_t i = 0; i < name_count; i++)
            CHECK(text_is(request.streams[i], names[i], strlen(names[i])));
        subscribe_request_fini(&request);
        free(made);
    }
    fuzz_free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint32_t limits[] = {1, 2, 16, 4096};
    struct fuzz_input input = {data, data + size};
    uint32_t max_streams = limits[fuzz_number(&input, 3)], nth = fuzz_byte(&input);
    size_t count;
    const uint8_t *bytes = fuzz_bytes(&input, MOST_BYTES, &count);
    uint8_t *message = fuzz_copy(bytes, count);
    check_request(message, count, max_streams, nth);
    check_walk(message, count);
    check_error(message, count);
    check_encoded(message, count, nth);
    fuzz_free(message);
    return 0;
}
