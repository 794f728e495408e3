#include "kit/reader.h"

#include <stdlib.h>
#include <string.h>

#include "ws/frame.h"

struct reader {
    const struct plan *plan;
    uint32_t connection, seq;
    size_t have, frame_bytes;
    uint8_t *expected; /* a frame as published, but for key and number */
    uint8_t frame[];   /* the beginning of an incomplete one */
};

struct reader *reader_new(const struct plan *plan, uint32_t connection) {
    size_t bytes = plan_frame_bytes(plan) + WS_HEADER_BYTES + WS_CONTROL_BYTES;
    struct reader *reader = calloc(1, sizeof *reader + 2 * bytes);
    if (!reader) return NULL;
    reader->plan = plan;
    reader->connection = connection;
    reader->frame_bytes = plan_frame_bytes(plan);
    reader->expected = reader->frame + bytes;
    size_t head = ws_header_write(WS_BINARY, plan_payload_bytes(plan), reader->expected);
    plan_payload(plan, 0, 0, reader->expected + head);
    return reader;
}

void reader_free(struct reader *reader) {
    free(reader);
}

static bool in_set(const struct reader *reader, const uint8_t *key) {
    const struct plan_options *options = &reader->plan->options;
    size_t first = options->distinct ? (size_t)reader->connection * options->streams : 0;
    for (uint32_t i = 0; i < options->streams; i++) {
        char wanted[PLAN_KEY_BYTES];
        plan_key(reader->plan->sets[first + i], wanted);
        if (!memcmp(wanted, key, sizeof wanted)) return true;
    }
    return false;
}

static bool frame_good(struct reader *reader, const uint8_t *frame) {
    size_t head = reader->frame_bytes - plan_payload_bytes(reader->plan);
    size_t key = head + PLAN_HEAD_BYTES - PLAN_KEY_BYTES - 5, seq = head + PLAN_SEQ_AT;
    size_t after_key = key + PLAN_KEY_BYTES, after_seq = seq + 4;
    const uint8_t *expected = reader->expected;
    uint32_t number = 0;
    for (int i = 0; i < 4; i++) number = number << 8 | frame[seq + (size_t)i];
    bool rises = number > reader->seq;
    reader->seq = number;
    return rises && !memcmp(frame, expected, key) && in_set(reader, frame + key) &&
           !memcmp(frame + after_key, expected + after_key, seq - after_key) &&
           !memcmp(frame + after_seq, expected + after_seq, reader->frame_bytes - after_seq);
}

/* Bytes of the frame at `at`, 0 if it is not complete. Control frames are short. */
static size_t frame_length(const struct reader *reader, const uint8_t *at, size_t count) {
    size_t length = reader->frame_bytes;
    if (count >= 2 && (at[0] & 8)) length = 2U + (at[1] & 0x7f);
    return count < 2 || count < length ? 0 : length;
}

static size_t take_frame(struct reader *reader, struct client *client, const uint8_t *frame,
                         size_t length, uint64_t *broken) {
    static const uint8_t pong[] = {0x80 | WS_PONG, 0x80, 1, 2, 3, 4};
    if (frame[0] == (0x80 | WS_PING)) {
        client_write(client, pong, sizeof pong); /* our broker's pings are empty */
        return 0;
    }
    if (length != reader->frame_bytes || !frame_good(reader, frame)) (*broken)++;
    return length;
}

ssize_t reader_take(struct reader *reader, struct client *client, const uint8_t *bytes,
                    size_t count, uint64_t *broken) {
    size_t payloads = 0, length;
    const uint8_t *at = bytes, *end = bytes + count;
    while (reader->have &&
           at < end) { /* an incomplete frame grows byte by byte: seldom and short */
        reader->frame[reader->have++] = *at++;
        length = frame_length(reader, reader->frame, reader->have);
        if (!length) continue;
        payloads += take_frame(reader, client, reader->frame, length, broken);
        reader->have = 0;
    }
    while ((length = frame_length(reader, at, (size_t)(end - at)))) {
        payloads += take_frame(reader, client, at, length, broken);
        at += length;
    }
    if (at == end) return (ssize_t)payloads;
    memcpy(reader->frame, at, (size_t)(end - at));
    reader->have = (size_t)(end - at);
    return (ssize_t)payloads;
}
