/*
 * A publisher: one connection and the messages that go over it, at the times of its schedule (open
 * loop) or whenever the window is empty (closed loop). It never waits for receivers; what its
 * socket does not take is late, and the stamp says how much.
 */
#ifndef BENCH_LOAD_PUBLISHER_H
#define BENCH_LOAD_PUBLISHER_H

#include <stdatomic.h>

#include "load/choice.h"
#include "load/schedule.h"
#include "load/wire.h"

#define PUBLISHER_BATCH_BYTES                                                                      \
    ((size_t)64 << 10) /**< sent at once; receivers are read in between                            \
                        */

struct publisher {
    struct wire wire;
    struct choice choice;
    struct schedule schedule;
    struct schedule_burst burst; /**< the next or present one */
    uint64_t random;
    uint32_t number, size; /**< size: messages of a burst */
    uint32_t left;         /**< of the present burst */
    uint64_t due_ns;       /**< of the present or next burst; UINT64_MAX: no more */
    uint64_t total;        /**< messages so far */
    uint64_t measured;     /**< after the warm-up */
    uint64_t most;         /**< of them that are to be sent; 0: no limit */
    _Atomic uint64_t owed; /**< closed loop: deliveries that must come before the next burst */
    uint64_t burst_ns;     /**< closed loop: when the last burst began */
    uint64_t unsent;       /**< due before the end, but not sent */
    uint8_t *data;
};

struct engine;
struct worker;

/** 0, or -1 without memory. */
int publisher_init(struct publisher *publisher, struct engine *engine, uint32_t number);
void publisher_fini(struct publisher *publisher);

/** The run begins. */
void publisher_start(struct publisher *publisher, struct engine *engine);
/** Sends what is due, PUBLISHER_BATCH_BYTES at most. */
void publisher_turn(struct worker *worker, struct publisher *publisher, uint64_t now);
/** Counts what was due before `now` and not sent; nothing more is. */
void publisher_stop(struct publisher *publisher, struct engine *engine, uint64_t now);

#endif
