/*
 * Runs a load and makes its result, which is a JSON document as bench/result/schema.json says: all
 * else (summary, report, comparison) reads that document. Called by one thread, which waits; the
 * load has threads of its own.
 */
#ifndef BENCH_LOAD_LOAD_H
#define BENCH_LOAD_LOAD_H

#include <jansson.h>

#include "load/config.h"

#define LOAD_ERROR_BYTES 512

/** Told about once a second and at each change of phase, by the calling thread. */
struct load_progress {
    const char *phase; /**< "floor", "connect", "subscribe", "warm-up", "run", "drain", ... */
    double at_s, of_s; /**< in this phase; of_s 0: no end is known */
    uint32_t connections;
    double published_per_s, received_per_s;
    double p50_us, p99_us, max_us, skew_p99_us; /**< of the last interval; below 0: unknown */
    uint64_t lost;                              /**< so far, as far as is certain */
};

struct load_watch {
    void (*progress)(void *arg, const struct load_progress *progress); /**< NULL: nobody */
    void *arg;
    const volatile int *stop; /**< set by a signal or a thread, atomically: the run ends early, with
                                 a result */
};

static inline bool load_stopped(const struct load_watch *watch) {
    return watch && watch->stop && __atomic_load_n(watch->stop, __ATOMIC_RELAXED);
}

/** 0 with *result (owned by the caller), also for an INVALID run; or -1 with a sentence in `error`
 * (LOAD_ERROR_BYTES) when there is nothing to tell: server not reached, handshake refused, no
 * memory. */
int load_run(const struct load_config *config, const struct load_watch *watch, json_t **result,
             char *error);

#endif
