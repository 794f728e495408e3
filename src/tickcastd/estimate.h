/*
 * The memory that a broker can need at worst, item by item: all that is bounded by an option. Pure.
 */
#ifndef TICKCASTD_ESTIMATE_H
#define TICKCASTD_ESTIMATE_H

#include "broker/options.h"

#define ESTIMATE_ROWS      14
#define ESTIMATE_HOW_BYTES 96

/* What one item costs at most, in bytes, beside what options say. */
#define ESTIMATE_PROCESS_BYTES      (16 * TICKCAST_MIB) /**< code, libraries, allocator, logs */
#define ESTIMATE_WORKER_BYTES       (8 * TICKCAST_MIB)  /**< stack, buffers, free chunks of logs */
#define ESTIMATE_RING_SLOT_BYTES    64
#define ESTIMATE_ADDRESS_BYTES      16 /**< its bucket, in each table of rates */
#define ESTIMATE_CONNECTION_BYTES   1024
#define ESTIMATE_GROUP_BYTES        1024 /**< a set of streams; each connection may have its own */
#define ESTIMATE_SUBSCRIPTION_BYTES 32   /**< a stream of a set, beside its text */
#define ESTIMATE_PATTERN_BYTES      256  /**< a different stream, compiled, beside its text */
/** A key with four patterns, beside its text, and its part of the keys that nobody wants */
#define ESTIMATE_CACHED_KEY_BYTES 170
#define ESTIMATE_TLS_BYTES        (48 * TICKCAST_KIB) /**< a TLS session with both buffers */
#define ESTIMATE_TLS_HANDSHAKE_BYTES                                                               \
    (32 * TICKCAST_KIB) /**< what a TLS handshake takes beside, until it is over */
#define ESTIMATE_FEED_BYTES                                                                        \
    (33 * TICKCAST_MIB) /**< the longest line and its message, or symbols                          \
                         */
#define ESTIMATE_JSON_LINES_BYTES                                                                  \
    (128 * TICKCAST_MIB) /**< values and texts of the longest JSON line while it is read */

struct estimate_row {
    const char *name;
    uint64_t bytes;
    char how[ESTIMATE_HOW_BYTES];
};

struct estimate {
    struct estimate_row rows[ESTIMATE_ROWS];
    uint32_t count;
    uint64_t total_bytes;
    /** Beside it, in the kernel: bytes of sockets that are sent but not acknowledged are not
     * counted. */
    uint64_t kernel_bytes;
};

/** `options` are resolved; `tls`: some listener speaks TLS; `feeds` of them run,
 *  `json`: one of JSON lines. */
void estimate_memory(const struct tickcast_options *options, bool tls, uint32_t feeds, bool json,
                     struct estimate *estimate);

#endif
