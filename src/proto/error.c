#include "proto/error.h"

#include <string.h>

#include "proto/msgpack_walk.h"
#include "tickcast/messages.h"

size_t error_encode(const char *text, size_t text_bytes, uint8_t *out) {
    uint8_t *at = out;
    *at++ = 0x81;
    at += text_head_write(5, at);
    at = (uint8_t *)memcpy(at, "error", 5) + 5;
    at += text_head_write(text_bytes, at);
    memcpy(at, text, text_bytes);
    return (size_t)(at - out) + text_bytes;
}

int tickcast_error_decode(const void *bytes, size_t count, const char **text, size_t *text_bytes) {
    const uint8_t *at = bytes, *end = at + count;
    uint32_t pairs;
    if (count == 0 || msgpack_walk(bytes, count, PROTO_REQUEST_DEPTH) != count ||
        !map_read(&at, &pairs))
        return -1;
    for (uint32_t i = 0; i < pairs; i++) {
        struct proto_text name, value;
        if (text_read(&at, &name) == TEXT_NONE) return -1;
        if (!text_is(name, "error", 5)) {
            at += msgpack_skip(at, (size_t)(end - at));
            continue;
        }
        if (text_read(&at, &value) == TEXT_NONE) return -1;
        *text = value.at;
        *text_bytes = value.bytes;
        return 0;
    }
    return -1;
}
