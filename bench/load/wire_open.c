/* The steps of a connection until it is live. */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/printable.h"
#include "base/random.h"
#include "client/tls.h"
#include "load/engine.h"
#include "load/worker.h"
#include "ws/handshake.h"

#define NONCE_BYTES 16
#define BODY_BYTES  240 /* of a refusal, as it is shown */

static uint64_t next_step(struct wire *wire, enum wire_stage stage) {
    uint64_t now = clock_now_ns(), took = now - wire->step_ns;
    wire->stage = (uint8_t)stage;
    wire->step_ns = now;
    wire->deadline_ns = now + WIRE_TIMEOUT_NS;
    return took;
}

static void greet(struct worker *worker, struct wire *wire) {
    const struct peer *peer = worker->engine->target.peer;
    worker->scratch.count = 0;
    if (peer->hello(&wire->peer, &worker->scratch)) {
        wire_fail(worker, wire, "%s", wire->peer.error);
        return;
    }
    if (worker->scratch.count && (wire_append(worker, wire, peer->text ? WS_TEXT : WS_BINARY,
                                              worker->scratch.at, worker->scratch.count) ||
                                  wire_flush(worker, wire)))
        return;
    if (wire->peer.ready) wire_greeted(worker, wire, wire->step_ns);
}

static void ask_upgrade(struct worker *worker, struct wire *wire) {
    const struct target *target = &worker->engine->target;
    uint8_t nonce[NONCE_BYTES];
    char request[CLIENT_PATH_BYTES + 1024];
    for (size_t i = 0; i < sizeof nonce; i += 8) {
        uint64_t drawn = random_next(&worker->random);
        memcpy(nonce + i, &drawn, sizeof drawn);
    }
    EVP_EncodeBlock((unsigned char *)wire->key, nonce, sizeof nonce);
    const char *path = wire->kind == WIRE_PUBLISHER ? target->publisher_path : target->url.path;
    size_t count = ws_request_write(target->url.authority, path, wire->key,
                                    target->peer->subprotocol, request, sizeof request);
    if (!count || peer_bytes_add(&wire->out, request, count)) {
        wire_fail(worker, wire, "the request for %s is too long", path);
        return;
    }
    wire_flush(worker, wire);
}

static void connected(struct worker *worker, struct wire *wire) {
    const struct target *target = &worker->engine->target;
    if (target->peer->websocket && !target->peer->bare) {
        wire->stage = WIRE_UPGRADE;
        ask_upgrade(worker, wire);
    } else {
        wire->stage = WIRE_GREETING;
        greet(worker, wire);
        /* A server that speaks first may have: no further event tells of it. */
        if (wire->stage != WIRE_CLOSED && !wire->stopped) wire_read(worker, wire, WIRE_READ_BYTES);
    }
}

static void begin_tls(struct worker *worker, struct wire *wire) {
    const struct target *target = &worker->engine->target;
    wire->ssl = SSL_new(worker->engine->tls[worker->index]);
    if (!wire->ssl || SSL_set_fd(wire->ssl, wire->fd) != 1 ||
        !client_tls_expect(wire->ssl, target->url.host)) {
        wire_fail(worker, wire, "no memory for TLS");
        return;
    }
    SSL_set_app_data(wire->ssl, (char *)worker);
    SSL_set_connect_state(wire->ssl);
    if (wire->kind == WIRE_VISITOR && worker->session) SSL_set_session(wire->ssl, worker->session);
}

static void step_connect(struct worker *worker, struct wire *wire) {
    int failure = 0;
    socklen_t bytes = sizeof failure;
    struct sockaddr_storage peer;
    socklen_t peer_bytes = sizeof peer;
    getsockopt(wire->fd, SOL_SOCKET, SO_ERROR, &failure, &bytes);
    if (failure) {
        wire_fail(worker, wire, "cannot connect: %s", strerror(failure));
        return;
    }
    if (getpeername(wire->fd, (struct sockaddr *)&peer, &peer_bytes)) return; /* not yet */
    bool tls = worker->engine->target.tls;
    worker_record(worker, WORKER_CONNECT, next_step(wire, WIRE_TLS));
    if (!tls)
        connected(worker, wire);
    else
        begin_tls(worker, wire);
    if (tls && wire->stage == WIRE_TLS) wire_step(worker, wire);
}

static void step_tls(struct worker *worker, struct wire *wire) {
    ERR_clear_error();
    errno = 0;
    int result = SSL_do_handshake(wire->ssl);
    int saved_errno = errno, wants = SSL_get_error(wire->ssl, result);
    if (result == 1) {
        bool resumed = SSL_session_reused(wire->ssl);
        worker_record(worker, resumed ? WORKER_TLS_RESUMED : WORKER_TLS,
                      next_step(wire, WIRE_UPGRADE));
        connected(worker, wire);
    } else if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE) {
        char why[CLIENT_ERROR_BYTES];
        client_tls_refused(wire->ssl, worker->engine->target.url.host, saved_errno, why);
        wire_fail(worker, wire, "%.380s", why);
    }
}

/* Reads more of an answer: -1 nothing now, 0 the end, 1 there is more. */
static int read_answer(struct wire *wire) {
    uint8_t *at = peer_bytes_room(&wire->partial, WIRE_RESPONSE_BYTES);
    size_t room = WIRE_RESPONSE_BYTES - wire->partial.count;
    if (!at || !room) return 0;
    ssize_t got;
    if (wire->ssl) {
        ERR_clear_error();
        got = SSL_read(wire->ssl, at, (int)room);
        int wants = got > 0 ? SSL_ERROR_NONE : SSL_get_error(wire->ssl, (int)got);
        if (wants == SSL_ERROR_WANT_READ || wants == SSL_ERROR_WANT_WRITE) return -1;
    } else {
        got = recv(wire->fd, at, room, 0);
        if (got < 0 && errno == EAGAIN) return -1;
    }
    if (got > 0) wire->partial.count += (size_t)got;
    return got > 0;
}

