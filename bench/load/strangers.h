/*
 * Messages that the load did not publish: how far apart the receivers of the same one are. The same
 * is what has the same key and data, within STRANGERS_NS. One thread.
 */
#ifndef BENCH_LOAD_STRANGERS_H
#define BENCH_LOAD_STRANGERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STRANGERS_SLOTS 65536                      /**< messages under way; a power of two */
#define STRANGERS_NS    (2 * UINT64_C(1000000000)) /**< later, it is published again */

struct strangers_slot {
    uint64_t hash, first, last;
    uint32_t count;
};

struct strangers {
    struct strangers_slot *slots; /**< made when the first comes */
    uint64_t seed;
    void (*over)(void *arg, uint64_t skew_ns); /**< of each that had two receivers or more */
    void *arg;
};

void strangers_init(struct strangers *strangers, void (*over)(void *arg, uint64_t skew_ns),
                    void *arg);
void strangers_fini(struct strangers *strangers);

/** One came at `now`; `readers` get it, 0: not known. */
void strangers_take(struct strangers *strangers, const void *key, size_t key_bytes,
                    const void *data, size_t data_bytes, uint64_t now, uint32_t readers);
/** Tells those that are under way. */
void strangers_end(struct strangers *strangers);

#endif
