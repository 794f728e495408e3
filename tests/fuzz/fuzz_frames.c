/*
 * Frames as a server and as a client decode them: the same events however the bytes are cut, those
 * that a plain reading of RFC 6455 finds, within the limits of messages and memory.
 *
 * Input: what decodes and how (a byte), how the bytes are cut (a byte), which allocation fails (a
 * byte, 0: none), then the bytes.
 */
#include <string.h>

#include "fuzz/allocations.h"
#include "fuzz/frame_reference.h"
#include "fuzz/fuzz.h"
#include "fuzz/utf8_reference.h"

#define ROUNDING 24 /* bytes that malloc gives beyond what was asked for; none with ASan */

enum cut { CUT_NOWHERE, CUT_EVERYWHERE }; /* otherwise how the pieces are drawn */

static bool is_over(enum ws_event event) {
    return event == WS_EVENT_ERROR || event == WS_EVENT_NOMEM;
}

static void check_limits(const struct frame_setting *setting, const struct ws_message *message,
                         enum ws_event event) {
    switch (event) {
    case WS_EVENT_MESSAGE:
        CHECK(message->opcode == WS_TEXT || message->opcode == WS_BINARY);
        CHECK(message->bytes <= setting->max_message);
        break;
    case WS_EVENT_PING:
    case WS_EVENT_PONG:
        CHECK(message->bytes <= WS_CONTROL_BYTES);
        break;
    case WS_EVENT_CLOSE:
        CHECK(message->bytes <= WS_REASON_BYTES);
        break;
    case WS_EVENT_ERROR:
        CHECK(message->reason != NULL && strlen(message->reason) <= WS_REASON_BYTES);
        break;
    default:
        break;
    }
}

/* Takes one piece, exactly so long. Returns the last event. */
static enum ws_event take_piece(struct ws_decoder *decoder, const struct frame_setting *setting,
                                const uint8_t *piece, size_t count, struct frame_trace *trace) {
    uint8_t *copy = fuzz_copy(piece, count), *at = copy, *end = copy + count;
    enum ws_event event = WS_EVENT_PING;
    while (event != WS_EVENT_MORE && !is_over(event)) {
        struct ws_message message;
        event = ws_decode(decoder, &at, end, &message);
        CHECK(at <= end);
        size_t memory = ws_decoder_memory(decoder), held = (size_t)allocations_held();
        CHECK(held >= memory && held <= memory + 2 * ROUNDING && (held == 0) == (memory == 0));
        CHECK(memory <= setting->max_message + WS_CONTROL_BYTES);
        check_limits(setting, &message, event);
        if (event != WS_EVENT_MORE) frame_trace_add(trace, event, &message);
    }
    if (event == WS_EVENT_MORE) {
        CHECK(at == end);
        if (!ws_decoder_busy(decoder)) CHECK(ws_decoder_memory(decoder) == 0);
    }
    trace->taken += (size_t)(at - copy);
    fuzz_free(copy);
    return event;
}

static size_t next_piece(uint32_t *cut, size_t left) {
    if (*cut == CUT_NOWHERE) return left;
    if (*cut == CUT_EVERYWHERE) return 1;
    *cut = *cut * 1103515245u + 12345u;
    size_t piece = (*cut >> 16) % 23 + 1;
    return piece < left ? piece : left;
}

static void decode(const struct frame_setting *setting, const uint8_t *bytes, size_t count,
                   uint32_t cut, struct frame_trace *trace) {
    struct ws_decoder decoder;
    enum ws_event event = WS_EVENT_MORE;
    frame_trace_clear(trace);
    ws_decoder_init(&decoder, setting->masked, setting->check_utf8, setting->max_message);
    decoder.max_fragments = setting->max_fragments;
    for (size_t at = 0, piece; at < count && !is_over(event); at += piece) {
        piece = next_piece(&cut, count - at);
        event = take_piece(&decoder, setting, bytes + at, piece, trace);
    }
    trace->busy = ws_decoder_busy(&decoder);
    ws_decoder_fini(&decoder);
    CHECK(allocations_held() == 0);
}

static void check_same(const struct frame_trace *whole, const struct frame_trace *cut) {
    CHECK(whole->count == cut->count && frame_trace_begins(whole, cut));
    CHECK(whole->busy == cut->busy);
    if (whole->count == 0) return;
    const struct frame_event *a = &whole->events[whole->count - 1],
                             *b = &cut->events[cut->count - 1];
    CHECK(a->reason == b->reason);
    /* A bad header is told at the same byte; bad text with the piece that it came in. */
    if (a->kind != WS_EVENT_ERROR || a->code != WS_CLOSE_INVALID_DATA)
        CHECK(whole->taken == cut->taken);
}

static bool ended_in_error(const struct frame_trace *trace) {
    return trace->count > 0 && trace->events[trace->count - 1].kind == WS_EVENT_ERROR;
}

