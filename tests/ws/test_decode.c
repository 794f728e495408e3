#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws/frame.h"

#define LIMIT 70000 /* max_message unless a test says otherwise */

/* What a decoder said, as text: one line an event, so that two runs can be compared. */
struct told {
    char *text;
    size_t bytes;
    enum ws_event last;
};

static void tell(FILE *out, enum ws_event event, const struct ws_message *message) {
    static const char *names[] = {"more", "message", "ping", "pong", "close", "error", "nomem"};
    fprintf(out, "%s", names[event]);
    if (event == WS_EVENT_MESSAGE) fprintf(out, " %d", message->opcode);
    if (event == WS_EVENT_CLOSE) fprintf(out, " %d", message->code);
    if (event == WS_EVENT_ERROR) fprintf(out, " %d %s", message->code, message->reason);
    if (event != WS_EVENT_ERROR) {
        fputc(' ', out);
        if (message->bytes > 0) fwrite(message->payload, 1, message->bytes, out);
    }
    fputc('\n', out);
}

/* Offers one piece in memory of exactly its size. False after an error. */
static bool offer(struct ws_decoder *decoder, const uint8_t *bytes, size_t count, FILE *out,
                  enum ws_event *last) {
    uint8_t *piece = malloc(count + (count == 0)), *at = piece, *end = piece + count;
    if (count > 0) memcpy(piece, bytes, count);
    struct ws_message message;
    do {
        *last = ws_decode(decoder, &at, end, &message);
        if (*last != WS_EVENT_MORE) tell(out, *last, &message);
    } while (*last != WS_EVENT_MORE && *last != WS_EVENT_ERROR && *last != WS_EVENT_NOMEM);
    bool good = *last == WS_EVENT_MORE;
    if (good) cr_assert_eq(at, end, "all bytes are taken");
    free(piece);
    return good;
}

/* Decodes pieces that end at the given offsets, the last at `count`. */
static struct told decode_cut(struct ws_decoder decoder, const uint8_t *bytes, size_t count,
                              const size_t *cuts, size_t cut_count) {
    struct told told = {0};
    FILE *out = open_memstream(&told.text, &told.bytes);
    size_t from = 0;
    bool good = true;
    for (size_t i = 0; i <= cut_count && good; i++) {
        size_t to = i < cut_count ? cuts[i] : count;
        good = offer(&decoder, bytes + from, to - from, out, &told.last);
        from = to;
    }
    if (good && !ws_decoder_busy(&decoder)) cr_assert_eq(ws_decoder_memory(&decoder), 0);
    ws_decoder_fini(&decoder);
    fclose(out);
    return told;
}

static void expect_same(struct told told, const char *text, size_t bytes, const char *how,
                        size_t where) {
    cr_assert(told.bytes == bytes && memcmp(told.text, text, bytes) == 0,
              "%s %zu: expected\n%.200s\ngot\n%.200s", how, where, text, told.text);
    free(told.text);
}

/* The bytes are decoded whole, byte by byte, and in two pieces cut at every offset (at every 97th
 * of long ones); each way must tell `text`. */
static void expect_decoder(struct ws_decoder decoder, const void *bytes, size_t count,
                           const char *text, size_t text_bytes) {
    expect_same(decode_cut(decoder, bytes, count, NULL, 0), text, text_bytes, "whole", count);
    size_t *every = malloc((count + 1) * sizeof *every);
    for (size_t i = 0; i < count; i++) every[i] = i;
    expect_same(decode_cut(decoder, bytes, count, every, count), text, text_bytes, "single", count);
    for (size_t i = 0; i <= count; i += count < 1000 || i < 20 || count - i < 20 ? 1 : 97)
        expect_same(decode_cut(decoder, bytes, count, &i, 1), text, text_bytes, "cut at", i);
    free(every);
}

static struct ws_decoder decoder_of(bool masked, bool check_utf8, uint64_t limit) {
    struct ws_decoder decoder;
    ws_decoder_init(&decoder, masked, check_utf8, limit);
    return decoder;
}

#define SERVER decoder_of(true, true, LIMIT)
#define LAX    decoder_of(true, false, LIMIT)
#define CLIENT decoder_of(false, true, LIMIT)

#define EXPECT(decoder, bytes, text)                                                               \
    expect_decoder(decoder, bytes, sizeof(bytes) - 1, text, sizeof(text) - 1)

