/* UTF-8 as RFC 3629's table of well-formed sequences has it, line by line: slow, and plain enough
 * to be trusted. */
#ifndef FUZZ_UTF8_REFERENCE_H
#define FUZZ_UTF8_REFERENCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Bytes of the character at `at`, 0 if there is none. */
size_t utf8_reference_character(const uint8_t *at, size_t left);

/** True if all are characters. */
bool utf8_reference_valid(const uint8_t *bytes, size_t count);

/** True if more bytes can make it characters: all are, but for the last one that is not whole. */
bool utf8_reference_begins(const uint8_t *bytes, size_t count);

/** The code points of `bytes` to `out` (`count` of them suffice); a byte that belongs to no
 * character stands for itself, above all characters. Returns how many. */
size_t utf8_reference_codes(const uint8_t *bytes, size_t count, uint32_t *out);

#endif
