/*
 * Results side by side: each side has one or more runs. The figures of a side are medians over its
 * runs with confidence intervals; two sides differ where Mann and Whitney's test says so at 5 %,
 * and where the runs are too few for it that is said. INVALID runs are left out. One thread.
 */
#ifndef BENCH_RESULT_COMPARE_H
#define BENCH_RESULT_COMPARE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#define COMPARE_SIDES_MAX 8    /**< as many as there are colours that can be told apart */
#define COMPARE_RUNS_MAX  256  /**< of a side */
#define COMPARE_LEVEL     0.05 /**< of the test; intervals hold with 1 - this */

struct compare_side {
    char *name;
    json_t *runs; /**< an array of documents of one server and scenario */
};

struct compare_sides {
    struct compare_side side[COMPARE_SIDES_MAX];
    size_t count;
};

/** Reads the files of a command line: each argument is a side, and names one file or several with
 * commas between. Where these hold results of several servers or scenarios, each is a side. 0, or
 * -1 and a sentence in `error` (RESULT_ERROR_BYTES of read.h); `sides` is then empty. */
int compare_read(const char *const *names, size_t count, struct compare_sides *sides, char *error);

/** Makes sides of documents that are at hand, one for each server and scenario. */
int compare_group(json_t *const *results, size_t count, struct compare_sides *sides, char *error);

/** Makes a side of each document. */
int compare_each(json_t *const *results, size_t count, struct compare_sides *sides, char *error);

void compare_fini(struct compare_sides *sides);

/** The comparison as a document, which the caller owns; NULL without memory:
 *
 *     sides    name, peer, url, scenario, runs, valid, noisy, invalid
 *     notes    sentences about what makes the sides hard to compare
 *     figures  name, title, unit, sides: median, low, high, confidence, or null if unknown;
 *              against: for each side but the first null or ratio, p, differs (null: too few runs)
 */
json_t *compare_json(const struct compare_sides *sides);

/** Prints such a document as tables of at most 80 columns, one for each side against the first. 0,
 * or -1 with errno. */
int compare_print(const json_t *comparison, FILE *out);

#endif
