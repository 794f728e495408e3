/*
 * The argument.
 *
 * (1) A slot is free for whoever holds a credit. Credits start at the number of slots; each claim
 * of a position (tail) is preceded by taking one, each giving back follows the emptying of the
 * slot, in order of the positions. So when position p is claimed, at least p + 1 credits have been
 * taken, of which at most `slots` were there at first: position p - slots has been given
 * back. Reserving is by exchange, so credits are never negative, not even for a moment: a fetch_sub
 * that is taken back would refuse somebody else for nothing, with nobody to wake him later.
 *
 * (2) And the producer's store comes after the consumer's NULL in the order of the slot. The credit
 * that made position p possible need not be that of the thread that claims p: producers may reserve
 * in one order and claim in another. Whoever did take it read from the giving back (both are
 * read-modify-writes of `credit`: release and acquire) and has claimed p or a position before it.
 * Claims are a chain of acq_rel read-modify-writes of `tail`, so the NULL happens before claim p.
 * With a relaxed tail the NULL could overwrite the item: lost, and the consumer stuck.
 *
 * (3) The consumer stops at a slot that is claimed but not written. That is no end: the producer
 * has yet to signal, and will (wake.c).
 */
#include "ring/ring.h"

#include <assert.h>
#include <stdlib.h>

int ring_init(struct ring *ring, uint32_t slots, uint64_t bytes) {
    assert(slots > 0 && (slots & (slots - 1)) == 0 && bytes < RING_SLOT_CREDIT);
    assert(slots < UINT64_MAX / RING_SLOT_CREDIT);
    ring->slots = calloc(slots, sizeof ring->slots[0]);
    ring->slot_mask = slots - 1;
    ring->bytes = bytes;
    atomic_init(&ring->credit, slots * RING_SLOT_CREDIT + bytes);
    atomic_init(&ring->tail, 0);
    atomic_init(&ring->waiters, 0);
    ring->head = 0;
    return ring->slots == NULL ? -1 : 0;
}

void ring_fini(struct ring *ring) {
    free((void *)ring->slots);
    ring->slots = NULL;
}