/* The reference tells nothing of a frame that is not whole, in which an error can be certain. */
static void check_reference(const struct frame_trace *reference, const struct frame_trace *trace) {
    CHECK(frame_trace_begins(reference, trace));
    if (trace->count == reference->count) {
        CHECK(trace->busy == reference->busy || ended_in_error(trace));
        return;
    }
    CHECK(reference->busy && trace->count == reference->count + 1);
    CHECK(ended_in_error(trace));
}

/* What was good up to the allocation that failed is the same; then it is told. */
static void check_failing(const struct frame_setting *setting, const uint8_t *bytes, size_t count,
                          uint32_t cut, uint32_t nth, const struct frame_trace *whole) {
    static struct frame_trace failing;
    allocations_begin(nth);
    decode(setting, bytes, count, cut, &failing);
    if (!allocations_end()) {
        check_same(whole, &failing);
        return;
    }
    CHECK(failing.count > 0 && failing.events[failing.count - 1].kind == WS_EVENT_NOMEM);
    failing.count--;
    CHECK(frame_trace_begins(&failing, whole));
}

/* Each message that was read, written as a frame of the other side, is read again. */
static void check_written(const struct frame_setting *setting, const struct frame_trace *trace) {
    static uint8_t frame[FRAME_MOST_BYTES + WS_HEADER_BYTES];
    static struct frame_trace again;
    for (size_t i = 0; i < trace->count && i < 8; i++) {
        const struct frame_event *event = &trace->events[i];
        const uint8_t *payload = trace->bytes + event->at;
        if (event->kind == WS_EVENT_ERROR || event->kind == WS_EVENT_CLOSE) continue;
        uint8_t mask[4] = {(uint8_t)event->bytes, 0xff, (uint8_t)i, 0x5a};
        size_t head = setting->masked
                          ? ws_header_write_masked(event->opcode, event->bytes, mask, frame)
                          : ws_header_write(event->opcode, event->bytes, frame);
        if (!setting->masked) CHECK(ws_frame_bytes(frame) == head + event->bytes);
        if (event->bytes > 0) memcpy(frame + head, payload, event->bytes);
        size_t half = event->bytes / 2;
        if (setting->masked) {
            ws_mask(frame + head, half, mask, 0);
            ws_mask(frame + head + half, event->bytes - half, mask, half & 3);
        }
        frame_reference(setting, frame, head + event->bytes, &again);
        CHECK(again.count == 1 && again.events[0].opcode == event->opcode);
        CHECK(again.byte_count == event->bytes && memcmp(again.bytes, payload, event->bytes) == 0);
    }
}

/* A close frame is read again, its reason cut at a character. */
static void check_close(const uint8_t *bytes, size_t count) {
    static const struct frame_setting client = {false, true, 125, 0};
    static struct frame_trace trace;
    if (!utf8_reference_valid(bytes, count) || memchr(bytes, '\0', count) != NULL) return;
    char *reason = fuzz_text(bytes, count);
    uint8_t frame[2 + WS_CONTROL_BYTES];
    frame_reference(&client, frame, ws_close_write(WS_CLOSE_POLICY, reason, frame), &trace);
    CHECK(trace.count == 1 && trace.events[0].kind == WS_EVENT_CLOSE);
    CHECK(trace.events[0].code == WS_CLOSE_POLICY &&
          memcmp(trace.bytes, bytes, trace.byte_count) == 0);
    CHECK(trace.byte_count == count ||
          (count > WS_REASON_BYTES && trace.byte_count + 3 >= WS_REASON_BYTES));
    frame_reference(&client, frame, ws_close_write(WS_CLOSE_NONE, reason, frame), &trace);
    CHECK(trace.count == 1 && trace.events[0].code == WS_CLOSE_NONE && trace.byte_count == 0);
    fuzz_free(reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint64_t limits[] = {0, 100, 200, FRAME_MOST_BYTES};
    static struct frame_trace whole, cut, reference;
    struct fuzz_input input = {data, data + size};
    uint8_t how = fuzz_byte(&input), pieces = fuzz_byte(&input), nth = fuzz_byte(&input);
    struct frame_setting setting = {how & 1, how & 2, limits[how >> 2 & 3], how & 32 ? 2 : 0};
    size_t count;
    const uint8_t *bytes = fuzz_bytes(&input, FRAME_MOST_BYTES, &count);

    allocations_begin(0);
    decode(&setting, bytes, count, CUT_NOWHERE, &whole);
    decode(&setting, bytes, count, CUT_EVERYWHERE, &cut);
    check_same(&whole, &cut);
    decode(&setting, bytes, count, pieces + 2u, &cut);
    check_same(&whole, &cut);
    frame_reference(&setting, bytes, count, &reference);
    check_reference(&reference, &whole);
    if (nth > 0) check_failing(&setting, bytes, count, how >> 4 & 1, nth, &whole);
    check_written(&setting, &whole);
    check_close(bytes, count);
    return 0;
}
