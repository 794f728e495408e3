/*
 * Assertions on a result: NAME OP VALUE, such as p99<2ms, lost=0, deliveries_per_s>=1M. A value
 * that is unknown fails. One thread.
 */
#ifndef BENCH_RESULT_CHECK_H
#define BENCH_RESULT_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define CHECK_MAX         64 /**< assertions of a run */
#define CHECK_TEXT_BYTES  96 /**< longest assertion, with its end */
#define CHECK_ERROR_BYTES 2048

enum check_op { CHECK_LESS, CHECK_AT_MOST, CHECK_MORE, CHECK_AT_LEAST, CHECK_EQUAL, CHECK_UNEQUAL };

struct check {
    char text[CHECK_TEXT_BYTES]; /**< as it was given */
    size_t name;                 /**< a row of the table of values */
    enum check_op op;
    double limit; /**< in the unit of the value */
};

/** 0, or -1 and a sentence in `error` (CHECK_ERROR_BYTES) that says what is wrong and what is
 * allowed. */
int check_parse(const char *text, struct check *check, char *error);

/** Looks at all and writes them into `assertions` of the document. Returns how many failed; -1
 * without memory. */
int check_apply(json_t *result, const struct check *checks, size_t count);

/** The value of an element of `assertions`, for people, in `text` (VALUE_TEXT_BYTES of values.h);
 * "unknown" if it is. Returns `text`. */
const char *check_value_text(const json_t *assertion, char *text);

/** The exit code of a result: 1 for loss, duplicates or a failed assertion; else 0, 3 or 4 by its
 * verdict. */
int check_exit_code(const json_t *result);

#endif
