#include "group/frame.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "proto/payload.h"
#include "ws/frame.h"

/* Zeroed, as blocks that are used again once were: logs copy what follows a frame in its block. */
static struct frame *new_block(void) {
    struct frame *frame = calloc(1, FRAME_CACHED_BYTES);
    if (frame != NULL) frame->block_bytes = FRAME_CACHED_BYTES;
    return frame;
}

static inline struct frame *take_block(struct frame_cache *cache) {
    struct frame *frame = cache->first;
    if (frame == NULL) {
        frame = cache->spares != NULL ? spares_take(cache->spares) : NULL;
        return frame != NULL ? frame : new_block();
    }
    memcpy(&cache->first, frame->wire, sizeof cache->first);
    cache->count--;
    return frame;
}

static struct frame *large_block(size_t bytes) {
    struct frame *frame = malloc(bytes);
    if (frame == NULL) return NULL;
    frame->block_bytes = (uint32_t)bytes;
    memset((uint8_t *)frame + bytes - WS_HEADER_BYTES - FRAME_SLACK_BYTES, 0,
           WS_HEADER_BYTES + FRAME_SLACK_BYTES); /* the header may be shorter */
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
    size_t payload = payload_size(key_bytes, data_bytes);
    size_t bytes = sizeof(struct frame) + WS_HEADER_BYTES + payload + FRAME_SLACK_BYTES;
    bool small = cache != NULL && bytes <= FRAME_CACHED_BYTES;
    struct frame *frame = small ? take_block(cache) : large_block(bytes);
    if (frame == NULL) return NULL;
    size_t header = ws_header_write(WS_BINARY, payload, frame->wire);
    payload_encode(key, key_bytes, data, data_bytes, frame->wire + header);
    atomic_init(&frame->refs, 1);
    frame->bytes = (uint32_t)(header + payload);
    frame->hash = hash;
    frame->seq = 0;
    frame->key_at = (uint32_t)(header + PAYLOAD_BEFORE_KEY_BYTES + text_head_bytes(key_bytes));
    frame->key_bytes = (uint32_t)key_bytes;
    return frame;
}

void frame_unref(struct frame_cache *cache, struct frame *frame) {
    if (atomic_fetch_sub_explicit(&frame->refs, 1, memory_order_acq_rel) == 1)
        give_block(cache, frame);
}
