/* Results as tables (RFC 4180); unknown values are empty fields. One thread. */
#ifndef BENCH_RESULT_CSV_H
#define BENCH_RESULT_CSV_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

/** A header and a row for each result. 0, or -1 with errno. */
int csv_write(json_t *const *results, size_t count, FILE *out);

/** A header and a row for each second of each result. 0, or -1 with errno. */
int csv_write_series(json_t *const *results, size_t count, FILE *out);

#endif
