/* The opening handshake: which service is asked for, and may this peer have it (CONTRACT c1, 2). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "shard/conn.h"
#include "ws/handshake.h"
#include "ws/origin.h"

void conn_handshake_over(struct conn *conn) {
    if (conn->state > CONN_HANDSHAKE) return;
    count_sub(&conn->shard->stats.handshakes_now, 1);
    tls_server_unref(conn->tls);
    conn->tls = NULL;
    list_remove(&conn->unfinished);
}

/* The oldest that waits for its peer. Whoever waits for us has its turn before long, so they are
 * not many at the beginning of the list. */
static struct conn *oldest_waiting(struct shard *shard) {
    struct list *node = shard->handshakes.next;
    for (int i = 0; i < SHARD_HANDSHAKES_SEEN && node != &shard->handshakes; i++) {
        struct conn *conn = LIST_ITEM(node, struct conn, deadline);
        if (list_empty(&conn->turn)) return conn;
        node = node->next;
    }
    return NULL;
}

void handshakes_bound(struct shard *shard, struct conn *conn) {
    uint32_t most = shard->shared->options.max_handshakes;
    if (count_get(&shard->stats.handshakes_now) <= most) return;
    struct conn *oldest = oldest_waiting(shard);
    conn_doom(oldest != NULL ? oldest : conn, END_HANDSHAKES_FULL, false);
}

static bool text_is(struct ws_text text, const char *name) {
    return text.bytes == strlen(name) && memcmp(text.at, name, text.bytes) == 0;
}

static void refuse(struct conn *conn, enum conn_end end, int status, const char *body) {
    char response[WS_RESPONSE_BYTES], detail[WS_RESPONSE_BYTES];
    size_t bytes = ws_response_refuse(status, body, response);
    snprintf(detail, sizeof detail, "%.*s", (int)strcspn(body, "\n"), body); /* for a log line */
    conn_finish(conn, end, response, bytes, detail);
}

/* True if `rate` has one left for the peer, else the connection is ended: by 429 where HTTP is
 * next. */
static bool admitted(struct conn *conn, struct rates *rates, enum conn_end end, const char *body) {
    const struct shard *shard = conn->shard;
    if (gate_admits(&shard->shared->gate, rates, &conn->peer, shard->now_ns)) return true;
    if (conn->tls != NULL)
        conn_doom(conn, end, false);
    else
        refuse(conn, end, 429, body);
    return false;
}

bool conn_connection_admitted(struct conn *conn) {
    return admitted(conn, conn->shard->shared->gate.connections, END_CONNECTION_RATE,
                    GATE_CONNECTION_RATE_BODY);
}

bool conn_handshake_admitted(struct conn *conn) {
    return admitted(conn, conn->shard->shared->gate.handshakes, END_HANDSHAKE_RATE,
                    "too many handshakes of your address a second: handshake_rate\n");
}

/* What is no upgrade. An answer to HEAD is that to GET without its body (RFC 9110, 9.3.2). */
static void refuse_request(struct conn *conn, int status, const char *reason, bool head) {
    char response[WS_RESPONSE_BYTES];
    size_t bytes = ws_response_refuse(status, reason, response);
    if (head) bytes -= strlen(reason);
    conn_finish(conn, END_HANDSHAKE_BAD, response, bytes, reason);
}

/* The line to set, in a file and as a flag; `who` is subscribers or publishers. */
#define TO_ALLOW(who)                                                                              \
    "; to allow it set `" who "_from: any` in the configuration file, or start tickcastd with "    \
    "--" who "-from any\n"

/* Why a request is not allowed: the body of the 403, NULL if it is. */
struct refusal {
    enum conn_end end;
    const char *body;
};

