/*
 * How far apart the receivers of one message are. Messages under way are slots of a ring, by their
 * number; a slot that is needed again is over, complete or not. One thread has one of it.
 */
#ifndef BENCH_LOAD_SKEW_H
#define BENCH_LOAD_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#define SKEW_SLOTS 65536 /**< messages of a publisher under way; a power of two; 2 MiB */

struct skew_slot {
    uint64_t name; /**< what the message is known by, + 1; 0: empty */
    uint64_t first, last;
    uint32_t count;   /**< receivers so far */
    uint32_t readers; /**< that were expected at the first */
};

struct skew {
    struct skew_slot *slots; /**< SKEW_SLOTS for each publisher */
    uint32_t publishers;
    void (*over)(void *arg, uint32_t publisher, const struct skew_slot *slot);
    void *arg;
};

/** `over` is told each message that had a receiver, once. 0, or -1 without memory. */
int skew_init(struct skew *skew, uint32_t publishers,
              void (*over)(void *arg, uint32_t publisher, const struct skew_slot *slot), void *arg);
void skew_fini(struct skew *skew);
/** Tells the messages that are not complete. */
void skew_end(struct skew *skew);

/** Makes room for a message that has not been seen, or tells that it is older than the ring
 * (false). */
bool skew_begin(struct skew *skew, uint32_t publisher, struct skew_slot *slot, uint64_t name,
                uint64_t now, uint32_t readers);
void skew_complete(struct skew *skew, uint32_t publisher, struct skew_slot *slot);

/** A receiver got the message `name` of `publisher` at `now`; `readers` are to get it. Returns how
 * many got it before, -1 if that is not known. */
static inline int64_t skew_take(struct skew *skew, uint32_t publisher, uint64_t name, uint64_t now,
                                uint32_t readers) {
    struct skew_slot *slot =
        &skew->slots[(uint64_t)publisher * SKEW_SLOTS + (name & (SKEW_SLOTS - 1))];
    if (slot->name != name + 1 && !skew_begin(skew, publisher, slot, name, now, readers)) return -1;
    slot->last = now;
    if (++slot->count == slot->readers) skew_complete(skew, publisher, slot);
    return (int64_t)slot->count - 1;
}

/** Messages whose receivers several threads serve: each adds its part when it has it. */
struct skew_join;

/** `over` is told the spread in ns of each message that had two receivers or more, under the lock.
 * NULL without memory. */
struct skew_join *skew_join_new(uint32_t publishers, uint32_t parts,
                                void (*over)(void *arg, uint64_t skew_ns), void *arg);
void skew_join_free(struct skew_join *join);
/** Any thread. */
void skew_join_add(struct skew_join *join, uint32_t publisher, const struct skew_slot *slot);
/** Tells those of which parts are missing. */
void skew_join_end(struct skew_join *join);

#endif
