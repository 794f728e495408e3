#include "kit/bare.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define NOTSENT_LOWAT (128 * 1024)
#define BACKLOG       4096

struct line {
    int fd;
    SSL *ssl; /* NULL: plain */
};

struct bare {
    int listener, control, count;
    SSL_CTX *tls; /* NULL: plain */
    struct line lines[BARE_CONNECTIONS];
};

struct bare *bare_new(SSL_CTX *tls, uint16_t *port) {
    struct bare *bare = calloc(1, sizeof *bare);
    if (!bare) return NULL;
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t bytes = sizeof address;
    bare->tls = tls;
    bare->control = -1;
    bare->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (bare->listener < 0 || bind(bare->listener, (struct sockaddr *)&address, sizeof address) ||
        listen(bare->listener, BACKLOG) ||
        getsockname(bare->listener, (struct sockaddr *)&address, &bytes)) {
        bare_free(bare);
        return NULL;
    }
    *port = ntohs(address.sin_port);
    return bare;
}

void bare_free(struct bare *bare) {
    int saved_errno = errno;
    for (int i = 0; i < bare->count; i++) {
        SSL_free(bare->lines[i].ssl);
        close(bare->lines[i].fd);
    }
    if (bare->control >= 0) close(bare->control);
    if (bare->listener >= 0) close(bare->listener);
    free(bare);
    errno = saved_errno;
}

/* After a call that answered `result`: true if it is to be made again, once the socket is ready. */
static bool wait_tls(const struct line *line, int result) {
    int error = SSL_get_error(line->ssl, result);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) return false;
    struct pollfd ready = {.fd = line->fd,
                           .events = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT};
    return poll(&ready, 1, -1) == 1;
}

static bool handshake(struct line *line, SSL_CTX *tls) {
    line->ssl = SSL_new(tls);
    if (!line->ssl || SSL_set_fd(line->ssl, line->fd) != 1) return false;
    for (int result; (result = SSL_accept(line->ssl)) != 1;)
        if (!wait_tls(line, result)) return false;
    return SSL_write(line->ssl, "!", 1) == 1;
}

static bool accept_one(struct bare *bare) {
    if (bare->count == BARE_CONNECTIONS) return false;
    int fd = accept4(bare->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return false;
    int on = 1, lowat = NOTSENT_LOWAT;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
    struct line *line = &bare->lines[bare->count++];
    *line = (struct line){.fd = fd};
    return !bare->tls || handshake(line, bare->tls);
}

/* Waits for a command and takes all that connect meanwhile. */
static void accept_until_told(struct bare *bare) {
    struct pollfd ready[2] = {{.fd = bare->control, .events = POLLIN},
                              {.fd = bare->listener, .events = POLLIN}};
    while (poll(ready, 2, -1) > 0 && ready[1].revents)
        if (!accept_one(bare)) break;
}

static void send_rest(int fd, const char *bytes, size_t count) {
    while (count) {
        ssize_t n = send(fd, bytes, count, MSG_NOSIGNAL);
        if (n < 0 && errno != EAGAIN) return;
        if (n < 0) {
            struct pollfd writable = {.fd = fd, .events = POLLOUT};
            poll(&writable, 1, -1);
            continue;
        }
        bytes += n;
        count -= (size_t)n;
    }
}

static void send_all(const struct bare *bare, const char *bytes, size_t size) {
    for (int i = 0; i < bare->count; i++) {
        int fd = bare->lines[i].fd;
        ssize_t n = send(fd, bytes, size, MSG_NOSIGNAL);
        if (n == (ssize_t)size) continue;
        size_t sent = n > 0 ? (size_t)n : 0;
        if (n >= 0 || errno == EAGAIN) send_rest(fd, bytes + sent, size - sent);
    }
}

static void write_all(const struct bare *bare, const char *bytes, size_t size) {
    for (int i = 0; i < bare->count; i++) {
        const struct line *line = &bare->lines[i];
        for (size_t at = 0; at < size;) {
            int n = SSL_write(line->ssl, bytes + at, (int)(size - at)); /* a record at most */
            if (n > 0)
                at += (size_t)n;
            else if (!wait_tls(line, n))
                break;
        }
    }
}

int bare_serve(struct bare *bare) {
    char *bytes = NULL;
    size_t size = 0;
    bool good = (bare->control = accept4(bare->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0;
    while (good) {
        uint32_t length;
        accept_until_told(bare);
        if (recv(bare->control, &length, sizeof length, MSG_WAITALL) != sizeof length) break;
        if (length) {
            free(bytes);
            bytes = malloc(size = length);
            good = bytes && recv(bare->control, bytes, size, MSG_WAITALL) == (ssize_t)size;
        }
        if (good) (bare->tls ? write_all : send_all)(bare, bytes, size);
    }
    free(bytes);
    return good ? 0 : -1;
}
