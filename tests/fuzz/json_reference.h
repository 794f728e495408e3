/* Whether a JSON text and a msgpack object say the same: both are read side by side, token by
 * token. */
#ifndef FUZZ_JSON_REFERENCE_H
#define FUZZ_JSON_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** True if `text` is one JSON value and the bytes are one msgpack object with the same content, in
 * the same order, by the rules of proto/json.h. */
bool json_reference_same(const char *text, size_t text_bytes, const uint8_t *msgpack,
                         size_t msgpack_bytes);

enum json_verdict { JSON_REFUSED, JSON_TAKEN, JSON_EITHER };

/** What jansson, which has no U+0000 in names, says of a text that is to become msgpack. */
enum json_verdict json_reference_verdict(const char *text, size_t text_bytes);

#endif
