/* UTF-8 (RFC 3629) in pieces: told at the first byte that cannot belong. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Takes `count` bytes. `*state` begins with 0 and is 0 again between characters. False when a byte
 *  cannot follow; overlong forms, surrogates and what is above U+10FFFF are such. */
bool utf8_step(uint32_t *state, const void *bytes, size_t count);

/** True if the bytes are whole UTF-8. */
bool utf8_valid(const void *bytes, size_t count);

#define UTF8_INVALID 0x110000u /**< above every character */

/** The character at `*at` (below `count`), which is moved behind it. A byte that belongs to no
 *  character stands for itself, as UTF8_INVALID + byte. */
uint32_t utf8_next(const char *text, size_t count, size_t *at);

/** Writes the character `code` (below UTF8_INVALID), 1 to 4 bytes; returns how many. */
size_t utf8_write(uint32_t code, char *out);

#endif
