/* Results for continuous integration. One thread. */
#ifndef BENCH_RESULT_JUNIT_H
#define BENCH_RESULT_JUNIT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/** A test suite for each result: a test for its verdict, for loss and for each assertion. 0, or -1
 * with errno. */
int junit_write(json_t *const *results, size_t count, FILE *out);

#endif
