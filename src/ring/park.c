/*
 * Workers that publish for a connection: they never wait. The argument:
 *
 * A message that finds no credit is parked: the worker's bit is set in the mask of the ring that
 * lacked it, the push is tried once more, and only then the worker turns to other things. Setting
 * the bit, the loads of masks and credits, giving back and looking at the mask are seq_cst: either
 * the second try sees the credits, or who gave them back sees the bit and signals. The second try
 * may fall short of another ring; then that bit is set too and it is tried again, at most once a
 * ring. Bits stay until the message is placed: a ring that has credits now may lack them later.
 *
 * Several messages of one worker may be parked. They share its bit, so it is set when the first of
 * them waits for a ring and taken away when the last waits no longer. The worker's own bit refuses
 * none of its messages, and a signal makes it retry them all. When the bit goes, threads outside
 * that were refused because of it are woken; other workers were not stopped by it, since each sets
 * its own bit and tries again.
 *
 * Before each try the worker peeks: a retry that must fail takes no credit that it had to give
 * back, and so wakes nobody. (Otherwise two workers that wait for a third ring would wake each
 * other, and a lone one itself, without end.)
 *
 * A busy stripe may be held by a thread that was preempted; after RINGS_STRIPE_TRIES tries the
 * worker's caller puts the message on its retry list, since nothing signals when a stripe is free.
 */
#include "ring/protocol.h"

/* [try] to `tried` */
int rings_place(struct rings *rings, uint32_t self, const struct ring_item *item,
                struct ring_parking *parking) {
    for (;;) {
        uint32_t short_of = 0;
        int result = rings_try(rings, item, BIT(self), &short_of);
        if (result == RINGS_BUSY) return result;
        if (result != RINGS_AGAIN) {
            rings_unpark(rings, self, parking);
            return result;
        }
        if (parking->waits & BIT(short_of)) return result; /* the bit was set before this try */
        parking->waits |= BIT(short_of);
        if (rings->worker[self].waiting[short_of]++ == 0)
            atomic_fetch_or(&rings->worker[short_of].ring.waiters, BIT(self));
    }
}

/* [clear_bit] for each ring */
void rings_unpark(struct rings *rings, uint32_t self, struct ring_parking *parking) {
    for (; parking->waits != 0; parking->waits &= parking->waits - 1) {
        uint32_t r = lowest(parking->waits);
        if (--rings->worker[self].waiting[r] > 0) continue;
        struct ring *ring = &rings->worker[r].ring;
        uint64_t waiters = atomic_fetch_and(&ring->waiters, ~BIT(self));
        if (waiters & OUTSIDE) rings_wake_outside(rings, ring);
    }
}
