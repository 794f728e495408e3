/*
 * The broker's options as one table. It makes struct tickcast_options, the defaults, the daemon's
 * configuration names, `tickcastd --help` and the reference in the README.
 *
 * A row is X(kind, name, default, lowest, highest, sentence):
 *   COUNT  a uint32_t field `name`
 *   SIZE   a uint64_t field `name`, bytes; written `16MiB` in a configuration
 *   TIME   a uint32_t field `name_ms`, milliseconds; written `10s` in a configuration
 *   BOOL   a bool field `name`
 *   PEERS  an enum tickcast_peers field `name`; written `loopback` or `any`
 */
#ifndef TICKCAST_OPTIONS_H
#define TICKCAST_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#define TICKCAST_KIB ((uint64_t)1024)
#define TICKCAST_MIB (1024 * TICKCAST_KIB)
#define TICKCAST_GIB (1024 * TICKCAST_MIB)

/** Who may use a service of a listener. Unix sockets count as loopback. */
enum tickcast_peers { TICKCAST_PEERS_LOOPBACK, TICKCAST_PEERS_ANY };

// clang-format off
#define TICKCAST_OPTIONS(X)                                                                        \
    X(COUNT, workers, 0, 0, 63, "worker threads, each with a shard of the connections; 0 is one per core") \
    X(COUNT, max_connections, 0, 0, 16777216, "connections of the broker, 503 above; 0 is the file limit less 64") \
    X(COUNT, backlog, 4096, 1, 65535, "connections that the kernel holds until they are accepted") \
    X(PEERS, subscribers_from, TICKCAST_PEERS_ANY, 0, 1, "who may subscribe: loopback or any; others get 403") \
    X(PEERS, publishers_from, TICKCAST_PEERS_LOOPBACK, 0, 1, "who may publish: loopback (and no Origin or forwarding header) or any; others get 403") \
    X(COUNT, ring_slots, 4096, 16, 1048576, "messages that wait for one shard; a power of two") \
    X(SIZE, ring_memory, 64 * TICKCAST_MIB, 64 * TICKCAST_KIB, 64 * TICKCAST_GIB, "bytes of messages that wait for the shards, an equal part each, at least four of the largest") \
    X(SIZE, max_payload, TICKCAST_MIB, 1, 64 * TICKCAST_MIB, "data of one published message") \
    X(SIZE, max_message, 256 * TICKCAST_KIB, 256, 16 * TICKCAST_MIB, "one message of a subscriber, 1009 above") \
    X(COUNT, max_key_bytes, 256, 8, 4096, "length of a key") \
    X(COUNT, max_stream_bytes, 256, 8, 4096, "length of a stream") \
    X(COUNT, max_streams, 4096, 1, 1048576, "streams of one connection") \
    X(COUNT, max_crossing_streams, 16, 0, 1024, "streams of one connection with a / inside braces or brackets") \
    X(COUNT, max_glob_streams, 256, 0, 65536, "streams of one connection with a wildcard inside an element (* alone is none)") \
    X(COUNT, max_subscriptions, 1000000, 1, 100000000, "streams of all different sets of one shard") \
    X(COUNT, max_cached_keys, 1000000, 16, 100000000, "keys of which a shard remembers the matching streams") \
    X(COUNT, max_fragments, 4096, 1, 1048576, "frames of one message of a client, 1008 above") \
    X(COUNT, message_rate, 20, 0, 1000000, "messages, pings and pongs a second of one subscriber; over it the connection is not read until the next is due; 0 is no limit") \
    X(COUNT, message_burst, 100, 1, 1000000, "messages, pings and pongs of one subscriber that message_rate allows at once") \
    X(COUNT, connection_rate, 0, 0, 1000000, "connections a second of one address (IPv6: of one /64), 429 above; 0 is no limit") \
    X(COUNT, handshake_rate, 0, 0, 1000000, "opening handshakes a second of one address (IPv6: of one /64), 429 above; 0 is no limit") \
    X(BOOL, limit_loopback, false, 0, 1, "loopback and Unix sockets are held to connection_rate and handshake_rate too") \
    X(COUNT, max_handshakes, 16384, 16, 1048576, "connections of one shard whose opening handshake is not done; above, the oldest that waits for its peer is closed") \
    X(SIZE, max_handshake, 8 * TICKCAST_KIB, 512, 64 * TICKCAST_KIB, "request line and headers, 431 above") \
    X(TIME, handshake_timeout, 10000, 100, 600000, "from the connection to the end of the handshake, TLS included") \
    X(TIME, tls_ticket_time, 43200000, 1000, 604800000, "time after which the keys of TLS session tickets change; the two before them are still accepted") \
    X(SIZE, slow_memory, 16 * TICKCAST_MIB, 4 * TICKCAST_KIB, 64 * TICKCAST_GIB, "bytes that a reader may be behind before it is evicted") \
    X(TIME, slow_time, 10000, 100, 3600000, "time that a reader may take nothing while data waits for it before it is evicted") \
    X(TIME, close_timeout, 1000, 10, 60000, "time for a close frame to leave and be answered before the connection is reset") \
    X(TIME, ping_interval, 30000, 100, 3600000, "time between two pings to a connection") \
    X(TIME, dead_time, 60000, 200, 7200000, "time without a byte received or acknowledged after which a connection is dead") \
    X(TIME, stop_timeout, 5000, 0, 600000, "time for a stop to deliver what was accepted and to close") \
    X(SIZE, outbound_memory, 0, TICKCAST_MIB, 1024 * TICKCAST_GIB, "bytes that wait for readers; 0 is a quarter of the memory of the machine or its cgroup") \
    X(SIZE, inbound_memory, 64 * TICKCAST_MIB, 64 * TICKCAST_KIB, 64 * TICKCAST_GIB, "bytes of requests that are not complete and of messages that wait for a ring") \
    X(SIZE, notsent_lowat, 128 * TICKCAST_KIB, 4 * TICKCAST_KIB, 64 * TICKCAST_MIB, "bytes of one connection that the kernel takes ahead of sending (TCP_NOTSENT_LOWAT)") \
    X(COUNT, flush_delay_us, 0, 0, 100000, "microseconds that a message may wait for more, to leave in one send with them; 0 sends at once") \
    X(BOOL, strict_utf8, false, 0, 1, "close with 1007 on TEXT that is not UTF-8, also on the MarketStore contract")

