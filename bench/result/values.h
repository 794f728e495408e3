/*
 * The figures of a result that have a name: what assertions, tables and comparisons are about. One
 * table; texts for people with three digits and a unit. Pure.
 */
#ifndef BENCH_RESULT_VALUES_H
#define BENCH_RESULT_VALUES_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum value_unit {
    VALUE_US,    /**< microseconds */
    VALUE_NS,    /**< nanoseconds */
    VALUE_S,     /**< seconds */
    VALUE_COUNT, /**< things */
    VALUE_PER_S, /**< things a second */
    VALUE_BYTES,
    VALUE_SHARE, /**< 0 to 1, told in percent */
    VALUE_RATIO, /**< times */
};

enum value_better { VALUE_LOWER, VALUE_HIGHER, VALUE_NEITHER };

struct value {
    const char *name;
    const char *path; /**< in the document */
    const char *of;   /**< path of what it is divided by; NULL: nothing */
    enum value_unit unit;
    enum value_better better;
    const char *title;    /**< in a table */
    const char *sentence; /**< what it is */
};

extern const struct value values[];
extern const size_t value_count;

/** The row of a name; NULL if there is none. */
const struct value *value_find(const char *name);

/** True, with it in the unit of its row, if the document knows the value. */
bool value_get(const struct value *value, const json_t *result, double *number);

#define VALUE_TEXT_BYTES 32

/** Writes `number` to `text` (VALUE_TEXT_BYTES): "1.45 ms", "3,000,000", "12.3 %". Returns `text`.
 */
const char *value_text(double number, enum value_unit unit, char *text);

/** value_text() of the value of a document; "unknown" if it is not known. */
const char *value_text_of(const json_t *result, const char *name, char *text);

/** Factor of a unit's suffix to the unit of values ("ms" for VALUE_US: 1000); 0 if it is none of
 * those allowed. The empty suffix is 1, but 0 for VALUE_US and VALUE_S, which need one. */
double value_factor(enum value_unit unit, const char *suffix);

/** The suffixes that value_factor() takes, for people. */
const char *value_suffixes(enum value_unit unit);

#endif