/* A frame with the mask 01 02 03 04; returns its bytes. */
static size_t frame_put(uint8_t *out, unsigned first, const void *payload, size_t count) {
    static const uint8_t mask[4] = {1, 2, 3, 4};
    size_t header = ws_header_write_masked(WS_BINARY, count, mask, out);
    out[0] = (uint8_t)first;
    if (count > 0) memcpy(out + header, payload, count);
    ws_mask(out + header, count, mask, 0);
    return header + count;
}

/* Frames one after another, in growing memory. */
struct wire {
    uint8_t *bytes;
    size_t count;
};

static void put(struct wire *wire, unsigned first, const void *payload, size_t count) {
    wire->bytes = realloc(wire->bytes, wire->count + count + WS_HEADER_BYTES);
    wire->count += frame_put(wire->bytes + wire->count, first, payload, count);
}

#define PUT(wire, first, payload) put(wire, first, payload, sizeof(payload) - 1)

static void expect_wire(struct ws_decoder decoder, struct wire *wire, const char *text) {
    expect_decoder(decoder, wire->bytes, wire->count, text, strlen(text));
    free(wire->bytes);
    *wire = (struct wire){0};
}

Test(decode, the_examples_of_rfc_6455) {
    EXPECT(CLIENT, "\x81\x05Hello", "message 1 Hello\n");
    EXPECT(SERVER, "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "message 1 Hello\n");
    EXPECT(CLIENT, "\x01\x03Hel\x80\x02lo", "message 1 Hello\n");
    EXPECT(CLIENT, "\x89\x05Hello", "ping Hello\n");
    EXPECT(SERVER, "\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", "pong Hello\n");
    for (size_t count = 256; count <= 65536; count += 65280) {
        char *text = malloc(count + 12);
        uint8_t *bytes = calloc(1, count + 10);
        size_t header = ws_header_write(WS_BINARY, count, bytes);
        memset(bytes + header, 'x', count);
        memcpy(text, "message 2 ", 10);
        memset(text + 10, 'x', count);
        text[10 + count] = '\n';
        expect_decoder(CLIENT, bytes, header + count, text, count + 11);
        free(text);
        free(bytes);
    }
}

Test(decode, empty_messages_and_control_frames) {
    EXPECT(CLIENT, "\x81\x00\x82\x00\x89\x00\x8a\x00\x88\x00",
           "message 1 \nmessage 2 \nping \npong \nclose 0 \n");
    EXPECT(SERVER,
           "\x82\x80"
           "abcd\x89\x80"
           "abcd",
           "message 2 \nping \n");
    EXPECT(CLIENT, "\x02\x00\x00\x00\x80\x00", "message 2 \n");
    EXPECT(CLIENT, "\x02\x00\x00\x01x\x80\x00", "message 2 x\n");
}

Test(decode, control_frames_inside_a_fragmented_message) {
    struct wire wire = {0};
    PUT(&wire, 0x01, "one ");
    PUT(&wire, 0x89, "ping");
    PUT(&wire, 0x00, "two ");
    PUT(&wire, 0x8a, "");
    PUT(&wire, 0x89, "again");
    PUT(&wire, 0x80, "three");
    PUT(&wire, 0x82, "next");
    expect_wire(SERVER, &wire,
                "ping ping\npong \nping again\nmessage 1 one two three\nmessage 2 next\n");
}

Test(decode, ten_pings_in_one_piece) {
    struct wire wire = {0};
    char text[200] = "";
    for (int i = 0; i < 10; i++) {
        char payload[2] = {(char)('0' + i)};
        put(&wire, 0x89, payload, 1);
        strcat(strcat(strcat(text, "ping "), payload), "\n");
    }
    expect_wire(SERVER, &wire, text);
}

Test(decode, control_frames_of_125_bytes) {
    char payload[126] = "", text[400];
    memset(payload, 'p', 125);
    snprintf(text, sizeof text, "ping %s\nmessage 2 x\n", payload);
    struct wire wire = {0};
    put(&wire, 0x89, payload, 125);
    PUT(&wire, 0x82, "x");
    expect_wire(SERVER, &wire, text);
}

#define GOOD "\x81\x81\0\0\0\0x" /* a good message before the bad frame */

Test(decode, a_good_message_before_a_bad_frame_is_told_first) {
    EXPECT(SERVER, GOOD "\x83\x80", "message 1 x\nerror 1002 reserved opcode\n");
    EXPECT(SERVER, GOOD "\x89\x81\0\0\0\0p\xc1",
           "message 1 x\nping p\nerror 1002 reserved bit set\n");
}

Test(decode, reserved_bits) {
    EXPECT(SERVER, "\xc1", "error 1002 reserved bit set\n");
    EXPECT(SERVER, "\xa1\x80\0\0\0\0", "error 1002 reserved bit set\n");
    EXPECT(SERVER, "\x91\x80\0\0\0\0", "error 1002 reserved bit set\n");
    EXPECT(SERVER, "\xf9\x80\0\0\0\0", "error 1002 reserved bit set\n");
    EXPECT(SERVER, "\x01\x81\0\0\0\0x\xc0\x80", "error 1002 reserved bit set\n");
}

Test(decode, reserved_opcodes) {
    for (unsigned opcode = 3; opcode < 16; opcode++) {
        if (opcode >= 8 && opcode <= 10) continue;
        uint8_t byte = (uint8_t)(0x80 | opcode);
        expect_decoder(SERVER, &byte, 1, "error 1002 reserved opcode\n", 27);
        byte = (uint8_t)opcode;
        expect_decoder(SERVER, &byte, 1, "error 1002 reserved opcode\n", 27);
    }
}

Test(decode, masks_are_asked_of_clients_and_refused_from_servers) {
    EXPECT(SERVER, "\x81\x05Hello", "error 1002 unmasked frame\n");
    EXPECT(SERVER, "\x88\x00", "error 1002 unmasked frame\n");
    EXPECT(SERVER, GOOD "\x82\x7f", "message 1 x\nerror 1002 unmasked frame\n");
    EXPECT(CLIENT, "\x81\x85", "error 1002 masked frame from a server\n");
}

Test(decode, bad_control_frames) {
    EXPECT(SERVER, "\x09", "error 1002 fragmented control frame\n");
    EXPECT(SERVER, "\x08\x80\0\0\0\0", "error 1002 fragmented control frame\n");
    EXPECT(SERVER, "\x0a\x80\0\0\0\0", "error 1002 fragmented control frame\n");
    EXPECT(SERVER, "\x89\xfe", "error 1002 control frame longer than 125 bytes\n");
    EXPECT(SERVER, "\x8a\xff", "error 1002 control frame longer than 125 bytes\n");
    EXPECT(CLIENT, "\x88\x7e\x00\x7e", "error 1002 control frame longer than 125 bytes\n");
}

Test(decode, fragments_out_of_place) {
    EXPECT(SERVER, "\x80", "error 1002 continuation without a message\n");
    EXPECT(SERVER, "\x00", "error 1002 continuation without a message\n");
    EXPECT(SERVER, GOOD "\x80", "message 1 x\nerror 1002 continuation without a message\n");
    EXPECT(SERVER, "\x01\x80\0\0\0\0\x81", "error 1002 new message inside a fragmented one\n");
    EXPECT(SERVER, "\x02\x80\0\0\0\0\x01", "error 1002 new message inside a fragmented one\n");
    EXPECT(SERVER, "\x02\x80\0\0\0\0\x89\x80\0\0\0\0\x82",
           "ping \nerror 1002 new message inside a fragmented one\n");
}

Test(decode, lengths_that_are_not_the_shortest) {
    EXPECT(SERVER, "\x82\xfe\x00\x00", "error 1002 length not in its shortest form\n");
    EXPECT(SERVER, "\x82\xfe\x00\x7d", "error 1002 length not in its shortest form\n");
    EXPECT(SERVER, "\x82\xff\0\0\0\0\0\0\x00\x05", "error 1002 length not in its shortest form\n");
    EXPECT(SERVER, "\x82\xff\0\0\0\0\0\0\xff\xff", "error 1002 length not in its shortest form\n");
}

Test(decode, lengths_with_the_top_bit) {
    EXPECT(SERVER, "\x82\xff\x80\0\0\0\0\0\0\x05", "error 1002 length with the top bit set\n");
    EXPECT(SERVER, "\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff",
           "error 1002 length with the top bit set\n");
    EXPECT(decoder_of(true, true, UINT64_MAX),
           "\x02\x81\0\0\0\0x\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff",
           "error 1002 length with the top bit set\n");
}

Test(decode, a_message_too_big_is_refused_before_its_payload) {
    EXPECT(decoder_of(true, true, 4), "\x82\x85", "error 1009 message too big\n");
    EXPECT(decoder_of(true, true, 4), "\x82\x84\0\0\0\0abcd", "message 2 abcd\n");
    EXPECT(decoder_of(true, true, 0), "\x82\x80\0\0\0\0\x82\x81",
           "message 2 \nerror 1009 message too big\n");
    EXPECT(SERVER, "\x82\xff\0\0\0\0\0\x01\x11\x71", "error 1009 message too big\n");
    EXPECT(SERVER, "\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", "error 1009 message too big\n");
}

Test(decode, the_limit_counts_all_fragments) {
    EXPECT(decoder_of(true, true, 4), "\x02\x83\0\0\0\0abc\x80\x82",
           "error 1009 message too big\n");
    EXPECT(decoder_of(true, true, 4), "\x02\x83\0\0\0\0abc\x80\x81\0\0\0\0d", "message 2 abcd\n");
    EXPECT(decoder_of(true, true, 4), "\x02\x84\0\0\0\0abcd\x00\x80\0\0\0\0\x80\x80\0\0\0\0",
           "message 2 abcd\n");
    EXPECT(decoder_of(true, true, 4), "\x02\x81\0\0\0\0x\x00\xff\x7f\xff\xff\xff\xff\xff\xff\xff",
           "error 1009 message too big\n");
}

/* At most `count` frames a message. */
static struct ws_decoder fragments_of(uint32_t count) {
    struct ws_decoder decoder = SERVER;
    decoder.max_fragments = count;
    return decoder;
}

Test(decode, frames_of_a_message_are_counted_empty_ones_too) {
    EXPECT(fragments_of(3), "\x02\x81\0\0\0\0a\x00\x81\0\0\0\0b\x80\x81\0\0\0\0c",
           "message 2 abc\n");
    EXPECT(fragments_of(3), "\x01\x80\0\0\0\0\x00\x80\0\0\0\0\x00\x80\0\0\0\0\x80",
           "error 1008 too many fragments\n");
    EXPECT(fragments_of(1), "\x01\x80\0\0\0\0\x80", "error 1008 too many fragments\n");
    EXPECT(fragments_of(1), "\x81\x80\0\0\0\0\x81\x81\0\0\0\0a", "message 1 \nmessage 1 a\n");
}

Test(decode, the_count_of_frames_begins_anew_with_each_message) {
    EXPECT(fragments_of(2),
           "\x01\x81\0\0\0\0a\x80\x81\0\0\0\0b\x82\x80\0\0\0\0\x02\x81\0\0\0\0c\x80\x80\0\0\0\0",
           "message 1 ab\nmessage 2 \nmessage 2 c\n");
}

Test(decode, control_frames_are_not_counted_among_fragments) {
    EXPECT(fragments_of(2), "\x01\x80\0\0\0\0\x89\x80\0\0\0\0\x89\x80\0\0\0\0\x80\x80\0\0\0\0",
           "ping \nping \nmessage 1 \n");
}

Test(decode, the_limit_is_not_for_control_frames) {
    EXPECT(decoder_of(true, true, 1), "\x89\x84\0\0\0\0ping", "ping ping\n");
}

/* Close frames with a payload of code and reason, unmasked (as at a client). */
Test(decode, close_codes) {
    static const struct {
        unsigned first, last;
        bool good;
    } ranges[] = {{0, 999, false},     {1000, 1003, true}, {1004, 1006, false}, {1007, 1014, true},
                  {1015, 2999, false}, {3000, 4999, true}, {5000, 65535, false}};
    for (size_t r = 0; r < sizeof ranges / sizeof *ranges; r++) {
        for (unsigned code = ranges[r].first; code <= ranges[r].last; code++) {
            uint8_t bytes[4] = {0x88, 2, (uint8_t)(code >> 8), (uint8_t)code}, *at = bytes;
            struct ws_decoder decoder = CLIENT;
            struct ws_message message;
            enum ws_event event = ws_decode(&decoder, &at, bytes + 4, &message);
            cr_assert_eq(event, ranges[r].good ? WS_EVENT_CLOSE : WS_EVENT_ERROR, "code %u", code);
            cr_assert_eq(message.code, ranges[r].good ? code : WS_CLOSE_PROTOCOL);
        }
    }
    EXPECT(SERVER, "\x88\x82\0\0\0\0\x03\xed", "error 1002 invalid close code\n");
}

Test(decode, close_payloads) {
    EXPECT(SERVER, "\x88\x80\0\0\0\0", "close 0 \n");
    EXPECT(SERVER, "\x88\x81", "error 1002 close payload of one byte\n");
    EXPECT(SERVER, "\x88\x82\0\0\0\0\x03\xe8", "close 1000 \n");
    EXPECT(SERVER,
           "\x88\x85\0\0\0\0\x0f\xa0"
           "bye",
           "close 4000 bye\n");
    EXPECT(SERVER, "\x88\x84\0\0\0\0\x03\xe8\xc3\xa9", "close 1000 \xc3\xa9\n");
    EXPECT(SERVER, "\x88\x83\0\0\0\0\x03\xe8\xc3", "error 1007 close reason is not UTF-8\n");
    EXPECT(LAX, "\x88\x84\0\0\0\0\x03\xe8\xed\xa0", "error 1007 close reason is not UTF-8\n");
}

Test(decode, text_must_be_utf8) {
    EXPECT(CLIENT, "\x81\x0b\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
           "message 1 \xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\n");
    EXPECT(CLIENT, "\x81\x01\x81", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x81\x02\xce\xba\x81\x01\xce",
           "message 1 \xce\xba\nerror 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x81\x03\xed\xa0\x80", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x81\x02\xc0\x80", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x81\x04\xf4\x90\x80\x80", "error 1007 text is not UTF-8\n");
}

Test(decode, utf8_goes_on_across_fragments_and_ends_with_the_message) {
    EXPECT(CLIENT, "\x01\x01\xce\x89\x01p\x80\x01\xba", "ping p\nmessage 1 \xce\xba\n");
    EXPECT(CLIENT, "\x01\x01\xf0\x00\x01\x9f\x00\x00\x00\x01\x98\x80\x01\x80",
           "message 1 \xf0\x9f\x98\x80\n");
    EXPECT(CLIENT, "\x01\x01\xce\x80\x00", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x01\x01\xce\x80\x01x", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x01\x01\xce\x80\x01\xba\x81\x01x", "message 1 \xce\xba\nmessage 1 x\n");
}

/* The frame says 100 bytes, but the fourth one already tells. */
Test(decode, bad_utf8_is_told_at_its_first_byte) {
    EXPECT(CLIENT, "\x81\x64xyz\xff", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x81\x64xy\xed\xa0", "error 1007 text is not UTF-8\n");
    EXPECT(CLIENT, "\x01\x04xy\xed\x9f\x00\x64\xff", "error 1007 text is not UTF-8\n");
}

Test(decode, binary_is_never_checked_and_text_only_if_asked) {
    EXPECT(CLIENT, "\x82\x02\xff\xfe", "message 2 \xff\xfe\n");
    EXPECT(CLIENT, "\x02\x01\xff\x80\x01\xfe", "message 2 \xff\xfe\n");
    EXPECT(LAX, "\x81\x82\0\0\0\0\x81\xa7", "message 1 \x81\xa7\n");
}

Test(decode, a_message_in_one_piece_is_not_copied) {
    uint8_t bytes[] = "\x82\x85\0\0\0\0Hello", *at = bytes;
    struct ws_decoder decoder = SERVER;
    struct ws_message message;
    cr_assert_eq(ws_decode(&decoder, &at, bytes + 11, &message), WS_EVENT_MESSAGE);
    cr_assert_eq(message.payload, bytes + 6);
    cr_assert_eq(ws_decoder_memory(&decoder), 0);
}

Test(decode, memory_grows_with_what_has_come_and_is_freed_after_the_message) {
    struct ws_decoder decoder = decoder_of(false, true, 1 << 20);
    struct ws_message message;
    uint8_t bytes[1000], *at = bytes;
    size_t header = ws_header_write(WS_BINARY, 1 << 20, bytes);
    cr_assert_eq(ws_decode(&decoder, &at, bytes + header, &message), WS_EVENT_MORE);
    cr_assert_eq(ws_decoder_memory(&decoder), 0, "a header alone costs nothing");
    cr_assert(ws_decoder_busy(&decoder));
    memset(bytes, 'x', sizeof bytes);
    size_t got = 0;
    enum ws_event event = WS_EVENT_MORE;
    while (event == WS_EVENT_MORE) {
        size_t count = (1 << 20) - got < sizeof bytes ? (1 << 20) - got : sizeof bytes;
        at = bytes;
        event = ws_decode(&decoder, &at, bytes + count, &message);
        got += count;
        cr_assert_leq(ws_decoder_memory(&decoder), 2 * got);
    }
    cr_assert_eq(event, WS_EVENT_MESSAGE);
    cr_assert_eq(message.bytes, 1 << 20);
    cr_assert_leq(ws_decoder_memory(&decoder), 1 << 20);
    cr_assert_not(ws_decoder_busy(&decoder));
    cr_assert_eq(ws_decode(&decoder, &at, at, &message), WS_EVENT_MORE);
    cr_assert_eq(ws_decoder_memory(&decoder), 0);
}

Test(decode, fini_frees_unfinished_messages_and_control_frames) {
    struct ws_decoder decoder = CLIENT;
    struct ws_message message;
    uint8_t bytes[] = "\x01\x05Hello\x89\x05pi", *at = bytes;
    cr_assert_eq(ws_decode(&decoder, &at, bytes + sizeof bytes - 1, &message), WS_EVENT_MORE);
    cr_assert_gt(ws_decoder_memory(&decoder), WS_CONTROL_BYTES);
    ws_decoder_fini(&decoder);
    cr_assert_eq(ws_decoder_memory(&decoder), 0);
}

Test(decode, busy_tells_the_middle_of_frames_and_messages) {
    struct ws_decoder decoder = CLIENT;
    struct ws_message message;
    uint8_t bytes[] = "\x01\x01x\x89\x00\x80\x01y";
    static const bool busy[] = {false, true, true, true, true, true, true, true, false};
    for (size_t i = 0; i < 8; i++) {
        cr_assert_eq(ws_decoder_busy(&decoder), busy[i], "before byte %zu", i);
        uint8_t *at = bytes + i;
        while (ws_decode(&decoder, &at, bytes + i + 1, &message) != WS_EVENT_MORE) {
        }
    }
    cr_assert_eq(ws_decoder_busy(&decoder), busy[8]);
}

/* Random conversations, often with one byte spoiled, told the same whole and in random pieces. */

static uint32_t draw(uint32_t *seed, uint32_t below) {
    *seed ^= *seed << 13, *seed ^= *seed >> 17, *seed ^= *seed << 5;
    return *seed % below;
}

static void put_random(struct wire *wire, uint32_t *seed) {
    static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 100, 125, 126, 127, 300};
    static const char text[] = "a\u00e9\u20ac\U0001f600";
    char payload[300];
    size_t count = sizes[draw(seed, 11)];
    for (size_t i = 0; i < count; i++) payload[i] = text[i % (sizeof text - 1)];
    unsigned opcode = draw(seed, 2) + 1, fragments = draw(seed, 4);
    put(wire, opcode | (fragments == 0 ? 0x80 : 0), payload, count);
    for (; fragments > 0; fragments--) {
        if (draw(seed, 3) == 0) put(wire, 0x89, payload, draw(seed, 126));
        put(wire, fragments == 1 ? 0x80 : 0x00, payload, draw(seed, 20));
    }
}

Test(decode, random_bytes_are_told_the_same_however_they_are_cut) {
    uint32_t seed = 2463534242;
    size_t errors = 0;
    for (int round = 0; round < 3000; round++) {
        struct wire wire = {0};
        for (uint32_t n = 1 + draw(&seed, 5); n > 0; n--) put_random(&wire, &seed);
        if (draw(&seed, 2) == 0)
            wire.bytes[draw(&seed, wire.count)] ^= (uint8_t)(1 + draw(&seed, 255));
        struct ws_decoder decoder = draw(&seed, 2) == 0 ? SERVER : decoder_of(true, false, 310);
        struct told whole = decode_cut(decoder, wire.bytes, wire.count, NULL, 0);
        errors += whole.last == WS_EVENT_ERROR;
        for (int time = 0; time < 8; time++) {
            size_t cuts[64], cut_count = 0;
            for (size_t at = 0; cut_count < 64; cuts[cut_count++] = at) {
                at += draw(&seed, time < 4 ? 200 : 12);
                if (at > wire.count) break;
            }
            expect_same(decode_cut(decoder, wire.bytes, wire.count, cuts, cut_count), whole.text,
                        whole.bytes, "round", (size_t)round);
        }
        free(whole.text);
        free(wire.bytes);
    }
    cr_assert(errors > 300 && errors < 2700, "%zu rounds ended in errors", errors);
}
