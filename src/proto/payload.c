/* Payloads: msgpack {"key": key, "data": data} (CONTRACT c9). */
#include "proto/payload.h"

#include "proto/msgpack_walk.h"
#include "tickcast/messages.h"

size_t tickcast_payload_size(size_t key_bytes, size_t data_bytes) {
    return payload_size(key_bytes, data_bytes);
}

size_t tickcast_payload_encode(const char *key, size_t key_bytes, const void *data,
                               size_t data_bytes, void *out) {
    return payload_encode(key, key_bytes, data, data_bytes, out);
}

int tickcast_payload_decode(const void *bytes, size_t count, struct tickcast_payload *payload) {
    const uint8_t *at = bytes, *end = at + count;
    struct proto_text key = {0}, data = {0};
    uint32_t pairs;
    if (count == 0 || msgpack_walk(bytes, count, PROTO_WALK_DEPTH) != count ||
        !map_read(&at, &pairs))
        return -1;
    for (uint32_t i = 0; i < pairs; i++) {
        struct proto_text name;
        if (text_read(&at, &name) != TEXT_STR) return -1;
        size_t value = msgpack_walk(at, (size_t)(end - at), PROTO_DATA_DEPTH);
        const uint8_t *after = at + value;
        if (text_is(name, "key", 3) && text_read(&at, &key) != TEXT_STR) return -1;
        if (text_is(name, "data", 4)) data = (struct proto_text){(const char *)at, (uint32_t)value};
        at = after;
    }
    if (key.at == NULL || data.at == NULL) return -1;
    *payload = (struct tickcast_payload){key.at, key.bytes, data.at, data.bytes};
    return 0;
}
