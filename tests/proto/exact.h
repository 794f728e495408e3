/* Messages of tests, in heap blocks without a byte to spare: the sanitizer sees a read behind them.
 */
#ifndef TESTS_PROTO_EXACT_H
#define TESTS_PROTO_EXACT_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct exact {
    uint8_t *bytes;
    size_t count;
};

/* The bytes of a literal, which may hold \0. */
#define EXACT(literal) exact_copy(literal, sizeof(literal) - 1)

static inline struct exact exact_copy(const void *bytes, size_t count) {
    struct exact copy = {malloc(count > 0 ? count : 1), count};
    if (count > 0) memcpy(copy.bytes, bytes, count);
    return copy;
}

/* `head`, then `count` times `unit`, then `tail`: C strings. */
static inline struct exact exact_repeat(const char *head, const char *unit, size_t count,
                                        const char *tail) {
    size_t head_bytes = strlen(head), unit_bytes = strlen(unit), tail_bytes = strlen(tail);
    struct exact made = {NULL, head_bytes + count * unit_bytes + tail_bytes};
    made.bytes = malloc(made.count + 1);
    memcpy(made.bytes, head, head_bytes);
    for (size_t i = 0; i < count; i++)
        memcpy(made.bytes + head_bytes + i * unit_bytes, unit, unit_bytes);
    memcpy(made.bytes + head_bytes + count * unit_bytes, tail, tail_bytes + 1);
    made.bytes = realloc(made.bytes, made.count > 0 ? made.count : 1);
    return made;
}

#endif
