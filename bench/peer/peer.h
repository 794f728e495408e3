/*
 * What servers speak, as tables of functions without I/O: the load moves the bytes, a peer says
 * what they are. A peer's state for one connection is struct peer_conn, zeroed at the beginning and
 * given to `fini` at the end.
 *
 *     connection up (TCP, TLS, WebSocket) -> hello -> PEER_READY -> subscribe -> PEER_SUBSCRIBED
 *                                                                 -> PEER_DATA, PEER_DATA, ...
 * One thread a connection.
 */
#ifndef BENCH_PEER_PEER_H
#define BENCH_PEER_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A longer key or message (with its head) is an error. */
#define PEER_KEY_MAX     ((size_t)256)
#define PEER_MESSAGE_MAX ((size_t)2 << 20)

/** A growing buffer that callers own. */
struct peer_bytes {
    uint8_t *at;
    size_t count, room;
};

/** 0, or -1 without memory. */
int peer_bytes_add(struct peer_bytes *bytes, const void *from, size_t count);
/** Room for `count` more bytes, which the caller writes and counts itself; NULL without memory. */
uint8_t *peer_bytes_room(struct peer_bytes *bytes, size_t count);
void peer_bytes_fini(struct peer_bytes *bytes);

enum peer_event {
    PEER_MORE,       /**< all bytes are taken */
    PEER_READY,      /**< the greeting is over: subscribe or publish */
    PEER_SUBSCRIBED, /**< the last subscribe is in force */
    PEER_DATA,       /**< key and data are set */
    PEER_REPLY,      /**< `reply` has bytes to send back */
    PEER_NOTHING,    /**< something that needs no act; call again */
    PEER_ERROR,      /**< `error` says what the server said or broke */
};

struct peer_message {
    const char *key; /**< in tickcast's form, SYMBOL/1Min/OHLCV; valid until the next call */
    size_t key_bytes;
    const uint8_t *data; /**< what was published; valid until the next call */
    size_t data_bytes;
};

struct peer_conn {
    bool publisher;
    uint32_t number;     /**< of the connection: client ids are made from it */
    uint32_t waiting;    /**< acknowledgements of a subscribe that are still to come; 0 after one:
                            it is in force at once */
    uint32_t subscribed; /**< ids given to streams so far, from 1 on */
    bool ready;          /**< the greeting is over; after hello: there is none */
    bool held; /**< `partial` is the message that was told last; it goes at the next call */
    struct peer_bytes partial; /**< of a stream protocol: the beginning of a message */
    struct peer_bytes reply;   /**< valid until the next call of `take` */
    struct peer_bytes request; /**< what its echo must equal, or the streams that it asked for */
    char error[160];
    char key[PEER_KEY_MAX]; /**< room for a key that must be rewritten */
};

/** What `fini` is, where a peer has nothing else to free. */
void peer_conn_fini(struct peer_conn *conn);

struct peer {
    const char *name;    /**< as in results */
    const char *schemes; /**< of URLs, with blanks between: "ws wss" */
    const char *path;    /**< of a subscriber's handshake where the URL has none; NULL: "/" */
    const char *publisher_path;
    const char *subprotocol; /**< to ask for; NULL: none */
    bool websocket;          /**< else plain TCP */
    bool bare;               /**< WebSocket frames without a handshake, and unmasked (kit/bare.h) */
    bool text;               /**< WebSocket messages are TEXT */
    bool framed;             /**< one WebSocket message is one message of the peer; else a stream */
    uint16_t port;           /**< of a URL without one; 0: that of ws and wss, 80 and 443 */
    bool publishes;          /**< false: only --publisher none */
    /* 0, or -1 with a sentence in conn->error: no memory, or a stream or key that this server
     * cannot express. All append what is to be sent, without WebSocket frames. */
    int (*hello)(struct peer_conn *conn, struct peer_bytes *out);
    /** Asks for `count` (at least 1) streams in place of those before. What is in both sets is
     * neither lost nor doubled meanwhile. */
    int (*subscribe)(struct peer_conn *conn, const char *const *streams, uint32_t count,
                     struct peer_bytes *out);
    int (*publish)(struct peer_conn *conn, const char *key, const uint8_t *data, size_t data_bytes,
                   struct peer_bytes *out);
    /** Takes bytes from *at on until there is something to tell. With `framed`, *at to `end` is one
     * whole WebSocket message. */
    enum peer_event (*take)(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                            struct peer_message *message);
    void (*fini)(struct peer_conn *conn);
};

/** The peer of a URL's scheme; NULL if there is none. */
const struct peer *peer_find(const char *url);
/** All, ended by NULL. */
extern const struct peer *const peers[];

#endif
