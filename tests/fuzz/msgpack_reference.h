/* msgpack read as its specification is written, recursively: slow, and plain enough to be trusted.
 */
#ifndef FUZZ_MSGPACK_REFERENCE_H
#define FUZZ_MSGPACK_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum msgpack_kind {
    MSGPACK_NONE, /**< truncated, or the byte 0xc1 */
    MSGPACK_NIL,
    MSGPACK_BOOL,     /**< `number` is 0 or 1 */
    MSGPACK_UNSIGNED, /**< `number` */
    MSGPACK_SIGNED,   /**< `number`, of two's complement */
    MSGPACK_FLOAT,    /**< `real` */
    MSGPACK_DOUBLE,
    MSGPACK_STR, /**< `count` bytes at `body` */
    MSGPACK_BIN,
    MSGPACK_EXT,   /**< and `number` is its type, of two's complement */
    MSGPACK_ARRAY, /**< `count` objects at `body` */
    MSGPACK_MAP,   /**< `count` pairs of objects at `body` */
};

struct msgpack_node {
    enum msgpack_kind kind;
    uint64_t number, count;
    double real;
    const uint8_t *body; /**< behind the head */
    const uint8_t *next; /**< behind the node, which is not what a container holds */
};

/** Reads the node at `at`. */
struct msgpack_node msgpack_reference_node(const uint8_t *at, const uint8_t *end);

/** Bytes of the object at `at` if it is whole and at most `max_depth` containers deep; otherwise 0.
 */
size_t msgpack_reference_object(const uint8_t *at, const uint8_t *end, unsigned max_depth);

/** True if the node is a string of just these characters. */
bool msgpack_reference_is(const struct msgpack_node *node, const char *text);

#endif
