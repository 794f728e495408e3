/* What goes out: frames around the messages of the peer. */
#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/random.h"
#include "load/engine.h"
#include "load/worker.h"

int wire_append(struct worker *worker, struct wire *wire, enum ws_opcode opcode,
                const uint8_t *bytes, size_t count) {
    const struct peer *peer = worker->engine->target.peer;
    uint8_t *at = peer_bytes_room(&wire->out, WS_HEADER_BYTES + count);
    if (!at) {
        wire_fail(worker, wire, "no memory to send");
        return -1;
    }
    size_t head = 0;
    uint64_t drawn = random_next(&worker->random);
    uint8_t mask[4];
    memcpy(mask, &drawn, sizeof mask);
    bool masked = peer->websocket && !peer->bare;
    if (masked)
        head = ws_header_write_masked(opcode, count, mask, at);
    else if (peer->bare)
        head = ws_header_write(opcode, count, at);
    if (count) memcpy(at + head, bytes, count);
    if (masked) ws_mask(at + head, count, mask, 0);
    wire->out.count += head + count;
    return 0;
}

static ssize_t send_some(struct wire *wire) {
    const uint8_t *at = wire->out.at + wire->sent;
    size_t count = wire->out.count - wire->sent;
    if (!wire->ssl) return send(wire->fd, at, count, MSG_NOSIGNAL);
    size_t sent;
    ERR_clear_error();
    errno = 0;
    int result = SSL_write_ex(wire->ssl, at, count, &sent);
    if (result == 1) return (ssize_t)sent;
    int wants = SSL_get_error(wire->ssl, result);
    if (wants == SSL_ERROR_WANT_WRITE || wants == SSL_ERROR_WANT_READ) errno = EAGAIN;
    if (!errno) errno = EPIPE;
    return -1;
}

/* Why the server has closed may still be there to be read: that comes first, but not from here,
 * which may be in the middle of what was read before. */
static void send_failed(struct worker *worker, struct wire *wire, int failure) {
    wire->sent = wire->out.count = 0;
    if (wire->stage < WIRE_GREETING) {
        wire_fail(worker, wire, "%s", strerror(failure));
        return;
    }
    wire->broken = failure;
    wire->more = true;
    worker_again(worker, wire);
}

int wire_flush(struct worker *worker, struct wire *wire) {
    while (wire_blocked(wire)) {
        ssize_t sent = send_some(wire);
        if (sent < 0 && errno == EAGAIN) return 0;
        if (sent < 0) {
            send_failed(worker, wire, errno);
            return -1;
        }
        wire->sent += (size_t)sent;
    }
    wire->sent = wire->out.count = 0;
    return 0;
}

int wire_subscribe(struct worker *worker, struct wire *wire) {
    const struct engine *engine = worker->engine;
    const struct peer *peer = engine->target.peer;
    uint32_t count = wire->own ? wire->account.count : plan_streams(engine->plan, wire->number);
    const char **streams = malloc(((size_t)count + 1) * sizeof *streams);
    uint32_t wanted = 0;
    for (uint32_t i = 0; streams && i < count; i++) {
        if (!wire->own)
            streams[wanted++] = plan_stream(engine->plan, wire->number, i);
        else if (!wire->changed_ns || wire->own[i] != wire->dropping)
            streams[wanted++] = plan_key(engine->plan, wire->own[i]);
    }
    worker->scratch.count = 0;
    int result = streams ? peer->subscribe(&wire->peer, streams, wanted, &worker->scratch) : -1;
    free(streams);
    if (result) {
        wire_fail(worker, wire, "cannot subscribe: %s", streams ? wire->peer.error : "no memory");
        return -1;
    }
    if (worker->scratch.count && wire_append(worker, wire, peer->text ? WS_TEXT : WS_BINARY,
                                             worker->scratch.at, worker->scratch.count))
        return -1;
    return wire_flush(worker, wire);
}
