/*
 * For peers whose messages do not end where a WebSocket message or a read ends: whole messages are
 * parsed where they are, and only one that is split is gathered in conn->partial, no byte of the
 * next with it.
 */
#ifndef BENCH_PEER_STREAM_H
#define BENCH_PEER_STREAM_H

#include "peer/peer.h"

#define STREAM_LINE_MAX                                                                            \
    ((size_t)32 << 10) /**< of a server's line: NATS' greeting names a cluster */

/** What a parser found at the beginning of some bytes. */
struct stream_unit {
    size_t bytes; /**< of a whole message, its head and end included */
    size_t need; /**< of a message that is not whole: bytes it has at least, more than there are; 0:
                    it goes on at least to the next line feed */
};

/** Parses one message at the beginning of `count` bytes (at least 1). PEER_MORE: it is not whole,
 * unit->need is set. Else unit->bytes is; PEER_NOTHING: there is nothing to tell. */
typedef enum peer_event (*stream_parse)(struct peer_conn *conn, const uint8_t *at, size_t count,
                                        struct stream_unit *unit, struct peer_message *message);

/** What `take` of such a peer is. */
enum peer_event stream_take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                            struct peer_message *message, stream_parse parse);

/** Sets conn->error; returns PEER_ERROR. */
enum peer_event stream_error(struct peer_conn *conn, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Appends to `out`. 0, or -1 with conn->error. */
int stream_add(struct peer_conn *conn, struct peer_bytes *out, const void *bytes, size_t count);
int stream_add_text(struct peer_conn *conn, struct peer_bytes *out, const char *text);

/** What a stream that parses lines has at `at`: its bytes with its line feed; or 0 with *event:
 * PEER_MORE (need is 0), or PEER_ERROR if it is longer than STREAM_LINE_MAX. */
size_t stream_line(struct peer_conn *conn, const uint8_t *at, size_t count,
                   struct stream_unit *unit, enum peer_event *event);

/** Reads the decimal number from `at` to `end`, nothing else, at most `highest`. False: it is not
 * one. */
bool stream_number(const uint8_t *at, const uint8_t *end, size_t highest, size_t *number);

#endif
