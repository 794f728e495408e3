#include "visitor.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MESSAGE_MAX (UINT64_C(2) << 20) /* above what a publisher may send */

static void *need(void *memory) {
    if (!memory) abort();
    return memory;
}

struct packet *packet_new(enum ws_opcode opcode, const void *payload, size_t bytes) {
    struct packet *packet = need(malloc(sizeof *packet + WS_HEADER_BYTES + bytes));
    size_t head = ws_header_write(opcode, bytes, packet->at);
    memcpy(packet->at + head, payload, bytes);
    packet->bytes = head + bytes;
    packet->refs = 1;
    return packet;
}

void packet_unref(struct packet *packet) {
    if (packet && !--packet->refs) free(packet);
}

struct visitor *visitor_new(int fd) {
    struct visitor *visitor = need(calloc(1, sizeof *visitor));
    visitor->fd = fd;
    ws_decoder_init(&visitor->decoder, true, false, MESSAGE_MAX);
    return visitor;
}

void visitor_forget_streams(struct visitor *visitor) {
    for (uint32_t i = 0; i < visitor->glob_count; i++) glob_free(visitor->globs[i]);
    free(visitor->globs);
    visitor->globs = NULL;
    visitor->glob_count = 0;
}

void visitor_free(struct visitor *visitor) {
    if (visitor->fd >= 0) close(visitor->fd);
    ws_decoder_fini(&visitor->decoder);
    visitor_forget_streams(visitor);
    while (visitor->first < visitor->end) packet_unref(visitor->queue[visitor->first++].packet);
    packet_unref(visitor->held);
    free(visitor->queue);
    free(visitor->out);
    free(visitor);
}

bool visitor_wants(const struct visitor *visitor, const char *key, size_t key_bytes) {
    for (uint32_t i = 0; i < visitor->glob_count; i++) {
        if (glob_match(visitor->globs[i], key, key_bytes)) return true;
    }
    return false;
}

void visitor_queue(struct visitor *visitor, struct packet *packet, uint64_t due_ns) {
    if (visitor->first == visitor->end) visitor->first = visitor->end = 0;
    if (visitor->end == visitor->room) {
        visitor->room = visitor->room ? 2 * visitor->room : 64;
        visitor->queue = need(realloc(visitor->queue, visitor->room * sizeof *visitor->queue));
    }
    packet->refs++;
    visitor->queue[visitor->end++] = (struct waiting){due_ns, packet};
}

uint64_t visitor_next_ns(const struct visitor *visitor) {
    return visitor->first < visitor->end ? visitor->queue[visitor->first].due_ns : UINT64_MAX;
}

static void release_one(struct visitor *visitor) {
    struct packet *packet = visitor->queue[visitor->first++].packet;
    visitor_put(visitor, packet->at, packet->bytes);
    packet_unref(packet);
}

void visitor_release(struct visitor *visitor, uint64_t now_ns,
                     const struct handed_out *handed_out) {
    while (visitor_next_ns(visitor) <= now_ns) {
        uint64_t intended_ns = visitor->queue[visitor->first].packet->intended_ns;
        histogram_record(handed_out->late, now_ns - visitor_next_ns(visitor), 1);
        if (intended_ns > 0 && intended_ns < now_ns)
            histogram_record(handed_out->latency, now_ns - intended_ns, 1);
        release_one(visitor);
    }
    visitor_flush(visitor);
}

void visitor_release_all(struct visitor *visitor) {
    while (visitor->first < visitor->end) release_one(visitor);
    visitor_flush(visitor);
}

void visitor_put(struct visitor *visitor, const void *bytes, size_t count) {
    if (visitor->state == VISITOR_CLOSED) return;
    if (visitor->out_room - visitor->out_bytes < count) {
        visitor->out_room = 2 * (visitor->out_room + count);
        visitor->out = need(realloc(visitor->out, visitor->out_room));
    }
    memcpy(visitor->out + visitor->out_bytes, bytes, count);
    visitor->out_bytes += count;
}

void visitor_flush(struct visitor *visitor) {
    if (visitor->state == VISITOR_CLOSED || !visitor->out_bytes) return;
    ssize_t sent = send(visitor->fd, visitor->out, visitor->out_bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN) {
        visitor->state = VISITOR_CLOSED;
    } else if (sent > 0) {
        visitor->out_bytes -= (size_t)sent;
        memmove(visitor->out, visitor->out + sent, visitor->out_bytes);
    }
}

void visitor_close(struct visitor *visitor, enum ws_close_code code) {
    uint8_t frame[WS_HEADER_BYTES + WS_CONTROL_BYTES];
    visitor_put(visitor, frame, ws_close_write(code, "", frame));
    visitor_flush(visitor);
    shutdown(visitor->fd, SHUT_WR);
    visitor->state = VISITOR_CLOSED;
}
