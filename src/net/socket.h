/* Sockets: options, listeners, who is on the other side. Return -1 with errno unless said
 * otherwise. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define PEER_TEXT_BYTES 64 /**< "[2001:db8::1]:65535", terminated */

/** Who is on the other side of a connection. */
struct peer {
    bool local; /**< loopback or a Unix socket */
    bool unix_socket;
    char text[PEER_TEXT_BYTES];
};

struct socket_tuning {
    int notsent_lowat_bytes;
    int user_timeout_ms;
};

/** Sets TCP_NODELAY, TCP_NOTSENT_LOWAT and TCP_USER_TIMEOUT. Sockets accepted from a listener
 * inherit them. Does nothing on a Unix socket. */
void socket_tune(int fd, const struct socket_tuning *tuning);

/** A bound, listening, non-blocking TCP socket; *port is the port that it got. A name that does not
 *  resolve is ENOENT. */
int socket_listen(const char *host, uint16_t port, int backlog, uint16_t *bound_port);

/** The same on a path. A socket file there to which nobody listens is replaced; another file is
 *  EADDRINUSE. */
int socket_listen_unix(const char *path, int backlog);

/** Describes an address. */
void peer_describe(const struct sockaddr_storage *address, socklen_t bytes, struct peer *peer);

/** Ends a connection with RST, so that its backlog leaves the kernel at once. */
void socket_reset(int fd);

/** Bytes that the peer's TCP has acknowledged so far; 0 where that is not known. */
uint64_t socket_acked_bytes(int fd);

#endif
