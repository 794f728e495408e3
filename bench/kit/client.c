#include "kit/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <poll.h>
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

SSL_CTX *client_tls_new(void) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (context && SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION) == 1) {
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
        return context;
    }
    SSL_CTX_free(context);
    failed("TLS");
    return NULL;
}

static int tls_open(struct client *client, SSL_CTX *tls) {
    client->ssl = SSL_new(tls);
    if (client->ssl && SSL_set_fd(client->ssl, client->fd) == 1 && SSL_connect(client->ssl) == 1)
        return 0;
    ERR_print_errors_fp(stderr);
    return failed("TLS handshake");
}

int client_open(struct client *client, const struct sockaddr_in *address, SSL_CTX *tls,
                uint32_t number, int rcvbuf) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *client = (struct client){.fd = fd};
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
    errno = 0;
    if (bind(fd, (struct sockaddr *)&source, sizeof source) ||
        connect(fd, (const struct sockaddr *)address, sizeof *address))
        return failed("connect");
    return tls ? tls_open(client, tls) : 0;
}

void client_close(struct client *client) {
    SSL_free(client->ssl);
    if (client->fd >= 0) close(client->fd);
    *client = (struct client){.fd = -1};
}

int client_unblock(struct client *client) {
    return fcntl(client->fd, F_SETFL, O_NONBLOCK) ? failed("fcntl") : 0;
}

/* The result of an SSL_read or SSL_write as that of recv or send. */
static ssize_t as_socket(const struct client *client, int result) {
    if (result > 0) return result;
    int error = SSL_get_error(client->ssl, result);
    ERR_clear_error();
    if (error == SSL_ERROR_ZERO_RETURN) return 0;
    errno = error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

ssize_t client_offer(struct client *client, const void *bytes, size_t count) {
    if (client->ssl) return as_socket(client, SSL_write(client->ssl, bytes, (int)count));
    return send(client->fd, bytes, count, MSG_NOSIGNAL);
}

int client_write(struct client *client, const void *bytes, size_t count) {
    for (const char *at = bytes; count;) {
        ssize_t n = client_offer(client, at, count);
        struct pollfd writable = {.fd = client->fd, .events = POLLOUT};
        if (n < 0 && errno == EINTR) continue;
        if (n < 0 && errno == EAGAIN && poll(&writable, 1, CLIENT_TIMEOUT_S * 1000) == 1) continue;
        if (n <= 0) return failed("send");
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

ssize_t client_take(struct client *client, void *bytes, size_t room) {
    if (!client->ssl) return recv(client->fd, bytes, room, MSG_DONTWAIT);
    size_t had = 0;
    while (had < room) { /* a call gives one record */
        ssize_t n =
            as_socket(client, SSL_read(client->ssl, (char *)bytes + had, (int)(room - had)));
        if (n <= 0) return had ? (ssize_t)had : n;
        had += (size_t)n;
    }
    return (ssize_t)had;
}

int client_read(struct client *client, void *bytes, size_t count) {
    if (!client->ssl) return recv(client->fd, bytes, count, MSG_WAITALL) == (ssize_t)count ? 0 : -1;
    for (char *at = bytes; count;) {
        int n = SSL_read(client->ssl, at, (int)count);
        if (n <= 0) return -1;
        at += n;
        count -= (size_t)n;
    }
    return 0;
}

int client_upgrade(struct client *client, const char *path) {
    char request[512];
    int count = snprintf(request, sizeof request,
                         "GET %s HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
                         "Connection: Upgrade\r\nSec-WebSocket-Key: " KEY "\r\n"
                         "Sec-WebSocket-Version: 13\r\n\r\n",
                         path);
    return client_write(client, request, (size_t)count);
}

/* Byte by byte, so that no byte of a frame behind the headers is taken. */
int client_upgraded(struct client *client) {
    char answer[2048];
    errno = 0;
    for (size_t had = 0; had < sizeof answer - 1;) {
        if (client_read(client, answer + had, 1)) return failed("upgrade");
        answer[++had] = 0;
        if (had >= 4 && !memcmp(answer + had - 4, "\r\n\r\n", 4))
            return strncmp(answer, "HTTP/1.1 101 ", 13) ? failed(answer) : 0;
    }
    return failed("upgrade");
}

int client_send(struct client *client, const uint8_t *message, size_t count) {
    uint8_t *frame = malloc(WS_HEADER_BYTES + count);
    if (!frame) return failed("malloc");
    size_t head = ws_header_write_masked(WS_BINARY, count, MASK, frame);
    memcpy(frame + head, message, count);
    ws_mask(frame + head, count, MASK, 0);
    int result = client_write(client, frame, head + count);
    free(frame);
    return result;
}

int client_echoed(struct client *client, const uint8_t *message, size_t count) {
    uint8_t *answer = malloc(WS_HEADER_BYTES + count);
    if (!answer) return failed("malloc");
    uint8_t header[WS_HEADER_BYTES];
    size_t head = ws_header_write(WS_BINARY, count, header);
    errno = 0;
    int result = client_read(client, answer, 2);
    if (!result && answer[0] == (0x80 | WS_PING)) /* an empty ping may come before it */
        result = client_read(client, answer, 2);
    if (result || client_read(client, answer + 2, head + count - 2) ||
        memcmp(answer, header, head) != 0 || memcmp(answer + head, message, count) != 0)
        result = failed("subscribe");
    free(answer);
    return result;
}
