/* Deadlines: one tick, and a list by age for each kind; a wheel for pings. */
#include "base/clock.h"
#include "net/socket.h"
#include "shard/conn.h"
#include "shard/turn.h"

/* The oldest connection of `list` if it is there for longer than `limit_ms`. */
static struct conn *overdue(const struct shard *shard, const struct list *list, uint32_t limit_ms) {
    if (list_empty(list)) return NULL;
    struct conn *conn = LIST_ITEM(list->next, struct conn, deadline);
    /* in a sum, since the time of an acceptance may be after that of this turn */
    return conn->since_ns + limit_ms * NS_PER_MS <= shard->now_ns ? conn : NULL;
}

void deadlines_end_overdue(struct shard *shard) {
    const struct tickcast_options *options = &shard->shared->options;
    for (int i = 0; i < SHARD_TURN_ENDS; i++) {
        struct conn *conn;
        if ((conn = overdue(shard, &shard->handshakes, options->handshake_timeout_ms)) != NULL)
            conn_doom(conn, END_HANDSHAKE_LATE, false);
        else if ((conn = overdue(shard, &shard->closings, options->close_timeout_ms)) != NULL)
            conn_doom(conn, END_PEER_RESET, true);
        else if ((conn = overdue(shard, &shard->blocked, options->slow_time_ms)) != NULL)
            evict_conn(conn, END_SLOW);
        else {
            shard->overdue = false;
            return;
        }
    }
}

/* Alive is who has sent something, or whose TCP has acknowledged something, since the last look. */
static bool alive(struct conn *conn) {
    struct shard *shard = conn->shard;
    uint64_t acked = conn->received || conn->peer.unix_socket
                         ? conn->acked_bytes
                         : socket_acked_bytes(conn->transport.fd);
    /* who is not read, on a Unix socket, can give no sign of life (a publisher that waits for a
     * ring); who waits for its large set is not even pinged */
    bool unheard = (conn->peer.unix_socket && !conn->reading) || conn->large_set != NULL;
    if (conn->received || unheard || acked != conn->acked_bytes) conn->alive_ns = shard->now_ns;
    conn->received = false;
    conn->acked_bytes = acked;
    return shard->now_ns - conn->alive_ns < shard->shared->options.dead_time_ms * NS_PER_MS;
}

static void ping_slot(struct list *slot) {
    struct list due = *slot;
    if (list_empty(slot)) return;
    due.next->prev = due.prev->next = &due;
    list_init(slot);
    while (!list_empty(&due)) {
        struct conn *conn = LIST_ITEM(due.next, struct conn, ping);
        list_remove(&conn->ping);
        list_insert(slot, &conn->ping);
        if (conn->state != CONN_OPEN) continue;
        conn->transport.idle_records = 0;
        if (!alive(conn))
            conn_doom(conn, END_DEAD, true);
        else if (conn->member.splice == NULL && conn->large_set == NULL)
            conn_answer(conn, WS_PING, NULL, 0);
    }
}

static void look_at_pings(struct shard *shard) {
    uint64_t slot_ns = shard->shared->options.ping_interval_ms * NS_PER_MS / SHARD_PINGS;
    for (int i = 0; i < SHARD_PINGS && shard->now_ns >= shard->ping_next_ns; i++) {
        ping_slot(&shard->pings[shard->ping_at]);
        shard->ping_at = (shard->ping_at + 1) % SHARD_PINGS;
        shard->ping_next_ns += slot_ns;
    }
    /* after a long stall nobody is pinged twice */
    if (shard->now_ns >= shard->ping_next_ns) shard->ping_next_ns = shard->now_ns + slot_ns;
}

void deadlines_tick(struct shard *shard) {
    shard->overdue = true;
    look_at_pings(shard);
    if (++shard->ticks % SHARD_COOL_TICKS != 0) return;
    logs_cool(&shard->pool);
    evict_moved_readers(shard);
}
