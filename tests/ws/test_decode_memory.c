/* The decoder again, under other names and with an allocator that fails when told. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static int until_failure;

static void *failing_realloc(void *block, size_t bytes) {
    return until_failure-- > 0 ? realloc(block, bytes) : NULL;
}

#define realloc            failing_realloc
#define malloc(bytes)      failing_realloc(NULL, bytes)
#define ws_decoder_init    failing_init
#define ws_decoder_fini    failing_fini
#define ws_decoder_memory  failing_memory
#define ws_decoder_busy    failing_busy
#define ws_decoder_release failing_release
#define ws_decode          failing_decode
#include "ws/decode.c"

/* Byte by byte: a ping inside a fragmented message. Returns the last event. */
static enum ws_event decode_failing_at(int allocation) {
    uint8_t bytes[] = "\x01\x03one\x89\x04ping\x80\x05 more";
    struct ws_decoder decoder;
    struct ws_message message;
    enum ws_event event = WS_EVENT_MORE;
    ws_decoder_init(&decoder, false, true, 1000);
    until_failure = allocation;
    for (size_t i = 0; i < sizeof bytes - 1 && event != WS_EVENT_NOMEM; i++) {
        uint8_t *at = bytes + i;
        do event = ws_decode(&decoder, &at, bytes + i + 1, &message);
        while (event == WS_EVENT_PING);
    }
    ws_decoder_fini(&decoder);
    return event;
}

Test(decode_memory, each_allocation_that_fails_is_told) {
    int allocation = 0;
    while (decode_failing_at(allocation) == WS_EVENT_NOMEM) cr_assert_lt(++allocation, 20);
    cr_assert_eq(decode_failing_at(allocation), WS_EVENT_MESSAGE);
    cr_assert_geq(allocation, 4);
}