static void tell_refusal(struct worker *worker, struct wire *wire) {
    int status = 0;
    const char *reason = "the answer to the upgrade is cut";
    struct ws_text body = {"", 0};
    ws_response_parse(wire->partial.at, wire->partial.count, wire->key, &status, &body, &reason);
    char text[BODY_BYTES];
    while (body.bytes && (uint8_t)body.at[body.bytes - 1] <= ' ') body.bytes--;
    printable(body.at, body.bytes, text, sizeof text);
    if (status && status != 101)
        wire_fail(worker, wire, "the server refused %s with HTTP %d%s%s",
                  wire->kind == WIRE_PUBLISHER ? "to be published to" : "the upgrade", status,
                  *text ? ": " : "", text);
    else if (wire->ssl && ERR_peek_error() != 0)
        wire_fail(worker, wire, "the server closed the connection at the handshake: %.300s",
                  ERR_reason_error_string(ERR_peek_error()));
    else if (!wire->partial.count)
        wire_fail(worker, wire, "the server closed the connection at the handshake");
    else
        wire_fail(worker, wire, "the handshake failed: %s", reason);
}

static void upgraded(struct worker *worker, struct wire *wire, size_t head) {
    worker_record(worker, WORKER_UPGRADE, next_step(wire, WIRE_GREETING));
    /* What follows is taken from a copy: the steps write to `partial`. */
    size_t rest = wire->partial.count - head;
    uint8_t *copy = worker->buffer;
    memcpy(copy, wire->partial.at + head, rest);
    wire->partial.count = 0;
    uint64_t now = wire->step_ns;
    greet(worker, wire);
    if (wire->stage == WIRE_CLOSED) return;
    if (rest) wire_bytes(worker, wire, copy, copy + rest, now);
    if (wire->stage != WIRE_CLOSED && !wire->stopped) wire_read(worker, wire, WIRE_READ_BYTES);
}

static void step_upgrade(struct worker *worker, struct wire *wire) {
    if (wire_blocked(wire) && wire_flush(worker, wire)) return;
    for (;;) {
        int more = read_answer(wire);
        if (more < 0) return;
        int status = 0;
        struct ws_text body;
        long head = wire->stage == WIRE_REFUSED || !wire->partial.count
                        ? 0
                        : ws_response_parse(wire->partial.at, wire->partial.count, wire->key,
                                            &status, &body, NULL);
        if (head > 0) {
            upgraded(worker, wire, (size_t)head);
            return;
        }
        if (head < 0) {
            wire->stage = WIRE_REFUSED;
            wire->deadline_ns = clock_now_ns() + WIRE_REFUSAL_NS;
        }
        if (!more) {
            tell_refusal(worker, wire);
            return;
        }
    }
}

void wire_step(struct worker *worker, struct wire *wire) {
    switch ((enum wire_stage)wire->stage) {
    case WIRE_CONNECTING:
        step_connect(worker, wire);
        break;
    case WIRE_TLS:
        step_tls(worker, wire);
        break;
    case WIRE_UPGRADE:
    case WIRE_REFUSED:
        step_upgrade(worker, wire);
        break;
    case WIRE_CLOSED:
    case WIRE_GREETING:
    case WIRE_SUBSCRIBING:
    case WIRE_LIVE:
        break;
    }
}

/* A refusal is told when its body had time to come; all else that is late was silence. */
void wire_late(struct worker *worker, struct wire *wire) {
    static const char *const steps[] = {
        [WIRE_CONNECTING] = "connect",           [WIRE_TLS] = "the TLS handshake",
        [WIRE_UPGRADE] = "the upgrade",          [WIRE_GREETING] = "the greeting",
        [WIRE_SUBSCRIBING] = "the subscription",
    };
    if (wire->stage == WIRE_REFUSED)
        tell_refusal(worker, wire);
    else
        wire_fail(worker, wire, "the server did not answer %s within %d s", steps[wire->stage],
                  (int)(WIRE_TIMEOUT_NS / NS_PER_S));
}

void wire_greeted(struct worker *worker, struct wire *wire, uint64_t now) {
    if (wire->kind != WIRE_SUBSCRIBER) {
        wire->stage = WIRE_LIVE;
        worker_live(worker, wire, now);
        return;
    }
    wire->stage = WIRE_SUBSCRIBING;
    wire->step_ns = now;
    wire->deadline_ns = now + WIRE_TIMEOUT_NS;
    if (wire_subscribe(worker, wire)) return;
    if (!wire->peer.waiting) wire_subscribed(worker, wire, now);
}

void wire_subscribed(struct worker *worker, struct wire *wire, uint64_t now) {
    if (wire->stage == WIRE_LIVE) {
        changes_done(worker, wire, now);
        return;
    }
    worker_record(worker, WORKER_ECHO, now - wire->step_ns);
    struct engine *engine = worker->engine;
    for (uint32_t i = 0; i < wire->account.count; i++) {
        uint32_t symbol = wire->account.symbols[i];
        account_owe(&wire->account, i,
                    atomic_load_explicit(&engine->published[symbol], memory_order_acquire));
    }
    wire->stage = WIRE_LIVE;
    worker_live(worker, wire, now);
}
