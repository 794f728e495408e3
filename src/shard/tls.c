/* TLS handshakes: they wait in a queue and get slices of the worker's time. */
#include <stdlib.h>

#include "base/clock.h"
#include "net/tls_client.h"
#include "shard/conn.h"
#include "shard/turn.h"
#include "ws/handshake.h"

/* OpenSSL takes memory for a whole ClientHello when its first bytes say how long it is: so much at
 * most. */
#define HELLO_BYTES (128 * 1024)

#define NO_TLS_BODY "this is a TLS port: use wss or https\n"

/* Thousands may send their first bytes at once; the rest stays active. */
static void bound_turn(struct shard *shard) {
    uint64_t now_ns = clock_now_ns();
    if (shard->tls_loop_ns == 0)
        shard->tls_loop_ns = now_ns;
    else if (now_ns - shard->tls_loop_ns > SHARD_SLICE_NS)
        event_base_loopbreak(shard->base);
}

void conn_on_tls(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct conn *conn = arg;
    if (conn->state != CONN_TLS || !list_empty(&conn->turn)) return;
    bound_turn(conn->shard);
    conn_set_reading(conn, false);
    list_insert(&conn->shard->tls, &conn->turn);
}

void conn_start_tls(struct conn *conn) {
    conn->state = CONN_TLS;
    conn_read_by(conn, conn_on_tls);
}

static void log_done(struct conn *conn) {
    struct shard *shard = conn->shard;
    const SSL *ssl = conn->transport.ssl;
    bool named = conn->name != NULL;
    log_limited(&shard->shared->log, LOG_DEBUG, &shard->tls_limit, "%s: %s%s%s%s", conn->peer.text,
                SSL_get_version(ssl), SSL_session_reused(ssl) ? ", resumed" : "",
                named ? ", certificate of " : "", named ? conn->name : "");
}

static void tls_done(struct conn *conn) {
    struct shard_stats *stats = &conn->shard->stats;
    SSL *ssl = conn->transport.ssl;
    if (!tls_client_name(ssl, &conn->name)) {
        conn_doom(conn, END_NO_MEMORY, false);
        return;
    }
    count_add(&stats->tls_handshakes, 1);
    count_add(&stats->tls_resumed, SSL_session_reused(ssl) ? 1 : 0);
    log_done(conn);
    tls_server_unref(conn->tls);
    conn->tls = NULL;
    conn->state = CONN_HANDSHAKE;
    conn_read_by(conn, conn_on_readable);
    conn_set_reading(conn, true);
    conn_on_readable(conn->transport.fd, EV_READ, conn); /* the request may be here already */
}

static void tls_failed(struct conn *conn, int result, const char *why) {
    char response[WS_RESPONSE_BYTES];
    if (result == TRANSPORT_GONE) {
        conn_doom(conn, END_HANDSHAKE_GONE, false);
        return;
    }
    transport_end_tls(&conn->transport);
    conn_read_by(conn, conn_on_readable);
    if (result == TRANSPORT_HTTP)
        conn_finish(conn, END_TLS_BAD, response, ws_response_refuse(400, NO_TLS_BODY, response),
                    "HTTP without TLS");
    else
        conn_leave(conn, END_TLS_BAD, why);
}

/* A ClientHello comes in one piece as a rule. While one has not, it is charged with what OpenSSL
 * may hold for it, and among the first to go. */
static void note_half_hello(struct conn *conn) {
    struct shard *shard = conn->shard;
    bool half = SSL_get_state(conn->transport.ssl) == TLS_ST_SR_CLNT_HELLO;
    uint32_t bytes = half ? HELLO_BYTES : 0;
    budget_take(&shard->inbound, (uint64_t)bytes - conn->charged);
    conn->charged = bytes;
    if (!half)
        list_remove(&conn->unfinished);
    else if (list_empty(&conn->unfinished))
        list_insert(&shard->begun, &conn->unfinished);
}

static void tls_step(struct conn *conn) {
    char why[TLS_ERROR_BYTES];
    if (conn->transport.ssl == NULL && !conn_handshake_admitted(conn)) return;
    if (conn->transport.ssl == NULL &&
        !transport_start_tls(&conn->transport, tls_server_context(conn->tls),
                             conn->shard->shared->tls_socket)) {
        conn_doom(conn, END_NO_MEMORY, false);
        return;
    }
    int result = transport_handshake(&conn->transport, why);
    note_half_hello(conn);
    if (result == 0)
        tls_done(conn);
    else if (result == TRANSPORT_AGAIN)
        conn_set_reading(conn, true);
    else if (result == TRANSPORT_CROSS)
        conn_wait_writable_to_read(conn);
    else
        tls_failed(conn, result, why);
}

/* Something besides handshakes waits for the worker, or came in this turn. */
static bool contended(const struct shard *shard) {
    return shard->loop_ns != 0 || !list_empty(&shard->resumed) || !list_empty(&shard->dirty) ||
           rings_waiting(shard->shared->rings, shard->number);
}

/* Steps from the queue, one at least. When the last of them ended. */
static uint64_t run_slice(struct shard *shard, uint64_t begin_ns) {
    uint64_t now_ns = begin_ns;
    while (!list_empty(&shard->tls) && now_ns - begin_ns < SHARD_SLICE_NS) {
        tls_step(LIST_ITEM(list_pop(&shard->tls), struct conn, turn));
        now_ns = clock_now_ns();
    }
    return now_ns;
}

/* Other work has had time since the last look; what it does not need counts as had. */
static void pay(struct shard *shard, uint64_t now_ns) {
    uint64_t paid_ns = now_ns - shard->tls_looked_ns;
    if (paid_ns > shard->tls_debt_ns || !contended(shard)) paid_ns = shard->tls_debt_ns;
    shard->tls_debt_ns -= paid_ns;
    shard->tls_looked_ns = now_ns;
    count_add(&shard->stats.tls_yielded_ns, paid_ns);
}

/* A step with an RSA key takes milliseconds, longer than a slice. So what a slice took is a debt,
 * and until other work that waits has had as much, there is no other slice. */
void tls_slice(struct shard *shard) {
    uint64_t begin_ns = clock_now_ns();
    pay(shard, begin_ns);
    if (shard->tls_debt_ns > 0) return;
    shard->tls_looked_ns = shard->now_ns = run_slice(shard, begin_ns);
    shard->tls_debt_ns = shard->now_ns - begin_ns;
    count_add(&shard->stats.tls_ns, shard->tls_debt_ns);
}
