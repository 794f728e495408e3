/* Error messages of the subscribe contract: msgpack {"error": text}. */
#ifndef PROTO_ERROR_H
#define PROTO_ERROR_H

#include "proto/text.h"

#define ERROR_HEAD_BYTES 12 /**< most that {"error": text} needs beside the text */

/** Writes {"error": text} to `out` (text_bytes + ERROR_HEAD_BYTES suffice). Returns its bytes. */
size_t error_encode(const char *text, size_t text_bytes, uint8_t *out);

#endif
