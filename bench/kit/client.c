#include "kit/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "ws/frame.h"

#define CONNECTIONS_A_SOURCE 8000
#define KEY                  "dGlja2Nhc3QgYmVuY2ggIQ=="

static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

static int failed(const char *what) {
    fprintf(stderr, "bench: %s: %s\n", what, errno ? strerror(errno) : "unexpected answer");
    return -1;
}

int client_address(const char *text, struct sockaddr_in *address) {
    char host[64];
    const char *colon = strrchr(text, ':');
    memset(address, 0, sizeof *address);
    address->sin_family = AF_INET;
    if (!colon || (size_t)(colon - text) >= sizeof host) return failed(text);
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = 0;
    address->sin_port = htons((uint16_t)atoi(colon + 1));
    if (inet_pton(AF_INET, host, &address->sin_addr) != 1) return failed(text);
    return 0;
}

int client_connect(const struct sockaddr_in *address, uint32_t number, int rcvbuf) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return failed("socket");
    int on = 1;
    struct linger reset = {.l_onoff = 1};
    struct timeval timeout = {.tv_sec = CLIENT_TIMEOUT_S};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
    if (rcvbuf) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &rcvbuf, sizeof rcvbuf);
    struct sockaddr_in source = {.sin_family = AF_INET};
    source.sin_addr.s_addr = htonl(0x7f000001 + number / CONNECTIONS_A_SOURCE);
    if (bind(fd, (struct sockaddr *)&source, sizeof source) ||
        connect(fd, (const struct sockaddr *)address, sizeof *address)) {
        failed("connect");
        close(fd);
        return -1;
    }
    return fd;
}

int client_write(int fd, const void *bytes, size_t count) {
    for (const char *at = bytes; count;) {
        ssize_t n = send(fd, at, count, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return failed("send");
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

int client_upgrade(int fd, const char *path) {
    char request[512];
    int count = snprintf(request, sizeof request,
                         "GET %s HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                         "Sec-WebSocket-Version: 13\r\n\r\n",
                         path);
    return client_write(fd, request, (size_t)count);
}

/* Peeks for the end of the headers, so that no byte of a frame behind them is taken. */
int client_upgraded(int fd) {
    char answer[2048];
    for (ssize_t had = 0;;) {
        errno = 0;
        ssize_t n = recv(fd, answer, sizeof answer - 1, MSG_PEEK);
        if (n <= 0) return failed("upgrade");
        answer[n] = 0;
        const char *end = strstr(answer, "\r\n\r\n");
        if (end) {
            recv(fd, answer, (size_t)(end + 4 - answer), MSG_WAITALL);
            errno = 0;
            return strncmp(answer, "HTTP/1.1 101 ", 13) ? failed(answer) : 0;
        }
        if (n == had) usleep(1000);
        had = n;
    }
}

int client_send(int fd, const uint8_t *message, size_t count) {
    uint8_t *frame = malloc(WS_HEADER_BYTES + count);
    if (!frame) return failed("malloc");
    size_t head = ws_header_write_masked(WS_BINARY, count, MASK, frame);
    memcpy(frame + head, message, count);
    ws_mask(frame + head, count, MASK, 0);
    int result = client_write(fd, frame, head + count);
    free(frame);
    return result;
}

int client_echoed(int fd, const uint8_t *message, size_t count) {
    uint8_t *frame = malloc(2 * (WS_HEADER_BYTES + count));
    if (!frame) return failed("malloc");
    uint8_t *answer = frame + WS_HEADER_BYTES + count;
    size_t head = ws_header_write(WS_BINARY, count, frame);
    memcpy(frame + head, message, count);
    errno = 0;
    ssize_t n = recv(fd, answer, head + count, MSG_WAITALL);
    if (n > 2 && answer[0] == (0x80 | WS_PING)) { /* an empty ping may come before it */
        memmove(answer, answer + 2, (size_t)n - 2);
        n += recv(fd, answer + n - 2, 2, MSG_WAITALL) - 2;
    }
    int result = 0;
    if (n != (ssize_t)(head + count) || memcmp(frame, answer, head + count) != 0)
        result = failed("subscribe");
    free(frame);
    return result;
}
