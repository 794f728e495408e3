#include "fuzz/frame_reference.h"

#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/utf8_reference.h"

struct reader {
    const struct frame_setting *setting;
    struct frame_trace *trace;
    uint8_t message[FRAME_MOST_BYTES]; /* the fragments so far */
    size_t bytes;
    unsigned opcode; /* 0: no message has begun */
    unsigned frames; /* of the message */
};

struct frame {
    bool fin;
    unsigned opcode;
    uint64_t length;
    uint8_t payload[FRAME_MOST_BYTES];
};

static void error(struct reader *reader, enum ws_close_code code) {
    struct ws_message message = {.code = code, .reason = ""};
    frame_trace_add(reader->trace, WS_EVENT_ERROR, &message);
}

/* What is wrong with a header; 0: nothing. In the order of its bytes. */
static enum ws_close_code flaw(const struct reader *reader, const uint8_t *head,
                               const struct frame *frame) {
    bool control = frame->opcode >= 8, data = frame->opcode == 1 || frame->opcode == 2;
    unsigned short_length = head[1] & 0x7f;
    if ((head[0] & 0x70) != 0) return WS_CLOSE_PROTOCOL;
    if ((frame->opcode >= 3 && frame->opcode <= 7) || frame->opcode > 10) return WS_CLOSE_PROTOCOL;
    if (frame->opcode == 0 && reader->opcode == 0) return WS_CLOSE_PROTOCOL;
    uint32_t most = reader->setting->max_fragments;
    if (frame->opcode == 0 && most > 0 && reader->frames == most) return WS_CLOSE_POLICY;
    if (data && reader->opcode != 0) return WS_CLOSE_PROTOCOL;
    if (control && !frame->fin) return WS_CLOSE_PROTOCOL;
    if ((head[1] >> 7 != 0) != reader->setting->masked) return WS_CLOSE_PROTOCOL;
    if (control && short_length > 125) return WS_CLOSE_PROTOCOL;
    if (frame->opcode == 8 && short_length == 1) return WS_CLOSE_PROTOCOL;
    if (frame->length > INT64_MAX) return WS_CLOSE_PROTOCOL;
    if (short_length == 126 && frame->length < 126) return WS_CLOSE_PROTOCOL;
    if (short_length == 127 && frame->length < 65536) return WS_CLOSE_PROTOCOL;
    if (!control && frame->length + reader->bytes > reader->setting->max_message)
        return WS_CLOSE_TOO_BIG;
    return 0;
}

static bool good_close_code(unsigned code) {
    static const unsigned never[] = {1004, 1005, 1006, 1015};
    for (size_t i = 0; i < sizeof never / sizeof *never; i++)
        if (code == never[i]) return false;
    return (code >= 1000 && code <= 1015) || (code >= 3000 && code <= 4999);
}

/* False: the connection is over. */
static bool take_control(struct reader *reader, struct frame *frame) {
    struct ws_message message = {(enum ws_opcode)frame->opcode, frame->payload, frame->length, 0,
                                 NULL};
    if (frame->opcode == 9 || frame->opcode == 10) {
        frame_trace_add(reader->trace, frame->opcode == 9 ? WS_EVENT_PING : WS_EVENT_PONG,
                        &message);
        return true;
    }
    if (frame->length > 0) {
        unsigned code = frame->payload[0] * 256u + frame->payload[1];
        message.code = (enum ws_close_code)code;
        message.payload += 2;
        message.bytes -= 2;
        bool good = good_close_code(code);
        if (!good || !utf8_reference_valid(message.payload, message.bytes)) {
            error(reader, good ? WS_CLOSE_INVALID_DATA : WS_CLOSE_PROTOCOL);
            return false;
        }
    }
    frame_trace_add(reader->trace, WS_EVENT_CLOSE, &message);
    return true;
}

static bool take_data(struct reader *reader, struct frame *frame) {
    reader->frames = frame->opcode != 0 ? 1 : reader->frames + 1;
    if (frame->opcode != 0) reader->opcode = frame->opcode;
    memcpy(reader->message + reader->bytes, frame->payload, frame->length);
    reader->bytes += frame->length;
    if (reader->opcode == 1 && reader->setting->check_utf8 &&
        !(frame->fin ? utf8_reference_valid(reader->message, reader->bytes)
                     : utf8_reference_begins(reader->message, reader->bytes))) {
        error(reader, WS_CLOSE_INVALID_DATA);
        return false;
    }
    if (!frame->fin) return true;
    struct ws_message message = {(enum ws_opcode)reader->opcode, reader->message, reader->bytes, 0,
                                 NULL};
    frame_trace_add(reader->trace, WS_EVENT_MESSAGE, &message);
    reader->opcode = 0;
    reader->bytes = 0;
    return true;
}

/* Bytes of the header, 0 if it is not whole. */
static size_t read_head(const uint8_t *at, size_t left, struct frame *frame) {
    if (left < 2) return 0;
    unsigned wide = (at[1] & 0x7f) == 126 ? 2 : (at[1] & 0x7f) == 127 ? 8 : 0;
    size_t head_bytes = 2u + wide + (at[1] >> 7 != 0 ? 4u : 0u);
    if (left < head_bytes) return 0;
    frame->fin = at[0] >> 7 != 0;
    frame->opcode = at[0] & 0x0f;
    frame->length = wide == 0 ? at[1] & 0x7f : 0;
    for (unsigned i = 0; i < wide; i++) frame->length = frame->length * 256 + at[2 + i];
    return head_bytes;
}

void frame_reference(const struct frame_setting *setting, const uint8_t *bytes, size_t count,
                     struct frame_trace *trace) {
    static struct reader reader;
    static struct frame frame;
    reader.setting = setting;
    reader.trace = trace;
    reader.bytes = reader.opcode = 0;
    frame_trace_clear(trace);
    for (size_t at = 0, head;; at += head + frame.length) {
        trace->taken = at;
        trace->busy = reader.opcode != 0 || at < count;
        head = read_head(bytes + at, count - at, &frame);
        if (head == 0) return;
        enum ws_close_code code = flaw(&reader, bytes + at, &frame);
        if (code != 0) return error(&reader, code);
        if (frame.length > count - at - head) return;
        for (size_t i = 0; i < frame.length; i++)
            frame.payload[i] =
                bytes[at + head + i] ^ (setting->masked ? bytes[at + head - 4 + i % 4] : 0);
        if (!(frame.opcode >= 8 ? take_control(&reader, &frame) : take_data(&reader, &frame)))
            return;
    }
}
