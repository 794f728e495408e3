/*
 * One connection of the load, from connect to its end. Non-blocking; it belongs to one worker.
 *
 *     wire_start -> CONNECTING -> TLS -> UPGRADE -> GREETING -> SUBSCRIBING -> LIVE
 *
 * What happened is told to the worker by the functions at the end, which wire calls.
 */
#ifndef BENCH_LOAD_WIRE_H
#define BENCH_LOAD_WIRE_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>

#include "load/account.h"
#include "load/plan.h"
#include "load/target.h"
#include "peer/peer.h"
#include "ws/frame.h"

#define WIRE_TIMEOUT_NS     (10 * UINT64_C(1000000000)) /**< for each step until it is live */
#define WIRE_REFUSAL_NS     (1 * UINT64_C(1000000000))  /**< for the body of a refusal */
#define WIRE_READ_BYTES     ((size_t)256 << 10)         /**< at once: bounds how long others wait */
#define WIRE_ERROR_BYTES    400
#define WIRE_RESPONSE_BYTES 8192 /**< longest answer to an upgrade, with the body of a refusal */
#define WIRE_KEY_BYTES      25   /**< of the upgrade: base64 of 16 bytes, and the end */

enum wire_kind { WIRE_SUBSCRIBER, WIRE_PUBLISHER, WIRE_VISITOR };

enum wire_stage {
    WIRE_CLOSED,
    WIRE_CONNECTING,
    WIRE_TLS,
    WIRE_UPGRADE,
    WIRE_REFUSED, /**< reading the body of the answer */
    WIRE_GREETING,
    WIRE_SUBSCRIBING,
    WIRE_LIVE,
};

struct worker;

struct wire {
    int fd;
    uint8_t kind, stage, role;    /**< enum wire_kind, wire_stage, plan_role */
    bool more;                    /**< there are bytes to read though epoll told them already */
    bool listed;                  /**< among those of worker->again */
    bool stopped;                 /**< is not read, or only at its pace */
    int broken;                   /**< errno of a failed sending: it ends once all is read */
    SSL *ssl;                     /**< NULL: none */
    struct peer_bytes partial;    /**< of a frame or handshake that has not come whole */
    const uint32_t *place_of;     /**< of plan_set; NULL: search */
    struct account account;       /**< of a subscriber */
    uint64_t measured;            /**< messages after the warm-up, each once */
    uint64_t ranked_ns;           /**< intended time of the message that was ranked last */
    double rank_sum, rank_spread; /**< of ranks from 0 to 1; their variance if all were by chance */
    double latency_sum;           /**< ns, of measured messages */
    uint64_t ranked;
    uint64_t arrived_ns; /**< last message of strangers */
    /* Seldom used. */
    uint32_t number; /**< of its kind, over all workers */
    struct peer_bytes out;
    size_t sent; /**< of out */
    struct ws_decoder decoder;
    struct peer_conn peer;
    uint64_t step_ns;          /**< when the present step began */
    uint64_t deadline_ns;      /**< when it fails */
    uint64_t left_ns;          /**< when it was closed to come again; 0: it was not */
    uint32_t opening_at;       /**< place in the worker's list */
    uint32_t *own;             /**< symbols of its own set, once it has changed; see changes.c */
    uint32_t adding, dropping; /**< symbols of the change under way */
    uint64_t changed_ns;       /**< when that was asked for; 0: none */
    uint64_t credit;           /**< of a throttled reader: bytes that it may read */
    uint64_t stray;            /**< messages that it did not ask for */
    char key[WIRE_KEY_BYTES];  /**< of the upgrade */
};

/** A connection that is closed. 0, or -1 without memory. */
int wire_init(struct wire *wire, enum wire_kind kind, uint32_t number, uint32_t publishers,
              const struct plan *plan);
void wire_fini(struct wire *wire);

/** Begins to connect. */
void wire_start(struct worker *worker, struct wire *wire, uint64_t now);
/** Something is ready on its socket. Returns the time of its last reading, 0 without any. */
uint64_t wire_ready(struct worker *worker, struct wire *wire, uint32_t events);
/** Goes on with what did not fit into one reading. */
uint64_t wire_go_on(struct worker *worker, struct wire *wire);
/** Closes with a reset, so that no port waits: nothing is told. */
void wire_drop(struct wire *wire);
/** The end of a connection for the reason given; worker_closed or worker_failed is told. */
void wire_fail(struct worker *worker, struct wire *wire, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* wire_out.c */
/** Appends one message of the peer as it goes over the wire. 0, or -1 without memory. */
int wire_append(struct worker *worker, struct wire *wire, enum ws_opcode opcode,
                const uint8_t *bytes, size_t count);
/** Sends what the socket takes. 0, or -1: it has failed, which is told now or after reading. */
int wire_flush(struct worker *worker, struct wire *wire);
static inline bool wire_blocked(const struct wire *wire) {
    return wire->sent < wire->out.count;
}
/** Asks for the streams that it is to have. */
int wire_subscribe(struct worker *worker, struct wire *wire);

/* wire_in.c */
/** Reads until nothing is left, or WIRE_READ_BYTES, or `most`. Returns the time; 0: nothing came.
 */
uint64_t wire_read(struct worker *worker, struct wire *wire, size_t most);
/** Takes bytes that followed the answer to the upgrade. */
void wire_bytes(struct worker *worker, struct wire *wire, uint8_t *at, uint8_t *end, uint64_t now);

/* wire_open.c */
/** Goes on with the steps until it is live. */
void wire_step(struct worker *worker, struct wire *wire);
/** Its deadline has passed. */
void wire_late(struct worker *worker, struct wire *wire);
/** The greeting is over, or the subscription in force. */
void wire_greeted(struct worker *worker, struct wire *wire, uint64_t now);
void wire_subscribed(struct worker *worker, struct wire *wire, uint64_t now);

#endif
