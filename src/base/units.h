/* Sizes and times as people write them: `16MiB`, `10s`. Parsed completely or refused. Pure. */
#ifndef BASE_UNITS_H
#define BASE_UNITS_H

#include <stdbool.h>
#include <stdint.h>

#define UNITS_TEXT_BYTES 32 /**< of a formatted value, terminated */

enum units_kind {
    UNITS_COUNT, /**< digits alone */
    UNITS_SIZE,  /**< bytes: digits and B, KiB, MiB, GiB; digits alone are bytes */
    UNITS_TIME,  /**< milliseconds: digits and ms, s, min, h; 0 needs no unit */
};

/** Reads all of `text`: digits without leading zero, sign, point or space, then a unit. False if it
 * is anything else or does not fit; *value is then untouched. */
bool units_parse(enum units_kind kind, const char *text, uint64_t *value);

/** Writes `value` with the largest unit that divides it; units_parse reads it back. Returns `out`.
 */
const char *units_format(enum units_kind kind, uint64_t value, char out[UNITS_TEXT_BYTES]);

/** What was probably meant by a text that units_parse refused (`10m`: `10min`). False: no idea. */
bool units_suggest(enum units_kind kind, const char *text, char out[UNITS_TEXT_BYTES]);

/** The units in words: " in B, KiB, MiB or GiB"; empty for counts. Static. */
const char *units_names(enum units_kind kind);

#endif
