/* The files that results are written to. One thread. */
#ifndef BENCH_CLI_OUTPUTS_H
#define BENCH_CLI_OUTPUTS_H

#include <jansson.h>

#include "cli/args.h"

/** The document of several runs: the one that stands for all, with all of them in its "runs". It is
 *  the worst by its exit code, and among equals the one with the middle p99. One run is its own.
 *  The caller owns it; NULL without memory. */
json_t *outputs_document(json_t *const *results, size_t count);

/** Writes every file that is asked for. What goes wrong is told on standard error; 0 or -1. */
int outputs_write(const struct bench_args *args, json_t *const *results, size_t count);

/** Whether all of them could be written, before there is anything to write; told if not. */
bool outputs_possible(const struct bench_args *args);

/** The result of a load that could not be put on: INVALID, for `reason`, with nothing measured.
 * NULL without memory. */
json_t *outputs_failure(const struct load_config *config, const char *reason);

#endif
