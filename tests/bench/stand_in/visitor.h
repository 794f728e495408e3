/*
 * A connection of the stand-in: its handshake, its input as messages, its output, and deliveries
 * that wait for their time. Memory is not limited: its clients are tests. One thread.
 */
#ifndef STAND_IN_VISITOR_H
#define STAND_IN_VISITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "faults.h"
#include "histogram/histogram.h"
#include "key/glob.h"
#include "ws/frame.h"

/* A payload for all who want it, as a frame. */
struct packet {
    uint32_t refs;
    uint64_t intended_ns; /* when the load should have sent it; 0: unknown */
    size_t bytes;
    uint8_t at[];
};

struct packet *packet_new(enum ws_opcode opcode, const void *payload, size_t bytes);
void packet_unref(struct packet *packet);

struct waiting {
    uint64_t due_ns;
    struct packet *packet;
};

/* How late deliveries were handed out: than was meant, and than the load should have sent them. */
struct handed_out {
    struct histogram *late, *latency;
};

enum visitor_state { VISITOR_HANDSHAKE, VISITOR_SUBSCRIBER, VISITOR_PUBLISHER, VISITOR_CLOSED };

struct visitor {
    int fd;
    enum visitor_state state;
    uint32_t number; /* of subscribers, from 0 */
    uint8_t head[4096];
    size_t head_bytes;
    struct ws_decoder decoder;
    struct glob **globs;
    uint32_t glob_count;
    uint8_t *out;
    size_t out_bytes, out_room;
    struct waiting *queue; /* in the order of their times */
    size_t first, end, room;
    uint64_t deliveries;
    struct packet *held; /* until the one that follows it is queued */
};

struct visitor *visitor_new(int fd);
void visitor_free(struct visitor *visitor);

bool visitor_wants(const struct visitor *visitor, const char *key, size_t key_bytes);
void visitor_forget_streams(struct visitor *visitor);

void visitor_queue(struct visitor *visitor, struct packet *packet, uint64_t due_ns);
/* Puts what is due into the output; records how late that was. */
void visitor_release(struct visitor *visitor, uint64_t now_ns, const struct handed_out *handed_out);
/* The same of all that waits, before its time. */
void visitor_release_all(struct visitor *visitor);
/* UINT64_MAX if nothing waits. */
uint64_t visitor_next_ns(const struct visitor *visitor);

void visitor_put(struct visitor *visitor, const void *bytes, size_t count);
/* Sends what the socket takes; closes the connection where it has failed. */
void visitor_flush(struct visitor *visitor);
/* Sends a close frame and ends the connection. */
void visitor_close(struct visitor *visitor, enum ws_close_code code);

#endif
