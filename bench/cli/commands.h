/* What each command does: it returns the program's exit code. One thread. */
#ifndef BENCH_CLI_COMMANDS_H
#define BENCH_CLI_COMMANDS_H

#include "cli/args.h"

/** `command` is the command line, for the result. */
enum bench_exit run_command(const struct bench_args *args, const struct load_options *options,
                            const char *command);
enum bench_exit preflight_command(const struct load_options *options);
enum bench_exit compare_command(const struct bench_args *args);
enum bench_exit merge_command(const struct bench_args *args);
enum bench_exit report_command(const struct bench_args *args);
enum bench_exit scenarios_command(const struct bench_args *args);

/** Prints the first line of a run that did not take place: its verdict. Where standard output is
 * for JSON it goes to standard error. */
void run_verdict(const struct bench_args *args, const char *reason);

#endif
