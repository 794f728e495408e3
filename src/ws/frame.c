#include "ws/frame.h"

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

void ws_mask(uint8_t *bytes, size_t count, const uint8_t mask[4], unsigned phase) {
    uint8_t turned[16];
    for (unsigned i = 0; i < 4; i++) turned[i] = mask[(phase + i) & 3];
    memcpy(turned + 4, turned, 4);
    memcpy(turned + 8, turned, 8);
    uint64_t wide;
    memcpy(&wide, turned, 8);
    for (; count >= 16; bytes += 16, count -= 16) {
        uint64_t pair[2];
        memcpy(pair, bytes, 16);
        pair[0] ^= wide;
        pair[1] ^= wide;
        memcpy(bytes, pair, 16);
    }
    for (size_t i = 0; i < count; i++) bytes[i] ^= turned[i];
}
