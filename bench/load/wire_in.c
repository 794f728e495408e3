/* What comes in: bytes to frames to messages, in place. */
#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/printable.h"
#include "load/engine.h"
#include "load/worker.h"

enum { READ_END = 0, READ_NOTHING = -1, READ_FAILED = -2 };

/* TLS gives a record of at most 16 KiB a call: several are read before they are looked at. */
static ssize_t read_tls(struct wire *wire, uint8_t *to, size_t room) {
    size_t had = 0;
    while (had < room) {
        size_t got;
        ERR_clear_error();
        errno = 0;
        int result = SSL_read_ex(wire->ssl, to + had, room - had, &got);
        if (result == 1) {
            had += got;
            continue;
        }
        int wants = SSL_get_error(wire->ssl, result);
        if (had) return (ssize_t)had;
        if (wants == SSL_ERROR_WANT_READ || wants == SSL_ERROR_WANT_WRITE) return READ_NOTHING;
        if (!errno) errno = ECONNRESET;
        return wants == SSL_ERROR_ZERO_RETURN ? READ_END : READ_FAILED;
    }
    return (ssize_t)had;
}

static ssize_t read_some(struct wire *wire, uint8_t *to, size_t room) {
    if (wire->ssl) return read_tls(wire, to, room);
    ssize_t got = recv(wire->fd, to, room, 0);
    if (got >= 0) return got;
    return errno == EAGAIN || errno == EINTR ? READ_NOTHING : READ_FAILED;
}

static void take_events(struct worker *worker, struct wire *wire, const uint8_t *at,
                        const uint8_t *end, uint64_t now) {
    const struct peer *peer = worker->engine->target.peer;
    struct peer_message message;
    for (;;) {
        enum peer_event event = peer->take(&wire->peer, &at, end, &message);
        if (event != PEER_DATA) alike_spoil(&worker->alike);
        switch (event) {
        case PEER_DATA:
            worker_message(worker, wire, &message, now);
            if (peer->framed) return;
            break;
        case PEER_MORE:
            return;
        case PEER_READY:
            if (wire->stage == WIRE_GREETING) wire_greeted(worker, wire, now);
            break;
        case PEER_SUBSCRIBED:
            wire_subscribed(worker, wire, now);
            break;
        case PEER_REPLY:
            if (wire_append(worker, wire, peer->text ? WS_TEXT : WS_BINARY, wire->peer.reply.at,
                            wire->peer.reply.count) == 0)
                wire_flush(worker, wire);
            break;
        case PEER_NOTHING:
            break;
        case PEER_ERROR:
            wire_fail(worker, wire, "%s", wire->peer.error);
            return;
        }
        if (wire->stage == WIRE_CLOSED || (peer->framed && at == end)) return;
    }
}

static void tell_close(struct worker *worker, struct wire *wire, const struct ws_message *frame) {
    char reason[WS_CONTROL_BYTES * 2];
    printable(frame->payload, frame->bytes, reason, sizeof reason);
    wire_fail(worker, wire, "the server closed with code %d%s%s", (int)frame->code,
              *reason ? ": " : "", reason);
}

/* A frame that is not one whole message: control, fragments, or wrong. */
static void take_frame(struct worker *worker, struct wire *wire, uint8_t *at, uint8_t *end,
                       uint64_t now) {
    struct ws_message frame;
    alike_spoil(&worker->alike);
    for (;;) {
        switch (ws_decode(&wire->decoder, &at, end, &frame)) {
        case WS_EVENT_MESSAGE:
            take_events(worker, wire, frame.payload, frame.payload + frame.bytes, now);
            break;
        case WS_EVENT_PING:
            if (wire_append(worker, wire, WS_PONG, frame.payload, frame.bytes) == 0)
                wire_flush(worker, wire);
            break;
        case WS_EVENT_PONG:
            break;
        case WS_EVENT_CLOSE:
            tell_close(worker, wire, &frame);
            return;
        case WS_EVENT_ERROR:
            wire_fail(worker, wire, "the server broke the WebSocket protocol: %s", frame.reason);
            return;
        case WS_EVENT_NOMEM:
            wire_fail(worker, wire, "no memory for a message");
            return;
        case WS_EVENT_MORE:
            return;
        }
        if (wire->stage == WIRE_CLOSED) return;
    }
}

