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
 * which is why it is read under the stripe. (Beside it a push that is refused for credits reads it,
 * so that nobody is told to try again for ever.)
 *
 * Who takes it (`wanted`, and the keys that a ring does not want) is decided under the stripe, from
 * what was found before it if nothing has changed since: see unwanted.c. The rings reserved on are
 * those enqueued on.
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
        if (ring_init(&rings->worker[i].ring, options->slots, options->bytes) ||
            unwanted_init(&rings->worker[i].unwanted, options->unwanted, &rings->changes))
            return -1;
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
    atomic_init(&rings->changes, UNWANTED_CHANGE);
    rings->worker = zeroed_lines(options->count, sizeof *rings->worker);
    int failed = -1;
    if (rings->worker != NULL) {
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
        struct ring *ring = &rings->worker[i].ring;
        void *item;
        while (ring->slots != NULL && (item = ring_pop(ring)) != NULL)
            if (drop != NULL) drop(item);
        ring_fini(ring);
        unwanted_fini(&rings->worker[i].unwanted);
        if (rings->worker[i].eventfd >= 0) close(rings->worker[i].eventfd);
    }
    free(rings->worker);
    free(rings);
}

/* --- the stripe --- */

static inline void pause_briefly(void) {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/* Takes the stripe; a worker, which may not wait, gives up after RINGS_STRIPE_TRIES. */
static inline bool stripe_take(struct stripe *stripe, bool may_wait) {
    for (uint32_t tries = 1;; tries++) {
        if (stripe_try(stripe)) return true;
        if (tries % RINGS_STRIPE_TRIES != 0)
            pause_briefly();
        else if (may_wait)
            sched_yield(); /* its holder was preempted */
        else
            return false;
    }
}

/* --- who takes it --- */

static inline struct ring_takers ask(const struct rings *rings, const struct ring_key *key) {
    struct ring_takers takers = {.changes = atomic_load(&rings->changes)}; /* before the look */
    if (__builtin_expect((takers.changes & UNWANTED_CHANGING) != 0, false)) takers.changes = 0;
    for (uint64_t left = atomic_load(&rings->wanted); left != 0; left &= left - 1)
        if (!unwanted_has(&rings->worker[lowest(left)].unwanted, key))
            takers.rings |= left & (0 - left);
    return takers;
}

static inline void ask_again(const struct rings *rings, const struct ring_key *key,
                             struct ring_takers *takers) {
    if (__builtin_expect(takers->changes != atomic_load(&rings->changes), false))
        *takers = ask(rings, key);
}

int rings_skip(struct rings *rings, const struct ring_key *key, struct ring_takers *takers) {
    struct ring_takers found = ask(rings, key);
    if (found.rings != 0) {
        *takers = found;
        return RINGS_WANTED;
    }
    if (atomic_load(&rings->closed)) return RINGS_CLOSED;
    atomic_fetch_add_explicit(&stripe_of(rings, key)->skipped, 1, memory_order_relaxed);
    return RINGS_OK;
}

/* --- the push --- */

/* [peek]: false if a ring must refuse, the first that must in *short_of. Takes nothing. */
static inline bool peek(const struct rings *rings, uint64_t takers, uint32_t bytes, uint64_t own,
                        uint32_t *short_of) {
    for (uint64_t left = takers; left != 0; left &= left - 1) {
        const struct ring *ring = &rings->worker[lowest(left)].ring;
        if (!ring_refuses(ring, own) && ring_has(ring, bytes)) continue;
        *short_of = lowest(left);
        return false;
    }
    return true;
}

/* [reserve] on each ring of `takers`, in ascending order, which *count counts. Returns them, or
 * those that have given a credit when one lacked it, which is in *short_of. */
static inline uint64_t reserve(struct rings *rings, uint64_t takers, uint32_t bytes, uint64_t own,
                               uint32_t *count, uint32_t *short_of) {
    *count = 0;
    for (uint64_t left = takers; left != 0; left &= left - 1, ++*count) {
        struct ring *ring = &rings->worker[lowest(left)].ring;
        if (!ring_refuses(ring, own) && ring_reserve(ring, bytes)) continue;
        *short_of = lowest(left);
        return takers ^ left;
    }
    return takers;
}

/* With the stripe held, which it gives up. */
__attribute__((noinline)) static int fail_locked(struct rings *rings, struct stripe *stripe,
                                                 uint32_t bytes, uint64_t held) {
    for (uint64_t left = held; left != 0; left &= left - 1)
        ring_give_back(&rings->worker[lowest(left)].ring, 1, bytes);
    stripe_give(stripe);
    for (uint64_t left = held; left != 0; left &= left - 1)
        rings_look(rings, &rings->worker[lowest(left)].ring);
    return RINGS_AGAIN;
}

/* [push_locked], with the stripe held, which it gives up. */
static inline int push_locked(struct rings *rings, struct stripe *stripe,
                              const struct ring_item *item, struct ring_takers *takers,
                              uint64_t own, uint32_t *short_of) {
    if (atomic_load(&rings->closed)) {
        stripe_give(stripe);
        return RINGS_CLOSED;
    }
    ask_again(rings, &item->key, takers);
    uint32_t uses;
    const uint64_t held = reserve(rings, takers->rings, item->bytes, own, &uses, short_of);
    if (held != takers->rings) return fail_locked(rings, stripe, item->bytes, held);
    /* relaxed: handed on by the stripe; atomic only for rings_pushed */
    uint64_t seq = atomic_load_explicit(&stripe->seq, memory_order_relaxed) + 1;
    atomic_store_explicit(&stripe->seq, seq, memory_order_relaxed);
    rings->number(item->item, seq, uses);
    for (uint64_t left = held; left != 0; left &= left - 1)
        ring_enqueue(&rings->worker[lowest(left)].ring, item->item);
    stripe_give(stripe);
    for (uint64_t left = held; left != 0; left &= left - 1)
        worker_wake(&rings->worker[lowest(left)]); /* [signal_held] */
    return RINGS_OK;
}

/* Made once for workers and once for threads outside, where `own` is 0. */
static inline __attribute__((always_inline)) int
try_once(struct rings *rings, const struct ring_item *item, uint64_t own, uint32_t *short_of) {
    assert(item->bytes <= rings->worker[0].ring.bytes);
    /* a refusal does not need the stripe: a looping producer would keep it from the workers */
    struct ring_takers takers = item->takers;
    ask_again(rings, &item->key, &takers);
    if (!peek(rings, takers.rings, item->bytes, own, short_of))
        return atomic_load(&rings->closed) ? RINGS_CLOSED : RINGS_AGAIN;
    struct stripe *stripe = stripe_of(rings, &item->key);
    if (!stripe_take(stripe, own == 0)) return RINGS_BUSY;
    return push_locked(rings, stripe, item, &takers, own, short_of);
}

int rings_try(struct rings *rings, const struct ring_item *item, uint64_t own, uint32_t *short_of) {
    return try_once(rings, item, own, short_of);
}

/* [outside], up to its wait */
int rings_push(struct rings *rings, const struct ring_item *item) {
    uint32_t short_of;
    return try_once(rings, item, 0, &short_of);
}

uint64_t rings_pushed(const struct rings *rings) {
    uint64_t pushed = 0;
    for (uint32_t i = 0; i < RINGS_STRIPES; i++)
        pushed += atomic_load_explicit(&rings->stripes[i].seq, memory_order_relaxed) +
                  atomic_load_explicit(&rings->stripes[i].skipped, memory_order_relaxed);
    return pushed;
}

/* [stop], from REFUSING on */
void rings_close(struct rings *rings) {
    atomic_store(&rings->closed, true);
    for (uint32_t i = 0; i < RINGS_STRIPES; i++) {
        (void)stripe_take(&rings->stripes[i], true);
        stripe_give(&rings->stripes[i]);
    }
    rings_wake_outside(rings, &rings->worker[0].ring);
}
