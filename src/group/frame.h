/*
 * A frame: one published message, encoded once as the WebSocket frame that all its subscribers get,
 * immutable and reference-counted. Its references belong to the rings it is on; any thread.
 */
#ifndef GROUP_FRAME_H
#define GROUP_FRAME_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "group/spares.h"

#define FRAME_SLACK_BYTES 32 /**< behind `wire`: logs copy it in blocks of 32 */

#define FRAME_CACHED_BYTES 512  /**< block of a frame that a cache keeps, its struct included */
#define FRAME_CACHED_COUNT 1024 /**< `most` of a worker's cache: half a megabyte */

struct frame {
    _Atomic uint32_t refs;
    uint32_t block_bytes; /**< of memory */
    uint32_t bytes;       /**< of `wire` */
    uint64_t hash;        /**< of the key */
    uint64_t seq;         /**< rises per key; set when the frame is placed */
    uint32_t key_at;      /**< offset of the key in `wire` */
    uint32_t key_bytes;
    uint8_t wire[]; /**< frame header and payload (CONTRACT c9) */
};

/** Blocks of small frames: those that a worker has freed, for itself, and behind them those that
 * all threads share: publishers come in bursts that the allocator's own caches do not hold, and
 * from threads that never free. One thread; with `most` 0 it has none of its own, and any thread
 * may use it. */
struct frame_cache {
    struct spares *spares; /**< or NULL */
    struct frame *first;   /**< linked through `wire` */
    uint32_t count, most;
};

void frame_cache_fini(struct frame_cache *cache);

/** Encodes a message; `data` is one msgpack object. One reference, the caller's. `cache` may be
 * NULL. NULL without memory. */
struct frame *frame_new(struct frame_cache *cache, const char *key, size_t key_bytes, uint64_t hash,
                        const void *data, size_t data_bytes);

/** Gives the number and all references at once; called while nobody else knows the frame. */
static inline void frame_number(struct frame *frame, uint64_t seq, uint32_t refs) {
    frame->seq = seq;
    atomic_store_explicit(&frame->refs, refs, memory_order_relaxed);
}

/** Drops one reference; the last one frees. Release/acquire: whoever frees sees all uses as past.
 */
void frame_unref(struct frame_cache *cache, struct frame *frame);

static inline const char *frame_key(const struct frame *frame) {
    return (const char *)frame->wire + frame->key_at;
}

#endif
