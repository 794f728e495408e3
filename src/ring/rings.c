/*
 * The argument.
 *
 * A slot is free for whoever holds a credit: credits of a ring start at its slots, a push takes one
 * before it claims a position, and the consumer gives it back after it has emptied the slot. So at
 * most `slots` positions are between head and tail, and the slot claimed by fetch_add is empty.
 *
 * Claims of one key are made under its stripe, so every ring has them in one order. A consumer
 * stops at the first slot that is claimed but not written: its producer has not signalled yet and
 * will.
 *
 * Wake-ups (`signalled`): a producer stores its slot, then exchanges the flag to 1 and writes the
 * eventfd if it was 0. The consumer reads the eventfd, then exchanges the flag to 0, then pops.
 * Both exchanges are seq_cst read-modify-writes of one variable: either the producer's comes first,
 * and the consumer's, which reads from it, sees the slot; or it comes second, finds 0 and writes.
 *
 * Waiting (`mask`): who is refused sets its bit, then tries again; who gives credits back does so,
 * then looks at the mask. All seq_cst: one of the two sees the other.
 */
#include "ring/rings.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define OUTSIDE     (UINT64_C(1) << 63)
#define WORKERS     (OUTSIDE - 1)
#define BIT(worker) (UINT64_C(1) << (worker))
#define LINE        64 /* bytes of a cache line */

/* Credits of a ring in one word, so that one exchange takes both: slots above, bytes below. */
#define SLOT_CREDIT     (UINT64_C(1) << 40)
#define CREDIT_SLOTS(c) ((c) / SLOT_CREDIT)
#define CREDIT_BYTES(c) ((c) % SLOT_CREDIT)

struct ring {
    /* producers */
    _Atomic uint64_t credit __attribute__((aligned(LINE)));
    _Atomic uint64_t tail;
    _Atomic uint64_t mask; /* who waits for credits */
    _Atomic bool wanted;
    /* producers and consumer, once a batch */
    _Atomic uint32_t signalled __attribute__((aligned(LINE)));
    int eventfd;
    /* the consumer */
    uint64_t head __attribute__((aligned(LINE)));
    uint32_t waiting[RINGS_MAX]; /* of this ring's worker: its parked messages for each ring */
    /* fixed */
    _Atomic(void *) *slots __attribute__((aligned(LINE)));
};

struct stripe {
    _Atomic uint32_t locked __attribute__((aligned(LINE)));
    _Atomic uint64_t seq; /* written by who holds the lock */
};

struct rings {
    uint32_t count, slots;
    uint64_t bytes;
    void (*number)(void *item, uint64_t seq, uint32_t uses);
    _Atomic bool closed;
    pthread_mutex_t lock; /* of the generation */
    pthread_cond_t changed;
    uint64_t generation;
    struct ring *ring;
    struct stripe stripes[RINGS_STRIPES];
};

/* --- making and freeing --- */

