/*
 * A page of HTML that shows one result, or several over each other: complete in itself, readable
 * without scripts, printable, dark or light as the reader's system is, and holding the documents it
 * was made from, so that result/read.h reads it back. One thread.
 */
#ifndef BENCH_REPORT_REPORT_H
#define BENCH_REPORT_REPORT_H

#include <jansson.h>
#include <stddef.h>
#include <stdio.h>

#include "result/compare.h"

#define REPORT_BYTES_MAX ((size_t)1 << 20) /**< of a page; documents are thinned to fit */

/** Writes the page of 1 to COMPARE_SIDES_MAX results that result_validate() finds good. 0, or -1
 * with errno (E2BIG: the documents are too large for a page, EINVAL: the count). */
int report_write(json_t *const *results, size_t count, FILE *out);

/** The same of sides with repeated runs: the comparison as a table, and of each side the run whose
 * p99 is the median is drawn. */
int report_write_sides(const struct compare_sides *sides, FILE *out);

#endif
