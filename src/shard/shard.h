/*
 * A shard: a worker thread with its event loop, its connections, their groups and the index of
 * their streams. Nothing in it is touched by another thread but what is under "shared" below.
 *
 * A turn of the worker: one turn of the event loop (input is decoded, answers go out), publishers
 * that wait, a batch from the ring (match, append), readers too far behind, a slice of sends. The
 * parts are one file each; `src/README.md` tells how they fit.
 */
#ifndef SHARD_SHARD_H
#define SHARD_SHARD_H

#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/budget.h"
#include "base/list.h"
#include "base/log.h"
#include "base/table.h"
#include "group/member.h"
#include "net/socket.h"
#include "net/tls_server.h"
#include "net/tls_socket.h"
#include "ring/rings.h"
#include "shard/ends.h"
#include "shard/gate.h"
#include "sub/index.h"
#include "tickcast/tickcast.h"

#define SHARD_TICK_MS       100         /**< deadlines are looked at this often */
#define SHARD_COOL_TICKS    10          /**< and logs with nothing to do once in so many ticks */
#define SHARD_READ_BYTES    (64 * 1024) /**< most that one read takes */
#define SHARD_SLICE_NS      500000      /**< longest slice of all but sends */
#define SHARD_FLUSH_NS      1000000     /**< longest slice of sends, */
#define SHARD_FLUSH_SENDS   256         /**< and its visits */
#define SHARD_TAKE_MESSAGES 512         /**< messages taken from the ring at a time */
#define SHARD_TAKE_BYTES    (256 * 1024)
#define SHARD_TAKE_APPENDS  4096
#define SHARD_DELAY_BYTES                                                                          \
    (64 * 1024)           /**< a group that waits with more than this is sent to at once */
#define SHARD_TURN_ENDS 4 /**< connections ended by deadlines and limits in one turn */
#define SHARD_HANDSHAKES_SEEN                                                                      \
    64                  /**< oldest handshakes among which one that waits for its peer is sought */
#define SHARD_PINGS 300 /**< slots of the wheel that spreads pings */
/** max_cached_keys for each that pushes are told nobody wants: 65,536 of 80 bytes are 5 MiB */
#define SHARD_KEYS_PER_UNWANTED 16

/** Phases of stop; they only rise. */
enum phase {
    PHASE_RUNNING,
    PHASE_STOPPING, /**< publishers are no longer read */
    PHASE_HALF,     /**< parked messages are given up */
    PHASE_DRAINING, /**< no push is in flight: drain, flush, close */
};

/** What all shards of a broker share; fixed after the start but for the atomics. */
struct shard_shared {
    struct tickcast_options options;
    struct log log;
    struct rings *rings;
    BIO_METHOD *tls_socket;
    struct gate gate;
    struct frame_cache frames; /**< for threads that are no workers, and behind those of workers */
    uint64_t outbound_bytes, inbound_bytes; /**< a shard's parts of the budgets */
    uint64_t seed;                          /**< of key hashes */
    _Atomic int phase;
    _Atomic uint64_t stop_ns;     /**< when the stop has to be over */
    _Atomic uint32_t connections; /**< of the broker */
};

/** A connection on its way to a shard. */
struct handover {
    struct handover *next;
    struct tls_server *tls; /**< a reference, or NULL: plain */
    int fd;
    uint64_t since_ns; /**< when it was accepted: its handshake's time begins */
    struct peer peer;
    size_t count;
    uint8_t bytes[]; /**< already read */
};

#define SHARD_STATS_FIELD(name, sentence) count_t name;
struct shard_stats {
    TICKCAST_STATS(SHARD_STATS_FIELD)
    count_t ended[END_COUNT];        /**< connections, by the row of tickcast/ends.h */
    count_t refusals[REFUSED_COUNT]; /**< likewise, requests and publications */
};
#undef SHARD_STATS_FIELD

struct shard {
    /* shared: set before the thread starts */
    struct shard_shared *shared;
    uint32_t number;
    pthread_t thread;