static void init_waiting(struct rings *rings) {
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&rings->lock, NULL);
    pthread_cond_init(&rings->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

static int init_ring(const struct rings *rings, struct ring *ring) {
    memset(ring, 0, sizeof *ring);
    ring->eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    ring->slots = calloc(rings->slots, sizeof ring->slots[0]);
    atomic_init(&ring->credit, rings->slots * SLOT_CREDIT + rings->bytes);
    return ring->eventfd < 0 || ring->slots == NULL ? -1 : 0;
}

int rings_new(const struct rings_options *options, struct rings **made) {
    assert(options->count >= 1 && options->count <= RINGS_MAX);
    assert(options->bytes < SLOT_CREDIT && (options->slots & (options->slots - 1)) == 0);
    struct rings *rings = aligned_alloc(LINE, sizeof *rings);
    struct ring *ring = aligned_alloc(LINE, options->count * sizeof *ring);
    if (rings == NULL || ring == NULL) {
        free(rings);
        free(ring);
        errno = ENOMEM;
        return -1;
    }
    memset(rings, 0, sizeof *rings);
    rings->slots = options->slots;
    rings->bytes = options->bytes;
    rings->number = options->number;
    rings->ring = ring;
    init_waiting(rings);
    for (; rings->count < options->count; rings->count++) {
        if (init_ring(rings, &ring[rings->count]) == 0) continue;
        int error = errno;
        rings->count++;
        rings_free(rings, NULL);
        errno = error;
        return -1;
    }
    *made = rings;
    return 0;
}

void rings_free(struct rings *rings, void (*drop)(void *item)) {
    if (rings == NULL) return;
    for (uint32_t i = 0; i < rings->count; i++) {
        void *item;
        while (rings->ring[i].slots != NULL && (item = rings_pop(rings, i)) != NULL)
            if (drop != NULL) drop(item);
        if (rings->ring[i].eventfd >= 0) close(rings->ring[i].eventfd);
        free((void *)rings->ring[i].slots);
    }
    pthread_cond_destroy(&rings->changed);
    pthread_mutex_destroy(&rings->lock);
    free(rings->ring);
    free(rings);
}

void rings_want(struct rings *rings, uint32_t self, bool wanted) {
    atomic_store(&rings->ring[self].wanted, wanted);
}

/* --- waking --- */

void rings_signal(struct rings *rings, uint32_t worker) {
    struct ring *ring = &rings->ring[worker];
    uint64_t one = 1;
    if (atomic_exchange(&ring->signalled, 1) == 0) (void)!write(ring->eventfd, &one, sizeof one);
}

void rings_clear(struct rings *rings, uint32_t self) {
    struct ring *ring = &rings->ring[self];
    uint64_t count;
    (void)!read(ring->eventfd, &count, sizeof count);
    (void)atomic_exchange(&ring->signalled, 0);
}

int rings_eventfd(const struct rings *rings, uint32_t self) {
    return rings->ring[self].eventfd;
}

/* Takes the bit away, and only then advances the generation: a waiter that set its bit later than
 * this has read the old generation earlier, and will look itself. */
static void wake_outside(struct rings *rings, struct ring *ring) {
    atomic_fetch_and(&ring->mask, ~OUTSIDE);
    pthread_mutex_lock(&rings->lock);
    rings->generation++;
    pthread_cond_broadcast(&rings->changed);
    pthread_mutex_unlock(&rings->lock);
}

/* After credits were given back: wakes all who wait for them. */
static void look(struct rings *rings, struct ring *ring) {
    uint64_t mask = atomic_load(&ring->mask);
    if (mask == 0) return;
    for (uint64_t workers = mask & WORKERS; workers != 0; workers &= workers - 1)
        rings_signal(rings, (uint32_t)__builtin_ctzll(workers));
    if (mask & OUTSIDE) wake_outside(rings, ring);
}

/* --- the push --- */

/* While a worker waits for this ring only those who wait may reserve on it. */
static bool refused(const struct ring *ring, uint64_t own) {
    uint64_t mask = atomic_load(&ring->mask);
    return (mask & WORKERS) != 0 && (mask & own) == 0;
}

static bool reserve(struct ring *ring, uint32_t bytes, uint64_t own) {
    if (refused(ring, own)) return false;
    uint64_t credit = atomic_load(&ring->credit);
    do {
        if (CREDIT_SLOTS(credit) == 0 || CREDIT_BYTES(credit) < bytes) return false;
    } while (!atomic_compare_exchange_weak(&ring->credit, &credit, credit - SLOT_CREDIT - bytes));
    return true;
}

static void enqueue(const struct rings *rings, struct ring *ring, void *item) {
    uint64_t at = atomic_fetch_add_explicit(&ring->tail, 1, memory_order_relaxed);
    /* release, with the consumer's acquire: it sees the item as it is now */
    atomic_store_explicit(&ring->slots[at & (rings->slots - 1)], item, memory_order_release);
}

static void unlock(struct stripe *stripe) {
    atomic_store_explicit(&stripe->locked, 0, memory_order_release);
}

static bool try_lock(struct stripe *stripe) {
    return atomic_load_explicit(&stripe->locked, memory_order_relaxed) == 0 &&
           atomic_exchange_explicit(&stripe->locked, 1, memory_order_acquire) == 0;
}

/* Reserves on all rings that want the item; on failure gives back, with the ring in *short_of. The
 * rings reserved on, then and in both cases, in *held. */
static bool reserve_all(struct rings *rings, const struct ring_item *item, uint64_t own,
                        uint64_t *held, uint32_t *short_of) {
    *held = 0;
    for (uint32_t i = 0; i < rings->count; i++) {
        struct ring *ring = &rings->ring[i];
        if (!atomic_load(&ring->wanted)) continue;
        if (reserve(ring, item->bytes, own)) {
            *held |= BIT(i);
            continue;
        }
        *short_of = i;
        for (uint64_t left = *held; left != 0; left &= left - 1)
            atomic_fetch_add(&rings->ring[__builtin_ctzll(left)].credit, SLOT_CREDIT + item->bytes);
        return false;
    }
    return true;
}

/* With the stripe held, which it gives up: looks, reserves, numbers, enqueues; then wakes. */
static int push_locked(struct rings *rings, struct stripe *stripe, const struct ring_item *item,
                       uint64_t own, uint32_t *short_of) {
    uint64_t held;
    if (atomic_load(&rings->closed)) {
        unlock(stripe);
        return RINGS_CLOSED;
    }
    bool all = reserve_all(rings, item, own, &held, short_of);
    if (all) {
        uint32_t uses = 0;
        for (uint64_t left = held; left != 0; left &= left - 1) uses++;
        uint64_t seq = atomic_load_explicit(&stripe->seq, memory_order_relaxed) + 1;
        atomic_store_explicit(&stripe->seq, seq, memory_order_relaxed);
        rings->number(item->item, seq, uses);
        for (uint64_t left = held; left != 0; left &= left - 1)
            enqueue(rings, &rings->ring[__builtin_ctzll(left)], item->item);
    }
    unlock(stripe);
    for (; held != 0; held &= held - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(held);
        if (all)
            rings_signal(rings, i);
        else
            look(rings, &rings->ring[i]); /* somebody may have been refused what we held */
    }
    return all ? RINGS_OK : RINGS_AGAIN;
}

int rings_push(struct rings *rings, const struct ring_item *item) {
    /* a refusal does not need the stripe: otherwise a looping producer keeps it from the workers */
    for (uint32_t i = 0; i < rings->count; i++)
        if (atomic_load(&rings->ring[i].wanted) && refused(&rings->ring[i], 0)) return RINGS_AGAIN;
    struct stripe *stripe = &rings->stripes[item->hash % RINGS_STRIPES];
    for (uint32_t tries = 1; !try_lock(stripe); tries++) {
        if (tries % RINGS_STRIPE_TRIES == 0)
            sched_yield();
        else
            __builtin_ia32_pause();
    }
    uint32_t short_of;
    return push_locked(rings, stripe, item, 0, &short_of);
}

/* A quarter free in slots and bytes: any one item fits, and waking is worth it. */
static bool roomy(const struct rings *rings, uint64_t credit) {
    return CREDIT_SLOTS(credit) * 4 >= rings->slots && CREDIT_BYTES(credit) * 4 >= rings->bytes;
}

static bool could_push(const struct rings *rings) {
    for (uint32_t i = 0; i < rings->count; i++) {
        const struct ring *ring = &rings->ring[i];
        if (!atomic_load(&ring->wanted)) continue;
        if (refused(ring, 0) || !roomy(rings, atomic_load(&ring->credit))) return false;
    }
    return true;
}

int rings_wait(struct rings *rings, int timeout_ms) {
    struct timespec until;
    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) until.tv_sec++, until.tv_nsec -= 1000000000;

    pthread_mutex_lock(&rings->lock);
    uint64_t generation = rings->generation;
    pthread_mutex_unlock(&rings->lock);
    for (uint32_t i = 0; i < rings->count; i++) atomic_fetch_or(&rings->ring[i].mask, OUTSIDE);
    if (atomic_load(&rings->closed)) return RINGS_CLOSED;
    if (could_push(rings)) return RINGS_OK;
    int error = 0;
    pthread_mutex_lock(&rings->lock);
    while (rings->generation == generation && error != ETIMEDOUT)
        error = timeout_ms < 0 ? pthread_cond_wait(&rings->changed, &rings->lock)
                               : pthread_cond_timedwait(&rings->changed, &rings->lock, &until);
    bool woken = rings->generation != generation;
    pthread_mutex_unlock(&rings->lock);
    if (atomic_load(&rings->closed)) return RINGS_CLOSED;
    return woken ? RINGS_OK : RINGS_TIMEDOUT;
}

