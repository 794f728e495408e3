/* Output: what a member has to send goes to its socket, until the socket takes no more. */
#include "shard/conn.h"

#include "base/clock.h"
#include "shard/turn.h"

#define PIECES       64           /* of one sendmsg */
#define VISIT_WRITES 16           /* of one visit: a TLS record each */
#define VISIT_BYTES  (256 * 1024) /* of one write, and after so much a visit is over */

void conn_wait_writable_to_read(struct conn *conn) {
    if (conn->writing) return;
    conn->writing = true;
    conn_await(conn, &conn->write_event);
}

/* The time without progress begins now. */
static void restart_deadline(struct conn *conn) {
    if (conn->state >= CONN_CLOSING) return;
    list_remove(&conn->deadline);
    conn->since_ns = conn->shard->now_ns;
    list_insert(&conn->shard->blocked, &conn->deadline);
}

/* The socket takes nothing now: the member costs no visit until it does. */
static void wait_writable(struct conn *conn) {
    struct member *member = &conn->member;
    struct shard *shard = conn->shard;
    if (!member->blocked) restart_deadline(conn);
    member_block(member);
    conn_wait_writable_to_read(conn); /* the same event */
    if (conn->state == CONN_DOOMED) return;
    const struct cursor *last = member->splice != NULL && member->splice->next.log != NULL
                                    ? &member->splice->next
                                    : &member->now;
    if (last->log == NULL) return;
    uint64_t slow_at = last->at + shard->shared->options.slow_memory;
    if (slow_at < member->group->slow_at) member->group->slow_at = slow_at;
    group_watch(member->group);
}

static void now_writable(struct conn *conn) {
    if (conn->writing) event_del(&conn->write_event);
    conn->writing = false;
    if (conn->member.blocked && conn->state < CONN_CLOSING) list_remove(&conn->deadline);
    member_unblock(&conn->member);
    group_dirty(conn->shard, conn->member.group);
}

/* The last byte is out: nothing more is sent, and the peer's end is waited for. */
static void begin_draining(struct conn *conn) {
    conn->state = CONN_DRAINING;
    transport_shutdown(&conn->transport);
}

static void account(struct conn *conn, size_t taken, struct member_progress progress) {
    struct shard_stats *stats = &conn->shard->stats;
    count_add(&stats->sends, 1);
    count_add(&stats->sent_bytes, taken);
    count_add(&stats->deliveries, progress.frames);
    if (conn->member.blocked) {
        restart_deadline(conn);
        conn->received = true; /* who makes room lives: a Unix socket acknowledges nothing else */
    }
    if (progress.closed)
        begin_draining(conn);
    else if (progress.spliced)
        conn_resume_later(conn);
}

/* What became of a write of `pieces`. False when the visit is over. */
static bool written(struct conn *conn, const struct iovec *pieces, int count, ssize_t taken) {
    struct member *member = &conn->member;
    if (taken == TRANSPORT_GONE) {
        conn_doom(conn, END_PEER_RESET, false);
        return false;
    }
    if (taken < 0) {
        if (conn->transport.ssl != NULL) member_commit(member, transport_offer(pieces));
        wait_writable(conn);
        return false;
    }
    account(conn, (size_t)taken, member_sent(member, (uint64_t)taken));
    if (conn->transport.ssl != NULL) return true;
    size_t offered = 0;
    for (int i = 0; i < count; i++) offered += pieces[i].iov_len;
    if ((size_t)taken < offered) wait_writable(conn); /* the next call would say so */
    return (size_t)taken == offered;
}

/* The first VISIT_BYTES of the pieces. Returns their number. */
static int cut(struct iovec *pieces, int count) {
    size_t left = VISIT_BYTES;
    int taken = 0;
    while (taken < count && left > 0) {
        struct iovec *piece = &pieces[taken++];
        if (piece->iov_len > left) piece->iov_len = left;
        left -= piece->iov_len;
    }
    return taken;
}

/* One write. False when the visit is over. */
static bool write_once(struct conn *conn) {
    struct iovec pieces[PIECES];
    if (!member_pending(&conn->member)) return false;
    int count = member_range(&conn->member, pieces, conn->transport.ssl != NULL ? 2 : PIECES);
    count = cut(pieces, count);
    return written(conn, pieces, count, transport_write(&conn->transport, pieces, count));
}

static void end_visit(struct conn *conn) {
    struct member *member = &conn->member;
    if (conn->state == CONN_DOOMED) return;
    if (member->blocked && !member_pending(member)) now_writable(conn);
    /* more than one visit may send: come again */
    if (!member->blocked && member_pending(member)) {
        struct group *group = member->group;
        /* a round of visits is over with this one, but the member is not at the head */
        if (member->now.log != NULL && member_place(member) < group->floor) {
            group->floor = member_place(member);
            group_watch(group);
        }
        group_wake(group); /* a whole circle: it is not the next one to be visited */
        delay_end(conn->shard, group);
        group_dirty(conn->shard, group);
    }
}

void conn_flush(struct conn *conn) {
    if (!member_pending(&conn->member)) return;
    const count_t *sent = &conn->shard->stats.sent_bytes;
    uint64_t until = count_get(sent) + VISIT_BYTES;
    for (int i = 0; i < VISIT_WRITES && count_get(sent) < until; i++)
        if (!write_once(conn)) break;
    end_visit(conn);
}

void conn_flush_on(struct conn *conn, const void *at, size_t bytes, ssize_t taken) {
    struct iovec piece = {.iov_base = (void *)(uintptr_t)at, .iov_len = bytes};
    (void)written(conn, &piece, 1, transport_result(taken));
    end_visit(conn);
}

void conn_on_writable(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct conn *conn = arg;
    if (conn->state == CONN_DOOMED) return;
    if (conn->member.blocked) {
        conn_bound_turn(conn->shard);
        conn_flush(conn);
        return;
    }
    /* a TLS read has waited for this */
    event_del(&conn->write_event);
    conn->writing = false;
    if (conn->state == CONN_TLS)
        conn_on_tls(conn->transport.fd, EV_READ, conn);
    else if (conn->reading)
        conn_on_readable(conn->transport.fd, EV_READ, conn);
}

void conn_answer(struct conn *conn, enum ws_opcode opcode, const void *payload, size_t bytes) {
    uint8_t header[WS_HEADER_BYTES];
    struct iovec pieces[2] = {
        {.iov_base = header, .iov_len = ws_header_write(opcode, bytes, header)},
        {.iov_base = (void *)(uintptr_t)payload, .iov_len = bytes},
    };
    if (!member_answer(&conn->member, pieces, 2)) {
        conn_fail(conn, END_NO_MEMORY, NULL);
        return;
    }
    conn_flush(conn);
}
