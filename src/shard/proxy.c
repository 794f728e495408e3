/* The PROXY header in front of a connection from a balancer: read to its last byte and no further,
 * since what follows is TLS's or HTTP's. */
#include "net/proxy.h"

#include <stdlib.h>
#include <string.h>

#include "shard/conn.h"

static bool keep(struct conn *conn, const uint8_t *bytes, size_t count) {
    uint8_t *more = realloc(conn->held, conn->held_bytes + count);
    if (more == NULL) return false;
    memcpy(more + conn->held_bytes, bytes, count);
    conn->held = more;
    conn->held_bytes += (uint32_t)count;
    if (list_empty(&conn->unfinished)) list_insert(&conn->shard->begun, &conn->unfinished);
    conn_charge(conn);
    return true;
}

static void drop(struct conn *conn) {
    free(conn->held);
    conn->held = NULL;
    conn->held_bytes = 0;
    list_remove(&conn->unfinished);
    conn_charge(conn);
}

static void header_done(struct conn *conn, const struct proxy *proxy) {
    drop(conn);
    conn_read_by(conn, conn_on_readable);
    if (proxy->source == PROXY_LOCAL)
        conn->peer.proxied = false;
    else
        peer_stated(&conn->peer, proxy->source == PROXY_ADDRESS ? &proxy->address : NULL,
                    proxy->address_bytes);
    if (conn->peer.proxied && !conn_connection_admitted(conn)) return;
    conn_begin(conn);
    conn_set_reading(conn, true);
}

/* Takes what was read. True if more is needed. */
static bool take(struct conn *conn, const uint8_t *bytes, size_t count) {
    struct proxy proxy;
    const char *reason;
    if (!keep(conn, bytes, count)) {
        conn_doom(conn, END_NO_MEMORY, false);
        return false;
    }
    long taken = proxy_parse(conn->held, conn->held_bytes, &proxy, &reason);
    if (taken > 0) header_done(conn, &proxy);
    if (taken < 0) {
        conn_read_by(conn, conn_on_readable);
        conn_leave(conn, END_PROXY_BAD, reason);
    }
    return taken == 0;
}

static void on_proxy(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct conn *conn = arg;
    uint8_t *buffer = conn->shard->buffer;
    if (conn->state != CONN_PROXY) return;
    conn_bound_turn(conn->shard);
    for (;;) {
        size_t wants = proxy_wants(conn->held, conn->held_bytes);
        ssize_t got = transport_read(&conn->transport, buffer, wants);
        if (got == TRANSPORT_AGAIN) return;
        if (got <= 0) {
            conn_doom(conn, END_HANDSHAKE_GONE, false);
            return;
        }
        if (!take(conn, buffer, (size_t)got)) return;
    }
}

void conn_start_proxy(struct conn *conn) {
    conn->state = CONN_PROXY;
    conn_read_by(conn, on_proxy);
}
