/*
 * One run: connects, publishes, measures. What it has measured stays in it for result.c and
 * verdict.c. Started and watched by one thread, which waits.
 */
#ifndef BENCH_LOAD_ENGINE_H
#define BENCH_LOAD_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "load/load.h"
#include "load/plan.h"
#include "load/series.h"
#include "load/server.h"
#include "load/target.h"
#include "load/worker.h"

#define ENGINE_QUIET_NS                                                                            \
    (5 * UINT64_C(1000000000)) /**< nothing comes: no more will, however busy the host */
#define ENGINE_DRAIN_MAX_NS (60 * UINT64_C(1000000000)) /**< though something still comes */
#define ENGINE_THREADS_MAX  64

enum engine_phase { ENGINE_CONNECT, ENGINE_RUN, ENGINE_DRAIN, ENGINE_STOP };

enum engine_end {
    ENGINE_END_TIME,
    ENGINE_END_COUNT,
    ENGINE_END_STEADY,
    ENGINE_END_STOPPED, /**< by a signal */
    ENGINE_END_CLOSED,  /**< by the server: no publisher or no reader is left */
};

struct engine {
    const struct load_config *config;
    const struct plan *plan;
    struct target target;
    uint32_t run; /**< for stamps */
    struct worker *workers;
    uint32_t worker_count, workers_made;
    SSL_CTX *tls[ENGINE_THREADS_MAX]; /**< of each worker; NULL: none */
    /* Written by the thread of the engine, read by workers. */
    _Atomic int phase;             /**< enum engine_phase */
    uint64_t start_ns, measure_ns; /**< set before ENGINE_RUN, not read before */
    _Atomic uint64_t end_ns;       /**< UINT64_MAX: not known */
    /* Written by the worker of the publisher: messages of each symbol. */
    _Atomic uint64_t *published;
    _Atomic uint64_t *warm; /**< those of the warm-up; what happens to them is not counted */
    _Atomic uint32_t publishers_left;
    _Atomic uint64_t closed; /**< subscribers that the server closed, of those that read */
    /* The first failure of opening, and of a connection that was live; under the lock. */
    pthread_mutex_t lock;
    _Atomic bool failed;
    char error[LOAD_ERROR_BYTES];
    char closed_text[LOAD_ERROR_BYTES];
    _Atomic bool publisher_closed;
    struct skew_join *join;   /**< messages of several workers; NULL with one */
    struct histogram *joined; /**< their skew */
    /* Results. */
    struct series series;
    struct server_watch server;
    enum engine_end end;
    uint64_t stopped_ns; /**< when publishing ended */
};

/** 0, or -1 with a sentence in `error` (LOAD_ERROR_BYTES); call engine_fini in both cases. */
int engine_init(struct engine *engine, const struct load_config *config, const struct plan *plan,
                char *error);
/** Runs to the end. As load_run: -1 only if there is nothing to tell. */
int engine_run(struct engine *engine, const struct load_watch *watch, char *error);
void engine_fini(struct engine *engine);

/** Any worker: the first failure counts. */
void engine_fail(struct engine *engine, const char *why);
void engine_told_closed(struct engine *engine, const char *why, bool publisher);
/** Any worker: deliveries of a publisher's messages to accounted readers so far. */
uint64_t engine_delivered(const struct engine *engine, uint32_t publisher);
/** The publisher of that number. */
struct publisher *engine_publisher(const struct engine *engine, uint32_t number);

#endif
