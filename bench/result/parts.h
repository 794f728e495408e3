/* The parts of a merged result (merge.h), and how their values are put together. One thread. */
#ifndef BENCH_RESULT_PARTS_H
#define BENCH_RESULT_PARTS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct parts {
    json_t *const *results;
    size_t count;
};

/* Each sets `path` of `merged`, which began as a copy of a part, to what its name says of the same
 * path of all parts. If no part knows it, or the object that it is in is not there, nothing is
 * done. */
/** Null if a part does not know it. */
void parts_sum(const struct parts *parts, const char *path, json_t *merged);
/** Of the parts that know it. */
void parts_sum_known(const struct parts *parts, const char *path, json_t *merged);
/** 0 faults of those that know do not say that there were none, so null; any say that there were.
 */
void parts_sum_faults(const struct parts *parts, const char *path, json_t *merged);
void parts_greatest(const struct parts *parts, const char *path, json_t *merged);
/** The different texts, with `between` between them. */
void parts_texts(const struct parts *parts, const char *path, const char *between, json_t *merged);
/** The numbers of all arrays, rising; `most` of them, evenly chosen, if they are more. */
void parts_numbers(const struct parts *parts, const char *path, size_t most, json_t *merged);

/** Sets what is at `path`, if the object that it is in is there; takes `value` in any case. */
void parts_set(json_t *merged, const char *path, json_t *value);

/** One row for each second of all parts, rising. */
json_t *parts_series(const struct parts *parts);
/** The worst `most` readers of all; those of a part are numbered behind those of the parts before
 * it. */
json_t *parts_worst(const struct parts *parts, size_t most);

#endif
