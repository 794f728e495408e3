/* Input: bytes from the socket are decoded into messages, as long as the connection may be served.
 */
#include "shard/conn.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

/* Requests are small; and what was read of one that is throttled stays held. */
#define SUBSCRIBER_READ_BYTES (4 * 1024)

void conn_set_reading(struct conn *conn, bool on) {
    if (conn->reading == on) return;
    conn->reading = on;
    if (on)
        conn_await(conn, &conn->read_event);
    else
        event_del(&conn->read_event);
}

void conn_read_by(struct conn *conn, event_callback_fn callback) {
    conn_set_reading(conn, false);
    event_assign(&conn->read_event, conn->shard->base, conn->transport.fd, EV_READ | EV_PERSIST,
                 callback, conn);
}

void conn_resume_later(struct conn *conn) {
    if (conn->state != CONN_OPEN || !list_empty(&conn->turn)) return;
    list_insert(&conn->shard->resumed, &conn->turn);
}

/* Keeps what cannot be decoded yet; TCP holds the rest. */
static void hold(struct conn *conn, const uint8_t *bytes, size_t count) {
    if (count > 0) {
        conn->held = malloc(count);
        if (conn->held == NULL) {
            conn_fail(conn, END_NO_MEMORY, NULL);
            return;
        }
        memcpy(conn->held, bytes, count);
        conn->held_bytes = (uint32_t)count;
    }
    conn_set_reading(conn, false);
}

static void answer_close(struct conn *conn, const struct ws_message *message) {
    uint8_t frame[2 + WS_CONTROL_BYTES];
    size_t bytes = ws_close_write(message->code, "", frame);
    conn_finish(conn, END_PEER_CLOSE, frame, bytes, NULL);
}

static void on_error(struct conn *conn, const struct ws_message *message) {
    enum conn_end end = message->code == WS_CLOSE_TOO_BIG        ? END_TOO_BIG
                        : message->code == WS_CLOSE_POLICY       ? END_FRAGMENTS
                        : message->code == WS_CLOSE_INVALID_DATA ? END_INVALID_DATA
                                                                 : END_PROTOCOL;
    bool told = end == END_TOO_BIG || end == END_FRAGMENTS; /* there is one reason for these */
    conn_fail(conn, end, told ? NULL : message->reason);
}

static void on_event(struct conn *conn, enum ws_event event, const struct ws_message *message) {
    switch (event) {
    case WS_EVENT_MESSAGE:
        conn_count_messages(conn, 1);
        if (conn->publisher != NULL)
            publisher_message(conn, message);
        else
            session_message(conn, message);
        break;
    case WS_EVENT_PING:
        conn_count_messages(conn, 1);
        if (conn->publisher != NULL)
            publisher_ping(conn, message);
        else
            conn_answer(conn, WS_PONG, message->payload, message->bytes);
        break;
    case WS_EVENT_CLOSE:
        answer_close(conn, message);
        break;
    case WS_EVENT_ERROR:
        on_error(conn, message);
        break;
    case WS_EVENT_NOMEM:
        conn_fail(conn, END_NO_MEMORY, NULL);
        break;
    case WS_EVENT_PONG:
        conn_count_messages(conn, 1); /* of most nobody has asked for any */
        break;
    case WS_EVENT_MORE:
        break;
    }
}

/* A message or opening handshake that has begun is charged, and the oldest goes when memory is
 * short. So are requests that a subscriber sends faster than they are served. */
void conn_note_unfinished(struct conn *conn) {
    struct shard *shard = conn->shard;
    bool waits = (conn->publisher == NULL && conn->held_bytes > 0) || conn->large_set != NULL;
    bool unfinished = conn->state <= CONN_OPEN && (waits || ws_decoder_busy(&conn->decoder));
    if (!unfinished)
        list_remove(&conn->unfinished);
    else if (list_empty(&conn->unfinished))
        list_insert(conn->state == CONN_OPEN ? &shard->unfinished : &shard->begun,
                    &conn->unfinished);
}

static void decode(struct conn *conn, uint8_t *at, uint8_t *end) {
    /* to the decoder's MORE, also with no bytes left: it frees what it has handed out */
    bool stopped = conn->publisher != NULL && publisher_stopped(conn);
    while (!conn_halted(conn) && !conn_spent(conn) && !stopped && !conn_throttled(conn)) {
        struct ws_message message;
        enum ws_event event = ws_decode(&conn->decoder, &at, end, &message);
        if (event == WS_EVENT_MORE) break;
        on_event(conn, event, &message);
    }
    bool spent = conn->state == CONN_OPEN && conn_spent(conn);
    if (conn->state == CONN_OPEN && conn->publisher != NULL) publisher_turn_over(conn);
    if (conn->state != CONN_OPEN) return;
    bool halted = conn_halted(conn), throttled = conn_throttled(conn);
    if (at == end && !spent && !stopped && !halted && !throttled) {
        conn_set_reading(conn, true);
        return;
    }
    hold(conn, at, (size_t)(end - at));
    if (stopped || halted || conn->state != CONN_OPEN) return;
    if (throttled)
        conn_throttle(conn);
    else
        conn_resume_later(conn);
}

