/* Publishers: messages to rings, acknowledgements back (CONTRACT section 2), parking (rings.h). */
#include <stdlib.h>
#include <string.h>

#include "proto/error.h"
#include "proto/publish.h"
#include "shard/conn.h"
#include "shard/intake.h"

#define KEPT_BYTES 4096 /* a larger buffer of answers is freed when they are sent */

struct publisher {
    struct conn *conn;
    struct list parked; /* in the shard's list while `frame` waits for a ring */
    struct frame *frame;
    struct ring_parking parking;
    uint8_t *ack; /* what to answer once it is placed; heap, or NULL */
    size_t ack_bytes;
    struct proto_text id; /* heap copy, for the error at stop */
    enum publish_encoding encoding;
    uint8_t *answers; /* frames collected in this turn */
    size_t answers_bytes, answers_room;
};

bool publisher_open(struct conn *conn) {
    const struct tickcast_options *options = &conn->shard->shared->options;
    conn->publisher = calloc(1, sizeof *conn->publisher);
    if (conn->publisher == NULL) return false;
    conn->publisher->conn = conn;
    list_init(&conn->publisher->parked);
    conn->decoder.max_message = options->max_payload + TICKCAST_KIB;
    return true;
}

bool publisher_stopped(const struct conn *conn) {
    return atomic_load_explicit(&conn->shard->shared->phase, memory_order_relaxed) != PHASE_RUNNING;
}

size_t publisher_memory(const struct conn *conn) {
    const struct publisher *publisher = conn->publisher;
    if (publisher == NULL) return 0;
    return publisher->answers_room + publisher->ack_bytes +
           (publisher->frame != NULL ? publisher->frame->bytes : 0);
}

static bool make_room(struct publisher *publisher, size_t more) {
    size_t needed = publisher->answers_bytes + more;
    if (needed <= publisher->answers_room) return true;
    size_t room = publisher->answers_room < 512 ? 512 : publisher->answers_room;
    while (room < needed) room *= 2;
    uint8_t *answers = realloc(publisher->answers, room);
    if (answers == NULL) return false;
    publisher->answers = answers;
    publisher->answers_room = room;
    return true;
}

/* Collects one frame. */
static void collect(struct conn *conn, enum ws_opcode opcode, const void *payload, size_t bytes) {
    struct publisher *publisher = conn->publisher;
    if (payload == NULL || !make_room(publisher, WS_HEADER_BYTES + bytes)) {
        conn_fail(conn, END_NO_MEMORY, NULL);
        return;
    }
    uint8_t *at = publisher->answers + publisher->answers_bytes;
    size_t header = ws_header_write(opcode, bytes, at);
    memcpy(at + header, payload, bytes);
    publisher->answers_bytes += header + bytes;
}

/* Collects an answer to a message; frees `payload`, which is NULL without memory. */
static void collect_answer(struct conn *conn, enum publish_encoding encoding, uint8_t *payload,
                           size_t bytes) {
    collect(conn, encoding == PUBLISH_JSON ? WS_TEXT : WS_BINARY, payload, bytes);
    free(payload);
}

void publisher_ping(struct conn *conn, const struct ws_message *message) {
    collect(conn, WS_PONG, message->bytes > 0 ? message->payload : (const uint8_t *)"",
            message->bytes);
}

uint8_t *publisher_last_bytes(struct conn *conn, const void *bytes, size_t *count) {
    struct publisher *publisher = conn->publisher;
    if (publisher->answers_bytes == 0 || !make_room(publisher, *count)) return NULL;
    uint8_t *all = publisher->answers;
    memcpy(all + publisher->answers_bytes, bytes, *count);
    *count += publisher->answers_bytes;
    publisher->answers = NULL;
    publisher->answers_bytes = publisher->answers_room = 0;
    return all;
}

