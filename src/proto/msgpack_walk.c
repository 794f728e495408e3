#include "proto/msgpack_walk.h"

#include <stdint.h>

/* One node: bytes of its head, payload bytes, and objects inside. */
struct node {
    size_t bytes;
    uint64_t objects;
    int container;
};

static uint64_t big_endian(const uint8_t *at, unsigned bytes) {
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++) value = value << 8 | at[i];
    return value;
}

/* Heads 0xc0 to 0xdf (msgpack specification, "Formats"): fixed bytes of head and payload, and the
 * width of a length that follows the first byte. */
static const struct {
    uint8_t fixed, length, extra; /* extra: the type byte of an ext */
    uint8_t objects;              /* objects an element stands for: 1 array, 2 map */
} heads[32] = {
    [0x00] = {1, 0, 0, 0},                                                 /* nil */
    [0x02] = {1, 0, 0, 0},  [0x03] = {1, 0, 0, 0},                         /* false, true */
    [0x04] = {2, 1, 0, 0},  [0x05] = {3, 2, 0, 0},  [0x06] = {5, 4, 0, 0}, /* bin */
    [0x07] = {3, 1, 1, 0},  [0x08] = {4, 2, 1, 0},  [0x09] = {6, 4, 1, 0}, /* ext */
    [0x0a] = {5, 0, 0, 0},  [0x0b] = {9, 0, 0, 0},                         /* float */
    [0x0c] = {2, 0, 0, 0},  [0x0d] = {3, 0, 0, 0},  [0x0e] = {5, 0, 0, 0}, [0x0f] = {9, 0, 0, 0},
    [0x10] = {2, 0, 0, 0},  [0x11] = {3, 0, 0, 0},  [0x12] = {5, 0, 0, 0}, [0x13] = {9, 0, 0, 0},
    [0x14] = {3, 0, 0, 0},  [0x15] = {4, 0, 0, 0},  [0x16] = {6, 0, 0, 0}, /* fixext */
    [0x17] = {10, 0, 0, 0}, [0x18] = {18, 0, 0, 0}, [0x19] = {2, 1, 0, 0}, [0x1a] = {3, 2, 0, 0},
    [0x1b] = {5, 4, 0, 0},                         /* str */
    [0x1c] = {3, 2, 0, 1},  [0x1d] = {5, 4, 0, 1}, /* array */
    [0x1e] = {3, 2, 0, 2},  [0x1f] = {5, 4, 0, 2}, /* map */
};

/* False if the head is truncated or 0xc1. */
static inline int read_node(const uint8_t *at, size_t left, struct node *node) {
    uint8_t first = at[0];
    *node = (struct node){.bytes = 1};
    if (first < 0x80 || first >= 0xe0) return 1; /* fixint */
    if (first >= 0xa0 && first < 0xc0) {         /* fixstr */
        node->bytes = 1 + (size_t)(first & 31);
        return 1;
    }
    if (first < 0xa0) { /* fixmap, fixarray */
        node->container = 1;
        node->objects = (uint64_t)(first & 15) << (first < 0x90);
        return 1;
    }
    unsigned head = first & 31;
    node->bytes = heads[head].fixed;
    if (node->bytes == 0 || node->bytes > left) return 0;
    if (heads[head].length == 0) return 1;
    uint64_t length = big_endian(at + 1, heads[head].length);
    if (heads[head].objects == 0) {
        node->bytes += length;
    } else {
        node->container = 1;
        node->objects = length * heads[head].objects;
    }
    return 1;
}

size_t msgpack_walk(const void *bytes, size_t count, unsigned max_depth) {
    const uint8_t *at = bytes, *end = at + count;
    uint64_t outer[PROTO_DATA_DEPTH]; /* objects still to come in the containers around */
    uint64_t left = 1;
    unsigned depth = 0;
    if (max_depth > PROTO_DATA_DEPTH) max_depth = PROTO_DATA_DEPTH;
    for (;;) {
        struct node node;
        if (at == end || !read_node(at, (size_t)(end - at), &node)) return 0;
        if (node.bytes > (size_t)(end - at)) return 0;
        at += node.bytes;
        left--;
        if (node.container) {
            if (depth == max_depth) return 0;
            outer[depth++] = left;
            left = node.objects;
            /* each object takes a byte at least: no count is believed beyond that */
            if (left > (uint64_t)(end - at)) return 0;
        }
        while (left == 0) {
            if (depth == 0) return (size_t)(at - (const uint8_t *)bytes);
            left = outer[--depth];
        }
    }
}
