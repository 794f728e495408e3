#include "net/socket.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/tcp.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

void socket_tune(int fd, const struct socket_tuning *tuning) {
    int on = 1;
    /* each fails on a Unix socket, where there is nothing to tune */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &tuning->notsent_lowat_bytes, sizeof(int));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &tuning->user_timeout_ms, sizeof(int));
}

void socket_set_lowat(int fd, int bytes) {
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes);
}

static int listen_on(const struct addrinfo *at, int backlog, uint16_t *bound_port) {
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (at->ai_family == AF_INET6) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    struct sockaddr_storage got;
    socklen_t bytes = sizeof got;
    if (bind(fd, at->ai_addr, at->ai_addrlen) < 0 || listen(fd, backlog) < 0 ||
        getsockname(fd, (struct sockaddr *)&got, &bytes) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    *bound_port = ntohs(got.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&got)->sin6_port
                                                  : ((struct sockaddr_in *)&got)->sin_port);
    return fd;
}

int socket_listen(const char *host, uint16_t port, int backlog, uint16_t *bound_port) {
    char service[8];
    snprintf(service, sizeof service, "%u", port);
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found;
    int result = getaddrinfo(host, service, &hints, &found);
    if (result != 0) {
        if (result != EAI_SYSTEM) errno = ENOENT;
        return -1;
    }
    int fd = -1;
    for (const struct addrinfo *at = found; at != NULL && fd < 0; at = at->ai_next)
        fd = listen_on(at, backlog, bound_port);
    int error = errno;
    freeaddrinfo(found);
    errno = error;
    return fd;
}

/* Removes a socket file that a process which is gone has left. */
static void remove_stale(const struct sockaddr_un *address) {
    struct stat status;
    if (lstat(address->sun_path, &status) < 0 || !S_ISSOCK(status.st_mode)) return;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return;
    if (connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 && errno == ECONNREFUSED)
        unlink(address->sun_path);
    close(fd);
}

int socket_listen_unix(const char *path, int backlog) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    remove_stale(&address);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, backlog) < 0) {
        int error = errno;
        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

void peer_describe(const struct sockaddr_storage *address, socklen_t bytes, struct peer *peer) {
    *peer = (struct peer){0};
    char text[INET6_ADDRSTRLEN] = "";
    if (bytes >= sizeof(struct sockaddr_in) && address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        peer->local = (ntohl(in->sin_addr.s_addr) >> 24) == 127;
        peer->address.bytes[10] = peer->address.bytes[11] = 0xff;
        memcpy(peer->address.bytes + 12, &in->sin_addr, sizeof in->sin_addr);
        inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
        snprintf(peer->text, sizeof peer->text, "%s:%u", text, ntohs(in->sin_port));
    } else if (bytes >= sizeof(struct sockaddr_in6) && address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)address;
        peer->local = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr) ||
                      (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) && in6->sin6_addr.s6_addr[12] == 127);
        memcpy(peer->address.bytes, &in6->sin6_addr, sizeof in6->sin6_addr);
        inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
        snprintf(peer->text, sizeof peer->text, "[%s]:%u", text, ntohs(in6->sin6_port));
    } else {
        peer->local = peer->unix_socket = true;
        snprintf(peer->text, sizeof peer->text, "unix");
    }
}

void peer_stated(struct peer *peer, const struct sockaddr_storage *address, socklen_t bytes) {
    bool unix_socket = peer->unix_socket;
    if (address != NULL) peer_describe(address, bytes, peer);
    peer->unix_socket = unix_socket;
    peer->local = false;
    peer->proxied = true;
}

void socket_reset(int fd) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    close(fd);
}

uint64_t socket_acked_bytes(int fd) {
    struct tcp_info info;
    socklen_t bytes = sizeof info;
    if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) < 0) return 0;
    return info.tcpi_bytes_acked;
}
