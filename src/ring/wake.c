/*
 * Who is told. The argument:
 *
 * Items (`signalled`): a producer stores its slot, then exchanges the flag to 1, and writes the
 * eventfd if it was 0. The consumer reads the eventfd, then exchanges the flag to 0, then pops. The
 * flag changes by read-modify-writes only, each acquire and release. If the producer's comes before
 * the consumer's, the consumer acquires the slot from it and pops the item; if it comes after, it
 * finds 0 and writes. A plain store of 0 would acquire nothing: the pop could look before it. The
 * flag is cleared after the eventfd is read: the other way round, the read could swallow the write
 * of a producer that comes in between, and the flag would stay 1 with the eventfd empty.
 *
 * Credits (`waiters`): who waits sets its bit, then looks for credits; who gives credits back does
 * so, then looks at the bits. All four are seq_cst, so one of the two sees the other. With less,
 * both could miss (each store passing the other's load) and the waiter would sleep beside a free
 * ring. The consumer may skip looking while less than a quarter is free (counted after giving back)
 * and an item is left to pop, since then it will give back again. With nothing left it always
 * looks, also where a slot is claimed but not yet written.
 *
 * Threads outside (`generation`): a waiter reads the generation, sets its bits, looks whether a
 * push could succeed, and sleeps while the generation is what it read. A waker takes the bit away
 * and only then advances the generation. So if the bit was set before it was taken away, the
 * generation was read before it advanced, and the waiter wakes; if after, the bit stays for the
 * next waker, and the waiter looked after this one's credits were back. Advancing first would let a
 * waiter in between read the new generation, lose its bit and sleep.
 */
#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "ring/protocol.h"

/* --- items --- */

/* By itself: with its local on the stack each push would check its stack. */
__attribute__((noinline)) static void write_eventfd(const struct worker *worker) {
    uint64_t one = 1;
    /* cannot fail: with the flag in front of it the counter stays far below its limit */
    (void)!write(worker->eventfd, &one, sizeof one);
}

void worker_wake(struct worker *worker) {
    if (atomic_exchange(&worker->signalled, 1) == 0) write_eventfd(worker);
}

void rings_signal(struct rings *rings, uint32_t worker) {
    worker_wake(&rings->worker[worker]);
}

void rings_clear(struct rings *rings, uint32_t self) {
    struct worker *worker = &rings->worker[self];
    uint64_t count;
    (void)!read(worker->eventfd, &count, sizeof count); /* may be empty: a spurious wake-up */
    (void)atomic_exchange(&worker->signalled, 0);
}

int rings_eventfd(const struct rings *rings, uint32_t self) {
    return rings->worker[self].eventfd;
}

void *rings_pop(struct rings *rings, uint32_t self) {
    return ring_pop(&rings->worker[self].ring);
}

bool rings_waiting(const struct rings *rings, uint32_t self) {
    return ring_written(&rings->worker[self].ring);
}

/* --- credits --- */

void rings_look(struct rings *rings, struct ring *ring) {
    uint64_t waiters = atomic_load(&ring->waiters);
    for (uint64_t left = waiters & WORKERS; left != 0; left &= left - 1)
        worker_wake(&rings->worker[lowest(left)]);
    if (waiters & OUTSIDE) rings_wake_outside(rings, ring);
}

void rings_give_back(struct rings *rings, uint32_t self, uint32_t slots, uint64_t bytes) {
    struct ring *ring = &rings->worker[self].ring;
    uint64_t credit = ring_give_back(ring, slots, bytes);
    if (ring_roomy(ring, credit) || !ring_written(ring)) rings_look(rings, ring);
}

/* --- threads outside --- */

void rings_wake_outside(struct rings *rings, struct ring *ring) {
    atomic_fetch_and(&ring->waiters, ~OUTSIDE);
    atomic_fetch_add(&rings->generation, 1);
    syscall(SYS_futex, &rings->generation, FUTEX_WAKE_PRIVATE, INT_MAX, NULL, NULL, 0);
}

/* Would a push succeed? Asks for a quarter of each ring, in which any one item fits. */
static bool could_push(const struct rings *rings) {
    for (uint64_t left = atomic_load(&rings->wanted); left != 0; left &= left - 1) {
        const struct ring *ring = &rings->worker[lowest(left)].ring;
        if (ring_refuses(ring, 0) || !ring_roomy(ring, atomic_load(&ring->credit))) return false;
    }
    return true;
}

/* Sleeps until the generation is another than `seen`; false if `until` (NULL: never) came first. */
static bool sleep_on(struct rings *rings, uint32_t seen, const struct timespec *until) {
    while (atomic_load(&rings->generation) == seen) {
        long failed = syscall(SYS_futex, &rings->generation, FUTEX_WAIT_BITSET_PRIVATE, seen, until,
                              NULL, FUTEX_BITSET_MATCH_ANY); /* `until` is absolute, monotonic */
        if (failed && errno == ETIMEDOUT) return atomic_load(&rings->generation) != seen;
    }
    return true;
}

/* [outside], its wait */
int rings_wait(struct rings *rings, int timeout_ms) {
    uint64_t until_ns = clock_now_ns() + (timeout_ms > 0 ? (uint64_t)timeout_ms : 0) * NS_PER_MS;
    struct timespec until = {.tv_sec = (time_t)(until_ns / NS_PER_S),
                             .tv_nsec = (long)(until_ns % NS_PER_S)};
    uint32_t seen = atomic_load(&rings->generation);
    for (uint32_t i = 0; i < rings->count; i++)
        atomic_fetch_or(&rings->worker[i].ring.waiters, OUTSIDE);
    bool woken = true;
    if (!atomic_load(&rings->closed) && !could_push(rings))
        woken = sleep_on(rings, seen, timeout_ms < 0 ? NULL : &until);
    if (atomic_load(&rings->closed)) return RINGS_CLOSED;
    return woken ? RINGS_OK : RINGS_TIMEDOUT;
}
