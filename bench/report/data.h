/*
 * The documents that a page holds, small enough for it: where they do not fit, seconds of series
 * are put together and the lists of single readers are thinned, then histograms are left out, first
 * of runs that are not drawn; at last these runs are left out themselves.
 */
#ifndef BENCH_REPORT_DATA_H
#define BENCH_REPORT_DATA_H

#include <jansson.h>
#include <stddef.h>

#include "result/compare.h"

/** JSON of all runs of all sides in at most `room` bytes, on the heap; NULL with errno, E2BIG if
 * they cannot be made so small. `drawn` has one run of each side; *left_out is how many runs are
 * not in it. */
char *data_make(const struct compare_sides *sides, const json_t *const *drawn, size_t room,
                size_t *left_out);

#endif
