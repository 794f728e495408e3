/*
 * One result of several that were measured at the same time from several hosts (or processes): what
 * was counted is added, histograms are added without loss and their percentiles taken anew, seconds
 * of series are put together, and the verdict is the worst. One thread.
 */
#ifndef BENCH_RESULT_MERGE_H
#define BENCH_RESULT_MERGE_H

#include <jansson.h>
#include <stddef.h>

/** 0 with *merged, which the caller owns; or -1 and a sentence in `error` (RESULT_ERROR_BYTES of
 * read.h) that says which result does not fit and why. The results have the form of result_read. */
int result_merge(json_t *const *results, size_t count, json_t **merged, char *error);

#endif
