/* A result for people: at most 80 columns, the verdict in the first line. One thread. */
#ifndef BENCH_RESULT_SUMMARY_H
#define BENCH_RESULT_SUMMARY_H

#include <jansson.h>
#include <stdio.h>

/** Prints it; what is not known is shown as such. 0, or -1 with errno. */
int summary_write(const json_t *result, FILE *out);

#endif
