/*
 * The command line of tickcast-bench: its commands, and their options beside the settings of a load
 * (options.h), as tables. One thread.
 */
#ifndef BENCH_CLI_ARGS_H
#define BENCH_CLI_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/help.h"
#include "cli/options.h"

/** X(name, number, sentence): what the program ends with. */
#define BENCH_EXIT_CODES(X)                                                                        \
    X(VALID, 0, "what was asked for is done, and every result is VALID")                           \
    X(FAILED, 1,                                                                                   \
      "messages were lost or came twice, an assertion failed, or there was no run; or a second "   \
      "signal ended it")                                                                           \
    X(USAGE, 2, "the command line or the scenario file is wrong")                                  \
    X(NOISY, 3, "a result is NOISY: the machine was not quiet enough for its figures")             \
    X(INVALID, 4, "a result is INVALID: the tool itself did not keep up, or the run was not whole")

#define BENCH_EXIT_NUMBER(name, number, sentence) BENCH_EXIT_##name = number,
enum bench_exit { BENCH_EXIT_CODES(BENCH_EXIT_NUMBER) };
#undef BENCH_EXIT_NUMBER
extern const struct help_row bench_exit_rows[], bench_signals[], bench_environment[];
/** The schemes of URLs, each with what the server speaks. */
extern const struct help_row bench_urls[];

enum bench_command {
    BENCH_NONE,
    BENCH_RUN,
    BENCH_COMPARE,
    BENCH_MERGE,
    BENCH_REPORT,
    BENCH_SCENARIOS,
    BENCH_PREFLIGHT,
    BENCH_COMMANDS
};

#define BENCH_ASSERTS_MAX   64  /**< --assert options */
#define BENCH_ARGUMENTS_MAX 256 /**< files of one command */
#define BENCH_REPEAT_MAX    100 /**< a night of runs */
#define BENCH_ARGS_ERROR    512

/** What the arguments ask for. Texts point into argv. */
struct bench_args {
    enum bench_command command;
    bool help, version, quiet;
    const char *scenario, *against;
    const char *json, *csv, *csv_series, *hgrm, *hlog, *report, *junit;
    const char *asserts[BENCH_ASSERTS_MAX];
    size_t assert_count;
    uint64_t repeat, against_pid;
    const char *arguments[BENCH_ARGUMENTS_MAX];
    size_t argument_count;
};

struct bench_command_row {
    const char *name, *arguments, *sentence;
    const char *details; /**< in the form of base/help.h */
    size_t fewest, most; /**< arguments */
    bool settings;       /**< takes those of a load */
};
/** By enum bench_command; the first has no name. */
extern const struct bench_command_row bench_command_rows[BENCH_COMMANDS];

enum bench_option_kind { BENCH_FLAG, BENCH_TEXT, BENCH_COUNT, BENCH_ASSERT };

struct bench_option_row {
    const char *name;  /**< with its dashes */
    const char *value; /**< its name in the help; NULL for a flag */
    const char *sentence;
    enum bench_option_kind kind;
    size_t offset;     /**< in struct bench_args */
    uint64_t most;     /**< of a count, from 1 */
    unsigned commands; /**< bit by enum bench_command: those that have it */
};
extern const struct bench_option_row bench_option_rows[];
extern const size_t bench_option_count;

/** Reads argv; settings go to `options`, and those that are not allowed are told in `problems`. 0,
 * or -1 with a sentence in `error` (BENCH_ARGS_ERROR) that names what is allowed or the nearest. */
int bench_args_parse(int argc, char **argv, struct bench_args *args, struct load_options *options,
                     struct problems *problems, char *error);

/** Prints help: of one command, or with BENCH_NONE of all. */
void bench_help(enum bench_command command, FILE *out);

#endif
