/*
 * The push. The argument:
 *
 * One order: positions on all rings are claimed, and `seq` is taken, under the stripe of the key,
 * so every ring holds the key's items in one order, that of their seq. Threads hand the stripe on
 * by its release and the next holder's acquire; without them a second holder could number from an
 * old `seq` or claim before the first.
 *
 * All or none: nothing is enqueued before every ring has given a credit; whoever lacks one gives
 * the others back, and then looks at their masks, since somebody may have been refused in between.
 *
 * Never waiting: the stripe is held for a few stores. Who holds it never waits for a credit, makes
 * no system call (wake-ups are written after unlocking), no allocation and no log line.
 *
 * Closed: rings_close stores `closed`, then takes each stripe once. A push that held a stripe
 * before is over by then; one that gets it later acquires it from rings_close and so sees `closed`,
 * which is why it is read under the stripe.
 *
 * `wanted` is read once under the stripe (seq_cst, with rings_want): a push that begins after
 * rings_want sees it, and the rings reserved on are the rings enqueued on.
 */
#include "ring/rings.h"

#include <assert.h>
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "ring/protocol.h"

/* --- making and freeing --- */

static void *zeroed_lines(size_t count, size_t each_bytes) {
    void *lines = aligned_alloc(RING_LINE, count * each_bytes);
    if (lines != NULL) memset(lines, 0, count * each_bytes);
    return lines;
}

static int open_workers(struct rings *rings, const struct rings_options *options) {
    for (uint32_t i = 0; i < options->count; i++) rings->worker[i].eventfd = -1;
    for (uint32_t i = 0; i < options->count; i++) {
        if (ring_init(&rings->ring[i], options->slots, options->bytes)) return -1;
        rings->worker[i].eventfd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        if (rings->worker[i].eventfd < 0) return -1;
    }
    return 0;
}

int rings_new(const struct rings_options *options, struct rings **made) {
    assert(options->count >= 1 && options->count <= RINGS_MAX);
    struct rings *rings = zeroed_lines(1, sizeof *rings);
    if (rings == NULL) return -1;
    rings->number = options->number;
    rings->ring = zeroed_lines(options->count, sizeof *rings->ring);
    rings->worker = zeroed_lines(options->count, sizeof *rings->worker);
    int failed = -1;
    if (rings->ring != NULL && rings->worker != NULL) {
        rings->count = options->count;
        failed = open_workers(rings, options);
    }
    if (failed) {
        int error = errno;
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
        struct ring *ring = &rings->ring[i];
        void *item;
        while (ring->slots != NULL && (item = ring_pop(ring)) != NULL)
            if (drop != NULL) drop(item);
        ring_fini(ring);
        if (rings->worker[i].eventfd >= 0) close(rings->worker[i].eventfd);
    }
    free(rings->worker);
    free(rings->ring);
    free(rings);
}

void rings_want(struct rings *rings, uint32_t self, bool wanted) {
    if (wanted)
        atomic_fetch_or(&rings->wanted, BIT(self));
    else
        atomic_fetch_and(&rings->wanted, ~BIT(self));
}

/* --- the stripe --- */

bool stripe_try(struct stripe *stripe) {
    /* the load first: a held stripe's line is not torn from its holder */
    return atomic_load_explicit(&stripe->locked, memory_order_relaxed) == 0 &&
           atomic_exchange_explicit(&stripe->locked, 1, memory_order_acquire) == 0;
}

static void stripe_take(struct stripe *stripe) {
    for (uint32_t tries = 1; !stripe_try(stripe); tries++) {
        if (tries % RINGS_STRIPE_TRIES == 0)
            sched_yield(); /* its holder was preempted */
        else
            stripe_pause();
    }
}

static void stripe_give(struct stripe *stripe) {
    atomic_store_explicit(&stripe->locked, 0, memory_order_release);
}

/* --- the push --- */

bool rings_peek(const struct rings *rings, uint32_t bytes, uint64_t own, uint32_t *short_of) {
    for (uint64_t left = atomic_load(&rings->wanted); left != 0; left &= left - 1) {
        const struct ring *ring = &rings->ring[lowest(left)];
        if (!ring_refuses(ring, own) && ring_has(ring, bytes)) continue;
        *short_of = lowest(left);
        return false;
    }
    return true;
}

/* [reserve] on each ring of `wanted`, in ascending order. Returns those that gave a credit; if not
 * all did, the first that did not is in *short_of. */
static uint64_t reserve(struct rings *rings, uint64_t wanted, uint32_t bytes, uint64_t own,
                        uint32_t *short_of) {
    uint64_t held = 0;
    for (uint64_t left = wanted; left != 0; left &= left - 1) {
        struct ring *ring = &rings->ring[lowest(left)];
        if (ring_refuses(ring, own) || !ring_reserve(ring, bytes)) {
            *short_of = lowest(left);
            break;
        }
        held |= left & (0 - left);
    }
    return held;
}

int rings_push_locked(struct rings *rings, struct stripe *stripe, const struct ring_item *item,
                      uint64_t own, uint32_t *short_of) {
    if (atomic_load(&rings->closed)) {
        stripe_give(stripe);
        return RINGS_CLOSED;
    }
    uint64_t wanted = atomic_load(&rings->wanted);
    uint64_t held = reserve(rings, wanted, item->bytes, own, short_of);
    if (held != wanted) {
        for (uint64_t left = held; left != 0; left &= left - 1)
            ring_give_back(&rings->ring[lowest(left)], 1, item->bytes);
        stripe_give(stripe);
        for (uint64_t left = held; left != 0; left &= left - 1)
            rings_look(rings, &rings->ring[lowest(left)]);
        return RINGS_AGAIN;
    }
    /* relaxed: handed on by the stripe; atomic only for rings_pushed */
    uint64_t seq = atomic_load_explicit(&stripe->seq, memory_order_relaxed) + 1;
    atomic_store_explicit(&stripe->seq, seq, memory_order_relaxed);
    rings->number(item->item, seq, (uint32_t)__builtin_popcountll(held));
    for (uint64_t left = held; left != 0; left &= left - 1)
        ring_enqueue(&rings->ring[lowest(left)], item->item); /* [enqueue] */
    stripe_give(stripe);
    for (uint64_t left = held; left != 0; left &= left - 1)
        rings_signal(rings, lowest(left)); /* [signal_held] */
    return RINGS_OK;
}

/* [outside], up to its wait */
int rings_push(struct rings *rings, const struct ring_item *item) {
    assert(item->bytes <= rings->ring[0].bytes);
    uint32_t short_of;
    if (atomic_load(&rings->closed)) return RINGS_CLOSED;
    /* a refusal does not need the stripe: a looping producer would keep it from the workers */
    if (!rings_peek(rings, item->bytes, 0, &short_of)) return RINGS_AGAIN;
    struct stripe *stripe = stripe_of(rings, item);
    stripe_take(stripe);
    return rings_push_locked(rings, stripe, item, 0, &short_of);
}

uint64_t rings_pushed(const struct rings *rings) {
    uint64_t pushed = 0;
    for (uint32_t i = 0; i < RINGS_STRIPES; i++)
        pushed += atomic_load_explicit(&rings->stripes[i].seq, memory_order_relaxed);
    return pushed;
}

/* [stop], from REFUSING on */
void rings_close(struct rings *rings) {
    atomic_store(&rings->closed, true);
    for (uint32_t i = 0; i < RINGS_STRIPES; i++) {
        stripe_take(&rings->stripes[i]);
        stripe_give(&rings->stripes[i]);
    }
    rings_wake_outside(rings, &rings->ring[0]);
}
