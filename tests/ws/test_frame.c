#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ws/frame.h"

static void expect_header(uint64_t payload, const char *bytes, size_t count) {
    uint8_t out[WS_HEADER_BYTES];
    memset(out, 0xee, sizeof out);
    cr_assert_eq(ws_header_write(WS_BINARY, payload, out), count, "length %llu",
                 (unsigned long long)payload);
    cr_assert_arr_eq(out, bytes, count);
    cr_assert_eq(out[count], 0xee, "nothing is written after the header");
    cr_assert_eq(ws_frame_bytes(out), count + payload);
}

Test(frame, a_header_has_the_shortest_form_of_its_length) {
    expect_header(0, "\x82\x00", 2);
    expect_header(125, "\x82\x7d", 2);
    expect_header(126, "\x82\x7e\x00\x7e", 4);
    expect_header(65535, "\x82\x7e\xff\xff", 4);
    expect_header(65536, "\x82\x7f\x00\x00\x00\x00\x00\x01\x00\x00", 10);
    expect_header(0x0102030405060708, "\x82\x7f\x01\x02\x03\x04\x05\x06\x07\x08", 10);
}

Test(frame, a_header_carries_its_opcode) {
    uint8_t out[WS_HEADER_BYTES];
    ws_header_write(WS_TEXT, 5, out);
    cr_assert_arr_eq(out, "\x81\x05", 2); /* RFC 6455, 5.7: "Hello" */
    ws_header_write(WS_PING, 5, out);
    cr_assert_arr_eq(out, "\x89\x05", 2);
    ws_header_write(WS_PONG, 0, out);
    cr_assert_arr_eq(out, "\x8a\x00", 2);
}

Test(frame, a_masked_header_ends_with_its_mask) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t out[WS_HEADER_BYTES];
    cr_assert_eq(ws_header_write_masked(WS_TEXT, 5, mask, out), 6);
    cr_assert_arr_eq(out, "\x81\x85\x37\xfa\x21\x3d", 6);
    cr_assert_eq(ws_header_write_masked(WS_BINARY, 256, mask, out), 8);
    cr_assert_arr_eq(out, "\x82\xfe\x01\x00\x37\xfa\x21\x3d", 8);
    cr_assert_eq(ws_header_write_masked(WS_BINARY, 65536, mask, out), 14);
    cr_assert_arr_eq(out, "\x82\xff\x00\x00\x00\x00\x00\x01\x00\x00\x37\xfa\x21\x3d", 14);
}

Test(frame, the_mask_of_rfc_6455_makes_hello) {
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    uint8_t bytes[] = {0x7f, 0x9f, 0x4d, 0x51, 0x58};
    ws_mask(bytes, sizeof bytes, mask, 0);
    cr_assert_arr_eq(bytes, "Hello", 5);
}

/* Every length and phase, on unaligned bytes too, against the definition in RFC 6455, 5.3. */
Test(frame, masking_is_right_for_every_length_phase_and_alignment) {
    static const uint8_t mask[4] = {0x01, 0x82, 0x44, 0xf8};
    for (size_t count = 0; count <= 40; count++) {
        for (unsigned phase = 0; phase < 4; phase++) {
            for (size_t shift = 0; shift < 8; shift++) {
                uint8_t *block = malloc(shift + count + 1), *bytes = block + shift;
                for (size_t i = 0; i < count; i++) bytes[i] = (uint8_t)(i * 7);
                bytes[count] = 0x55;
                ws_mask(bytes, count, mask, phase);
                for (size_t i = 0; i < count; i++)
                    cr_assert_eq(bytes[i], (uint8_t)(i * 7) ^ mask[(i + phase) % 4]);
                cr_assert_eq(bytes[count], 0x55);
                free(block);
            }
        }
    }
}

Test(frame, a_close_frame_has_code_and_reason) {
    uint8_t out[2 + WS_CONTROL_BYTES];
    cr_assert_eq(ws_close_write(WS_CLOSE_POLICY, "slow", out), 8);
    cr_assert_arr_eq(out, "\x88\x06\x03\xf0slow", 8);
    cr_assert_eq(ws_close_write(WS_CLOSE_NORMAL, "", out), 4);
    cr_assert_arr_eq(out, "\x88\x02\x03\xe8", 4);
    cr_assert_eq(ws_close_write(WS_CLOSE_GOING_AWAY, NULL, out), 4);
    cr_assert_arr_eq(out, "\x88\x02\x03\xe9", 4);
    cr_assert_eq(ws_close_write(WS_CLOSE_NONE, "not said", out), 2);
    cr_assert_arr_eq(out, "\x88\x00", 2);
}

Test(frame, a_long_reason_is_cut_at_123_bytes) {
    uint8_t out[2 + WS_CONTROL_BYTES];
    char reason[201];
    memset(reason, 'x', 200);
    reason[200] = '\0';
    cr_assert_eq(ws_close_write(WS_CLOSE_POLICY, reason, out), 127);
    cr_assert_eq(out[1], 125);
    reason[WS_REASON_BYTES] = '\0';
    cr_assert_eq(ws_close_write(WS_CLOSE_POLICY, reason, out), 127);
    reason[WS_REASON_BYTES - 1] = '\0';
    cr_assert_eq(ws_close_write(WS_CLOSE_POLICY, reason, out), 126);
}

Test(frame, a_reason_is_not_cut_inside_a_character) {
    static const char *characters[] = {"\u00e9", "\u20ac", "\U0001f600"};
    for (size_t c = 0; c < 3; c++) {
        size_t wide = strlen(characters[c]);
        for (size_t before = 120; before <= 123; before++) {
            char reason[256];
            uint8_t out[2 + WS_CONTROL_BYTES];
            memset(reason, 'x', before);
            strcpy(reason + before, characters[c]);
            size_t fits = before + wide <= WS_REASON_BYTES ? before + wide : before;
            cr_assert_eq(ws_close_write(WS_CLOSE_POLICY, reason, out), 4 + fits);
            cr_assert_arr_eq(out + 4, reason, fits);
        }
    }
}
