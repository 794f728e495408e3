#include "fuzz/frame_trace.h"

#include <string.h>

#include "fuzz/fuzz.h"

void frame_trace_clear(struct frame_trace *trace) {
    trace->count = trace->byte_count = trace->taken = 0;
    trace->busy = false;
}

void frame_trace_add(struct frame_trace *trace, enum ws_event kind,
                     const struct ws_message *message) {
    CHECK(trace->count < FRAME_MOST_EVENTS);
    struct frame_event *event = &trace->events[trace->count++];
    *event = (struct frame_event){.kind = kind, .at = trace->byte_count};
    if (kind == WS_EVENT_ERROR) event->code = message->code, event->reason = message->reason;
    if (kind == WS_EVENT_ERROR || kind == WS_EVENT_NOMEM) return;
    event->opcode = message->opcode;
    event->bytes = message->bytes;
    if (kind == WS_EVENT_CLOSE) event->code = message->code;
    CHECK(event->bytes <= FRAME_MOST_BYTES - trace->byte_count);
    if (event->bytes > 0) memcpy(trace->bytes + event->at, message->payload, event->bytes);
    trace->byte_count += event->bytes;
}

static bool same(const struct frame_event *a, const struct frame_event *b) {
    return a->kind == b->kind && a->opcode == b->opcode && a->code == b->code && a->at == b->at &&
           a->bytes == b->bytes;
}

bool frame_trace_begins(const struct frame_trace *a, const struct frame_trace *b) {
    if (a->count > b->count || a->byte_count > b->byte_count) return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same(&a->events[i], &b->events[i])) return false;
    return memcmp(a->bytes, b->bytes, a->byte_count) == 0;
}
