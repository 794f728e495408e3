#include "shard/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "shard/groups.h"

static const struct {
    enum ws_close_code code;
    enum log_level level;
    const char *sentence;
} ends[END_COUNT] = {
#define CONN_END_ROW(name, NAME, code, level, sentence)                                            \
    [END_##NAME] = {(enum ws_close_code)code, LOG_##level, sentence},
    TICKCAST_ENDS(CONN_END_ROW)
#undef CONN_END_ROW
};

static void log_end(struct conn *conn, enum conn_end end, const char *detail) {
    struct shard *shard = conn->shard;
    log_limited(&shard->shared->log, ends[end].level, &shard->limits[end], "%s: %s%s%s",
                conn->peer.text, ends[end].sentence, detail != NULL ? ": " : "",
                detail != NULL ? detail : "");
}

static void init_lists(struct conn *conn) {
    list_init(&conn->all);
    list_init(&conn->deadline);
    list_init(&conn->ping);
    list_init(&conn->unfinished);
    list_init(&conn->turn);
}

/* A random slot of the half of the wheel that comes last: pings of connections that came together
 * do not go together, and nobody is pinged who has just come. */
static uint32_t ping_slot(const struct conn *conn) {
    const struct shard *shard = conn->shard;
    uint64_t salt = (uint64_t)(uintptr_t)conn ^ shard->now_ns;
    uint64_t random = hash_bytes(&salt, sizeof salt, shard->shared->seed);
    return (uint32_t)((shard->ping_at + SHARD_PINGS / 2 + random % (SHARD_PINGS / 2)) %
                      SHARD_PINGS);
}

static void uncount(struct shard *shard) {
    atomic_fetch_sub_explicit(&shard->load, 1, memory_order_relaxed);
    atomic_fetch_sub_explicit(&shard->shared->connections, 1, memory_order_relaxed);
}

static void no_memory_to_open(struct shard *shard, struct handover *handover) {
    count_add(&shard->stats.ended[END_NO_MEMORY], 1);
    log_limited(&shard->shared->log, LOG_ERROR, &shard->limits[END_NO_MEMORY],
                "%s: no memory for a connection", handover->peer.text);
    handover_free(handover);
    uncount(shard);
}

void conn_begin(struct conn *conn) {
    conn->state = CONN_HANDSHAKE;
    if (conn->tls != NULL) conn_start_tls(conn);
}

void conn_open(struct shard *shard, struct handover *handover) {
    struct conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        no_memory_to_open(shard, handover);
        return;
    }
    transport_open(&conn->transport, handover->fd);
    conn->tls = handover->tls;
    handover->fd = -1;
    handover->tls = NULL;
    conn->shard = shard;
    conn->peer = handover->peer;
    init_lists(conn);
    member_join(&conn->member, &shard->lobby);
    ws_decoder_init(&conn->decoder, true, shard->shared->options.strict_utf8,
                    shard->shared->options.max_message);
    conn->decoder.max_fragments = shard->shared->options.max_fragments;
    event_assign(&conn->read_event, shard->base, conn->transport.fd, EV_READ | EV_PERSIST,
                 conn_on_readable, conn);
    event_assign(&conn->write_event, shard->base, conn->transport.fd, EV_WRITE | EV_PERSIST,
                 conn_on_writable, conn);
    list_insert(&shard->conns, &conn->all);
    list_insert(&shard->handshakes, &conn->deadline);
    list_insert(&shard->pings[ping_slot(conn)], &conn->ping);
    conn->since_ns = handover->since_ns; /* it may have waited for us */
    conn->alive_ns = shard->now_ns;
    count_add(&shard->stats.connections_now, 1);
    count_add(&shard->stats.handshakes_now, 1);
    if (conn->peer.proxied)
        conn_start_proxy(conn);
    else
        conn_begin(conn);
    conn_set_reading(conn, true);
    handshakes_bound(shard, conn);
    if (handover->count > 0 && conn->state == CONN_HANDSHAKE)
        conn_input(conn, handover->bytes, handover->count);
    handover_free(handover);
    if (shard->closing_all) conn_fail(conn, END_STOPPED, NULL); /* as those before it */
}

void conn_charge(struct conn *conn) {
    size_t now = conn->held_bytes + ws_decoder_memory(&conn->decoder) + publisher_memory(conn) +
                 large_set_memory(conn);
    budget_take(&conn->shard->inbound, now - conn->charged);
    conn->charged = (uint32_t)now;
}

