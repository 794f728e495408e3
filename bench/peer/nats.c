/*
 * NATS: lines of text, over WebSocket in BINARY messages that begin and end anywhere. Subjects are
 * keys with `.` for `/`; a stream may have `*` as a whole element. A message comes once for each
 * subscription that it matches, so streams must not overlap.
 */
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "peer/kinds.h"
#include "peer/names.h"
#include "peer/stream.h"
#include "peer/wanted.h"

static const struct names NAMES = {.server = "NATS", .no_part = ".> ", '.', '*'};

static int add_line_end(struct peer_conn *conn, struct peer_bytes *out, const char *before,
                        size_t number) {
    char text[64];
    snprintf(text, sizeof text, "%s%zu\r\n", before, number);
    return stream_add_text(conn, out, text);
}

static int say_nothing(struct peer_conn *conn, struct peer_bytes *out) {
    (void)conn, (void)out; /* the server speaks first */
    return 0;
}

static int tell_change(struct peer_conn *conn, bool comes, const char *stream, uint32_t id,
                       void *arg) {
    struct peer_bytes *out = arg;
    if (!comes) return add_line_end(conn, out, "UNSUB ", id);
    if (stream_add_text(conn, out, "SUB ") || names_add(conn, &NAMES, NAMES_STREAM, stream, out))
        return -1;
    return add_line_end(conn, out, " ", id);
}

static int subscribe(struct peer_conn *conn, const char *const *streams, uint32_t count,
                     struct peer_bytes *out) {
    if (wanted_change(conn, streams, count, tell_change, out)) return -1;
    conn->waiting++;
    return stream_add_text(conn, out, "PING\r\n"); /* its PONG says that all before is in force */
}

static int publish(struct peer_conn *conn, const char *key, const uint8_t *data, size_t data_bytes,
                   struct peer_bytes *out) {
    if (stream_add_text(conn, out, "PUB ") || names_add(conn, &NAMES, NAMES_KEY, key, out) ||
        add_line_end(conn, out, " ", data_bytes))
        return -1;
    return stream_add(conn, out, data, data_bytes) || stream_add_text(conn, out, "\r\n") ? -1 : 0;
}

static enum peer_event take_info(struct peer_conn *conn) {
    if (conn->ready) return PEER_NOTHING; /* its cluster has changed */
    char text[256];
    snprintf(text, sizeof text,
             "CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,\"lang\":\"c\","
             "\"version\":\"%s\",\"name\":\"tickcast-bench %u\"}\r\nPING\r\n",
             TICKCAST_VERSION, conn->number);
    return stream_add_text(conn, &conn->reply, text) ? PEER_ERROR : PEER_REPLY;
}

static enum peer_event take_pong(struct peer_conn *conn) {
    if (!conn->ready) {
        conn->ready = true;
        return PEER_READY;
    }
    return conn->waiting && --conn->waiting == 0 ? PEER_SUBSCRIBED : PEER_NOTHING;
}

static enum peer_event take_other(struct peer_conn *conn, const uint8_t *line, size_t bytes) {
    char text[100];
    const bool error = bytes > 5 && !memcmp(line, "-ERR ", 5);
    if (bytes == 4 && !memcmp(line, "PONG", 4)) return take_pong(conn);
    if (bytes > 5 && !memcmp(line, "INFO ", 5)) return take_info(conn);
    if (bytes == 3 && !memcmp(line, "+OK", 3)) return PEER_NOTHING;
    if (bytes == 4 && !memcmp(line, "PING", 4))
        return stream_add_text(conn, &conn->reply, "PONG\r\n") ? PEER_ERROR : PEER_REPLY;
    if (error)
        return stream_error(conn, "the server said: %s",
                            printable(line + 5, bytes - 5, text, sizeof text));
    return stream_error(conn, "not of NATS: '%s'", printable(line, bytes, text, sizeof text));
}

/* Copies the subject to conn->key, as a key; returns its bytes, 0 if it is empty or too long. */
static size_t take_subject(struct peer_conn *conn, const uint8_t *at, const uint8_t *end) {
    size_t most = (size_t)(end - at) < PEER_KEY_MAX ? (size_t)(end - at) : PEER_KEY_MAX;
    for (size_t i = 0; i < most; i++) {
        if (at[i] == ' ') return i;
        conn->key[i] = at[i] == '.' ? '/' : (char)at[i];
    }
    return 0;
}

/* MSG <subject> <sid> [reply-to] <bytes>, its end, the data, and an end again; `end` is that of the
 * first line's text. */
static enum peer_event take_message(struct peer_conn *conn, const uint8_t *at, const uint8_t *end,
                                    size_t count, struct stream_unit *unit,
                                    struct peer_message *message) {
    size_t key_bytes = take_subject(conn, at + 4, end), sid, data_bytes;
    const uint8_t *id = at + 4 + key_bytes + 1, *id_end = id, *size = end;
    if (key_bytes) {
        while (id_end < end && *id_end != ' ') id_end++;
        while (size > id_end && size[-1] != ' ') size--;
    }
    if (!key_bytes || size == id_end || !stream_number(id, id_end, conn->subscribed, &sid) ||
        !sid || !stream_number(size, end, PEER_MESSAGE_MAX, &data_bytes)) {
        char text[100];
        return stream_error(conn, "not a message of NATS: '%s'",
                            printable(at, (size_t)(end - at), text, sizeof text));
    }
    size_t head = unit->bytes;
    unit->bytes = unit->need = head + data_bytes + 2;
    if (count < unit->need) return PEER_MORE;
    const uint8_t *data = at + head;
    if (data[data_bytes] != '\r' || data[data_bytes + 1] != '\n')
        return stream_error(conn, "a message of NATS does not end after its %zu bytes", data_bytes);
    *message = (struct peer_message){conn->key, key_bytes, data, data_bytes};
    return PEER_DATA;
}

static enum peer_event parse(struct peer_conn *conn, const uint8_t *at, size_t count,
                             struct stream_unit *unit, struct peer_message *message) {
    enum peer_event event;
    unit->bytes = stream_line(conn, at, count, unit, &event);
    if (!unit->bytes) return event;
    const uint8_t *end = at + unit->bytes - 1;
    if (end > at && end[-1] == '\r') end--;
    if (end - at > 4 && !memcmp(at, "MSG ", 4))
        return take_message(conn, at, end, count, unit, message);
    return take_other(conn, at, (size_t)(end - at));
}

static enum peer_event take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                            struct peer_message *message) {
    return stream_take(conn, at, end, message, parse);
}

#define FUNCTIONS                                                                                  \
    .publishes = true, .hello = say_nothing, .subscribe = subscribe, .publish = publish,           \
    .take = take, .fini = peer_conn_fini

const struct peer peer_nats = {
    .name = "nats",
    .schemes = "nats+ws",
    .websocket = true,
    .port = 8080,
    FUNCTIONS,
};

const struct peer peer_nats_tcp = {
    .name = "nats",
    .schemes = "nats",
    .port = 4222,
    FUNCTIONS,
};
