/* Sockets: options, listeners, who is on the other side. Return -1 with errno unless said
 * otherwise. */
#ifndef NET_SOCKET_H
#define NET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "net/prefix.h"

#define PEER_TEXT_BYTES 64 /**< "[2001:db8::1]:65535", terminated */

/** Who is on the other side of a connection. */
struct peer {
    struct address address; /**< none on a Unix socket */
    bool local;             /**< loopback or a Unix socket, and no balancer's client */
    bool unix_socket;       /**< the socket is one, whatever is said of the peer */
    bool proxied;           /**< a balancer's client, or to be found out by its PROXY header */
    char text[PEER_TEXT_BYTES];
};

struct socket_tuning {
    int notsent_lowat_bytes;
    int user_timeout_ms;
};

/** Sets TCP_NODELAY, TCP_NOTSENT_LOWAT and TCP_USER_TIMEOUT. Sockets accepted from a listener
 * inherit them. Does nothing on a Unix socket. */
void socket_tune(int fd, const struct socket_tuning *tuning);

/** TCP_NOTSENT_LOWAT of a peer that has not subscribed yet: what it does not read of its answers is
 * no more than this in the kernel, before it counts as slow. */
#define SOCKET_EARLY_LOWAT_BYTES 4096

/** Sets TCP_NOTSENT_LOWAT. */
void socket_set_lowat(int fd, int bytes);

/** A bound, listening, non-blocking TCP socket; *port is the port that it got. A name that does not
 *  resolve is ENOENT. */
int socket_listen(const char *host, uint16_t port, int backlog, uint16_t *bound_port);

/** The same on a path. A socket file there to which nobody listens is replaced; another file is
 *  EADDRINUSE. */
int socket_listen_unix(const char *path, int backlog);

/** Describes an address. */
void peer_describe(const struct sockaddr_storage *address, socklen_t bytes, struct peer *peer);

/** A balancer states whose connection it passes on: `address`, or somebody's if NULL. It is local
 * no more, whatever the address: whoever connects to a balancer is not on this host for certain. */
void peer_stated(struct peer *peer, const struct sockaddr_storage *address, socklen_t bytes);

/** Ends a connection with RST, so that its backlog leaves the kernel at once. */
void socket_reset(int fd);

/** Bytes that the peer's TCP has acknowledged so far; 0 where that is not known. */
uint64_t socket_acked_bytes(int fd);

#endif