static void drop_input(struct conn *conn) {
    free(conn->held);
    conn->held = NULL;
    conn->held_bytes = 0;
    ws_decoder_fini(&conn->decoder);
    if (conn->publisher != NULL) publisher_close(conn);
    if (conn->large_set != NULL) large_set_drop(conn);
    list_remove(&conn->unfinished);
    conn_charge(conn);
}

/* The connection's subscription is over, also for the counters. */
static void unsubscribe(struct conn *conn) {
    if (conn->subscribed) count_sub(&conn->shard->stats.subscribers_now, 1);
    conn->subscribed = false;
}

void conn_doom(struct conn *conn, enum conn_end end, bool reset) {
    if (conn->state == CONN_DOOMED) return;
    struct shard *shard = conn->shard;
    if (conn->state < CONN_CLOSING) {
        count_add(&shard->stats.ended[end], 1);
        log_end(conn, end, NULL);
    }
    conn_handshake_over(conn);
    conn->state = CONN_DOOMED;
    drop_input(conn);
    unsubscribe(conn);
    event_del(&conn->read_event);
    event_del(&conn->write_event);
    struct group *group = conn->member.group;
    member_leave(&conn->member);
    groups_released(shard, group);
    transport_close(&conn->transport, reset);
    list_remove(&conn->all);
    list_remove(&conn->deadline);
    list_remove(&conn->ping);
    list_remove(&conn->turn);
    list_insert(&shard->doomed, &conn->turn);
    count_sub(&shard->stats.connections_now, 1);
    uncount(shard);
}

void conn_await(struct conn *conn, struct event *event) {
    if (event_add(event, NULL) < 0) conn_doom(conn, END_NO_MEMORY, true);
}

static void begin_closing(struct conn *conn, enum conn_end end, const char *detail) {
    struct shard *shard = conn->shard;
    count_add(&shard->stats.ended[end], 1);
    log_end(conn, end, detail);
    conn_handshake_over(conn);
    conn->state = CONN_CLOSING;
    drop_input(conn);
    unsubscribe(conn);
    list_remove(&conn->turn);
    list_remove(&conn->deadline);
    conn->since_ns = shard->now_ns;
    list_insert(&shard->closings, &conn->deadline);
}

void conn_finish(struct conn *conn, enum conn_end end, const void *bytes, size_t count,
                 const char *detail) {
    if (conn->state >= CONN_CLOSING) return;
    struct shard *shard = conn->shard;
    /* good messages before a close or an error are answered first */
    uint8_t *all = conn->publisher != NULL ? publisher_last_bytes(conn, bytes, &count) : NULL;
    begin_closing(conn, end, detail);
    struct group *group = conn->member.group;
    /* an evicted reader will hardly take megabytes that remain of its frame */
    uint64_t max_copy =
        end == END_SLOW || end == END_OUTBOUND ? MEMBER_CLOSE_COPY_BYTES : UINT64_MAX;
    bool closes = member_close(&conn->member, &shard->lobby, all != NULL ? all : bytes,
                               (uint32_t)count, max_copy);
    free(all);
    if (!closes) {
        conn_doom(conn, end, true);
        return;
    }
    groups_released(shard, group);
    conn_set_reading(conn, true); /* to see the peer's end; its bytes are thrown away */
    conn_flush(conn);
}

void conn_leave(struct conn *conn, enum conn_end end, const char *detail) {
    if (conn->state >= CONN_CLOSING) return;
    begin_closing(conn, end, detail);
    conn->state = CONN_DRAINING;
    transport_shutdown(&conn->transport);
    conn_set_reading(conn, true);
}

void conn_fail(struct conn *conn, enum conn_end end, const char *reason) {
    uint8_t frame[2 + WS_CONTROL_BYTES];
    if (conn->state <= CONN_HANDSHAKE) {
        conn_doom(conn, end, false);
        return;
    }
    const char *text = reason != NULL ? reason : ends[end].sentence;
    size_t bytes = ws_close_write(ends[end].code, text, frame);
    conn_finish(conn, end, frame, bytes, reason);
}

void shard_bury(struct shard *shard) {
    while (!list_empty(&shard->doomed)) {
        struct conn *conn = LIST_ITEM(shard->doomed.next, struct conn, turn);
        list_remove(&conn->turn);
        free(conn->name);
        free(conn);
    }
    groups_bury(shard);
}
