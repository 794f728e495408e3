/*
 * Counters that one thread writes and any thread reads: relaxed atomics, which cost the writer what
 * a plain addition costs.
 */
#ifndef BASE_COUNT_H
#define BASE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

typedef _Atomic uint64_t count_t;

/** Adds by the only writer. */
static inline void count_add(count_t *count, uint64_t more) {
    uint64_t now = atomic_load_explicit(count, memory_order_relaxed);
    atomic_store_explicit(count, now + more, memory_order_relaxed);
}

static inline void count_sub(count_t *count, uint64_t less) {
    count_add(count, 0 - less);
}

static inline uint64_t count_get(const count_t *count) {
    return atomic_load_explicit(count, memory_order_relaxed);
}

#endif
