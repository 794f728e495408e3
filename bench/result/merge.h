/*
 * One result of several that were measured at the same time from several hosts or processes. What
 * was counted is added; histograms are added without loss and their percentiles taken anew; the
 * verdict is the worst. What cannot be had from the parts is an upper bound or missing:
 *
 *     percentiles of a second   the greatest of the parts
 *     lost, duplicated, ...     null if they are unknown of one part and 0 of all others
 *     ranks, skew               of each part's own readers
 *     server                    CPU and memory of the one process that all parts loaded, for all
 *                               deliveries and connections; null if parts watched several
 *     config                    settings that all parts share
 * One thread.
 */
#ifndef BENCH_RESULT_MERGE_H
#define BENCH_RESULT_MERGE_H

#include <jansson.h>
#include <stddef.h>

/** 0 with *merged, which the caller owns; or -1 and a sentence in `error` (RESULT_ERROR_BYTES of
 * read.h) that says which result does not fit and why. The results have the form of result_read. */
int result_merge(json_t *const *results, size_t count, json_t **merged, char *error);

#endif
