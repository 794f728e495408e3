#include "fuzz/utf8_reference.h"

#include <string.h>

static bool within(uint8_t byte, uint8_t low, uint8_t high) {
    return byte >= low && byte <= high;
}

/* RFC 3629, section 4. */
size_t utf8_reference_character(const uint8_t *at, size_t left) {
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

bool utf8_reference_valid(const uint8_t *bytes, size_t count) {
    size_t i = 0;
    while (i < count) {
        size_t taken = utf8_reference_character(bytes + i, count - i);
        if (taken == 0) return false;
        i += taken;
    }
    return true;
}

/* True if more bytes make it one character. */
static bool begins_character(const uint8_t *at, size_t left) {
    static const uint8_t next[] = {0x80, 0x90, 0xa0}; /* each range of a second byte has one */
    if (left > 3) return false;
    for (size_t i = 0; i < sizeof next; i++) {
        uint8_t whole[4] = {0, next[i], 0x80, 0x80};
        memcpy(whole, at, left);
        if (utf8_reference_character(whole, 4) > left) return true;
    }
    return false;
}

bool utf8_reference_begins(const uint8_t *bytes, size_t count) {
    size_t i = 0, taken;
    while (i < count && (taken = utf8_reference_character(bytes + i, count - i)) > 0) i += taken;
    return i == count || begins_character(bytes + i, count - i);
}

size_t utf8_reference_codes(const uint8_t *bytes, size_t count, uint32_t *out) {
    static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
    size_t codes = 0;
    for (size_t i = 0; i < count; codes++) {
        size_t taken = utf8_reference_character(bytes + i, count - i);
        out[codes] = taken == 0 ? 0x110000u + bytes[i] : bytes[i] & masks[taken];
        for (size_t more = 1; more < taken; more++)
            out[codes] = out[codes] << 6 | (bytes[i + more] & 0x3fu);
        i += taken == 0 ? 1 : taken;
    }
    return codes;
}
