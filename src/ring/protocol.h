/*
 * What rings.c (the push), park.c (workers that publish) and wake.c (who is told) share. Names in
 * brackets, as [reserve], are the steps of model/push.pml.
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
    _Atomic uint64_t seq; /* stored by who holds the lock; read by rings_pushed */
};

struct worker {
    /* any thread */
    _Atomic uint32_t signalled __attribute__((aligned(RING_LINE))); /* [flag] */
    int eventfd;                                                    /* [efd] */
    /* the worker: how many of its parked messages wait for each ring. Not 0: its bit is set there
     */
    uint32_t waiting[RINGS_MAX] __attribute__((aligned(RING_LINE)));
};

struct rings {
    /* fixed */
    uint32_t count;
    void (*number)(void *item, uint64_t seq, uint32_t uses);
    struct ring *ring;     /* `count` of them, as of workers */
    struct worker *worker; /* the consumer of the ring with its number */
    /* any thread, seldom written */
    _Atomic uint64_t wanted; /* bit r: ring r wants pushes */
    _Atomic bool closed;     /* [phase >= REFUSING] */
    /* threads outside that sleep do it on this */
    _Atomic uint32_t generation __attribute__((aligned(RING_LINE)));
    struct stripe stripes[RINGS_STRIPES];
};

/* rings.c */

/** [peek]: true if no ring that wants pushes must refuse `bytes`; else the first that must in
 *  *short_of. `own`: the bit of the worker, 0 outside. Takes nothing. */
bool rings_peek(const struct rings *rings, uint32_t bytes, uint64_t own, uint32_t *short_of);
/** One try to take a stripe. */
bool stripe_try(struct stripe *stripe);
/** [push_locked]: with the stripe held, which it gives up. OK, AGAIN with *short_of, CLOSED. */
int rings_push_locked(struct rings *rings, struct stripe *stripe, const struct ring_item *item,
                      uint64_t own, uint32_t *short_of);

/* wake.c */

/** [REFUSED]: while workers wait for a ring only they may reserve on it. */
bool ring_refuses(const struct ring *ring, uint64_t own);
/** [look]: after giving credits of `ring` back, wakes who waits for them. */
void rings_look(struct rings *rings, struct ring *ring);
/** [wake_outside]: wakes all threads in rings_wait. */
void rings_wake_outside(struct rings *rings, struct ring *ring);

/** The lowest ring (or worker) of a set, which is not empty. */
static inline uint32_t lowest(uint64_t bits) {
    return (uint32_t)__builtin_ctzll(bits);
}

static inline struct stripe *stripe_of(struct rings *rings, const struct ring_item *item) {
    return &rings->stripes[item->hash % RINGS_STRIPES];
}

static inline void stripe_pause(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

#endif
