/* Numbers in text: as JSON writes them, and also ".5" and "5.". Pure. */
#ifndef FEED_NUMBER_H
#define FEED_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum number_kind {
    NUMBER_NONE,      /**< not a number: also +5, 007, NaN and hexadecimal */
    NUMBER_INTEGER,   /**< digits only, within int64 */
    NUMBER_FLOAT,     /**< with a point or an exponent */
    NUMBER_TOO_LARGE, /**< digits outside int64, or not a finite float64 */
};

struct number {
    enum number_kind kind;
    int64_t integer;
    double real;
};

/** Reads the whole of `text`, which need not be terminated. */
void number_parse(const char *text, size_t bytes, struct number *number);

/** Reads the whole of `text` as float64, digits only included. False: it is no number, or not a
 *  finite one. */
bool number_real(const char *text, size_t bytes, double *value);

#endif
