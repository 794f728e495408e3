/* Streams: what a subscriber asks for, a pattern of three elements over keys. */
#ifndef KEY_STREAM_H
#define KEY_STREAM_H

#include <stdbool.h>
#include <stddef.h>

enum stream_kind {
    STREAM_INVALID,  /**< not exactly two '/' */
    STREAM_LITERAL,  /**< no wildcard: selects one key */
    STREAM_ELEMENTS, /**< three elements, each literal, `*` or a glob */
    STREAM_CROSSING, /**< a '/' inside braces or brackets: one glob over the whole key */
};

struct stream_shape {
    enum stream_kind kind;
    size_t cut[2]; /**< offsets of the two '/' outside braces and brackets (not CROSSING) */
    bool glob[3];  /**< the element has a wildcard and is not `*` alone (not CROSSING) */
    bool any[3];   /**< the element is `*` (or `**`, which is the same within one element) */
};

/** Looks at the text of a stream; linear, no allocation. An element with an escape is a glob. */
enum stream_kind stream_shape(const char *stream, size_t stream_bytes, struct stream_shape *shape);

#endif
