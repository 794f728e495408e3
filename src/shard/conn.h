/*
 * A connection: its states and its end. Input is in conn_in.c, output in conn_out.c, what messages
 * mean in session.c and publisher.c. Worker's thread only.
 *
 *     PROXY -> TLS -> HANDSHAKE (HTTP) -> OPEN -> CLOSING (last bytes queued) -> DRAINING (they are
 *     out) -> doomed
 *
 * Nothing is freed inside its own callback: an ended connection is doomed and freed at the end of
 * the turn.
 */
#ifndef SHARD_CONN_H
#define SHARD_CONN_H

#include <event2/event_struct.h>

#include "net/transport.h"
#include "shard/shard.h"
#include "ws/frame.h"
#include "ws/handshake.h"

#define PUBLISHER_TURN_MESSAGES                                                                    \
    256 /**< of one publisher, then the worker's own ring is drained                               \
         */

/** TLS records without data (KeyUpdate, empty ones) between two pings, in the mean fewer than the
 * messages of message_rate: each costs more. Clients change their keys after millions of records.
 */
#define CONN_IDLE_RECORDS 256

enum conn_state {
    CONN_PROXY,
    CONN_TLS,
    CONN_HANDSHAKE,
    CONN_OPEN,
    CONN_CLOSING,
    CONN_DRAINING,
    CONN_DOOMED
};

struct conn {
    struct member member;
    struct transport transport;
    struct tls_server *tls; /**< a reference until the TLS handshake is done; NULL: plain */
    char *name;             /**< of a client whose certificate was good, or NULL; heap */
    struct shard *shard;
    struct list all;
    struct list deadline;   /**< handshakes, blocked or closings; by state */
    uint64_t since_ns;      /**< of the deadline */
    struct list ping;       /**< slot of the wheel */
    struct list unfinished; /**< while a message or the opening handshake has begun */
    struct list turn;  /**< waiting for a TLS slice or its large set, resumed, throttled, starved or
                          doomed */
    uint64_t alive_ns; /**< when something was last received or acknowledged, for all we know */
    uint64_t acked_bytes; /**< by then */
    uint8_t *held;        /**< bytes read that cannot be decoded yet; heap */
    uint32_t held_bytes;
    uint32_t charged;            /**< of inbound memory */
    struct publisher *publisher; /**< of /publish, else NULL */
    struct large_set *large_set; /**< asked for and not yet in the index, or NULL */
    enum conn_state state;
    uint32_t turn_messages; /**< of a publisher, decoded in this turn */
    union {
        struct ws_progress progress; /**< of the opening handshake */
        uint64_t whole_at; /**< step of message_rate at which its burst is whole again; once open */
    };
    bool parked;     /**< its message waits for a ring, or for its large set */
    bool reading;    /**< the read event is added */
    bool writing;    /**< the write event is added */
    bool received;   /**< a sign of life since the last look: bytes, or room for them */
    bool subscribed; /**< counted in subscribers_now */
    struct ws_decoder decoder;
    struct event read_event, write_event;
    struct peer peer;
};

#define CONN_OF(member_pointer) LIST_ITEM(member_pointer, struct conn, member)

/** The connection begins, with TLS or HTTP. */
void conn_begin(struct conn *conn);

/** Takes a handed-over connection; on failure everything of it is released. */
void conn_open(struct shard *shard, struct handover *handover);

/** Ends with a close frame (the code of `end`) and `reason`, the end's sentence if NULL. */
void conn_fail(struct conn *conn, enum conn_end end, const char *reason);

/** Ends with `bytes` as the last that is sent (a close frame or an HTTP response). */
void conn_finish(struct conn *conn, enum conn_end end, const void *bytes, size_t count,
                 const char *detail);

/** Ends with nothing more to send: the peer reads what it was sent. */
void conn_leave(struct conn *conn, enum conn_end end, const char *detail);

/** Ends at once, by RST with `reset`. Nothing more is called for this connection. */
void conn_doom(struct conn *conn, enum conn_end end, bool reset);

/** Adds its read or write event. Without memory for that nobody would ever hear of it again: it is
 * doomed. */
void conn_await(struct conn *conn, struct event *event);

/** Frees what was doomed, and groups that have lost their last member. End of the turn. */
void shard_bury(struct shard *shard);

/** Charges inbound memory with what the connection holds now. */
void conn_charge(struct conn *conn);

/* conn_in.c */

/** For each event of a socket: many at once must not keep the worker from the rest of its turn, so
 * those that are left then stay active. */
