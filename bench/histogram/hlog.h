/*
 * Histograms as a log of HdrHistogram (`.hlog`, version 1.3), which its tools and libraries read:
 * lossless. Values are in ns; the column Interval_Max is in ms, as is usual.
 *
 *     hlog_begin, then hlog_write for each interval and tag
 * One thread.
 */
#ifndef BENCH_HISTOGRAM_HLOG_H
#define BENCH_HISTOGRAM_HLOG_H

#include <stdio.h>

#include "histogram/histogram.h"

/** Writes the head: a comment of one line, and the time (seconds since the epoch) from which those
 * of all intervals count. 0, or -1 with errno. */
int hlog_begin(FILE *out, const char *comment, double started_s);

/** Writes an interval that began `at_s` after the start. `tag`: NULL, or a name without blanks and
 * commas; readers that ask for no tag get the intervals without one. 0, or -1 with errno. */
int hlog_write(FILE *out, const char *tag, double at_s, double length_s,
               const struct histogram *histogram);

#endif
