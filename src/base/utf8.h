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

#endif
