#include "proto/text.h"

static uint32_t big_endian(const uint8_t *at, unsigned bytes) {
    uint32_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value = value << 8 | at[i];
    return value;
}

enum text_kind text_read(const uint8_t **at, struct proto_text *text) {
    const uint8_t *head = *at;
    unsigned width;
    enum text_kind kind = TEXT_STR;
    if ((head[0] & 0xe0) == 0xa0) {
        *text = (struct proto_text){(const char *)head + 1, head[0] & 31u};
        *at = head + 1 + text->bytes;
        return kind;
    }
    if (head[0] >= 0xd9 && head[0] <= 0xdb) {
        width = 1u << (head[0] - 0xd9);
    } else if (head[0] >= 0xc4 && head[0] <= 0xc6) {
        width = 1u << (head[0] - 0xc4);
        kind = TEXT_BIN;
    } else {
        return TEXT_NONE;
    }
    text->bytes = big_endian(head + 1, width);
    text->at = (const char *)head + 1 + width;
    *at = head + 1 + width + text->bytes;
    return kind;
}

static bool count_read(const uint8_t **at, uint32_t *count, uint8_t fix, uint8_t wide) {
    const uint8_t *head = *at;
    if ((head[0] & 0xf0) == fix) {
        *count = head[0] & 15;
        *at = head + 1;
        return true;
    }
    if (head[0] != wide && head[0] != wide + 1) return false;
    unsigned width = head[0] == wide ? 2 : 4;
    *count = big_endian(head + 1, width);
    *at = head + 1 + width;
    return true;
}

bool array_read(const uint8_t **at, uint32_t *count) {
    return count_read(at, count, 0x90, 0xdc);
}

bool map_read(const uint8_t **at, uint32_t *count) {
    return count_read(at, count, 0x80, 0xde);
}

size_t text_head_write_long(size_t bytes, uint8_t *out) {
    size_t head = text_head_bytes(bytes);
    out[0] = head == 2 ? 0xd9 : head == 3 ? 0xda : 0xdb;
    for (size_t i = 1; i < head; i++) out[i] = (uint8_t)(bytes >> (8 * (head - 1 - i)));
    return head;
}
