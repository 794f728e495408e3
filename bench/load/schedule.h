/*
 * When a publisher is to send: bursts at offsets from the start of the run. The times do not depend
 * on how the sending goes, so what is late stays late. Pure. One thread.
 */
#ifndef BENCH_LOAD_SCHEDULE_H
#define BENCH_LOAD_SCHEDULE_H

#include <stdint.h>

#include "load/config.h"
#include "load/replay.h"

struct schedule {
    enum load_arrivals arrivals;
    double gap_ns; /**< between bursts, on average */
    double phase;  /**< of the first gap: publishers do not send at the same time */
    uint64_t made; /**< bursts so far */
    double at_ns;  /**< LOAD_POISSON: of the last one */
    uint64_t random;
    const struct replay *replay;
    double speed;
    uint32_t publisher, publishers, row;
    uint64_t passes_ns; /**< of the passes through the rows that are over */
};

struct schedule_burst {
    uint64_t at_ns;
    uint32_t count;
    uint32_t row; /**< LOAD_REPLAY: of its message */
};

/** Of `publisher` among `publishers`, with bursts of `burst` messages; `replay` NULL unless
 * replayed. */
void schedule_init(struct schedule *schedule, const struct load_config *config,
                   const struct replay *replay, uint32_t burst, uint32_t publisher);
/** The next burst. A replay begins again when it is over. */
struct schedule_burst schedule_next(struct schedule *schedule, uint32_t burst);

#endif