/* --- workers that publish --- */

void rings_unpark(struct rings *rings, uint32_t self, struct ring_parking *parking) {
    for (; parking->waits != 0; parking->waits &= parking->waits - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(parking->waits);
        if (--rings->ring[self].waiting[i] > 0) continue;
        /* threads outside may have been refused because of this bit */
        uint64_t mask = atomic_fetch_and(&rings->ring[i].mask, ~BIT(self));
        if (mask & OUTSIDE) wake_outside(rings, &rings->ring[i]);
    }
}

int rings_place(struct rings *rings, uint32_t self, const struct ring_item *item,
                struct ring_parking *parking) {
    struct stripe *stripe = &rings->stripes[item->hash % RINGS_STRIPES];
    for (;;) {
        for (uint32_t tries = 0; !try_lock(stripe); tries++) {
            if (tries == RINGS_STRIPE_TRIES) return RINGS_BUSY;
            __builtin_ia32_pause();
        }
        uint32_t short_of = 0;
        int result = push_locked(rings, stripe, item, BIT(self), &short_of);
        if (result != RINGS_AGAIN) {
            rings_unpark(rings, self, parking);
            return result;
        }
        if (parking->waits & BIT(short_of)) return RINGS_AGAIN; /* set before this try */
        parking->waits |= BIT(short_of);
        if (rings->ring[self].waiting[short_of]++ == 0)
            atomic_fetch_or(&rings->ring[short_of].mask, BIT(self));
    }
}

