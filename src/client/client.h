/*
 * A WebSocket client for programs that may wait: the command line, tests and benchmarks.
 *
 *     struct client *client = client_new();
 *     client_connect(client, &(struct client_options){.url = "ws://127.0.0.1:5993"});
 *     client_queue(client, WS_BINARY, request, request_bytes);
 *     while (client_receive(client, -1, -1, &message) == CLIENT_MESSAGE) ...
 *     client_close(client, WS_CLOSE_NORMAL, 1000);
 *     client_free(client);
 *
 * Each call that waits moves bytes in both directions, so that a peer that stops reading until its
 * answers are read cannot block both. Pings are answered inside these calls. One thread a client;
 * no signals, SIGPIPE included.
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "client/tls.h"
#include "client/url.h"
#include "ws/frame.h"

#define CLIENT_TIMEOUT_MS  10000                /**< standard time to connect */
#define CLIENT_MAX_MESSAGE ((uint64_t)65 << 20) /**< longest message that is taken */

struct client_options {
    const char *url;
    const char *default_path;      /**< where `url` has no path; NULL: /ws */
    struct client_tls_files files; /**< for wss */
    const char *protocol;          /**< subprotocol to ask for; NULL: none */
    int timeout_ms;                /**< TCP, TLS and handshake together; 0: CLIENT_TIMEOUT_MS */
};

enum client_result {
    CLIENT_OK,
    CLIENT_MESSAGE,     /**< a message was received */
    CLIENT_WATCHED,     /**< the watched descriptor is readable */
    CLIENT_TIMEOUT,     /**< the time is over */
    CLIENT_CLOSED = -1, /**< the peer has closed; client_error tells its code and reason */
    CLIENT_FAILED = -2, /**< the connection is broken; client_error tells why */
};

struct client_message {
    enum ws_opcode opcode; /**< WS_TEXT (UTF-8 is not checked) or WS_BINARY */
    const uint8_t *bytes;  /**< valid until the next call that waits */
    size_t count;
};

struct client;

/** A client that is not connected; NULL without memory. */
struct client *client_new(void);
/** Drops the connection, if there is one, and frees. NULL is allowed. */
void client_free(struct client *client);

/** Connects; once a client. CLIENT_OK, or CLIENT_FAILED: client_error names the URL and the cause,
 * for a refused handshake the HTTP status and the body; or CLIENT_WATCHED (client_watch). Waits
 * timeout_ms at most, name lookup apart. */
enum client_result client_connect(struct client *client, const struct client_options *options);

/** Before connecting: client_connect gives up, name lookup apart, when `fd` is readable. Below 0:
 * none, as at the beginning. */
void client_watch(struct client *client, int fd);

/** The HTTP status with which the server refused the handshake; 0: it did not. */
int client_status(const struct client *client);

/** Why the last call failed or who closed: a sentence that names the URL. Lives as the client does.
 */
const char *client_error(const struct client *client);

/** Puts a message (or ping) into the outgoing buffer; sends nothing yet. CLIENT_FAILED without
 * memory. */
enum client_result client_queue(struct client *client, enum ws_opcode opcode, const void *bytes,
                                size_t count);
/** Outgoing bytes not yet handed to the kernel. */
size_t client_queued(const struct client *client);

/** Waits for a message, at most `timeout_ms` (below 0: without end; 0: takes what is there), or
 * until `watch_fd` (below 0: none) is readable; sends queued bytes meanwhile. MESSAGE, WATCHED,
 * TIMEOUT, CLOSED, FAILED. */
enum client_result client_receive(struct client *client, int timeout_ms, int watch_fd,
                                  struct client_message *message);

/** Sends until at most `left` bytes are queued: OK. A message that arrives meanwhile is given out:
 *  MESSAGE, call again. TIMEOUT when no byte moved for `timeout_ms`. CLOSED, FAILED. */
enum client_result client_drain(struct client *client, size_t left, int timeout_ms,
                                struct client_message *message);

/** The closing handshake: sends what is queued and a close frame, reads to the peer's close and
 * end, at most `timeout_ms`. Messages that still arrive are dropped. CLIENT_OK if the peer
 * answered. */
enum client_result client_close(struct client *client, enum ws_close_code code, int timeout_ms);

#endif
