/* What a subscriber's message asks for: the MarketStore stream contract (CONTRACT c2 to c8, c10).
 */
#include <stdio.h>
#include <string.h>

#include "key/stream.h"
#include "proto/error.h"
#include "proto/subscribe.h"
#include "shard/conn.h"
#include "shard/groups.h"

/* A request counts against message_rate as what it costs: once more for so many streams, which go
 * into the index, and for so many globs, which each key in use is tested against. */
#define STREAMS_A_MESSAGE 256
#define GLOBS_A_MESSAGE   16

static void refuse(struct conn *conn, enum refused reason, const char *text, size_t bytes) {
    uint8_t error[PROTO_ERROR_BYTES + 16];
    if (bytes > PROTO_ERROR_BYTES) bytes = PROTO_ERROR_BYTES;
    count_add(&conn->shard->stats.refusals[reason], 1);
    conn_answer(conn, WS_BINARY, error, error_encode(text, bytes, error));
}

static void refuse_limit(struct conn *conn, enum refused reason, const char *format,
                         uint64_t limit) {
    char text[128];
    int bytes = snprintf(text, sizeof text, format, (unsigned long long)limit);
    refuse(conn, reason, text, (size_t)bytes);
}

/* A stream that is too long was told by its length, so this fits. */
static void refuse_stream(struct conn *conn, struct proto_text stream) {
    static const char behind[] = " is an invalid stream";
    uint8_t error[4096 + sizeof behind + 16];
    char text[4096 + sizeof behind];
    memcpy(text, stream.at, stream.bytes);
    memcpy(text + stream.bytes, behind, sizeof behind - 1);
    count_add(&conn->shard->stats.refusals[REFUSED_REQUEST_INVALID], 1);
    conn_answer(conn, WS_BINARY, error,
                error_encode(text, stream.bytes + sizeof behind - 1, error));
}

/* Looks at each stream in list order, its length before its slashes; then at the two sums. */
static bool streams_allowed(struct conn *conn, const struct subscribe_request *request) {
    const struct tickcast_options *options = &conn->shard->shared->options;
    uint32_t crossing = 0, globs = 0;
    for (uint32_t i = 0; i < request->count; i++) {
        struct proto_text stream = request->streams[i];
        struct stream_shape shape;
        if (stream.bytes > options->max_stream_bytes) {
            refuse_limit(conn, REFUSED_REQUEST_LONG, "stream longer than %llu bytes",
                         options->max_stream_bytes);
            return false;
        }
        enum stream_kind kind = stream_shape(stream.at, stream.bytes, &shape);
        if (kind == STREAM_INVALID) {
            refuse_stream(conn, stream);
            return false;
        }
        crossing += kind == STREAM_CROSSING;
        globs += kind == STREAM_ELEMENTS && (shape.glob[0] || shape.glob[1] || shape.glob[2]);
    }
    if (crossing > options->max_crossing_streams) {
        refuse_limit(conn, REFUSED_REQUEST_CROSSING,
                     "more than %llu streams with a / inside braces or brackets",
                     options->max_crossing_streams);
        return false;
    }
    if (globs > options->max_glob_streams) {
        refuse_limit(conn, REFUSED_REQUEST_GLOBS,
                     "more than %llu streams with a wildcard inside an element",
                     options->max_glob_streams);
        return false;
    }
    conn_count_messages(conn, (crossing + globs) / GLOBS_A_MESSAGE);
    return true;
}

/* The echo stands before any payload of the new set, and after all of the old one. */
static void move(struct conn *conn, struct group *group, const struct ws_message *message) {
    struct shard *shard = conn->shard;
    uint8_t header[WS_HEADER_BYTES];
    struct iovec pieces[2] = {
        {.iov_base = header, .iov_len = ws_header_write(WS_BINARY, message->bytes, header)},
        {.iov_base = message->payload, .iov_len = message->bytes},
    };
    struct group *before = conn->member.group;
    bool moved = member_move(&conn->member, group, pieces, 2);
    groups_released(shard, moved ? before : group);
    if (!moved) {
        conn_fail(conn, END_NO_MEMORY, NULL);
        return;
    }
    if (!conn->subscribed) {
        count_add(&shard->stats.subscribers_now, 1);
        socket_set_lowat(conn->transport.fd, (int)shard->shared->options.notsent_lowat);
    }
    conn->subscribed = true;
    count_add(&shard->stats.requests, 1);
    group_dirty(shard, group); /* before the flush: if that ends it, a visit is still counted */
    conn_flush(conn);
}

static void replace(struct conn *conn, struct subscribe_request *request,
                    const struct ws_message *message) {
    struct group *group;
    switch (groups_get(conn->shard, request->streams, request->count, &group)) {
    case GROUPS_OK:
        move(conn, group, message);
        break;
    case GROUPS_LARGE:
        large_set_wait(conn, message);
        break;
    case GROUPS_FULL:
        refuse(conn, REFUSED_REQUEST_FULL, "too many subscriptions", 22);
        break;
    default:
        conn_fail(conn, END_NO_MEMORY, NULL);
        break;
    }
}

static void undecodable(struct conn *conn, const struct ws_message *message) {
    struct shard *shard = conn->shard;
    char text[64];
    count_add(&shard->stats.refusals[REFUSED_REQUEST_UNDECODABLE], 1);
    log_limited(
        &shard->shared->log, LOG_NOTICE, &shard->request_limit,
        "%s: not a subscribe request: %zu bytes beginning \"%s\"", conn->peer.text, message->bytes,
        log_escape(message->payload, message->bytes < 16 ? message->bytes : 16, text, sizeof text));
}

void session_message(struct conn *conn, const struct ws_message *message) {
    const struct tickcast_options *options = &conn->shard->shared->options;
    struct subscribe_request request = {0};
    switch (subscribe_decode(message->payload, message->bytes, options->max_streams, &request)) {
    case SUBSCRIBE_NONE:
        count_add(&conn->shard->stats.requests, 1);
        conn_answer(conn, WS_BINARY, message->payload, message->bytes);
        break;
    case SUBSCRIBE_STREAMS:
        conn_count_messages(conn, request.count / STREAMS_A_MESSAGE);
        if (streams_allowed(conn, &request)) replace(conn, &request, message);
        subscribe_request_fini(&request);
        break;
    case SUBSCRIBE_TOO_MANY:
        refuse_limit(conn, REFUSED_REQUEST_STREAMS, "more than %llu streams", options->max_streams);
        break;
    case SUBSCRIBE_UNDECODABLE:
        undecodable(conn, message);
        break;
    case SUBSCRIBE_NOMEM:
        conn_fail(conn, END_NO_MEMORY, NULL);
        break;
    }
}