static void answer_error(struct conn *conn, enum refused reason, enum publish_encoding encoding,
                         struct proto_text id, const char *error) {
    size_t bytes = 0;
    count_add(&conn->shard->stats.refusals[reason], 1);
    uint8_t *payload = publish_answer(encoding, id, error, &bytes);
    collect_answer(conn, encoding, payload, bytes);
}

void publisher_turn_over(struct conn *conn) {
    struct publisher *publisher = conn->publisher;
    conn->turn_messages = 0;
    if (publisher->answers_bytes == 0 || conn->member.splice != NULL) return;
    struct iovec piece = {.iov_base = publisher->answers, .iov_len = publisher->answers_bytes};
    bool answered = member_answer(&conn->member, &piece, 1);
    publisher->answers_bytes = 0;
    if (publisher->answers_room > KEPT_BYTES) {
        free(publisher->answers);
        publisher->answers = NULL;
        publisher->answers_room = 0;
    }
    if (!answered)
        conn_fail(conn, END_NO_MEMORY, NULL);
    else
        conn_flush(conn);
}

/* The frame is placed or given up. */
static void unpark(struct conn *conn) {
    struct publisher *publisher = conn->publisher;
    if (!list_empty(&publisher->parked)) {
        list_remove(&publisher->parked);
        count_sub(&conn->shard->stats.parked_now, 1);
    }
    rings_unpark(conn->shard->shared->rings, conn->shard->number, &publisher->parking);
    frame_unref(&conn->shard->frames, publisher->frame);
    publisher->frame = NULL;
    conn->parked = false;
    free((void *)(uintptr_t)publisher->id.at);
    publisher->id = (struct proto_text){0};
    free(publisher->ack);
    publisher->ack = NULL;
    publisher->ack_bytes = 0;
}

void publisher_close(struct conn *conn) {
    struct publisher *publisher = conn->publisher;
    if (publisher->frame != NULL) unpark(conn);
    free(publisher->answers);
    free(publisher);
    conn->publisher = NULL;
}

/* Keeps the id, and the acknowledgement made beforehand so that memory cannot lack later. */
static bool keep_id(struct publisher *publisher, struct proto_text id) {
    if (id.bytes == 0) return true;
    char *copy = malloc(id.bytes);
    if (copy == NULL) return false;
    memcpy(copy, id.at, id.bytes);
    publisher->id = (struct proto_text){.at = copy, .bytes = id.bytes};
    publisher->ack = publish_answer(publisher->encoding, id, NULL, &publisher->ack_bytes);
    return publisher->ack != NULL;
}

static void park(struct conn *conn, struct frame *frame, enum publish_encoding encoding,
                 struct proto_text id, bool busy) {
    struct publisher *publisher = conn->publisher;
    struct shard *shard = conn->shard;
    publisher->frame = frame;
    conn->parked = true;
    publisher->encoding = encoding;
    if (busy) shard->retry_busy = true;
    count_add(&shard->stats.publish_parked, 1);
    count_add(&shard->stats.parked_now, 1);
    list_insert(&shard->parked, &publisher->parked);
    if (!keep_id(publisher, id)) conn_fail(conn, END_NO_MEMORY, NULL);
}

static void acknowledge(struct conn *conn, enum publish_encoding encoding, struct proto_text id) {
    if (id.bytes == 0) return;
    size_t bytes = 0;
    uint8_t *payload = publish_answer(encoding, id, NULL, &bytes);
    collect_answer(conn, encoding, payload, bytes);
}

static void answer_placed(struct conn *conn, enum publish_encoding encoding, struct proto_text id,
                          bool closed) {
    if (closed)
        answer_error(conn, REFUSED_PUBLISH_CLOSING, encoding, id, "closing");
    else
        acknowledge(conn, encoding, id);
}

