/*
 * tickcast: a sharded broker of market data. It speaks the stream contract of MarketStore to
 * WebSocket subscribers and is embedded like this:
 *
 *     struct tickcast_listener listener = {.host = "127.0.0.1", .port = 5993};
 *     struct tickcast_options options;
 *     tickcast_options_init(&options);
 *     struct tickcast_broker *broker;
 *     tickcast_broker_new(&options, &broker);
 *     tickcast_broker_listen(broker, &listener);
 *     tickcast_broker_start(broker);
 *     tickcast_push(broker, "AAPL/1Min/OHLCV", 15, msgpack, msgpack_bytes);
 *     tickcast_broker_stop(broker);
 *     tickcast_broker_free(broker);
 *
 * client.h has a client for programs that subscribe or publish over the network.
 *
 * Threads: new, listen, start, stop and free belong to one thread at a time; push, wait, adopt and
 * stats may be called from any thread between start and free, and reload as it says. The library
 * takes no signal, ends no process and reads no file but those that a listener's TLS and the option
 * tls_ticket_file name (and, with outbound_memory 0, what the kernel tells of the memory there is).
 * Its threads have all signals blocked.
 */
#ifndef TICKCAST_TICKCAST_H
#define TICKCAST_TICKCAST_H

#include <stddef.h>
#include <stdint.h>

#include "tickcast/ends.h"
#include "tickcast/messages.h"
#include "tickcast/options.h"

#define TICKCAST_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/** What a call answers: 0 is good, below 0 is an error. */
enum tickcast_result {
    TICKCAST_OK = 0,
    TICKCAST_EAGAIN = -1,    /**< a ring is full: nothing was placed, tickcast_wait tells when */
    TICKCAST_EINVAL = -2,    /**< an argument is not allowed */
    TICKCAST_ECLOSED = -3,   /**< the broker or the connection is closed */
    TICKCAST_ENOMEM = -4,    /**< no memory */
    TICKCAST_ESYSTEM = -5,   /**< a system call failed: errno says which way */
    TICKCAST_EDEADLK = -6,   /**< called from a thread of the broker that it would wait for */
    TICKCAST_ETIMEDOUT = -7, /**< the time is over */
    TICKCAST_ETLS = -8, /**< a certificate, key or file of keys cannot be used: the log says why */
    TICKCAST_EREFUSED = -9, /**< the broker refused: tickcast_client_error has its words */
};

/** One sentence for a result; static. */
TICKCAST_API const char *tickcast_strerror(int result);

/** The version of the library that runs, as "0.1.0"; static. */
TICKCAST_API const char *tickcast_version(void);

/** Fills `options` with the defaults of the table in options.h, a silent log and log_level 2. */
TICKCAST_API void tickcast_options_init(struct tickcast_options *options);

/** Looks at every option. Returns NULL if all are allowed, else the name of the first that is not
 *  (static); the lowest and highest values stand in the table. Besides, ring_slots is a power of
 * two and dead_time is above ping_interval. */
TICKCAST_API const char *tickcast_options_check(const struct tickcast_options *options);

struct tickcast_broker;

/** A certificate chain and its private key, both files in PEM. */
struct tickcast_certificate {
    const char *cert_file, *key_file;
};

/** What a TLS listener asks of its clients' certificates. */
enum tickcast_client_auth {
    TICKCAST_CLIENT_AUTH_NONE,     /**< nothing */
    TICKCAST_CLIENT_AUTH_OPTIONAL, /**< a client that has one must have a good one */
    TICKCAST_CLIENT_AUTH_REQUIRED, /**< each client must have a good one */
};

#define TICKCAST_CERTIFICATES_MAX 64 /**< of one listener */

/** TLS of a listener (wss). */
struct tickcast_tls {
    const struct tickcast_certificate *certificates; /**< the first is for clients that name no
                                                          host (SNI), or one of no certificate */
    unsigned certificate_count;                      /**< 1 to TICKCAST_CERTIFICATES_MAX */
    const char *client_ca_file; /**< PEM authorities of clients; with client_auth only */
    enum tickcast_client_auth client_auth;
    bool dates_told; /**< certificates that have expired or are not valid yet the caller tells: the
                          log does not */
};

/** Where a broker listens. All pointers are read during the call only. */
struct tickcast_listener {
    const char *host; /**< a numeric address or a name; NULL with unix_path */
    uint16_t port;    /**< 0: the kernel chooses, tickcast_broker_port tells */
    const char
        *unix_path; /**< a Unix socket at this path instead; a stale socket there is replaced */
    const struct tickcast_tls *tls; /**< NULL: plain (ws) */
};

/** Makes a broker that does nothing yet. The options are copied. A tls_ticket_file that is not
 * there is made. EINVAL (tickcast_options_check names the option), ENOMEM, ESYSTEM, ETLS (a
 * tls_ticket_file that others may read, or that is none; the log says why, also where it cannot be
 * read or written). */
TICKCAST_API int tickcast_broker_new(const struct tickcast_options *options,
                                     struct tickcast_broker **broker);

/** Binds a listener; before start. ESYSTEM (errno, also for a name that does not resolve: ENOENT),
 *  EINVAL, ENOMEM, ETLS. Returns the listener's number, from 0, if it is good. */
TICKCAST_API int tickcast_broker_listen(struct tickcast_broker *broker,
                                        const struct tickcast_listener *listener);

/** Gives TLS listener `number` other certificates, or the same files read again. They are read and
 *  checked as a whole first: new connections get the new ones, or with ETLS the old ones (the log
 * says which file, why, and what is served instead). Connections that are there keep what they
 * have. Any thread, between listen and free; one call at a time. EINVAL (not a TLS listener, or
 * what listen refuses), ENOMEM, ETLS. */