static struct refusal refuse_subscriber(const struct conn *conn, const struct ws_request *request) {
    const struct shard_shared *shared = conn->shard->shared;
    if (shared->options.subscribers_from != TICKCAST_PEERS_ANY && !conn->peer.local)
        return (struct refusal){
            END_SUBSCRIBER_ADDRESS,
            "subscribing is allowed from loopback and Unix sockets only" TO_ALLOW("subscribers")};
    if (shared->gate.origins != NULL && request->origin.at != NULL &&
        !ws_origins_have(shared->gate.origins, request->origin))
        return (struct refusal){
            END_SUBSCRIBER_ORIGIN,
            "web pages of this Origin may not subscribe; to allow it add it to `origins` in the "
            "configuration file, or to --origins of tickcastd\n"};
    return (struct refusal){.body = NULL};
}

/* Publishing changes prices: a page in a browser on the broker's host, or a proxy there, is
 * loopback too. */
static struct refusal refuse_publisher(const struct conn *conn, const struct ws_request *request) {
    if (conn->shard->shared->options.publishers_from == TICKCAST_PEERS_ANY)
        return (struct refusal){.body = NULL};
    if (!conn->peer.local)
        return (struct refusal){
            END_PUBLISHER_ADDRESS,
            "publishing is allowed from loopback and Unix sockets only" TO_ALLOW("publishers")};
    if (request->origin.at != NULL)
        return (struct refusal){
            END_PUBLISHER_ORIGIN,
            "publishing with an Origin header is not allowed" TO_ALLOW("publishers")};
    if (request->forwarded)
        return (struct refusal){END_PUBLISHER_PROXY,
                                "publishing through a proxy is not allowed" TO_ALLOW("publishers")};
    return (struct refusal){.body = NULL};
}

static void keep(struct conn *conn, const uint8_t *bytes, size_t count) {
    conn->held = malloc(count);
    if (conn->held == NULL) {
        conn_doom(conn, END_NO_MEMORY, false);
        return;
    }
    memcpy(conn->held, bytes, count);
    conn->held_bytes = (uint32_t)count;
}

static void accept_upgrade(struct conn *conn, const struct ws_request *request, bool publishes) {
    char response[WS_RESPONSE_BYTES];
    size_t bytes = ws_response_accept(request, NULL, response);
    struct iovec piece = {.iov_base = response, .iov_len = bytes};
    if (bytes == 0 || (publishes && !publisher_open(conn)) ||
        !member_answer(&conn->member, &piece, 1)) {
        conn_doom(conn, END_NO_MEMORY, false);
        return;
    }
    conn_handshake_over(conn);
    if (publishes)
        socket_set_lowat(conn->transport.fd, (int)conn->shard->shared->options.notsent_lowat);
    conn->state = CONN_OPEN;
    conn->whole_at = 0;
    list_remove(&conn->deadline);
    count_add(&conn->shard->stats.handshakes, 1);
    conn_flush(conn);
}

void conn_handshake(struct conn *conn, uint8_t *bytes, size_t count) {
    struct ws_request request;
    const char *reason = NULL;
    long taken = ws_request_go_on(&conn->progress, bytes, count,
                                  conn->shard->shared->options.max_handshake, &request, &reason);
    if (taken == 0) {
        keep(conn, bytes, count);
        return;
    }
    if (taken < 0) {
        refuse_request(conn, (int)-taken, reason, count >= 5 && memcmp(bytes, "HEAD ", 5) == 0);
        return;
    }
    bool publishes = text_is(request.path, "/publish");
    if (!publishes && !text_is(request.path, "/ws")) {
        refuse(conn, END_UNKNOWN_PATH, 404, "subscribe at /ws, publish at /publish\n");
        return;
    }
    struct refusal refusal =
        publishes ? refuse_publisher(conn, &request) : refuse_subscriber(conn, &request);
    if (refusal.body != NULL) {
        refuse(conn, refusal.end, 403, refusal.body);
        return;
    }
    accept_upgrade(conn, &request, publishes);
    if (conn->state == CONN_OPEN && count > (size_t)taken)
        conn_input(conn, bytes + taken, count - (size_t)taken);
}
