/*
 * The documents that a page holds, small enough for it: where they do not fit, seconds of series
 * are put together, then the lists of single readers are thinned, then histograms left out.
 */
#ifndef BENCH_REPORT_DATA_H
#define BENCH_REPORT_DATA_H

#include <stddef.h>

#include "result/compare.h"

/** JSON of all runs of all sides in at most `room` bytes, on the heap; NULL with errno, E2BIG if
 * they cannot be made so small. */
char *data_make(const struct compare_sides *sides, size_t room);

#endif
