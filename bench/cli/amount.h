/* Numbers as people write them: `1000`, `0.5`, `10%`, `500us`, `64KiB`. Read whole or refused.
 * Pure. */
#ifndef BENCH_CLI_AMOUNT_H
#define BENCH_CLI_AMOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/units.h"

enum amount_kind {
    AMOUNT_COUNT,  /**< a whole number */
    AMOUNT_NUMBER, /**< digits, with a point or not */
    AMOUNT_SHARE,  /**< a part of 1, or of 100 with %: 0.1 and 10% */
    AMOUNT_TIME,   /**< seconds; with us, ms, s, min or h after it something else */
    AMOUNT_BYTES,  /**< a whole number in B, KiB, MiB or GiB; without a unit bytes */
};

/** Both hold the value, `real` as close as it can. */
struct amount {
    uint64_t whole; /**< of counts and bytes */
    double real;
};

/** Reads all of `text`; false, and *amount untouched, if it is anything else or does not fit. */
bool amount_read(enum amount_kind kind, const char *text, struct amount *amount);

/** Whether a <= b; both are of the kind. */
bool amount_at_most(enum amount_kind kind, const struct amount *a, const struct amount *b);

/** What was probably meant by a text that amount_read refused (`10sec`: `10s`). False: no idea. */
bool amount_suggest(enum amount_kind kind, const char *text, char out[UNITS_TEXT_BYTES]);

/** The kind in words, "a time", and the units in words, " in us, ms, s, min or h". Static. */
const char *amount_name(enum amount_kind kind);
const char *amount_units(enum amount_kind kind);

#endif
