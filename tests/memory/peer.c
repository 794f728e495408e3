#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../stress/stress.h"

#define WAIT_S     60 /* for any answer: whoever waits longer hangs */
#define SLOW_BYTES 16384
#define FIRST_ROOM 4096

static const char GOODBYE[] = {0x03, (char)0xe8}; /* 1000 */

static void end(struct peer *peer) {
    if (peer->ssl != NULL) SSL_free(peer->ssl);
    if (peer->fd >= 0) close(peer->fd);
    free(peer->bytes);
    *peer = (struct peer){.fd = -1};
}

static bool raw_write(struct peer *peer, const uint8_t *bytes, size_t count) {
    while (count > 0) {
        errno = 0;
        long sent = peer->ssl != NULL ? SSL_write(peer->ssl, bytes, (int)count)
                                      : send(peer->fd, bytes, count, MSG_NOSIGNAL);
        CHECK(sent > 0 || errno != EAGAIN, "the broker reads nothing");
        if (sent <= 0) return false;
        bytes += sent;
        count -= (size_t)sent;
    }
    return true;
}

/* Adds what has come to the buffer. */
static bool more(struct peer *peer) {
    if (peer->count == peer->room) {
        peer->room = peer->room == 0 ? FIRST_ROOM : 2 * peer->room;
        peer->bytes = realloc(peer->bytes, peer->room);
        CHECK(peer->bytes != NULL, "no memory for the test");
    }
    uint8_t *at = peer->bytes + peer->count;
    size_t room = peer->room - peer->count;
    errno = 0;
    long got = peer->ssl != NULL ? SSL_read(peer->ssl, at, (int)room) : recv(peer->fd, at, room, 0);
    CHECK(got > 0 || (errno != EAGAIN && errno != EWOULDBLOCK), "neither an answer nor an end");
    if (got <= 0) return false;
    peer->count += (size_t)got;
    return true;
}

static void take(struct peer *peer, size_t count) {
    if (count == 0) return;
    peer->count -= count;
    memmove(peer->bytes, peer->bytes + count, peer->count);
}

/* Of the request so much has been sent. */
static bool upgrade(struct peer *peer, const char *path, size_t sent) {
    char request[256];
    int bytes = snprintf(request, sizeof request,
                         "GET %s HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                         "Sec-WebSocket-Version: 13\r\n\r\n",
                         path);
    if (!raw_write(peer, (const uint8_t *)request + sent, (size_t)bytes - sent)) return false;
    for (;;) {
        if (!more(peer)) return false;
        const uint8_t *ends = memmem(peer->bytes, peer->count, "\r\n\r\n", 4);
        if (ends == NULL) continue;
        CHECK(memcmp(peer->bytes, "HTTP/1.1 101 ", 13) == 0, "refused: %.*s", (int)peer->count,
              peer->bytes);
        take(peer, (size_t)(ends + 4 - peer->bytes));
        return true;
    }
}

static bool shake_hands(struct peer *peer, SSL_CTX *tls) {
    peer->ssl = SSL_new(tls);
    CHECK(peer->ssl != NULL && SSL_set_fd(peer->ssl, peer->fd) == 1, "TLS of the test");
    errno = 0;
    bool done = SSL_connect(peer->ssl) == 1;
    CHECK(done || errno != EAGAIN, "the TLS handshake neither goes on nor ends");
    return done;
}

bool peer_begin(struct peer *peer, int fd, SSL_CTX *tls, const char *path, size_t sent) {
    *peer = (struct peer){.fd = fd};
    struct timeval patience = {.tv_sec = WAIT_S};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if ((tls == NULL || shake_hands(peer, tls)) && upgrade(peer, path, sent)) return true;
    end(peer);
    return false;
}

static int connect_from(const char *source, const struct peer_target *target, bool slow) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(target->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct sockaddr_in own = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr(source)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), bytes = SLOW_BYTES;
    CHECK(fd >= 0 && bind(fd, (struct sockaddr *)&own, sizeof own) == 0, "socket: %s",
          strerror(errno));
    if (slow) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
    CHECK(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect: %s",
          strerror(errno));
    return fd;
}

bool peer_open(struct peer *peer, const struct peer_target *target, const char *path, bool slow) {
    return peer_begin(peer, connect_from("127.0.0.1", target, slow), target->tls, path, 0);
}

bool peer_open_behind(struct peer *peer, const struct peer_target *target, const char *path) {
    static const char local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0";
    int fd = connect_from(PEER_BALANCER, target, false);
    (void)!send(fd, local, sizeof local, MSG_NOSIGNAL); /* it may be ended already */
    return peer_begin(peer, fd, target->tls, path, 0);
}

bool peer_send_raw(struct peer *peer, const void *bytes, size_t count) {
    if (peer->fd < 0) return false;
    if (raw_write(peer, bytes, count)) return true;
    end(peer);
    return false;
}

bool peer_send(struct peer *peer, enum ws_opcode opcode, const void *payload, size_t bytes) {
    static const uint8_t mask[4] = {0}; /* which leaves the payload as it is */
    uint8_t header[WS_HEADER_BYTES + sizeof mask];
    size_t header_bytes = ws_header_write(opcode, bytes, header);
    header[1] |= 0x80;
    memcpy(header + header_bytes, mask, sizeof mask);
    return peer_send_raw(peer, header, header_bytes + sizeof mask) &&
           (bytes == 0 || peer_send_raw(peer, payload, bytes));
}

/* The first frame of the buffer, which stays there; false if it is not complete. */
static bool first_frame(const struct peer *peer, struct peer_frame *frame, size_t *all) {
    if (peer->count < 2) return false;
    size_t length = peer->bytes[1] & 0x7f, header = 2;
    size_t extended = length < 126 ? 0 : length == 126 ? 2 : 8;
    if (peer->count < header + extended) return false;
    if (extended > 0) length = 0;
    for (size_t i = 0; i < extended; i++) length = length << 8 | peer->bytes[header++];
    *all = header + length;
    *frame = (struct peer_frame){peer->bytes[0] & 0x0f, peer->bytes + header, length};
    return peer->count >= *all;
}

bool peer_read(struct peer *peer, struct peer_frame *frame) {
    take(peer, peer->given);
    peer->given = 0;
    while (peer->fd >= 0) {
        size_t all;
        if (!first_frame(peer, frame, &all)) {
            if (!more(peer)) end(peer);
        } else if (frame->opcode == WS_PING) {
            take(peer, all);
        } else if (frame->opcode == WS_CLOSE) {
            peer_send(peer, WS_CLOSE, frame->payload, frame->bytes < 2 ? 0 : 2);
            end(peer);
        } else {
            peer->given = all;
            return true;
        }
    }
    return false;
}

void peer_close(struct peer *peer) {
    struct peer_frame frame;
    if (peer_send(peer, WS_CLOSE, GOODBYE, sizeof GOODBYE))
        while (peer_read(peer, &frame)) {
        }
    end(peer);
}

void peer_drop(struct peer *peer) {
    end(peer);
}