/* Collects the opening handshake, which the parser wants as a whole. */
static void handshake_input(struct conn *conn, uint8_t *bytes, size_t count) {
    if (conn->held == NULL) {
        if (conn->transport.ssl == NULL && !conn_handshake_admitted(conn)) return;
        conn_handshake(conn, bytes, count);
        return;
    }
    size_t all = conn->held_bytes + count;
    uint8_t *joined = malloc(all);
    if (joined == NULL) {
        conn_doom(conn, END_NO_MEMORY, false);
        return;
    }
    memcpy(joined, conn->held, conn->held_bytes);
    memcpy(joined + conn->held_bytes, bytes, count);
    free(conn->held);
    conn->held = NULL;
    conn->held_bytes = 0;
    conn_handshake(conn, joined, all);
    free(joined);
}

void conn_input(struct conn *conn, uint8_t *bytes, size_t count) {
    if (conn->state == CONN_HANDSHAKE)
        handshake_input(conn, bytes, count);
    else if (conn->state == CONN_OPEN)
        decode(conn, bytes, bytes + count);
    if (conn->state == CONN_DOOMED) return;
    conn_note_unfinished(conn);
    conn_charge(conn);
}

void conn_resume(struct conn *conn) {
    if (conn_halted(conn)) return;
    uint8_t *bytes = conn->held;
    size_t count = conn->held_bytes;
    conn->held = NULL;
    conn->held_bytes = 0;
    uint8_t *first = bytes != NULL ? bytes : conn->shard->buffer;
    decode(conn, first, first + count);
    free(bytes);
    if (conn->state == CONN_DOOMED) return;
    conn_note_unfinished(conn);
    conn_charge(conn);
    /* what TLS has decrypted already no poll will tell of */
    if (conn->reading && transport_pending(&conn->transport))
        conn_on_readable(conn->transport.fd, EV_READ, conn);
}

static void on_end(struct conn *conn, ssize_t result) {
    enum conn_end end = result == 0 ? END_PEER_GONE : END_PEER_RESET;
    if (conn->state <= CONN_HANDSHAKE) end = END_HANDSHAKE_GONE;
    if (result == 0) transport_shutdown(&conn->transport); /* a close_notify is answered */
    conn_doom(conn, end, false);
}

/* No memory for the beginning of another message: not read until there is. */
static bool starve(struct conn *conn) {
    struct shard *shard = conn->shard;
    if (conn->state != CONN_OPEN || !budget_over(&shard->inbound)) return false;
    if (ws_decoder_busy(&conn->decoder) || !list_empty(&conn->turn)) return false;
    conn_set_reading(conn, false);
    list_insert(&shard->starved, &conn->turn);
    return true;
}

void conn_bound_turn(struct shard *shard) {
    shard->now_ns = clock_now_ns();
    if (shard->loop_ns == 0)
        shard->loop_ns = shard->now_ns;
    else if (shard->now_ns - shard->loop_ns > SHARD_SLICE_NS)
        event_base_loopbreak(shard->base);
}

void conn_on_readable(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct conn *conn = arg;
    struct shard *shard = conn->shard;
    if (conn->state == CONN_DOOMED || starve(conn)) return;
    conn_bound_turn(shard);
    size_t room = conn->publisher != NULL ? SHARD_READ_BYTES : SUBSCRIBER_READ_BYTES;
    do {
        ssize_t got = transport_read(&conn->transport, shard->buffer, room);
        if (conn->transport.idle_records > CONN_IDLE_RECORDS && conn->state < CONN_CLOSING) {
            conn_fail(conn, END_RECORDS, NULL);
            return;
        }
        if (got == TRANSPORT_AGAIN) break;
        if (got == TRANSPORT_CROSS) {
            conn_wait_writable_to_read(conn);
            break;
        }
        if (got <= 0) {
            on_end(conn, got);
            return;
        }
        conn->received = true;
        if (conn->state < CONN_CLOSING) conn_input(conn, shard->buffer, (size_t)got);
    } while (conn->reading && transport_pending(&conn->transport));
    /* a TLS write may have waited for this read */
    if (conn->state != CONN_DOOMED && conn->member.blocked && conn->transport.ssl != NULL)
        conn_flush(conn);
}
