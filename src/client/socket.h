/*
 * The client's end of a connection: TCP, TLS over TCP, or a Unix socket; non-blocking, with one set
 * of read and write calls. The server's certificate is always verified: its chain against
 * `files->ca` or the system's authorities, and its name or address against the host of the URL. One
 * thread.
 */
#ifndef CLIENT_SOCKET_H
#define CLIENT_SOCKET_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "client/tls.h"
#include "client/url.h"

enum { CLIENT_SOCKET_END = 0, CLIENT_SOCKET_AGAIN = -1, CLIENT_SOCKET_FAILED = -2 };

struct client_socket {
    int fd; /**< -1: not open */
    SSL_CTX *context;
    SSL *ssl;               /**< NULL: not TLS */
    BIO_METHOD *bio_method; /**< of ssl */
    short read_wants;       /**< what to poll for after a read that answered AGAIN */
    short write_wants;      /**< and after such a write */
    char failure[256];      /**< why a call answered FAILED */
    int watch_fd;           /**< client_poll ends when it is readable; below 0: none */
    bool watched;           /**< and has ended so */
};

/** Prepares an unopened socket. */
void client_socket_init(struct client_socket *socket);

/** Connects until `deadline_ns` (clock_now_ns; resolving a name is not limited by it). 0, or -1
 * with a sentence in `error` (CLIENT_ERROR_BYTES); close it in both cases. */
int client_socket_open(struct client_socket *socket, const struct client_url *url,
                       const struct client_tls_files *files, uint64_t deadline_ns, char *error);

/** Bytes read or written, END (the peer has closed; read only), AGAIN or FAILED. */
ssize_t client_socket_read(struct client_socket *socket, void *out, size_t room);
ssize_t client_socket_write(struct client_socket *socket, const void *bytes, size_t count);

/** True if a read gives bytes although poll does not see them. */
bool client_socket_pending(const struct client_socket *socket);

/** Says that nothing more will be written. */
void client_socket_shutdown(struct client_socket *socket);
/** Closes and frees; allowed twice. */
void client_socket_close(struct client_socket *socket);

/** Waits for `events` on the socket: 1 ready, 0 the deadline has passed, -1 errno; ECANCELED if the
 * watched descriptor is readable. */
int client_poll(struct client_socket *socket, short events, uint64_t deadline_ns);
/** Milliseconds to the deadline for poll, rounded up, 0 if it has passed. */
int client_left_ms(uint64_t deadline_ns);

/** tls.c: makes the TLS session on the connected `fd`. As client_socket_open. */
int client_tls_open(struct client_socket *socket, const struct client_url *url,
                    const struct client_tls_files *files, uint64_t deadline_ns, char *error);
ssize_t client_tls_read(struct client_socket *socket, void *out, size_t room);
ssize_t client_tls_write(struct client_socket *socket, const void *bytes, size_t count);

#endif
