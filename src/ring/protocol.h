/*
 * What rings.c (the push), park.c (workers that publish) and wake.c (who is told) share. Names in
 * brackets, as [reserve], are the steps of tests/ring/model/push.pml.
 */
#ifndef RING_PROTOCOL_H
#define RING_PROTOCOL_H

#include "ring/ring.h"
#include "ring/rings.h"

#define OUTSIDE     (UINT64_C(1) << 63) /**< in a ring's `waiters`: all threads outside */
#define WORKERS     (OUTSIDE - 1)       /**< ... and its other bits: one for each worker */
#define BIT(worker) (UINT64_C(1) << (worker))

/** The lock of the keys that hash to it, and their counter. */
struct stripe {
    _Atomic uint32_t locked __attribute__((aligned(RING_LINE)));
    _Atomic uint64_t seq;     /* stored by who holds the lock; read by rings_pushed */
    _Atomic uint64_t skipped; /* pushes that no ring took; any thread */
};

/** A worker: its ring, of which it is the only consumer, and how it is woken. */
struct worker {
    struct ring ring;
    /* any thread */
    _Atomic uint32_t signalled __attribute__((aligned(RING_LINE))); /* [flag] */
    int eventfd;                                                    /* [efd] */
    /* the worker: how many of its parked messages wait for each ring. Not 0: its bit is set there
     */
    uint32_t waiting[RINGS_MAX] __attribute__((aligned(RING_LINE)));
    struct unwanted unwanted;
};

struct rings {
    /* fixed */
    uint32_t count;
    void (*number)(void *item, uint64_t seq, uint32_t uses);
    struct worker *worker; /* `count` of them */
    /* any thread, seldom written */
    _Atomic uint64_t wanted;  /* bit r: ring r wants pushes */
    _Atomic uint64_t changes; /* of what rings want, never 0; see unwanted.c, (5) */
    _Atomic bool closed;      /* [phase >= REFUSING] */
    /* threads outside that sleep do it on this */
    _Atomic uint32_t generation __attribute__((aligned(RING_LINE)));
    struct stripe stripes[RINGS_STRIPES];
};

/* rings.c */

/** One try to place `item`: peek, stripe, push. `own`: the bit of the worker; 0: a thread outside,
 *  which waits for the stripe. OK, AGAIN with the ring that lacked credits in *short_of, BUSY,
 *  CLOSED. */
int rings_try(struct rings *rings, const struct ring_item *item, uint64_t own, uint32_t *short_of);

/* wake.c */

/** [signal]: wakes a worker. */
void worker_wake(struct worker *worker);
/** [look]: after giving credits of `ring` back, wakes who waits for them. */
void rings_look(struct rings *rings, struct ring *ring);
/** [wake_outside]: wakes all threads in rings_wait. */
void rings_wake_outside(struct rings *rings, struct ring *ring);

static inline struct stripe *stripe_of(struct rings *rings, const struct ring_key *key) {
    return &rings->stripes[key->hash % RINGS_STRIPES];
}

/** One try to take a stripe. */
static inline bool stripe_try(struct stripe *stripe) {
    /* the load first: the line of a held stripe is not torn from its holder */
    return atomic_load_explicit(&stripe->locked, memory_order_relaxed) == 0 &&
           atomic_exchange_explicit(&stripe->locked, 1, memory_order_acquire) == 0;
}

static inline void stripe_give(struct stripe *stripe) {
    atomic_store_explicit(&stripe->locked, 0, memory_order_release);
}

/** The lowest ring (or worker) of a set, which is not empty. */
static inline uint32_t lowest(uint64_t bits) {
    return (uint32_t)__builtin_ctzll(bits);
}

/** [REFUSED]: while workers wait for a ring only they may reserve on it. */
static inline bool ring_refuses(const struct ring *ring, uint64_t own) {
    uint64_t waiters = atomic_load(&ring->waiters);
    return __builtin_expect((waiters & WORKERS) != 0, false) && (waiters & own) == 0;
}

#endif
