/* Bytes inside the message that was decoded, and the reading of msgpack strings. */
#ifndef PROTO_TEXT_H
#define PROTO_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PROTO_ERROR_BYTES 512 /**< longest text of an error that we make, its end included */

struct proto_text {
    const char *at;
    uint32_t bytes;
};

/** What a msgpack string's head says. */
enum text_kind { TEXT_NONE, TEXT_STR, TEXT_BIN };

/** Reads the str or bin at *at, which is a whole object, and moves *at behind it. TEXT_NONE: it is
 *  something else, *at stays. */
enum text_kind text_read(const uint8_t **at, struct proto_text *text);

/** Number of elements of the array or pairs of the map at *at (a whole object), which moves to the
 * first of them. False: it is something else. */
bool array_read(const uint8_t **at, uint32_t *count);
bool map_read(const uint8_t **at, uint32_t *count);

static inline size_t text_head_bytes(size_t bytes) {
    return bytes < 32 ? 1 : bytes < 256 ? 2 : bytes < 65536 ? 3 : 5;
}

/** The head of a str of 32 bytes or more. */
size_t text_head_write_long(size_t bytes, uint8_t *out);

/** Writes the head of a str; at most 5 bytes. Returns its bytes. */
static inline size_t text_head_write(size_t bytes, uint8_t *out) {
    if (bytes >= 32) return text_head_write_long(bytes, out);
    out[0] = (uint8_t)(0xa0 | bytes);
    return 1;
}

static inline bool text_is(struct proto_text text, const char *name, size_t bytes) {
    return text.bytes == bytes && __builtin_memcmp(text.at, name, bytes) == 0;
}

#endif
