#include "proto/subscribe.h"

#include <stdlib.h>

#include "proto/msgpack_walk.h"
#include "tickcast/messages.h"

/* A list of streams inside the message; `at` NULL: there is none. */
struct list {
    const uint8_t *at;
    uint32_t count;
};

#define NIL 0xc0

/* Everything below reads inside an object that msgpack_walk has found whole. */

static const uint8_t *skip(const uint8_t *at, const uint8_t *end) {
    return at + msgpack_walk(at, (size_t)(end - at), PROTO_REQUEST_DEPTH);
}

/* Moves over the value of `streams`. False: it is neither nil nor a list of names. */
static bool read_list(const uint8_t **at, struct list *list) {
    if (**at == NIL) { /* keeps what came before */
        (*at)++;
        return true;
    }
    struct list found;
    if (!array_read(at, &found.count)) return false;
    found.at = *at;
    for (uint32_t i = 0; i < found.count; i++) {
        struct proto_text name;
        if (**at == NIL)
            (*at)++;
        else if (text_read(at, &name) == TEXT_NONE)
            return false;
    }
    *list = found; /* the last one wins */
    return true;
}

static bool read_map(const uint8_t *at, const uint8_t *end, uint32_t pairs, struct list *list) {
    for (uint32_t i = 0; i < pairs; i++) {
        struct proto_text key = {0};
        if (*at == NIL)
            at++;
        else if (text_read(&at, &key) == TEXT_NONE)
            return false;
        if (!text_is(key, "streams", 7))
            at = skip(at, end);
        else if (!read_list(&at, list))
            return false;
    }
    return true;
}

static bool read_request(const uint8_t *at, const uint8_t *end, struct list *list) {
    uint32_t count;
    if (*at == NIL) return true;
    if (map_read(&at, &count)) return read_map(at, end, count, list);
    if (array_read(&at, &count)) return count == 0 || read_list(&at, list);
    return false;
}

enum subscribe_verdict subscribe_decode(const void *bytes, size_t count, uint32_t max_streams,
                                        struct subscribe_request *request) {
    struct list list = {0};
    size_t length = msgpack_walk(bytes, count, PROTO_REQUEST_DEPTH);
    if (length == 0) return SUBSCRIBE_UNDECODABLE;
    if (!read_request(bytes, (const uint8_t *)bytes + length, &list)) return SUBSCRIBE_UNDECODABLE;
    if (list.count == 0) return SUBSCRIBE_NONE;
    if (list.count > max_streams) return SUBSCRIBE_TOO_MANY;
    request->streams = calloc(list.count, sizeof request->streams[0]);
    if (request->streams == NULL) return SUBSCRIBE_NOMEM;
    request->count = list.count;
    for (uint32_t i = 0; i < list.count; i++) {
        request->streams[i].at = "";
        if (*list.at == NIL)
            list.at++;
        else
            (void)text_read(&list.at, &request->streams[i]);
    }
    return SUBSCRIBE_STREAMS;
}

void subscribe_request_fini(struct subscribe_request *request) {
    free(request->streams);
    *request = (struct subscribe_request){0};
}

size_t tickcast_subscribe_encode(const char *const *streams, size_t count, void **out) {
    size_t bytes = 1 + text_head_bytes(7) + 7 + 5;
    for (size_t i = 0; i < count; i++) bytes += 5 + __builtin_strlen(streams[i]);
    uint8_t *made = malloc(bytes), *at = made;
    if (made == NULL) return 0;
    *at++ = 0x81;
    at += text_head_write(7, at);
    at = (uint8_t *)__builtin_memcpy(at, "streams", 7) + 7;
    if (count < 16) {
        *at++ = (uint8_t)(0x90 | count);
    } else {
        size_t width = count < 65536 ? 2 : 4;
        *at++ = width == 2 ? 0xdc : 0xdd;
        for (size_t i = 0; i < width; i++) *at++ = (uint8_t)(count >> (8 * (width - 1 - i)));
    }
    for (size_t i = 0; i < count; i++) {
        size_t length = __builtin_strlen(streams[i]);
        at += text_head_write(length, at);
        at = (uint8_t *)__builtin_memcpy(at, streams[i], length) + length;
    }
    *out = made;
    return (size_t)(at - made);
}
