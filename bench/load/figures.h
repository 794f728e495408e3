/*
 * What a worker measured in one second, and how it hands that over without waiting: it puts full
 * ones on a desk and takes cleared ones from there. The engine adds them up.
 */
#ifndef BENCH_LOAD_FIGURES_H
#define BENCH_LOAD_FIGURES_H

#include <pthread.h>
#include <stdint.h>

#include "histogram/histogram.h"

#define FIGURES_SPARE 4 /**< of a worker: seconds for which the engine may be late */

struct figures {
    struct figures *next;
    uint64_t second;               /**< since the end of the warm-up */
    uint64_t received, published;  /**< by accounted readers; messages */
    uint64_t lost;                 /**< by the worker's readers until then, as far as is certain */
    struct histogram *latency;     /**< ns, from the intended time */
    struct histogram *uncorrected; /**< ns, from the actual time */
    struct histogram *skew;        /**< ns, of messages that are over */
};

struct figures_desk {
    pthread_mutex_t lock;
    struct figures *full, *spare;
};

/** NULL without memory. */
struct figures *figures_new(void);
void figures_free(struct figures *figures);

/** 0, or -1 without memory. */
int figures_desk_init(struct figures_desk *desk);
void figures_desk_fini(struct figures_desk *desk);

/** Puts `full` there and returns a cleared one; if there is none, `full` itself, to go on with. */
struct figures *figures_exchange(struct figures_desk *desk, struct figures *full);
/** Takes the full ones, the oldest first; NULL if there is none. */
struct figures *figures_take(struct figures_desk *desk);
/** Clears them and puts them back. */
void figures_return(struct figures_desk *desk, struct figures *figures);

#endif
