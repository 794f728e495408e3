/*
 * The least of a WebSocket client: blocking, for setting up thousands of connections to a broker on
 * this machine. All calls answer 0 or -1 after a line on stderr. Uses src/ws for the bytes.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

#define CLIENT_TIMEOUT_S 20

/** Reads "HOST:PORT" (an IPv4 address). */
int client_address(const char *text, struct sockaddr_in *address);

/** Connects; `number` chooses the source address 127.0.0.x, so that ports suffice. `rcvbuf` bytes
 * of receive buffer, 0 for the kernel's choice. Closing the socket resets it. Returns it or -1. */
int client_connect(const struct sockaddr_in *address, uint32_t number, int rcvbuf);

/** Sends the upgrade request for `path`; reads its answer, which must be 101. */
int client_upgrade(int fd, const char *path);
int client_upgraded(int fd);

/** Sends one BINARY message, masked; reads it back as the echo of a subscribe request. */
int client_send(int fd, const uint8_t *message, size_t count);
int client_echoed(int fd, const uint8_t *message, size_t count);

/** Sends all bytes. */
int client_write(int fd, const void *bytes, size_t count);

#endif
