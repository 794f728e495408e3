#include "client/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

/* A peer that vanished without a word is noticed after some 60 s. */
#define KEEPALIVE_IDLE_S     30
#define KEEPALIVE_INTERVAL_S 10
#define KEEPALIVE_COUNT      3

void client_socket_init(struct client_socket *client) {
    memset(client, 0, sizeof *client);
    client->fd = client->watch_fd = -1;
    client->read_wants = POLLIN;
    client->write_wants = POLLOUT;
}

int client_left_ms(uint64_t deadline_ns) {
    uint64_t now = clock_now_ns();
    if (now >= deadline_ns) return 0;
    uint64_t left = (deadline_ns - now + NS_PER_MS - 1) / NS_PER_MS;
    return left > INT32_MAX ? INT32_MAX : (int)left;
}

int client_poll(struct client_socket *client, short events, uint64_t deadline_ns) {
    struct pollfd fds[] = {{.fd = client->fd, .events = events},
                           {.fd = client->watch_fd, .events = POLLIN}};
    for (;;) {
        int ready = poll(fds, 2, client_left_ms(deadline_ns));
        if (ready < 0 && errno == EINTR) continue;
        if (ready <= 0) return ready;
        if (!fds[1].revents) return 1;
        client->watched = true;
        errno = ECANCELED;
        return -1;
    }
}

/* 0 connected, or the errno. */
static int connect_to(struct client_socket *client, const struct sockaddr *address, socklen_t bytes,
                      uint64_t deadline) {
    if (connect(client->fd, address, bytes) == 0) return 0;
    if (errno != EINPROGRESS && errno != EINTR) return errno;
    int ready = client_poll(client, POLLOUT, deadline);
    if (ready < 0) return errno;
    if (ready == 0) return ETIMEDOUT;
    int result = 0;
    socklen_t result_bytes = sizeof result;
    getsockopt(client->fd, SOL_SOCKET, SO_ERROR, &result, &result_bytes);
    return result;
}

static int open_and_connect(struct client_socket *client, int family,
                            const struct sockaddr *address, socklen_t bytes, uint64_t deadline) {
    client->fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->fd < 0) return errno;
    int result = connect_to(client, address, bytes, deadline);
    if (result) {
        close(client->fd);
        client->fd = -1;
    }
    return result;
}

static void tcp_settings(int fd) {
    const int on = 1, idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S;
    const int count = KEEPALIVE_COUNT;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof idle);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof interval);
    setsockopt(fd, IPPROTO_TCP, TCP_KEEPCNT, &count, sizeof count);
}

static int tcp_open(struct client_socket *client, const struct client_url *url, uint64_t deadline,
                    char *error) {
    struct addrinfo wanted = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM}, *found = NULL;
    int result = getaddrinfo(url->host, url->port, &wanted, &found);
    if (result) {
        snprintf(error, CLIENT_ERROR_BYTES, "cannot resolve %s: %s", url->host,
                 result == EAI_SYSTEM ? strerror(errno) : gai_strerror(result));
        return -1;
    }
    result = EADDRNOTAVAIL;
    for (struct addrinfo *at = found; at && result; at = at->ai_next)
        result = open_and_connect(client, at->ai_family, at->ai_addr, at->ai_addrlen, deadline);
    freeaddrinfo(found);
    if (result) {
        snprintf(error, CLIENT_ERROR_BYTES, "cannot connect: %s", strerror(result));
        return -1;
    }
    tcp_settings(client->fd);
    return 0;
}

static int unix_open(struct client_socket *client, const struct client_url *url, uint64_t deadline,
                     char *error) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    memcpy(address.sun_path, url->socket, sizeof address.sun_path);
    int result = open_and_connect(client, AF_UNIX, (const struct sockaddr *)&address,
                                  sizeof address, deadline);
    if (!result) return 0;
    snprintf(error, CLIENT_ERROR_BYTES, "cannot connect: %s",
             result == EAGAIN ? "the server's backlog is full" : strerror(result));
    return -1;
}

int client_socket_open(struct client_socket *client, const struct client_url *url,
                       const struct client_tls_files *files, uint64_t deadline_ns, char *error) {
    if (url->scheme == CLIENT_UNIX) return unix_open(client, url, deadline_ns, error);
    if (tcp_open(client, url, deadline_ns, error)) return -1;
    if (url->scheme == CLIENT_TCP) return 0;
    return client_tls_open(client, url, files, deadline_ns, error);
}

static ssize_t failed(struct client_socket *client) {
    if (errno == EAGAIN || errno == EINTR) return CLIENT_SOCKET_AGAIN;
    snprintf(client->failure, sizeof client->failure, "%s", strerror(errno));
    return CLIENT_SOCKET_FAILED;
}

ssize_t client_socket_read(struct client_socket *client, void *out, size_t room) {
    if (client->ssl) return client_tls_read(client, out, room);
    ssize_t count = recv(client->fd, out, room, 0);
    return count >= 0 ? count : failed(client);
}

ssize_t client_socket_write(struct client_socket *client, const void *bytes, size_t count) {
    if (client->ssl) return client_tls_write(client, bytes, count);
    ssize_t sent = send(client->fd, bytes, count, MSG_NOSIGNAL);
    return sent >= 0 ? sent : failed(client);
}

bool client_socket_pending(const struct client_socket *client) {
    return client->ssl && SSL_has_pending(client->ssl);
}

void client_socket_shutdown(struct client_socket *client) {
    if (client->ssl) SSL_shutdown(client->ssl);
    if (client->fd >= 0) shutdown(client->fd, SHUT_WR);
}

void client_socket_close(struct client_socket *client) {
    SSL_free(client->ssl);
    BIO_meth_free(client->bio_method);
    SSL_CTX_free(client->context);
    if (client->fd >= 0) close(client->fd);
    client_socket_init(client);
}
