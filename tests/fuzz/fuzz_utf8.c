/* UTF-8 as a whole and in pieces, against RFC 3629's table of well-formed sequences. The first byte
 * says how long the pieces are. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz/fuzz.h"

static bool within(uint8_t byte, uint8_t low, uint8_t high) {
    return byte >= low && byte <= high;
}

/* Bytes of the character at `at`, 0 if there is none: RFC 3629, section 4, line by line. */
static size_t character(const uint8_t *at, size_t left) {
    static const struct {
        uint8_t bytes, first[2], second[2];
    } rows[] = {
        {1, {0x00, 0x7f}, {0, 0}},       {2, {0xc2, 0xdf}, {0x80, 0xbf}},
        {3, {0xe0, 0xe0}, {0xa0, 0xbf}}, {3, {0xe1, 0xec}, {0x80, 0xbf}},
        {3, {0xed, 0xed}, {0x80, 0x9f}}, {3, {0xee, 0xef}, {0x80, 0xbf}},
        {4, {0xf0, 0xf0}, {0x90, 0xbf}}, {4, {0xf1, 0xf3}, {0x80, 0xbf}},
        {4, {0xf4, 0xf4}, {0x80, 0x8f}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!within(at[0], rows[i].first[0], rows[i].first[1])) continue;
        size_t bytes = rows[i].bytes;
        if (bytes == 1) return 1;
        if (left < bytes || !within(at[1], rows[i].second[0], rows[i].second[1])) return 0;
        for (size_t more = 2; more < bytes; more++)
            if (!within(at[more], 0x80, 0xbf)) return 0;
        return bytes;
    }
    return 0;
}

static bool reference(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    while (i < count) {
        size_t taken = character(bytes + i, count - i);
        if (taken == 0) return false;
        i += taken;
    }
    return true;
}

/* The bytes that some UTF-8 begins with: is told at the first byte that cannot belong. */
static size_t longest_beginning(const uint8_t *bytes, size_t count) {
    uint32_t state = 0;
    for (size_t i = 0; i < count; i++)
        if (!utf8_step(&state, bytes + i, 1)) return i;
    return count;
}

/* True if what is at `at` can become a character with more bytes. */
static bool begins_character(const uint8_t *at, size_t left) {
    static const uint8_t more[] = {0x80, 0x90, 0xa0};
    uint8_t whole[4];
    for (size_t i = 0; i < sizeof more; i++) {
        memcpy(whole, at, left);
        memset(whole + left, more[i], 4 - left);
        if (left < 4 && left > 1) memset(whole + left, 0x80, 4 - left);
        if (character(whole, 4) > left) return true;
    }
    return false;
}

static void check_pieces(const uint8_t *bytes, size_t count, size_t piece, bool good) {
    uint32_t state = 0;
    bool fits = true;
    for (size_t i = 0; i < count && fits; i += piece)
        fits = utf8_step(&state, bytes + i, count - i < piece ? count - i : piece);
    CHECK((fits && state == 0) == good);
}

static void check_characters(const uint8_t *bytes, size_t count) {
    for (size_t at = 0; at < count;) {
        size_t before = at, bytes_of = character(bytes + at, count - at);
        uint32_t code = utf8_next((const char *)bytes, count, &at);
        CHECK(at - before == (bytes_of > 0 ? bytes_of : 1));
        CHECK(bytes_of > 0 ? code < UTF8_INVALID : code == UTF8_INVALID + bytes[before]);
        char written[4];
        if (bytes_of == 0) continue;
        CHECK(utf8_write(code, written) == bytes_of);
        CHECK(memcmp(written, bytes + before, bytes_of) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    size_t piece = fuzz_byte(&input) % 16 + 1u, count = fuzz_left(&input);
    uint8_t *bytes = fuzz_copy(input.at, count);
    bool good = reference(bytes, count);
    CHECK(utf8_valid(bytes, count) == good);
    check_pieces(bytes, count, 1, good);
    check_pieces(bytes, count, piece, good);
    check_characters(bytes, count);

    size_t begins = longest_beginning(bytes, count), whole = 0, taken;
    while (whole < count && (taken = character(bytes + whole, count - whole)) > 0) whole += taken;
    size_t most = whole; /* the whole characters, and the bytes that can still become one */
    while (most < count && most - whole < 3 && begins_character(bytes + whole, most - whole + 1))
        most++;
    CHECK(begins == most);
    free(bytes);
    return 0;
}