/* Bytes of the frame at `at`, with its header in *head; 0 if that has not come whole. */
static inline uint64_t frame_bytes(const uint8_t *at, size_t count, size_t *head) {
    if (count < 2) return 0;
    unsigned length = at[1] & 0x7f;
    *head = length < 126 ? 2 : length == 126 ? 4 : 10;
    if (count < *head) return 0;
    return length < 126 ? 2 + length : ws_frame_bytes(at);
}

static bool is_message(const uint8_t *at) {
    return (at[0] == (0x80 | WS_BINARY) || at[0] == (0x80 | WS_TEXT)) && !(at[1] & 0x80);
}

/* Takes whole frames; returns where the rest begins. */
static uint8_t *take_frames(struct worker *worker, struct wire *wire, uint8_t *at, uint8_t *end,
                            uint64_t now) {
    size_t head = 0;
    uint64_t bytes;
    while ((bytes = frame_bytes(at, (size_t)(end - at), &head)) != 0) {
        if (bytes > PEER_MESSAGE_MAX) {
            wire_fail(worker, wire, "the server sent a frame of %llu bytes",
                      (unsigned long long)bytes);
            return end;
        }
        if (bytes > (uint64_t)(end - at)) return at;
        if (is_message(at) && !wire->decoder.message_opcode)
            take_events(worker, wire, at + head, at + bytes, now);
        else
            take_frame(worker, wire, at, at + bytes, now);
        if (wire->stage == WIRE_CLOSED) return end;
        at += bytes;
    }
    return at;
}

/* As take_frames, but what was looked through at another connection is not looked through again. */
static uint8_t *take_all(struct worker *worker, struct wire *wire, uint8_t *at, uint8_t *end,
                         uint64_t now) {
    struct alike *alike = &worker->alike;
    if (!worker->engine->target.peer->framed || wire->stage != WIRE_LIVE ||
        ws_decoder_busy(&wire->decoder))
        return take_frames(worker, wire, at, end, now);
    if (alike_same(alike, at, (size_t)(end - at))) {
        for (uint32_t i = 0; i < alike->run_count; i++)
            worker_run(worker, wire, &alike->runs[i], now);
        return take_frames(worker, wire, at + alike->count, end, now);
    }
    alike_begin(alike, (size_t)(end - at));
    uint8_t *rest = take_frames(worker, wire, at, end, now);
    if (wire->stage == WIRE_CLOSED) alike_spoil(alike);
    alike_end(alike, at, (size_t)(rest - at));
    return rest;
}

void wire_bytes(struct worker *worker, struct wire *wire, uint8_t *at, uint8_t *end, uint64_t now) {
    if (!worker->engine->target.peer->websocket) {
        take_events(worker, wire, at, end, now);
        return;
    }
    if (wire->partial.count) { /* before the buffer there is room for it */
        at -= wire->partial.count;
        memcpy(at, wire->partial.at, wire->partial.count);
        wire->partial.count = 0;
    }
    at = take_all(worker, wire, at, end, now);
    if (at < end && peer_bytes_add(&wire->partial, at, (size_t)(end - at)))
        wire_fail(worker, wire, "no memory for a message");
}

uint64_t wire_read(struct worker *worker, struct wire *wire, size_t most) {
    ssize_t got = read_some(wire, worker->buffer, most);
    wire->more = got == (ssize_t)most;
    if (wire->more && !wire->stopped) worker_again(worker, wire);
    if (got == READ_NOTHING) return 0;
    if (got == READ_END || got == READ_FAILED) {
        wire_fail(worker, wire, "the server closed the connection%s%s", got == READ_END ? "" : ": ",
                  got == READ_END ? "" : strerror(errno));
        return 0;
    }
    uint64_t now = clock_now_ns();
    wire_bytes(worker, wire, worker->buffer, worker->buffer + got, now);
    return now;
}
