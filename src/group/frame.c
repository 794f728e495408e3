#include "group/frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tickcast/messages.h"
#include "ws/frame.h"

/* The map's head and the "key" string before the key's own header. */
#define BEFORE_KEY 5

static uint32_t string_header_bytes(size_t bytes) {
    return bytes < 32 ? 1 : bytes < 256 ? 2 : 3;
}

static struct frame *take_block(struct frame_cache *cache, size_t bytes) {
    if (bytes > FRAME_CACHED_BYTES || cache == NULL) return malloc(bytes);
    struct frame *frame = cache->first;
    if (frame == NULL) {
        frame = cache->spares != NULL ? spares_take(cache->spares) : NULL;
        return frame != NULL ? frame : malloc(FRAME_CACHED_BYTES);
    }
    memcpy(&cache->first, frame->wire, sizeof cache->first);
    cache->count--;
    return frame;
}

static void give_block(struct frame_cache *cache, struct frame *frame) {
    if (cache == NULL || frame->block_bytes != FRAME_CACHED_BYTES) {
        free(frame);
        return;
    }
    if (cache->count == cache->most) {
        if (cache->spares == NULL || !spares_put(cache->spares, frame)) free(frame);
        return;
    }
    memcpy(frame->wire, &cache->first, sizeof cache->first);
    cache->first = frame;
    cache->count++;
}

void frame_cache_fini(struct frame_cache *cache) {
    while (cache->first != NULL) {
        struct frame *frame = cache->first;
        memcpy(&cache->first, frame->wire, sizeof cache->first);
        free(frame);
    }
    cache->count = 0;
}

struct frame *frame_new(struct frame_cache *cache, const char *key, size_t key_bytes, uint64_t hash,
                        const void *data, size_t data_bytes) {
    size_t payload = tickcast_payload_size(key_bytes, data_bytes);
    size_t bytes = sizeof(struct frame) + WS_HEADER_BYTES + payload + FRAME_SLACK_BYTES;
    struct frame *frame = take_block(cache, bytes);
    if (frame == NULL) return NULL;
    bool small = cache != NULL && bytes <= FRAME_CACHED_BYTES;
    frame->block_bytes = small ? FRAME_CACHED_BYTES : (uint32_t)bytes;
    size_t header = ws_header_write(WS_BINARY, payload, frame->wire);
    tickcast_payload_encode(key, key_bytes, data, data_bytes, frame->wire + header);
    memset(frame->wire + header + payload, 0, FRAME_SLACK_BYTES);
    atomic_init(&frame->refs, 1);
    frame->bytes = (uint32_t)(header + payload);
    frame->hash = hash;
    frame->seq = 0;
    frame->key_at = (uint32_t)header + BEFORE_KEY + string_header_bytes(key_bytes);
    frame->key_bytes = (uint32_t)key_bytes;
    return frame;
}

void frame_unref(struct frame_cache *cache, struct frame *frame) {
    if (atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) == 1)
        give_block(cache, frame);
}
