/*
 * The rings of a broker: one bounded many-producer ring for each worker, and the protocol by which
 * a push is placed on several of them: in one order per key, on all or none, never waiting.
 *
 * The protocol is that of tests/ring/model/push.pml: stripe of the key -> is it open -> reserve
 * a slot and bytes on every ring that wants it (else give back, look at the masks, EAGAIN) ->
 * number -> enqueue -> unlock -> signal. Each passage of rings.c, park.c names the step.
 *
 * Three kinds of callers: threads outside (rings_push, rings_wait), workers with a publisher's
 * message (rings_place and its companions) and each worker as the only consumer of its own ring
 * (rings_pop, rings_give_back).
 */
#ifndef RING_RINGS_H
#define RING_RINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ring/unwanted.h"

#define RINGS_MAX          63  /**< workers; bit 63 of a waiter mask is for all threads outside */
#define RINGS_STRIPES      256 /**< locks of keys */
#define RINGS_STRIPE_TRIES 64  /**< tries of a worker before it goes on its retry list */

struct rings;

/** Who takes messages of a key, as rings_skip found it. All zero: not known. */
struct ring_takers {
    uint64_t rings;   /**< bit r: ring r */
    uint64_t changes; /**< when that was; 0: it is to be asked again */
};

/** What is placed. `number` is called once, with the stripe held, when all credits are there: it
 * stores `seq` and takes `uses` references. It must not block, allocate or log. */
struct ring_item {
    void *item;
    struct ring_key key;       /**< its hash selects the stripe */
    struct ring_takers takers; /**< may be old: it is asked again where it matters */
    uint32_t bytes;            /**< what it costs of a ring's bytes; never more than a ring has */
};

enum rings_result {
    RINGS_WANTED = 1, /**< rings_skip only: make the item and place it */
    RINGS_OK = 0,
    RINGS_AGAIN = -1, /**< a ring lacks credits, nothing was placed */
    RINGS_BUSY = -2,  /**< workers only: the stripe was busy, try again next turn or in 1 ms */
    RINGS_CLOSED = -3,
    RINGS_TIMEDOUT = -4,
};

struct rings_options {
    uint32_t count;    /**< rings, 1 to RINGS_MAX */
    uint32_t slots;    /**< of each; a power of two */
    uint64_t bytes;    /**< of each; at least four of the largest item, else rings_wait may spin */
    uint32_t unwanted; /**< keys that each remembers as wanted by nobody */
    void (*number)(void *item, uint64_t seq, uint32_t uses);
};

/** Makes the rings with their eventfds. 0; -1 with errno. */
int rings_new(const struct rings_options *options, struct rings **rings);
/** Frees them; nobody may be in a call. Items still on a ring are passed to `drop` (may be NULL).
 */
void rings_free(struct rings *rings, void (*drop)(void *item));

/* What a worker says that its ring wants. Each holds for all pushes that begin afterwards. */

/** The shard has subscriptions, or none. */
void rings_want(struct rings *rings, uint32_t self, bool wanted);
/** Nobody of the shard wants the key of the message popped last: pushes may skip the ring. */
void rings_unwant_key(struct rings *rings, uint32_t self, const struct ring_key *key);
/** Somebody is about to want this key, or any: before the subscription is answered. */
void rings_want_key(struct rings *rings, uint32_t self, const struct ring_key *key);
void rings_want_any_key(struct rings *rings, uint32_t self);
/** True if the message popped last, of `key`, is for nobody: when it was placed nobody wanted the
 *  key, and a later one may have been skipped since. */
bool rings_too_early(const struct rings *rings, uint32_t self, const struct ring_key *key);

/* All threads that push. */

/** Before an item is made. OK: no ring wants the key, with which the push is over and counted;
 *  CLOSED; or WANTED, with who takes it in *takers. */
int rings_skip(struct rings *rings, const struct ring_key *key, struct ring_takers *takers);

/* Threads outside. */

/** Places an item from a thread that is no worker. OK, AGAIN, CLOSED. If no ring wants it: OK, and
 *  `number` was called with 0 uses (the caller frees the item). Waits for a busy stripe (it is held
 * for a few stores only). */
int rings_push(struct rings *rings, const struct ring_item *item);
/** Sleeps until a push that got AGAIN may succeed. OK, TIMEDOUT, CLOSED. `timeout_ms` below 0: no
 * end. */
int rings_wait(struct rings *rings, int timeout_ms);

/* Workers that publish for a connection. */

/** What a worker keeps for one message that could not be placed. Zero it. */
struct ring_parking {
    uint64_t waits; /**< rings in whose mask this message has its worker's bit */
};

/** Tries to place an item; with AGAIN the worker's bit is set in the mask of the ring that lacked
 *  credits (set first, then tried once more), and the worker will be signalled. After OK or CLOSED
 * the parking is over. With BUSY nothing will signal: use a list and a timer. */
int rings_place(struct rings *rings, uint32_t self, const struct ring_item *item,
                struct ring_parking *parking);
/** The message waits no longer (its connection closed, or it is given up). */
void rings_unpark(struct rings *rings, uint32_t self, struct ring_parking *parking);

/* The worker as consumer of its own ring. */

/** The eventfd to poll for reading. */
int rings_eventfd(const struct rings *rings, uint32_t self);
/** To be called when the eventfd is readable: reads it, then clears the flag by an exchange. After
 * it retry what is parked, then pop. */
void rings_clear(struct rings *rings, uint32_t self);
/** Takes the next item, NULL if none is written. Its credits are not given back yet. */
void *rings_pop(struct rings *rings, uint32_t self);
/** True if there is something to pop. */
bool rings_waiting(const struct rings *rings, uint32_t self);
/** Gives credits of popped items back and wakes who waits for them. Once a batch. */
void rings_give_back(struct rings *rings, uint32_t self, uint32_t slots, uint64_t bytes);
/** Wakes a worker, from any thread. */
void rings_signal(struct rings *rings, uint32_t worker);

/** Pushes that were accepted so far; any thread. */
uint64_t rings_pushed(const struct rings *rings);

/* Stop. */

/** From now on pushes answer CLOSED; returns when no push is in flight any more (each stripe was
 * taken once) and wakes all who wait outside. */
void rings_close(struct rings *rings);

#endif
