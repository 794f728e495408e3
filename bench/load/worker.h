/*
 * A thread of the load: an epoll loop with its share of the connections and publishers. All fields
 * belong to the thread while it runs, but for those that say otherwise.
 */
#ifndef BENCH_LOAD_WORKER_H
#define BENCH_LOAD_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "load/alike.h"
#include "load/figures.h"
#include "load/publisher.h"
#include "load/skew.h"
#include "load/strangers.h"
#include "load/wire.h"

struct engine;

#define WORKER_OPENING_MAX  200                      /**< connections under way of all workers */
#define WORKER_VISITORS_MAX 1000                     /**< of all workers; more come late */
#define WORKER_SPIN_NS      (20 * UINT64_C(1000))    /**< before a message is due */
#define WORKER_TICK_NS      (10 * UINT64_C(1000000)) /**< of what need not be exact */

enum worker_histogram {
    WORKER_CONNECT,
    WORKER_UPGRADE,
    WORKER_TLS,
    WORKER_TLS_RESUMED,
    WORKER_ECHO,
    WORKER_RECONNECT,
    WORKER_CHANGE,
    WORKER_GAP,  /**< between messages of strangers at one connection */
    WORKER_SLIP, /**< how much later than intended messages were sent */
    WORKER_LAG,  /**< how long a turn of the loop took, by events */
    WORKER_HISTOGRAMS
};

/* Messages in a row with the same latencies, which is usual in a burst: recorded together. */
struct worker_same {
    uint64_t latency, uncorrected, count;
};

struct worker {
    struct engine *engine;
    uint32_t index;
    pthread_t thread;
    int epoll, wake; /**< wake: an eventfd that others write */
    uint8_t *space;  /**< room for a frame that has not come whole, then WIRE_READ_BYTES */
    uint8_t *buffer; /**< the second part */
    uint64_t random;

    struct wire *wires; /**< subscribers: of all those with number % workers == index */
    uint32_t wire_count;
    _Atomic uint32_t live; /**< written by the thread */
    struct publisher *publishers;
    uint32_t publisher_count;
    uint64_t due_ns; /**< when a publisher is to send; UINT64_MAX: none */

    uint32_t *queue; /**< ring of subscribers to open: numbers in `wires` */
    uint32_t queue_from, queue_count;
    struct wire **opening; /**< WORKER_OPENING_MAX and visitors */
    uint32_t opening_count, opening_subscribers;
    struct wire **again; /**< connections with more to read */
    uint32_t again_count;
    struct wire *visitors;
    uint32_t visitor_count, visitors_made;
    SSL_SESSION *session;       /**< of the newest ticket */
    double visit_at, change_at; /**< ns, when the next is due */
    uint64_t storm_ns, tick_ns, retry_ns;
    bool opened; /**< all were put into the queue */

    uint32_t *readers; /**< of each symbol: live accounted readers here */
    struct skew skew;
    struct strangers strangers;
    struct figures *figures;
    struct worker_same same;
    struct alike alike;
    uint64_t figures_ns;      /**< when they are handed over */
    struct figures_desk desk; /**< locked by itself */
    struct histogram *histograms[WORKER_HISTOGRAMS];
    struct peer_bytes scratch;
    uint64_t measure_ns; /**< end of the warm-up; UINT64_MAX before the run */
    uint64_t arrived_ns; /**< last message */
    uint64_t counted_ns; /**< last one that was measured */
    uint64_t spun_ns;    /**< spent waiting without sleeping */
    bool polls;          /**< it has a core of its own: it does not sleep while the load runs, so
                            that nobody has to wake it, which would be the server's cost */
    uint64_t cpu_from_ns, spun_from_ns, wall_from_ns; /**< at the beginning of the measured time */
    uint64_t cpu_ns, spun_measured_ns, wall_ns;       /**< in it */
    uint64_t drain_ns;                                /**< when draining began */
    uint64_t closed, evicted, stray, bad_changes;
    uint64_t slow_received;  /**< by throttled and frozen readers, after the warm-up */
    uint64_t strangers_came; /**< after the warm-up */

    /** By publisher, to accounted readers, warm-up included; written by the thread. */
    _Atomic uint64_t *delivered;
    _Atomic uint32_t ready; /**< 1: all are live; 2: drained */
};

/** 0, or -1 without memory or descriptors; call worker_fini in both cases, after the thread. */
int worker_init(struct worker *worker, struct engine *engine, uint32_t index);
void worker_fini(struct worker *worker);
/** The thread; `arg` is the worker. */
void *worker_main(void *arg);
/** Any thread: ends its sleep. */
void worker_nudge(struct worker *worker);

/** Reads the connection again before it sleeps. */
static inline void worker_again(struct worker *worker, struct wire *wire) {
    if (wire->listed) return;
    wire->listed = true;
    worker->again[worker->again_count++] = wire;
}

/* Told by connections. */
/** It could not be opened. */
void worker_failed(struct worker *worker, struct wire *wire, const char *why);
/** It was closed by the other end, or broke, after it was live. */
void worker_closed(struct worker *worker, struct wire *wire, const char *why);
/** It is live. */
void worker_live(struct worker *worker, struct wire *wire, uint64_t now);
/** It is closed because it is to come again. */
void worker_left(struct worker *worker, struct wire *wire);
/** It got a message. */
void worker_message(struct worker *worker, struct wire *wire, const struct peer_message *message,
                    uint64_t now);
/** It got these messages. */
void worker_run(struct worker *worker, struct wire *wire, const struct alike_run *run,
                uint64_t now);

/** Records the messages that are the same; before the figures are handed over. */
void worker_record_same(struct worker *worker);

/* opener.c: connections that open, come and go. */
void opener_turn(struct worker *worker, uint64_t now);
void opener_enqueue(struct worker *worker, struct wire *wire);
void opener_forget(struct worker *worker, struct wire *wire);
void opener_tick(struct worker *worker, uint64_t now);

/* changes.c */
void changes_turn(struct worker *worker, uint64_t now);
void changes_done(struct worker *worker, struct wire *wire, uint64_t now);
void changes_abandon(struct worker *worker, struct wire *wire);

static inline void worker_record(struct worker *worker, enum worker_histogram which, uint64_t ns) {
    histogram_record(worker->histograms[which], ns, 1);
}

#endif
