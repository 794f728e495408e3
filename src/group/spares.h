/*
 * Spare blocks of memory that travel between threads: a message is made by the thread that pushes
 * it and freed by a worker, which is the way on which an allocator's own caches do not help. A
 * bounded queue of pointers without a lock; any thread.
 */
#ifndef GROUP_SPARES_H
#define GROUP_SPARES_H

#include <stdbool.h>
#include <stdint.h>

struct spares;

/** Room for `count` blocks, a power of two from 2 on (of one place the turns "filled" and "free
 * again" are the same number). NULL without memory. */
struct spares *spares_new(uint32_t count);
/** Frees it, and with free() all blocks in it. NULL is allowed. */
void spares_free(struct spares *spares);

/** Puts a block there; false: there is no room, and it stays the caller's. */
bool spares_put(struct spares *spares, void *block);
/** Takes a block, NULL if there is none. */
void *spares_take(struct spares *spares);

#endif
