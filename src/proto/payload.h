/* Writing a payload, msgpack {"key": key, "data": data} (CONTRACT c9), without a call: each message
 * is written once. The functions of tickcast/messages.h are these. */
#ifndef PROTO_PAYLOAD_H
#define PROTO_PAYLOAD_H

#include <string.h>

#include "proto/text.h"

#define PAYLOAD_BEFORE_KEY                                                                         \
    "\x82\xa3"                                                                                     \
    "key"
#define PAYLOAD_BEFORE_DATA                                                                        \
    "\xa4"                                                                                         \
    "data"
#define PAYLOAD_BEFORE_KEY_BYTES  (sizeof PAYLOAD_BEFORE_KEY - 1)
#define PAYLOAD_BEFORE_DATA_BYTES (sizeof PAYLOAD_BEFORE_DATA - 1)

static inline size_t payload_size(size_t key_bytes, size_t data_bytes) {
    return PAYLOAD_BEFORE_KEY_BYTES + text_head_bytes(key_bytes) + key_bytes +
           PAYLOAD_BEFORE_DATA_BYTES + data_bytes;
}

/** Writes payload_size bytes; returns them. */
static inline size_t payload_encode(const char *key, size_t key_bytes, const void *data,
                                    size_t data_bytes, uint8_t *out) {
    uint8_t *at = out;
    at = (uint8_t *)memcpy(at, PAYLOAD_BEFORE_KEY, PAYLOAD_BEFORE_KEY_BYTES) +
         PAYLOAD_BEFORE_KEY_BYTES;
    at += text_head_write(key_bytes, at);
    at = (uint8_t *)memcpy(at, key, key_bytes) + key_bytes;
    at = (uint8_t *)memcpy(at, PAYLOAD_BEFORE_DATA, PAYLOAD_BEFORE_DATA_BYTES) +
         PAYLOAD_BEFORE_DATA_BYTES;
    memcpy(at, data, data_bytes);
    return (size_t)(at - out) + data_bytes;
}

#endif
