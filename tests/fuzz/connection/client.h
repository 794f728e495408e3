/*
 * A client in memory, written from RFC 6455 and the contract alone: it writes requests, reads every
 * byte that the broker sends, and knows what it must be: answers in the order of the requests, each
 * message once, in order, and of the set of streams whose echo came last.
 */
#ifndef FUZZ_CONNECTION_CLIENT_H
#define FUZZ_CONNECTION_CLIENT_H

#include "fuzz/connection/messages.h"
#include "fuzz/connection/sockets.h"

#define CLIENT_ANSWERS     64           /* more requests are not made until some are answered */
#define CLIENT_KEPT_BYTES  (16 * 1024)  /* of the answers that are expected */
#define CLIENT_FRAME_BYTES (128 * 1024) /* longest that the broker may send */

enum client_state { CLIENT_HEAD, CLIENT_OPEN, CLIENT_REFUSED, CLIENT_CLOSED };
enum client_path { PATH_SUBSCRIBE, PATH_PUBLISH, PATH_UNKNOWN, PATHS };

struct answer {
    uint8_t opcode;
    bool error;           /* any error will do */
    uint32_t at, bytes;   /* in `kept` */
    int set;              /* in force from then on, or -1 */
    struct message *acks; /* accepted by it, or NULL */
};

struct client {
    unsigned number;
    struct memory_socket *socket;
    struct messages *messages;
    const bool *failed; /* an allocation has, in a turn before */
    enum client_path path;
    enum client_state state;
    bool proxied; /* it comes through a balancer */
    bool remote;  /* as far as the broker knows it is not of this host */
    bool limited; /* there may be too many of its address */
    bool wild;    /* it has sent what nobody can say the answer to */
    bool tame;    /* the broker has no reason to end it */
    bool leaves;  /* it has said goodbye, or is gone */
    uint64_t opened_ns;
    int set; /* streams whose echo came last, or -1 */
    uint32_t masks;
    uint8_t out[SOCKETS_INPUT_MAX]; /* written, not yet on its way */
    size_t out_bytes, given_bytes;  /* of all that was ever put on its way */
    uint8_t got[CLIENT_FRAME_BYTES];
    size_t got_bytes;
    struct answer answers[CLIENT_ANSWERS];
    uint32_t answer_count, kept_bytes;
    uint8_t kept[CLIENT_KEPT_BYTES];
    uint32_t next_of[32]; /* number of the next message of each source, at least */
};

/** A new connection that asks for a path. */
void client_open(struct client *client, unsigned number, struct memory_socket *socket,
                 enum client_path path, struct messages *messages, const bool *failed);
/** It comes through a balancer, which states an address or only looks whether the broker is there.
 */
void client_write_proxy(struct client *client, bool stated);

/** Writes a frame. False if there is no room for it. */
bool client_write(struct client *client, uint8_t head, const void *payload, size_t bytes);
/** Writes bytes as they are. */
bool client_write_raw(struct client *client, const void *bytes, size_t count);
/** The same for the opening handshake. */
void client_write_handshake(struct client *client);

/** An answer that must come after those before; `error`: any error. */
void client_expect(struct client *client, uint8_t opcode, bool error, const void *payload,
                   size_t bytes, int set, struct message *acks);
/** Room for another answer, or two, of `bytes` in all. */
bool client_can_expect(const struct client *client, size_t bytes);

/** Puts at most `most` of what was written on its way. */
void client_give(struct client *client, size_t most);

/** True while it must receive messages of a key that are published now. */
bool client_must_get(const struct client *client, uint8_t key);

/** The connection is over for the broker: was that allowed? */
void client_ended(struct client *client);

#endif
