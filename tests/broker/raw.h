/* A broker and raw sockets to it, to end connections in every way. Beside stage.h. */
#ifndef TESTS_BROKER_RAW_H
#define TESTS_BROKER_RAW_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/clock.h"
#include "tickcast/tickcast.h"

#define PATIENCE_S  60
#define MAX_SOCKETS 64

struct raw {
    struct tickcast_options options;
    struct tickcast_broker *broker;
    int port;
    int sockets[MAX_SOCKETS], socket_count; /* closed by raw_fini */
};

/* Starts a broker of `raw->options` on one listener, with TLS if `certs` is a folder. */
static inline void raw_start(struct raw *raw, const char *certs) {
    char cert[128], key[128];
    if (certs != NULL) {
        snprintf(cert, sizeof cert, "%s/server.pem", certs);
        snprintf(key, sizeof key, "%s/server.key", certs);
    }
    struct tickcast_certificate certificate = {cert, key};
    struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
    struct tickcast_listener listener = {.host = "127.0.0.1", .tls = certs != NULL ? &tls : NULL};
    cr_assert(tickcast_broker_new(&raw->options, &raw->broker) == TICKCAST_OK);
    int number = tickcast_broker_listen(raw->broker, &listener);
    cr_assert(number == 0);
    raw->port = tickcast_broker_port(raw->broker, number);
    cr_assert(tickcast_broker_start(raw->broker) == TICKCAST_OK);
}

/* raw_read_frame takes the next frame for an answer. */
static inline void raw_no_pings(struct tickcast_options *options) {
    options->ping_interval_ms = 3600000;
    options->dead_time_ms = 7200000;
}

static inline int raw_keep(struct raw *raw, int fd) {
    struct timeval patience = {.tv_sec = PATIENCE_S};
    cr_assert(fd >= 0 && raw->socket_count < MAX_SOCKETS);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    raw->sockets[raw->socket_count++] = fd;
    return fd;
}

static inline int raw_connect(struct raw *raw) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)raw->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = raw_keep(raw, socket(AF_INET, SOCK_STREAM, 0)), small = 4096;
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    cr_assert(connect(fd, (struct sockaddr *)&address, sizeof address) == 0);
    return fd;
}

/* A peer's end of a connection on a Unix socket. */
static inline int raw_adopt(struct raw *raw) {
    int fds[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0);
    cr_assert(tickcast_broker_adopt(raw->broker, fds[1], -1, NULL, 0) == TICKCAST_OK);
    return raw_keep(raw, fds[0]);
}

static inline void raw_send(int fd, const void *bytes, size_t count) {
    (void)!send(fd, bytes, count, MSG_NOSIGNAL); /* whoever was refused may be closed already */
}

static inline void raw_ask(int fd, const char *path, const char *headers) {
    char request[512];
    int bytes = snprintf(request, sizeof request,
                         "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s\r\n",
                         path, headers);
    raw_send(fd, request, (size_t)bytes);
}

/* Reads up to the end of the response's head. */
static inline void raw_read_head(int fd) {
    char last[4] = "";
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        cr_assert(read(fd, last + 3, 1) == 1, "no response");
    }
}

/* A connection of which the broker has said that it is open. */
static inline int raw_open(struct raw *raw, const char *path) {
    int fd = raw_connect(raw);
    raw_ask(fd, path, "");
    raw_read_head(fd);
    return fd;
}

/* A masked frame; its first byte is given. The mask is zero. */
static inline void raw_frame(int fd, uint8_t first, const void *payload, size_t count) {
    uint8_t frame[8 + 70000] = {first};
    size_t head = count < 126 ? 2 : 4;
    frame[1] = (uint8_t)(0x80 | (count < 126 ? count : 126));
    if (head == 4) frame[2] = (uint8_t)(count >> 8), frame[3] = (uint8_t)count;
    memcpy(frame + head + 4, payload, count);
    raw_send(fd, frame, head + 4 + count);
}

/* Reads one short frame's payload. */
static inline size_t raw_read_frame(int fd, char payload[126]) {
    uint8_t head[2];
    cr_assert(recv(fd, head, 2, MSG_WAITALL) == 2 && head[1] < 126);
    cr_assert(recv(fd, payload, head[1], MSG_WAITALL) == head[1]);
    return head[1];
}

static inline struct tickcast_stats raw_stats(const struct raw *raw) {
    struct tickcast_stats stats;
    tickcast_broker_stats(raw->broker, &stats);
    return stats;
}

/* Each accepted connection has ended in one way, or is there. */
static inline void raw_check_sum(const struct raw *raw) {
    struct tickcast_stats stats = raw_stats(raw);
    uint64_t ended = 0;
#define ADD(name, NAME, code, level, sentence) ended += stats.ended_##name;
    TICKCAST_ENDS(ADD)
#undef ADD
    cr_assert(stats.closed == ended);
    cr_assert(stats.accepted == stats.connections_now + ended, "accepted %lu, now %lu, ended %lu",
              (unsigned long)stats.accepted, (unsigned long)stats.connections_now,
              (unsigned long)ended);
}

static inline void raw_fini(struct raw *raw) {
    tickcast_broker_stop(raw->broker);
    raw_check_sum(raw);
    cr_assert(raw_stats(raw).connections_now == 0);
    tickcast_broker_free(raw->broker);
    for (int i = 0; i < raw->socket_count; i++)
        if (raw->sockets[i] >= 0) close(raw->sockets[i]);
}

#endif
