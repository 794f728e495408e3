#include "proto/msgpack_walk.h"

#include <stdint.h>

/* One node: its bytes, or those of its head, and the objects inside. */
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

/* A node that is not in `whole`. False if the head is truncated or 0xc1. Not inline: its variables
 * would push those of the walk out of the registers. */
__attribute__((noinline)) static int read_node(const uint8_t *at, size_t left, struct node *node) {
    uint8_t first = at[0];
    *node = (struct node){.bytes = 1};
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

/* Bytes of the nodes whose length their first byte tells; 0 for all others. */
static const uint8_t whole[256] = {
    [0x00 ... 0x7f] = 1, [0xe0 ... 0xff] = 1,                          /* fixint */
    [0xc0] = 1,          [0xc2 ... 0xc3] = 1,                          /* nil, false, true */
    [0xca] = 5,          [0xcb] = 9,                                   /* float */
    [0xcc] = 2,          [0xcd] = 3,          [0xce] = 5,  [0xcf] = 9, /* uint, int */
    [0xd0] = 2,          [0xd1] = 3,          [0xd2] = 5,  [0xd3] = 9,  [0xa0] = 1,  [0xa1] = 2,
    [0xa2] = 3,          [0xa3] = 4,          [0xa4] = 5,  [0xa5] = 6,  [0xa6] = 7, /* fixstr */
    [0xa7] = 8,          [0xa8] = 9,          [0xa9] = 10, [0xaa] = 11, [0xab] = 12, [0xac] = 13,
    [0xad] = 14,         [0xae] = 15,         [0xaf] = 16, [0xb0] = 17, [0xb1] = 18, [0xb2] = 19,
    [0xb3] = 20,         [0xb4] = 21,         [0xb5] = 22, [0xb6] = 23, [0xb7] = 24, [0xb8] = 25,
    [0xb9] = 26,         [0xba] = 27,         [0xbb] = 28, [0xbc] = 29, [0xbd] = 30, [0xbe] = 31,
    [0xbf] = 32,
};

static inline int is_fix_container(uint8_t head) {
    return (head & 0xe0) == 0x80;
}

static inline uint64_t fix_objects(uint8_t head) {
    return (uint64_t)(head & 15) << (head < 0x90);
}

/* Passes over at most *left nodes in `whole`, up to another one. Hot: nine instructions a node. */
static inline size_t pass_whole(const uint8_t *bytes, size_t count, size_t at, uint64_t *left) {
    uint64_t still = *left;
    while (at < count) {
        size_t step = whole[bytes[at]];
        if (step == 0) break;
        at += step;
        if (--still == 0) break;
    }
    *left = still;
    return at;
}

/* Not inline: its frame is for those that need it. */
__attribute__((noinline)) static size_t walk(const uint8_t *first, size_t count,
                                             unsigned max_depth) {
    uint64_t outer[PROTO_WALK_DEPTH]; /* objects still to come in the containers around */
    uint64_t left = 1;
    unsigned depth = 0;
    size_t at = 0;
    if (max_depth > PROTO_WALK_DEPTH) max_depth = PROTO_WALK_DEPTH;
    for (;;) {
        at = pass_whole(first, count, at, &left);
        if (at > count || (at == count && left > 0)) return 0;
        if (left > 0) {
            struct node node = {1, fix_objects(first[at]), 1};
            if (!is_fix_container(first[at]) && !read_node(first + at, count - at, &node)) return 0;
            if (node.bytes > count - at) return 0;
            at += node.bytes;
            left--;
            if (node.container) {
                if (depth == max_depth) return 0;
                outer[depth++] = left;
                left = node.objects;
                /* each object takes a byte at least: no count is believed beyond that */
                if (left > count - at) return 0;
            }
        }
        while (left == 0) {
            if (depth == 0) return at;
            left = outer[--depth];
        }
    }
}

/* A small map or array of nodes in `whole`, as nearly all data is; 0: it is another, or bad. */
static inline size_t walk_flat(const uint8_t *bytes, size_t count) {
    if (count < 2 || !is_fix_container(bytes[0])) return 0;
    uint64_t left = fix_objects(bytes[0]);
    if (left == 0) return 0;
    size_t at = pass_whole(bytes, count, 1, &left);
    return left == 0 && at <= count ? at : 0;
}

size_t msgpack_walk(const void *bytes, size_t count, unsigned max_depth) {
    size_t flat = max_depth > 0 ? walk_flat(bytes, count) : 0;
    return flat > 0 ? flat : walk(bytes, count, max_depth);
}

size_t msgpack_skip(const void *bytes, size_t count) {
    const uint8_t *at = bytes, *end = at + count;
    uint64_t left = 1; /* objects still to come, of all containers together */
    while (left > 0) {
        struct node node = {0};
        if (at == end) return 0;
        node.bytes = whole[*at];
        if (node.bytes == 0 && !read_node(at, (size_t)(end - at), &node)) return 0;
        if (node.bytes > (size_t)(end - at)) return 0;
        at += node.bytes;
        left += node.objects - 1;
        if (left > (uint64_t)(end - at)) return 0;
    }
    return (size_t)(at - (const uint8_t *)bytes);
}
