/*
 * Chunks of logs, of three sizes, from a pool of the shard. One thread. Free chunks are kept up to
 * POOL_KEPT_BYTES so that a busy group does not go to the allocator for each message.
 */
#ifndef GROUP_POOL_H
#define GROUP_POOL_H

#include <stdint.h>

#include "base/budget.h"
#include "base/list.h"
#include "group/frame.h"

#define POOL_SIZES       3
#define POOL_SLACK_BYTES 32 /**< behind the room of a chunk: copies are made in blocks of 32 */
#define POOL_KEPT_BYTES  (1024 * 1024) /**< free chunks of each size that a shard keeps */

/** A frame that logs of one shard refer to: one atomic reference, plain counts inside. */
struct hold {
    struct frame *frame;
    uint32_t uses;
};

/** A piece of a log: bytes of its own, or one referenced frame. */
struct chunk {
    struct chunk *next;
    struct hold *hold; /**< the referenced frame, or NULL */
    const uint8_t *data;
    uint64_t base;    /**< position in the log of its first byte */
    uint32_t bytes;   /**< written */
    uint32_t room;    /**< bytes of its own, POOL_SLACK_BYTES less; 0 with a referenced frame */
    uint32_t readers; /**< cursors in it */
    uint32_t size;    /**< which of the sizes */
    uint8_t own[];
};

struct pool {
    struct chunk *kept[POOL_SIZES];
    uint32_t kept_count[POOL_SIZES];
    struct list warm;      /**< logs that are caught up and keep their chunk for now */
    struct budget *budget; /**< charged with chunks in use and referenced frames */
};

void pool_init(struct pool *pool, struct budget *budget);
void pool_fini(struct pool *pool);

/** A chunk of at least size number `size` that has room for `bytes`; NULL without memory. */
struct chunk *pool_take(struct pool *pool, uint32_t size, uint32_t bytes);
/** A chunk that refers to a frame. */
struct chunk *pool_take_hold(struct pool *pool, struct hold *hold);
void pool_give(struct pool *pool, struct chunk *chunk);

/** Wraps a frame, taking over one of its references; NULL without memory. Begins with one use. */
struct hold *hold_new(struct pool *pool, struct frame *frame);
void hold_unref(struct pool *pool, struct hold *hold);

#endif