/** Options that are texts, NULL for none: X(name, value, allowed, sentence). At most
 * TICKCAST_TEXT_BYTES long; read by tickcast_broker_new only. */
#define TICKCAST_TEXT_OPTIONS(X)                                                                   \
    X(origins, "LIST", "origins (https://HOST[:PORT], or null) with commas between", "web pages of these origins may subscribe, others get 403; none: all may") \
    X(proxy_from, "LIST", "addresses, prefixes (10.0.0.0/8) or unix, with commas between", "connections from there begin with a PROXY protocol v2 header, whose address is the peer's") \
    X(tls_ticket_file, "FILE", "the name of a file", "keeps the keys of TLS session tickets (mode 0600), so that clients resume after a restart; none: in memory only")
// clang-format on

#define TICKCAST_TEXT_BYTES 4096

#define TICKCAST_FIELD_COUNT(name)                                      uint32_t name
#define TICKCAST_FIELD_SIZE(name)                                       uint64_t name
#define TICKCAST_FIELD_TIME(name)                                       uint32_t name##_ms
#define TICKCAST_FIELD_BOOL(name)                                       bool name
#define TICKCAST_FIELD_PEERS(name)                                      enum tickcast_peers name
#define TICKCAST_FIELD(kind, name, standard, lowest, highest, sentence) TICKCAST_FIELD_##kind(name);

#define TICKCAST_TEXT_FIELD(name, value, allowed, sentence) const char *name;

/** How a broker behaves. Fill it with tickcast_options_init, then change what you want. */
struct tickcast_options {
    TICKCAST_OPTIONS(TICKCAST_FIELD)
    TICKCAST_TEXT_OPTIONS(TICKCAST_TEXT_FIELD)
    /** Called with each log line (no newline, printable UTF-8), from any thread; NULL is silence.
     */
    void (*log)(void *log_arg, int level, const char *line);
    void *log_arg;
    /** Lines above this level are not made: 0 error, 1 warning, 2 notice, 3 debug. */
    int log_level;
};

#undef TICKCAST_FIELD
#undef TICKCAST_TEXT_FIELD

#endif
