#include "ws/frame.h"

#include <endian.h>
#include <string.h>

#include "ws/bits.h"

static size_t big_endian(uint64_t value, size_t bytes, uint8_t *out) {
    for (size_t i = bytes; i-- > 0; value >>= 8) out[i] = (uint8_t)value;
    return bytes;
}

size_t ws_header_write(enum ws_opcode opcode, uint64_t payload_bytes, uint8_t *out) {
    out[0] = (uint8_t)(BIT_FIN | opcode);
    if (payload_bytes < LENGTH_16) {
        out[1] = (uint8_t)payload_bytes;
        return 2;
    }
    bool wide = payload_bytes > UINT16_MAX;
    out[1] = wide ? LENGTH_64 : LENGTH_16;
    return 2 + big_endian(payload_bytes, wide ? 8 : 2, out + 2);
}

size_t ws_header_write_masked(enum ws_opcode opcode, uint64_t payload_bytes, const uint8_t mask[4],
                              uint8_t *out) {
    size_t bytes = ws_header_write(opcode, payload_bytes, out);
    out[1] |= BIT_MASKED;
    memcpy(out + bytes, mask, 4);
    return bytes + 4;
}

uint64_t ws_frame_bytes(const uint8_t *frame) {
    unsigned length = frame[1] & BIT_LENGTH;
    if (length < LENGTH_16) return 2 + length;
    size_t wide = length == LENGTH_16 ? 2 : 8;
    uint64_t payload = 0;
    for (size_t i = 0; i < wide; i++) payload = payload << 8 | frame[2 + i];
    return 2 + wide + payload;
}

size_t ws_close_write(enum ws_close_code code, const char *reason, uint8_t *out) {
    if (code == WS_CLOSE_NONE) return ws_header_write(WS_CLOSE, 0, out);
    size_t bytes = reason != NULL ? strlen(reason) : 0;
    if (bytes > WS_REASON_BYTES) {
        bytes = WS_REASON_BYTES;
        while (bytes > 0 && ((uint8_t)reason[bytes] & 0xc0) == 0x80) bytes--;
    }
    size_t at = ws_header_write(WS_CLOSE, 2 + bytes, out);
    at += big_endian(code, 2, out + at);
    if (bytes > 0) memcpy(out + at, reason, bytes);
    return at + bytes;
}

static inline void mask_8(uint8_t *at, uint64_t mask) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    word ^= mask;
    memcpy(at, &word, sizeof word);
}

static inline void mask_4(uint8_t *at, uint32_t mask) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    word ^= mask;
    memcpy(at, &word, sizeof word);
}

/* In words: an array on the stack would cost each message a check of the stack. */
inline void ws_mask(uint8_t *bytes, size_t count, const uint8_t mask[4], unsigned phase) {
    uint32_t word;
    memcpy(&word, mask, sizeof word);
    uint32_t turned = le32toh(word); /* lowest is the mask of the first byte */
    if (phase % 4 != 0) turned = turned >> phase % 4 * 8 | turned << (4 - phase % 4) * 8;
    word = htole32(turned);
    const uint64_t wide = (uint64_t)word << 32 | word;
    for (; count >= 16; bytes += 16, count -= 16) {
        mask_8(bytes, wide);
        mask_8(bytes + 8, wide);
    }
    if (count & 8) {
        mask_8(bytes, wide);
        bytes += 8;
    }
    if (count & 4) {
        mask_4(bytes, word);
        bytes += 4;
    }
    for (count &= 3; count > 0; count--, turned >>= 8) *bytes++ ^= (uint8_t)turned;
}
