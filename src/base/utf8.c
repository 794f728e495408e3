#include "base/utf8.h"

#include <string.h>

/*
 * The state between bytes: how many must follow (bits 0 to 7), and the range of the next one (8 to
 * 15 lowest, 16 to 23 highest). Only the byte after the first has a narrower range (RFC 3629,
 * section 4).
 */
#define STATE(need, low, high) ((uint32_t)(need) | (uint32_t)(low) << 8 | (uint32_t)(high) << 16)

static uint32_t first_byte(uint8_t byte) {
    if (byte >= 0xc2 && byte <= 0xdf) return STATE(1, 0x80, 0xbf);
    if (byte == 0xe0) return STATE(2, 0xa0, 0xbf);
    if (byte == 0xed) return STATE(2, 0x80, 0x9f);
    if (byte >= 0xe1 && byte <= 0xef) return STATE(2, 0x80, 0xbf);
    if (byte == 0xf0) return STATE(3, 0x90, 0xbf);
    if (byte >= 0xf1 && byte <= 0xf3) return STATE(3, 0x80, 0xbf);
    if (byte == 0xf4) return STATE(3, 0x80, 0x8f);
    return 0;
}

/* The number of ASCII bytes at the beginning, in steps of 8. */
static size_t skip_ascii(const uint8_t *at, size_t count) {
    size_t i = 0;
    for (; i + 8 <= count; i += 8) {
        uint64_t word;
        memcpy(&word, at + i, 8);
        if (word & UINT64_C(0x8080808080808080)) break;
    }
    return i;
}

bool utf8_step(uint32_t *state, const void *bytes, size_t count) {
    const uint8_t *at = bytes;
    uint32_t now = *state;
    for (size_t i = 0; i < count;) {
        if (now == 0) {
            i += skip_ascii(at + i, count - i);
            if (i == count) break;
            uint8_t byte = at[i++];
            if (byte < 0x80) continue;
            now = first_byte(byte);
            if (now == 0) return false;
            continue;
        }
        uint8_t byte = at[i++];
        if (byte < (now >> 8 & 0xff) || byte > now >> 16) return false;
        uint32_t need = (now & 0xff) - 1;
        now = need == 0 ? 0 : STATE(need, 0x80, 0xbf);
    }
    *state = now;
    return true;
}

bool utf8_valid(const void *bytes, size_t count) {
    uint32_t state = 0;
    return utf8_step(&state, bytes, count) && state == 0;
}

uint32_t utf8_next(const char *text, size_t count, size_t *at) {
    const uint8_t *bytes = (const uint8_t *)text;
    size_t place = *at;
    uint8_t first = bytes[place++];
    *at = place;
    if (first < 0x80) return first;
    uint32_t now = first_byte(first), invalid = UTF8_INVALID + first;
    if (now == 0) return invalid;
    uint32_t code = first & (0x3fu >> (now & 0xff));
    for (uint32_t need = now & 0xff; need > 0; need--) {
        if (place == count || !utf8_step(&now, bytes + place, 1)) return invalid;
        code = code << 6 | (bytes[place++] & 0x3fu);
    }
    *at = place;
    return code;
}

size_t utf8_write(uint32_t code, char *out) {
    static const uint8_t marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    size_t count = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (size_t i = count - 1; i > 0; i--) {
        out[i] = (char)(0x80 | (code & 0x3f));
        code >>= 6;
    }
    out[0] = (char)(marks[count] | code);
    return count;
}
