/*
 * The least of a WebSocket client, plain or TLS: blocking, for setting up thousands of connections
 * to a broker on this machine. Calls answer 0 or -1 after a line on stderr unless said otherwise.
 * Uses src/ws for the bytes.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define CLIENT_TIMEOUT_S 20

struct client {
    int fd;   /**< below 0: not open */
    SSL *ssl; /**< NULL: plain */
};

/** Reads "HOST:PORT" (an IPv4 address). */
int client_address(const char *text, struct sockaddr_in *address);

/** A context for clients that believe any certificate, TLS 1.3 only (see records.h). NULL after a
 * line on stderr. */
SSL_CTX *client_tls_new(void);

/** Connects, with `tls` up to the end of the client's part of the handshake. `number` chooses the
 * source address 127.0.0.x, so that ports suffice. `rcvbuf` bytes of receive buffer, 0 for the
 * kernel's choice. Closing resets the connection. */
int client_open(struct client *client, const struct sockaddr_in *address, SSL_CTX *tls,
                uint32_t number, int rcvbuf);
void client_close(struct client *client);

/** From here on nothing blocks but client_write. */
int client_unblock(struct client *client);

/** Sends the upgrade request for `path`; reads its answer, which must be 101. */
int client_upgrade(struct client *client, const char *path);
int client_upgraded(struct client *client);

/** Sends one BINARY message, masked; reads it back as the echo of a subscribe request. */
int client_send(struct client *client, const uint8_t *message, size_t count);
int client_echoed(struct client *client, const uint8_t *message, size_t count);

/** Sends what is taken at once: that much, or -1 with errno. After EAGAIN the same must be offered
 * again. Only once nothing blocks. */
ssize_t client_offer(struct client *client, const void *bytes, size_t count);
/** Sends all bytes, and waits until they are taken. */
int client_write(struct client *client, const void *bytes, size_t count);

/** What has come, at most `room` bytes, 0 at the end; -1 with errno, EAGAIN if there is nothing. */
ssize_t client_take(struct client *client, void *bytes, size_t room);

/** Reads `count` bytes; 0 or -1, without a line. */
int client_read(struct client *client, void *bytes, size_t count);

#endif