void conn_bound_turn(struct shard *shard);
void conn_on_readable(evutil_socket_t fd, short what, void *arg);
/** Decodes `count` bytes, and holds what cannot be decoded yet. */
void conn_input(struct conn *conn, uint8_t *bytes, size_t count);
/** Goes on with the bytes held, then reads again. From the worker's turn. */
void conn_resume(struct conn *conn);
/** True while nothing may be decoded: a splice is outstanding or a message is parked. */
static inline bool conn_halted(const struct conn *conn) {
    return conn->state != CONN_OPEN || conn->member.splice != NULL || conn->parked;
}
/** True if a publisher has had its part of this turn. */
static inline bool conn_spent(const struct conn *conn) {
    return conn->turn_messages >= PUBLISHER_TURN_MESSAGES;
}
/** Keeps the list of those that inbound memory is taken from up to date, after conn_input's work.
 */
void conn_note_unfinished(struct conn *conn);
/** Asks for conn_resume in the next turn. */
void conn_resume_later(struct conn *conn);
/** May doom it; see conn_await. */
void conn_set_reading(struct conn *conn, bool on);
/** The next event of the socket goes to `callback`, once it is read again. */
void conn_read_by(struct conn *conn, event_callback_fn callback);

/* throttle.c */

/** True if a subscriber has used up its message_rate: nothing is decoded, the socket is not read.
 */
bool conn_throttled(const struct conn *conn);
/** A message, ping or pong was decoded, or one that costs as much as several. */
void conn_count_messages(struct conn *conn, uint32_t count);
/** Asks for conn_resume once a message of its rate has come back. */
void conn_throttle(struct conn *conn);

/* conn_out.c */

void conn_on_writable(evutil_socket_t fd, short what, void *arg);
/** A TLS read waits for writing: conn_on_readable is called once the socket is writable. */
void conn_wait_writable_to_read(struct conn *conn);
/** Sends what there is, within limits, to the socket. */
void conn_flush(struct conn *conn);
/** Goes on where a plain socket took `taken` (transport_send's result) of `bytes`, not all. */
void conn_flush_on(struct conn *conn, const void *at, size_t bytes, ssize_t taken);
/** Queues one frame (header and payload) between two others and tries to send it. */
void conn_answer(struct conn *conn, enum ws_opcode opcode, const void *payload, size_t bytes);
/** The group has something to send. */
static inline void group_dirty(struct shard *shard, struct group *group) {
    if (list_empty(&group->dirty) && group->to_visit > 0) list_insert(&shard->dirty, &group->dirty);
}

/* tls.c */

/** Begins the TLS handshake, with the peer's first byte. */
void conn_start_tls(struct conn *conn);
/** The event of a readable connection whose TLS handshake is not done. */
void conn_on_tls(evutil_socket_t fd, short what, void *arg);

/* proxy.c */

/** Waits for a PROXY header; conn_begin follows. */
void conn_start_proxy(struct conn *conn);

/* handshake.c */

/** Within connection_rate and handshake_rate of its address. If not it is ended. */
bool conn_connection_admitted(struct conn *conn);
bool conn_handshake_admitted(struct conn *conn);

/** A connection more than max_handshakes allows: one that waits for its peer ends, or `conn`. */
void handshakes_bound(struct shard *shard, struct conn *conn);
/** The opening handshake is over, done or not: it counts no longer. */
void conn_handshake_over(struct conn *conn);
/** Bytes of the opening handshake: all so far. */
void conn_handshake(struct conn *conn, uint8_t *bytes, size_t count);

/* session.c */

/** A TEXT or BINARY message of a subscriber (CONTRACT c2 to c8). */
void session_message(struct conn *conn, const struct ws_message *message);

/* large_sets.c */

/** The set of this request is new and large: it is put into the index over some turns, with nothing
 * decoded meanwhile, and then the request is handled again. */
void large_set_wait(struct conn *conn, const struct ws_message *message);
/** The connection ends and waits no longer. */
void large_set_drop(struct conn *conn);
/** Memory of a request that waits. */
size_t large_set_memory(const struct conn *conn);

/* publisher.c */

/** False without memory. */
bool publisher_open(struct conn *conn);
/** A message of a publisher; after it conn_halted tells whether it is parked. */
void publisher_message(struct conn *conn, const struct ws_message *message);
/** A ping of a publisher: its answer stands behind those to the messages before it. */
void publisher_ping(struct conn *conn, const struct ws_message *message);
/** The last bytes of the connection behind the answers that were collected and not yet sent: heap,
 * with *count; NULL if there are none, or no memory. */
uint8_t *publisher_last_bytes(struct conn *conn, const void *bytes, size_t *count);
/** The end of a turn of decoding: sends the answers collected in it. */
void publisher_turn_over(struct conn *conn);
/** The connection ends: what is parked waits no longer. */
void publisher_close(struct conn *conn);
/** True once the broker stops: then publishers are no longer read. */
bool publisher_stopped(const struct conn *conn);
/** Memory of a parked message and of answers. */
size_t publisher_memory(const struct conn *conn);
/** Tries all parked messages again; once the stop is at PHASE_HALF gives up those without a place.
 */
void publishers_retry(struct shard *shard);

#endif