TICKCAST_API int tickcast_broker_reload(struct tickcast_broker *broker, int number,
                                        const struct tickcast_tls *tls);

/** The port of listener `number`, 0 for a Unix socket or a wrong number. */
TICKCAST_API uint16_t tickcast_broker_port(const struct tickcast_broker *broker, int number);

/** Starts the workers and the acceptor; once. Clients are served when it returns. ESYSTEM, ENOMEM.
 */
TICKCAST_API int tickcast_broker_start(struct tickcast_broker *broker);

/** Publishes `data` (exactly one msgpack object) under `key` to all subscribers whose streams
 * match. Both are copied. What follows the first ':' of the key is cut off; what is left has three
 *  non-empty elements. Any thread; never waits for I/O or a reader. Messages of one key are
 *  delivered to all in one order. All subscribers' shards get the message or none:
 *  EAGAIN (a ring is full), EINVAL (key or data), ECLOSED, ENOMEM. */
TICKCAST_API int tickcast_push(struct tickcast_broker *broker, const char *key, size_t key_bytes,
                               const void *data, size_t data_bytes);

/** Waits until a push that got EAGAIN may succeed, at most `timeout_ms` (below 0: without end).
 *  OK (try again), ETIMEDOUT, ECLOSED, EDEADLK from a thread of the broker. */
TICKCAST_API int tickcast_wait(struct tickcast_broker *broker, int timeout_ms);

/** Hands an accepted, connected stream socket to the broker, with the bytes already read from it
 *  (the beginning of the handshake; copied). On success the broker owns `fd` and has made it
 *  non-blocking; on failure the caller keeps it. `listener` is the number of the TLS listener whose
 *  certificate is to be used, or -1 for a plain connection.
 *  EAGAIN (no more connections), EINVAL, ECLOSED, ENOMEM. */
TICKCAST_API int tickcast_broker_adopt(struct tickcast_broker *broker, int fd, int listener,
                                       const void *bytes, size_t count);

/** The counters: X(name, sentence). Gauges end in `_now`. */
#define TICKCAST_STATS(X)                                                                          \
    X(connections_now, "connections")                                                              \
    X(subscribers_now, "connections with a subscription")                                          \
    X(groups_now, "different sets of streams")                                                     \
    X(subscriptions_now, "streams of all different sets")                                          \
    X(patterns_now, "different streams, once a shard")                                             \
    X(outbound_now, "bytes that wait for readers")                                                 \
    X(inbound_now, "bytes of requests that are not complete")                                      \
    X(parked_now, "publishers whose message waits for a ring")                                     \
    X(handshakes_now, "connections whose opening handshake is not done")                           \
    X(accepted, "connections accepted")                                                            \
    X(handshakes, "handshakes answered with 101")                                                  \
    X(tls_handshakes, "TLS handshakes done")                                                       \
    X(tls_resumed, "of them, those that resumed an earlier session")                               \
    X(tls_ns, "nanoseconds of work on TLS handshakes")                                             \
    X(tls_yielded_ns, "nanoseconds that other work then had, or did not need, before the next")    \
    X(closed, "connections closed, for any reason")                                                \
    X(requests, "subscribe requests answered")                                                     \
    X(throttled, "times that a subscriber was not read because its message_rate was used up")      \
    X(pushed, "messages accepted from publishers and pushes")                                      \
    X(push_again, "pushes refused because a ring was full")                                        \
    X(refused, "requests and publications refused, for any reason")                                \
    X(publish_parked, "messages of publishers that waited for a ring")                             \
    X(publish_dropped, "messages of publishers given up at stop")                                  \
    X(matched, "messages taken from a ring that reached at least one set of streams")              \
    X(appends, "messages written to the log of a set of streams")                                  \
    X(deliveries, "messages handed to the kernel, once a subscriber")                              \
    X(sends, "send, sendmsg and SSL_write calls for them")                                         \
    X(sent_bytes, "bytes handed to the kernel")

#define TICKCAST_STATS_FIELD(name, sentence)                  uint64_t name;
#define TICKCAST_END_FIELD(name, NAME, code, level, sentence) uint64_t ended_##name;
#define TICKCAST_REFUSAL_FIELD(name, NAME, sentence)          uint64_t refused_##name;
/** A snapshot of the counters, summed over the shards; ended_NAME are connections that ended so and
 * refused_NAME what was refused on others (see ends.h), `closed` and `refused` are their sums. */
struct tickcast_stats {
    TICKCAST_STATS(TICKCAST_STATS_FIELD)
    TICKCAST_ENDS(TICKCAST_END_FIELD)
    TICKCAST_REFUSALS(TICKCAST_REFUSAL_FIELD)
};
#undef TICKCAST_STATS_FIELD
#undef TICKCAST_END_FIELD
#undef TICKCAST_REFUSAL_FIELD

/** Reads the counters; any thread; each is exact, all together are not of one instant. */
TICKCAST_API void tickcast_broker_stats(const struct tickcast_broker *broker,
                                        struct tickcast_stats *stats);

/** Stops: publishers are no longer read, pushes answer ECLOSED, what was accepted is delivered
 * until stop_timeout, connections are closed with 1001, threads are joined. Pushes may still be
 * called until free. OK also the second time; EDEADLK from a thread of the broker. */
TICKCAST_API int tickcast_broker_stop(struct tickcast_broker *broker);

/** Frees a broker (stops it first if need be). No other thread may be in a call. NULL is allowed.
 */
TICKCAST_API void tickcast_broker_free(struct tickcast_broker *broker);

#ifdef __cplusplus
}
#endif

#endif
