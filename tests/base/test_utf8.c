#include "base/utf8.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#define ENCODED_MAX 4

/* What RFC 3629 allows, counted from its definition: shortest form, no surrogates, at most
 * U+10FFFF. */
static bool is_character(uint32_t code) {
    return code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

static bool valid_in_pieces(const char *text, size_t bytes, size_t piece) {
    uint32_t state = 0;
    for (size_t at = 0; at < bytes; at += piece) {
        size_t count = bytes - at < piece ? bytes - at : piece;
        if (!utf8_step(&state, text + at, count)) return false;
    }
    return state == 0;
}

Test(utf8, every_character_is_valid_and_read_back) {
    for (uint32_t code = 0; code <= 0x10FFFF; code++) {
        if (!is_character(code)) continue;
        char text[ENCODED_MAX];
        size_t bytes = utf8_write(code, text), at = 0;
        if (!utf8_valid(text, bytes) || utf8_next(text, bytes, &at) != code || at != bytes)
            cr_assert(false, "U+%04X", code);
    }
}

Test(utf8, exactly_the_characters_are_valid_among_all_short_texts) {
    size_t counts[4] = {0};
    for (uint32_t i = 0; i < 1 << 24; i++) {
        char text[3] = {(char)(i >> 16), (char)(i >> 8), (char)i};
        if (i < 1 << 8) counts[1] += utf8_valid(text + 2, 1);
        if (i < 1 << 16) counts[2] += utf8_valid(text + 1, 2);
        counts[3] += utf8_valid(text, 3);
    }
    size_t one = 0x80, two = 0x800 - 0x80, three = 0x10000 - 0x800 - 0x800;
    cr_assert(eq(sz, counts[1], one));
    cr_assert(eq(sz, counts[2], one * one + two));
    cr_assert(eq(sz, counts[3], one * one * one + 2 * one * two + three));
}

Test(utf8, four_byte_characters_are_exactly_those_from_10000_to_10FFFF) {
    size_t count = 0;
    for (uint32_t first = 0xF0; first <= 0xFF; first++) {
        for (uint32_t rest = 0; rest < 1 << 16; rest++) {
            char text[4] = {(char)first, (char)(rest >> 8), (char)rest, (char)0x80};
            count += utf8_valid(text, 4);
        }
    }
    cr_assert(eq(sz, count, 0x100000 / 64));
}

Test(utf8, the_answer_does_not_depend_on_where_the_text_is_cut) {
    static const char *const texts[] = {"AAPL/1Min/OHLCV and more than eight bytes of ASCII",
                                        "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80 end",
                                        "12345678\xC3\xA9"
                                        "12345678\xE2\x82",
                                        "12345678\xED\xA0\x80",
                                        "1234567\xF4\x90\x80\x80",
                                        "\xC0\x80",
                                        "a\x80",
                                        "\xF0\x8F\xBF\xBF",
                                        "\xE0\x9F\xBF",
                                        "\xFF"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        size_t bytes = strlen(texts[i]);
        bool whole = utf8_valid(texts[i], bytes);
        cr_expect(eq(int, whole, i < 2));
        for (size_t piece = 1; piece <= bytes; piece++)
            cr_expect(eq(int, valid_in_pieces(texts[i], bytes, piece), whole), "%zu: %zu", i,
                      piece);
    }
}

Test(utf8, a_wrong_byte_is_told_at_once) {
    uint32_t state = 0;
    cr_assert(utf8_step(&state, "\xED", 1));
    cr_assert(not(utf8_step(&state, "\xA0", 1)));
    state = 0;
    cr_assert(utf8_step(&state, "\xF4\x8F", 2));
    cr_assert(utf8_step(&state, "\xBF", 1));
    cr_assert(ne(u32, state, 0));
    cr_assert(utf8_step(&state, "\xBF", 1));
    cr_assert(eq(u32, state, 0));
}

Test(utf8, a_byte_of_no_character_stands_for_itself) {
    size_t at = 0;
    cr_assert(eq(u32, utf8_next("\xC3(", 2, &at), UTF8_INVALID + 0xC3));
    cr_assert(eq(sz, at, 1));
    cr_assert(eq(u32, utf8_next("\xC3(", 2, &at), '('));
    at = 0;
    cr_assert(eq(u32, utf8_next("\xE2\x82", 2, &at), UTF8_INVALID + 0xE2));
    cr_assert(eq(sz, at, 1));
}
