/*
 * One bounded ring for many producers and one consumer, with credits.
 *
 * A producer first reserves a credit (a slot and the item's bytes), then enqueues; the consumer
 * pops, and gives the credits of a batch back. An enqueue cannot fail and never waits: who has a
 * credit has a slot. The argument is in ring.c.
 */
#ifndef RING_RING_H
#define RING_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_LINE 64 /**< bytes of a cache line */

/** Credits in one word, so that one exchange takes both: slots above, bytes below. */
#define RING_SLOT_CREDIT     (UINT64_C(1) << 40)
#define RING_CREDIT_SLOTS(c) ((c) / RING_SLOT_CREDIT)
#define RING_CREDIT_BYTES(c) ((c) % RING_SLOT_CREDIT)

struct ring {
    /* fixed */
    _Atomic(void *) *slots
        __attribute__((aligned(RING_LINE))); /* NULL: empty, or not yet written */
    uint32_t slot_mask;                      /* slots less one: a power of two */
    uint64_t bytes;
    /* producers; the consumer once a batch */
    _Atomic uint64_t credit __attribute__((aligned(RING_LINE)));
    _Atomic uint64_t tail;    /* positions claimed so far */
    _Atomic uint64_t waiters; /* who waits for credits: the mask of the protocol, see protocol.h */
    /* the consumer */
    uint64_t head __attribute__((aligned(RING_LINE)));
};

/** `slots` is a power of two, `bytes` below RING_SLOT_CREDIT. 0; -1 without memory. */
int ring_init(struct ring *ring, uint32_t slots, uint64_t bytes);
/** Nobody may be in a call; items that are still there are forgotten. */
void ring_fini(struct ring *ring);

/** Takes a slot and `bytes`; false if there are not so many. Any thread. */
static inline bool ring_reserve(struct ring *ring, uint32_t bytes) {
    uint64_t credit = atomic_load(&ring->credit);
    do {
        if (RING_CREDIT_SLOTS(credit) == 0 || RING_CREDIT_BYTES(credit) < bytes) return false;
        /* seq_cst, beside the masks: see wake.c. Acquire, with ring_give_back: see ring.c, (2) */
    } while (
        !atomic_compare_exchange_weak(&ring->credit, &credit, credit - RING_SLOT_CREDIT - bytes));
    return true;
}

/** Gives back what was reserved or popped; returns the credits there are then. Any thread. */
static inline uint64_t ring_give_back(struct ring *ring, uint32_t slots, uint64_t bytes) {
    uint64_t more = slots * RING_SLOT_CREDIT + bytes;
    return atomic_fetch_add(&ring->credit, more) + more;
}

/** True if a slot and `bytes` could be reserved now. */
static inline bool ring_has(const struct ring *ring, uint32_t bytes) {
    uint64_t credit = atomic_load(&ring->credit);
    return RING_CREDIT_SLOTS(credit) > 0 && RING_CREDIT_BYTES(credit) >= bytes;
}

/** True if `credit` is at least a quarter of the slots and of the bytes: waking is worth it. */
static inline bool ring_roomy(const struct ring *ring, uint64_t credit) {
    return RING_CREDIT_SLOTS(credit) * 4 > ring->slot_mask &&
           RING_CREDIT_BYTES(credit) * 4 >= ring->bytes;
}

/** Puts `item` (not NULL) where a credit was reserved. Any thread. */
static inline void ring_enqueue(struct ring *ring, void *item) {
    /* acq_rel, with the claims before and after it: see ring.c, (2) */
    uint64_t at = atomic_fetch_add_explicit(&ring->tail, 1, memory_order_acq_rel);
    /* release, with the consumer's acquire: it sees the item as it is now */
    atomic_store_explicit(&ring->slots[at & ring->slot_mask], item, memory_order_release);
}

/** True if there is something to pop. The consumer. */
static inline bool ring_written(const struct ring *ring) {
    /* relaxed: only tells that a pop will find something */
    return atomic_load_explicit(&ring->slots[ring->head & ring->slot_mask], memory_order_relaxed) !=
           NULL;
}

/** Takes the next item, NULL if none is written. Keeps its credit. The consumer. */
static inline void *ring_pop(struct ring *ring) {
    _Atomic(void *) *slot = &ring->slots[ring->head & ring->slot_mask];
    /* acquire, with the producer's release: without it the item could look as before its push */
    void *item = atomic_load_explicit(slot, memory_order_acquire);
    if (item == NULL) return NULL;
    /* relaxed: it reaches the next producer of this slot with the credit, see ring.c, (2) */
    atomic_store_explicit(slot, NULL, memory_order_relaxed);
    ring->head++;
    return item;
}

#endif