static void place(struct conn *conn, struct frame *frame, const struct ring_key *key,
                  const struct ring_takers *takers, enum publish_encoding encoding,
                  struct proto_text id) {
    struct shard *shard = conn->shard;
    struct ring_item item = intake_item(frame, *key, *takers);
    int result = rings_place(shard->shared->rings, shard->number, &item, &conn->publisher->parking);
    if (result == RINGS_AGAIN || result == RINGS_BUSY) {
        park(conn, frame, encoding, id, result == RINGS_BUSY);
        return;
    }
    frame_unref(&shard->frames, frame);
    answer_placed(conn, encoding, id, result == RINGS_CLOSED);
}

static void publish(struct conn *conn, enum publish_encoding encoding,
                    const struct publication *publication) {
    const struct shard_shared *shared = conn->shard->shared;
    struct ring_key key;
    struct ring_takers takers;
    const char *error = intake_key(&shared->options, shared->seed, publication->key.at,
                                   publication->key.bytes, &key);
    if (error != NULL) {
        answer_error(conn, REFUSED_PUBLISH_KEY, encoding, publication->id, error);
        return;
    }
    int result = rings_skip(shared->rings, &key, &takers);
    if (result != RINGS_WANTED) {
        answer_placed(conn, encoding, publication->id, result == RINGS_CLOSED);
        return;
    }
    struct frame *frame =
        intake_frame(&conn->shard->frames, &key, publication->data.at, publication->data.bytes);
    if (frame != NULL)
        place(conn, frame, &key, &takers, encoding, publication->id);
    else
        answer_error(conn, REFUSED_PUBLISH_MEMORY, encoding, publication->id, "no memory");
}

void publisher_message(struct conn *conn, const struct ws_message *message) {
    const struct tickcast_options *options = &conn->shard->shared->options;
    enum publish_encoding encoding = message->opcode == WS_TEXT ? PUBLISH_JSON : PUBLISH_MSGPACK;
    struct publication publication = {0};
    char error[PROTO_ERROR_BYTES];
    conn->turn_messages++;
    if (publish_decode(encoding, message->payload, message->bytes, options->max_payload,
                       &publication, error) == 0)
        publish(conn, encoding, &publication);
    else
        answer_error(conn,
                     publication.data.bytes > options->max_payload ? REFUSED_PUBLISH_LARGE
                                                                   : REFUSED_PUBLISH_UNDECODABLE,
                     encoding, publication.id, error);
    publication_fini(&publication);
}

static void retry(struct conn *conn, bool give_up) {
    struct publisher *publisher = conn->publisher;
    struct shard *shard = conn->shard;
    struct ring_item item =
        intake_item(publisher->frame, intake_frame_key(publisher->frame), (struct ring_takers){0});
    int result = rings_place(shard->shared->rings, shard->number, &item, &publisher->parking);
    if (result == RINGS_BUSY) shard->retry_busy = true;
    if (result == RINGS_BUSY || result == RINGS_AGAIN) {
        if (!give_up) return;
        result = RINGS_CLOSED;
    }
    if (result == RINGS_CLOSED) {
        count_add(&shard->stats.publish_dropped, 1);
        if (publisher->id.bytes > 0)
            answer_error(conn, REFUSED_PUBLISH_CLOSING, publisher->encoding, publisher->id,
                         "closing");
    } else if (publisher->ack != NULL) {
        uint8_t *ack = publisher->ack;
        publisher->ack = NULL;
        collect_answer(conn, publisher->encoding, ack, publisher->ack_bytes);
    }
    if (conn->publisher == NULL) return; /* it ended for want of memory */
    unpark(conn);
    conn_charge(conn);
    if (conn->member.splice == NULL) publisher_turn_over(conn);
    conn_resume_later(conn);
}

void publishers_retry(struct shard *shard) {
    bool give_up = atomic_load_explicit(&shard->shared->phase, memory_order_acquire) >= PHASE_HALF;
    shard->retry_busy = false;
    struct list *node = shard->parked.next;
    while (node != &shard->parked) {
        struct publisher *publisher = LIST_ITEM(node, struct publisher, parked);
        node = node->next;
        retry(publisher->conn, give_up);
    }
}
