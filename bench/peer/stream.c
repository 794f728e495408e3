#include "peer/stream.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum peer_event stream_error(struct peer_conn *conn, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(conn->error, sizeof conn->error, format, arguments);
    va_end(arguments);
    return PEER_ERROR;
}

int stream_add(struct peer_conn *conn, struct peer_bytes *out, const void *bytes, size_t count) {
    if (!peer_bytes_add(out, bytes, count)) return 0;
    stream_error(conn, "no memory");
    return -1;
}

int stream_add_text(struct peer_conn *conn, struct peer_bytes *out, const char *text) {
    return stream_add(conn, out, text, strlen(text));
}

size_t stream_line(struct peer_conn *conn, const uint8_t *at, size_t count,
                   struct stream_unit *unit, enum peer_event *event) {
    size_t most = count < STREAM_LINE_MAX ? count : STREAM_LINE_MAX;
    const uint8_t *feed = memchr(at, '\n', most);
    if (feed) return (size_t)(feed - at) + 1;
    unit->need = 0;
    *event =
        count < STREAM_LINE_MAX
            ? PEER_MORE
            : stream_error(conn, "the server sent a line of more than %zu bytes", STREAM_LINE_MAX);
    return 0;
}

bool stream_number(const uint8_t *at, const uint8_t *end, size_t highest, size_t *number) {
    size_t sum = 0;
    if (at == end) return false;
    for (; at < end; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (digit > 9) return false;
        sum = sum * 10 + digit;
        if (sum > highest) return false;
    }
    *number = sum;
    return true;
}

/* Moves to `partial` what surely belongs to its message. */
static int gather(struct peer_conn *conn, const uint8_t **at, const uint8_t *end, size_t need) {
    size_t count = (size_t)(end - *at);
    if (need) {
        size_t rest = need - conn->partial.count;
        count = rest < count ? rest : count;
    } else {
        const uint8_t *feed = memchr(*at, '\n', count);
        count = feed ? (size_t)(feed - *at) + 1 : count;
    }
    assert(conn->partial.count + count <= PEER_MESSAGE_MAX + STREAM_LINE_MAX);
    if (stream_add(conn, &conn->partial, *at, count)) return -1;
    *at += count;
    return 0;
}

/* Goes on with a message whose beginning is in `partial`. */
static enum peer_event finish(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                              struct peer_message *message, stream_parse parse) {
    struct stream_unit unit;
    for (;;) {
        enum peer_event event = parse(conn, conn->partial.at, conn->partial.count, &unit, message);
        if (event == PEER_DATA) conn->held = true;
        if (event != PEER_MORE && event != PEER_DATA) conn->partial.count = 0;
        if (event != PEER_MORE || *at == end) return event;
        if (gather(conn, at, end, unit.need)) return PEER_ERROR;
    }
}

enum peer_event stream_take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                            struct peer_message *message, stream_parse parse) {
    struct stream_unit unit;
    enum peer_event event = PEER_NOTHING;
    if (conn->held) conn->partial.count = 0;
    conn->held = false;
    conn->reply.count = 0;
    while (event == PEER_NOTHING && *at < end) {
        if (conn->partial.count == 0) {
            event = parse(conn, *at, (size_t)(end - *at), &unit, message);
            if (event == PEER_ERROR) return event;
            if (event != PEER_MORE) {
                *at += unit.bytes;
                continue;
            }
            if (gather(conn, at, end, unit.need)) return PEER_ERROR;
        }
        event = finish(conn, at, end, message, parse);
    }
    return event == PEER_NOTHING ? PEER_MORE : event;
}
