/*
 * A client of the broker under test, on a blocking socket: it can be slow, and the broker may end
 * it at any point. A call that waits too long ends the program: nobody may be left waiting.
 */
#ifndef TESTS_MEMORY_PEER_H
#define TESTS_MEMORY_PEER_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws/frame.h"

#define PEER_BALANCER "127.0.0.2"

struct peer {
    int fd;   /**< -1: the broker has ended it, or it is not open */
    SSL *ssl; /**< or NULL */
    uint8_t *bytes;
    size_t count, room; /**< read but not yet taken */
    size_t given;       /**< of these, of the frame that was read last */
};

struct peer_frame {
    enum ws_opcode opcode;
    const uint8_t *payload; /**< valid until the next call */
    size_t bytes;
};

/** Where peers connect to. */
struct peer_target {
    uint16_t port;
    SSL_CTX *tls; /**< or NULL */
};

/** Connects, and asks for `path`. With `slow` its socket holds little. False if the broker ended
 * it. */
bool peer_open(struct peer *peer, const struct peer_target *target, const char *path, bool slow);
/** The same from a balancer's address, with a PROXY header of its own. */
bool peer_open_behind(struct peer *peer, const struct peer_target *target, const char *path);
/** The same on a connected socket, which the peer takes over; of its request the first `sent` bytes
 * have been sent. */
bool peer_begin(struct peer *peer, int fd, SSL_CTX *tls, const char *path, size_t sent);

/** Sends a message or control frame. False if the broker has ended the connection. */
bool peer_send(struct peer *peer, enum ws_opcode opcode, const void *payload, size_t bytes);
bool peer_send_raw(struct peer *peer, const void *bytes, size_t count);

/** Reads a frame; those of the broker's pings are passed over. False if it has ended the
 * connection, with a close frame or without. */
bool peer_read(struct peer *peer, struct peer_frame *frame);

/** Says goodbye and reads to the end, if the connection is open. */
void peer_close(struct peer *peer);
/** Goes without a word. */
void peer_drop(struct peer *peer);

#endif
