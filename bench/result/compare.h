/*
 * Sides by side: each has one or more runs. Its figures are medians over the runs with confidence
 * intervals of 95 %; two sides differ where Mann-Whitney's test says so at 5 %, and where it cannot
 * (fewer than four runs of each) that is said. One thread.
 */
#ifndef BENCH_RESULT_COMPARE_H
#define BENCH_RESULT_COMPARE_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#define COMPARE_SIDES_MAX 8   /**< more do not fit side by side */
#define COMPARE_RUNS_MAX  256 /**< of a side */

struct compare_side {
    char *name;
    json_t *runs; /**< an array of documents */
};

struct compare_sides {
    struct compare_side side[COMPARE_SIDES_MAX];
    size_t count;
};

/** Reads the files of a command line: each argument is a side, and names one file or several with
 * commas between. A file with results of several servers makes a side of each. 0, or -1 and a
 * sentence in `error` (RESULT_ERROR_BYTES of read.h); `sides` is then empty. */
int compare_read(const char *const *names, size_t count, struct compare_sides *sides, char *error);

/** Makes sides of documents that are at hand: one for each server and scenario. */
int compare_group(json_t *const *results, size_t count, struct compare_sides *sides, char *error);

void compare_fini(struct compare_sides *sides);

/** The comparison as a document, which the caller owns; NULL without memory. */
json_t *compare_json(const struct compare_sides *sides);

/** Prints such a document as a table. 0, or -1 with errno. */
int compare_print(const json_t *comparison, FILE *out);

#endif