    /* shared: any thread */
    pthread_mutex_t inbox_lock;
    struct handover *inbox;   /**< under inbox_lock; newest first */
    bool inbox_closed;        /**< under inbox_lock */
    _Atomic uint32_t load;    /**< connections handed over and not yet ended */
    struct shard_stats stats; /**< written by the worker */

    /* the worker's own */
    struct event_base *base __attribute__((aligned(64)));
    struct event *ring_event, *tick_event, *retry_event;
    struct handover *arrived; /**< taken out of the inbox, oldest first: to be opened */
    bool arrivals;            /**< there are such, or perhaps in the inbox */
    uint64_t now_ns;          /**< of this turn */
    uint64_t loop_ns;         /**< first event of a socket in this turn of the loop, or 0 */
    struct sub_index *index;
    struct pool pool;
    struct frame_cache frames; /**< that others may be made of */
    struct budget outbound, inbound;
    struct group lobby;         /**< of connections without a subscription */
    struct table groups;        /**< by their sets; see groups.h */
    struct list leaving_groups; /**< without members, to be taken out of the index */
    struct list large_sets;     /**< connections that wait for theirs, in order; see large_sets.c */
    uint32_t streams_to_come;   /**< of the first one's set, not yet in the index */
    struct list dirty;          /**< groups with something to send */
    struct list delayed;        /**< groups that wait for more, by due_ns; see delay.c */
    uint64_t delay_ns;          /**< flush_delay_us; 0 at a stop */
    uint64_t delay_until_ns;    /**< what the timer is set to */
    struct event *delay_event;
    int delay_fd;
    uint64_t throttle_step_ns; /**< 1/message_rate; 0: no limit */
    struct event *throttle_event;
    uint32_t lagging;        /**< groups with a writable member too far behind */
    struct list slow_groups; /**< groups with a blocked member too far behind */
    uint64_t match_number;   /**< stamp of the message being matched */

    struct list conns;                         /**< all, for stop */
    struct list handshakes, closings, blocked; /**< by age: since_ns rises */
    struct list tls;                           /**< handshakes that wait for us */
    uint64_t tls_looked_ns;                    /**< when their last slice ended or was put off */
    uint64_t tls_debt_ns;    /**< what they have had and other work, which waits, not yet */
    uint64_t tls_loop_ns;    /**< first of them that became readable in this turn, or 0 */
    struct list starved;     /**< not read until inbound memory is free */
    struct list unfinished;  /**< with a message begun, by age */
    struct list begun;       /**< with an opening handshake begun, by age */
    struct list resumed;     /**< to go on decoding next turn */
    struct list throttled;   /**< the same at the next step of message_rate */
    struct list parked;      /**< publishers whose message waits for a ring */
    struct list doomed;      /**< ended in this turn; freed at its end */
    struct list dead_groups; /**< the same */
    struct list pings[SHARD_PINGS];
    uint32_t ping_at; /**< slot that is next */
    uint64_t ping_next_ns;
    uint32_t ticks;
    bool overdue;         /**< deadlines may have passed: to be looked at */
    bool short_of_memory; /**< more are to be evicted for a budget, in the next turns */
    bool retry_busy;      /**< a parked publisher met a busy stripe */
    bool closing_all;     /**< stop: everybody got 1001 */

    struct log_limit limits[END_COUNT]; /**< of log lines, by the end they tell of */
    struct log_limit tls_limit;         /**< of lines on TLS handshakes that were done */
    struct log_limit request_limit;     /**< of lines on undecodable requests */
    uint8_t buffer[SHARD_READ_BYTES];   /**< what was read last */
};

/** Makes a shard; the thread does not run yet. -1 with errno. */
int shard_new(struct shard_shared *shared, uint32_t number, struct shard **shard);
/** The thread has been joined or never ran. */
void shard_free(struct shard *shard);

/** Starts and joins the worker. -1 with errno. */
int shard_start(struct shard *shard);
void shard_join(struct shard *shard);

/** Gives a connection to the shard; any thread. On success the shard owns `handover`, its
 * descriptor and its reference; -1 if the shard takes no more. The caller has counted `load`. */
int shard_hand_over(struct shard *shard, struct handover *handover);

/** Frees a handover with all that it owns. */
void handover_free(struct handover *handover);

#endif