/* --- the consumer --- */

bool rings_waiting(const struct rings *rings, uint32_t self) {
    const struct ring *ring = &rings->ring[self];
    return atomic_load_explicit(&ring->slots[ring->head & (rings->slots - 1)],
                                memory_order_acquire) != NULL;
}

void *rings_pop(struct rings *rings, uint32_t self) {
    struct ring *ring = &rings->ring[self];
    _Atomic(void *) *slot = &ring->slots[ring->head & (rings->slots - 1)];
    void *item = atomic_load_explicit(slot, memory_order_acquire);
    if (item == NULL) return NULL;
    /* seen by the next producer through the credit that is given back after it */
    atomic_store_explicit(slot, NULL, memory_order_relaxed);
    ring->head++;
    return item;
}

void rings_give_back(struct rings *rings, uint32_t self, uint32_t slots, uint64_t bytes) {
    struct ring *ring = &rings->ring[self];
    uint64_t more = slots * SLOT_CREDIT + bytes;
    uint64_t credit = atomic_fetch_add(&ring->credit, more) + more;
    if (roomy(rings, credit) || !rings_waiting(rings, self)) look(rings, ring);
}

/* --- stop --- */

void rings_close(struct rings *rings) {
    atomic_store(&rings->closed, true);
    for (uint32_t i = 0; i < RINGS_STRIPES; i++) {
        while (!try_lock(&rings->stripes[i])) sched_yield();
        unlock(&rings->stripes[i]);
    }
    for (uint32_t i = 0; i < rings->count; i++) wake_outside(rings, &rings->ring[i]);
}

uint64_t rings_pushed(const struct rings *rings) {
    uint64_t pushed = 0;
    for (uint32_t i = 0; i < RINGS_STRIPES; i++)
        pushed += atomic_load_explicit(&rings->stripes[i].seq, memory_order_relaxed);
    return pushed;
}
