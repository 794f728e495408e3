#include "fuzz/msgpack_reference.h"

#include <string.h>

static uint64_t number(const uint8_t *at, size_t bytes) {
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++) value = value * 256 + at[i];
    return value;
}

/* The formats from 0xc0 to 0xdf: what each is, the bytes of the number behind the first byte, the
 * type byte of an ext, and the body of a fixed length. */
static const struct {
    enum msgpack_kind kind;
    uint8_t number, type, body;
} formats[32] = {
    {MSGPACK_NIL, 0, 0, 0},      {MSGPACK_NONE, 0, 0, 0},     {MSGPACK_BOOL, 0, 0, 0},
    {MSGPACK_BOOL, 0, 0, 0},     {MSGPACK_BIN, 1, 0, 0},      {MSGPACK_BIN, 2, 0, 0},
    {MSGPACK_BIN, 4, 0, 0},      {MSGPACK_EXT, 1, 1, 0},      {MSGPACK_EXT, 2, 1, 0},
    {MSGPACK_EXT, 4, 1, 0},      {MSGPACK_FLOAT, 4, 0, 0},    {MSGPACK_DOUBLE, 8, 0, 0},
    {MSGPACK_UNSIGNED, 1, 0, 0}, {MSGPACK_UNSIGNED, 2, 0, 0}, {MSGPACK_UNSIGNED, 4, 0, 0},
    {MSGPACK_UNSIGNED, 8, 0, 0}, {MSGPACK_SIGNED, 1, 0, 0},   {MSGPACK_SIGNED, 2, 0, 0},
    {MSGPACK_SIGNED, 4, 0, 0},   {MSGPACK_SIGNED, 8, 0, 0},   {MSGPACK_EXT, 0, 1, 1},
    {MSGPACK_EXT, 0, 1, 2},      {MSGPACK_EXT, 0, 1, 4},      {MSGPACK_EXT, 0, 1, 8},
    {MSGPACK_EXT, 0, 1, 16},     {MSGPACK_STR, 1, 0, 0},      {MSGPACK_STR, 2, 0, 0},
    {MSGPACK_STR, 4, 0, 0},      {MSGPACK_ARRAY, 2, 0, 0},    {MSGPACK_ARRAY, 4, 0, 0},
    {MSGPACK_MAP, 2, 0, 0},      {MSGPACK_MAP, 4, 0, 0},
};

static bool has_body(enum msgpack_kind kind) {
    return kind == MSGPACK_STR || kind == MSGPACK_BIN || kind == MSGPACK_EXT;
}

/* The number of a node with one: a value, or a length. */
static void take_number(struct msgpack_node *node, const uint8_t *at, unsigned bytes) {
    uint64_t value = number(at, bytes);
    uint32_t narrow = (uint32_t)value;
    float real;
    switch (node->kind) {
    case MSGPACK_UNSIGNED:
        node->number = value;
        break;
    case MSGPACK_SIGNED: /* of as many bits */
        node->number = value;
        if (bytes < 8 && at[0] >= 0x80) node->number |= UINT64_MAX << (8 * bytes);
        break;
    case MSGPACK_FLOAT:
        memcpy(&real, &narrow, sizeof real);
        node->real = (double)real;
        break;
    case MSGPACK_DOUBLE:
        memcpy(&node->real, &value, sizeof node->real);
        break;
    default:
        node->count = value;
    }
}

static struct msgpack_node fixed(const uint8_t *at) {
    struct msgpack_node node = {.body = at + 1};
    uint8_t first = at[0];
    if (first < 0x80)
        node.kind = MSGPACK_UNSIGNED, node.number = first;
    else if (first < 0x90)
        node.kind = MSGPACK_MAP, node.count = first - 0x80u;
    else if (first < 0xa0)
        node.kind = MSGPACK_ARRAY, node.count = first - 0x90u;
    else if (first < 0xc0)
        node.kind = MSGPACK_STR, node.count = first - 0xa0u;
    else
        node.kind = MSGPACK_SIGNED, node.number = (uint64_t)((int64_t)first - 256);
    return node;
}

struct msgpack_node msgpack_reference_node(const uint8_t *at, const uint8_t *end) {
    static const struct msgpack_node none = {0};
    if (at == end) return none;
    struct msgpack_node node;
    if (at[0] < 0xc0 || at[0] >= 0xe0) {
        node = fixed(at);
    } else {
        unsigned format = at[0] - 0xc0u, wide = formats[format].number, type = formats[format].type;
        node = (struct msgpack_node){.kind = formats[format].kind, .body = at + 1 + wide + type};
        if ((size_t)(end - at) < 1 + wide + type) return none;
        node.count = formats[format].body;
        if (node.kind == MSGPACK_BOOL) node.number = at[0] == 0xc3;
        if (wide > 0) take_number(&node, at + 1, wide);
        if (type > 0) node.number = (uint64_t)(int64_t)(int8_t)at[1 + wide];
    }
    node.next = node.body;
    if (!has_body(node.kind)) return node;
    if (node.count > (uint64_t)(end - node.body)) return none;
    node.next += node.count;
    return node;
}

size_t msgpack_reference_object(const uint8_t *at, const uint8_t *end, unsigned max_depth) {
    struct msgpack_node node = msgpack_reference_node(at, end);
    if (node.kind == MSGPACK_NONE) return 0;
    if (node.kind != MSGPACK_ARRAY && node.kind != MSGPACK_MAP) return (size_t)(node.next - at);
    if (max_depth == 0) return 0;
    const uint8_t *next = node.next;
    uint64_t objects = node.kind == MSGPACK_MAP ? 2 * node.count : node.count;
    for (uint64_t i = 0; i < objects; i++) {
        size_t bytes = msgpack_reference_object(next, end, max_depth - 1);
        if (bytes == 0) return 0;
        next += bytes;
    }
    return (size_t)(next - at);
}

bool msgpack_reference_is(const struct msgpack_node *node, const char *text) {
    return (node->kind == MSGPACK_STR || node->kind == MSGPACK_BIN) &&
           node->count == strlen(text) && memcmp(node->body, text, node->count) == 0;
}
