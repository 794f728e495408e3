#include "load/wire.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/engine.h"
#include "load/worker.h"

#define FROZEN_RCVBUF 4096 /* so that it falls behind soon */
#define SLOW_RCVBUF   16384

int wire_init(struct wire *wire, enum wire_kind kind, uint32_t number, uint32_t publishers,
              const struct plan *plan) {
    *wire = (struct wire){.fd = -1, .kind = (uint8_t)kind, .number = number};
    wire->peer.publisher = kind == WIRE_PUBLISHER;
    wire->peer.number = number;
    ws_decoder_init(&wire->decoder, false, false, PEER_MESSAGE_MAX);
    if (kind != WIRE_SUBSCRIBER) return 0;
    struct plan_set set = plan_set(plan, number);
    wire->place_of = set.place_of;
    wire->role = plan->roles[number];
    return account_init(&wire->account, set.symbols, set.count, publishers);
}

void wire_drop(struct wire *wire) {
    struct linger reset = {.l_onoff = 1};
    if (wire->ssl) { /* or OpenSSL takes its session for one that must not be resumed */
        SSL_set_shutdown(wire->ssl, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
        SSL_free(wire->ssl);
    }
    wire->ssl = NULL;
    if (wire->fd >= 0) {
        setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        close(wire->fd);
    }
    wire->fd = -1;
    wire->stage = WIRE_CLOSED;
    wire->more = false;
    wire->broken = 0;
    wire->partial.count = wire->out.count = wire->sent = 0;
    ws_decoder_fini(&wire->decoder);
    ws_decoder_init(&wire->decoder, false, false, PEER_MESSAGE_MAX);
}

void wire_fini(struct wire *wire) {
    wire_drop(wire);
    account_fini(&wire->account);
    peer_bytes_fini(&wire->partial);
    peer_bytes_fini(&wire->out);
    peer_conn_fini(&wire->peer);
    free(wire->own);
}

void wire_fail(struct worker *worker, struct wire *wire, const char *format, ...) {
    char why[WIRE_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(why, sizeof why, format, arguments);
    va_end(arguments);
    bool live = wire->stage == WIRE_LIVE;
    wire_drop(wire);
    if (live)
        worker_closed(worker, wire, why);
    else
        worker_failed(worker, wire, why);
}

/* The state of the peer's protocol begins anew with each connection. */
static void renew_peer(struct worker *worker, struct wire *wire) {
    worker->engine->target.peer->fini(&wire->peer);
    wire->peer =
        (struct peer_conn){.publisher = wire->kind == WIRE_PUBLISHER, .number = wire->number};
}

void wire_start(struct worker *worker, struct wire *wire, uint64_t now) {
    const struct target *target = &worker->engine->target;
    renew_peer(worker, wire);
    wire->step_ns = now;
    wire->deadline_ns = now + WIRE_TIMEOUT_NS;
    wire->stage = WIRE_CONNECTING;
    wire->stopped = false;
    wire->fd = target_connect(target, wire->number);
    if (wire->fd < 0) {
        bool limit = errno == EMFILE || errno == ENFILE;
        wire_fail(worker, wire, "cannot open connection %u: %s%s", wire->number + 1,
                  strerror(errno), limit ? " (the limit is that of `ulimit -n`)" : "");
        return;
    }
    int rcvbuf = wire->role == PLAN_FROZEN ? FROZEN_RCVBUF : SLOW_RCVBUF;
    if (wire->kind == WIRE_SUBSCRIBER && wire->role != PLAN_READER)
        setsockopt(wire->fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                                .data.ptr = wire};
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, wire->fd, &event))
        wire_fail(worker, wire, "epoll: %s", strerror(errno));
}

/* A reader that is frozen or throttled is told of its end only. */
static uint64_t stopped_ready(struct worker *worker, struct wire *wire, uint32_t events) {
    if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP))
        wire_fail(worker, wire, "closed while it did not read");
    return 0;
}

uint64_t wire_ready(struct worker *worker, struct wire *wire, uint32_t events) {
    if (wire->stage == WIRE_CLOSED) return 0;
    if (wire->stopped) return stopped_ready(worker, wire, events);
    if (wire->stage < WIRE_GREETING) {
        wire_step(worker, wire);
        return 0;
    }
    if (events & EPOLLOUT && wire_blocked(wire) && wire_flush(worker, wire)) return 0;
    if (!(events & ~(uint32_t)EPOLLOUT)) return 0;
    return wire_read(worker, wire, WIRE_READ_BYTES);
}

uint64_t wire_go_on(struct worker *worker, struct wire *wire) {
    if (!wire->more || wire->stage < WIRE_GREETING || wire->stopped) return 0;
    int broken = wire->broken;
    uint64_t now = wire_read(worker, wire, WIRE_READ_BYTES);
    if (broken && !now && wire->stage != WIRE_CLOSED)
        wire_fail(worker, wire, "%s", strerror(broken));
    if (broken && now && wire->stage != WIRE_CLOSED) {
        wire->more = true;
        worker_again(worker, wire);
    }
    return now;
}
