/* What comes of the bytes of a WebSocket connection. */
#ifndef FUZZ_FRAME_TRACE_H
#define FUZZ_FRAME_TRACE_H

#include "ws/frame.h"

#define FRAME_MOST_BYTES  8192u /**< of one input */
#define FRAME_MOST_EVENTS (FRAME_MOST_BYTES / 2 + 2)

struct frame_setting {
    bool masked, check_utf8;
    uint64_t max_message;
    uint32_t max_fragments; /**< 0: any number */
};

struct frame_event {
    enum ws_event kind;
    enum ws_opcode opcode;
    enum ws_close_code code;
    const char *reason;
    size_t at, bytes; /**< of the payload, in the trace's bytes */
};

struct frame_trace {
    struct frame_event events[FRAME_MOST_EVENTS];
    uint8_t bytes[FRAME_MOST_BYTES];
    size_t count, byte_count;
    size_t taken; /**< bytes of the connection */
    bool busy;    /**< in the middle of a frame or message */
};

/** Nothing yet. */
void frame_trace_clear(struct frame_trace *trace);
/** Adds an event, with a copy of its payload. */
void frame_trace_add(struct frame_trace *trace, enum ws_event kind,
                     const struct ws_message *message);
/** True if both have the same events, of `b` the first of them if it has more. */
bool frame_trace_begins(const struct frame_trace *a, const struct frame_trace *b);

#endif
