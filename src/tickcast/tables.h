/*
 * The commands and options of `tickcast` as tables: arguments are parsed, help is printed and the
 * manual is made from them.
 */
#ifndef TICKCAST_CLI_TABLES_H
#define TICKCAST_CLI_TABLES_H

#include <stddef.h>

#include "base/help.h"
#include "tickcast/cli.h"

#define CLI_MAX_ARGUMENTS 1048576 /**< streams of one `sub`: the broker has the say */

struct command_row {
    const char *name, *arguments, *sentence;
    const char *details; /**< in the form of base/help.h */
    int fewest, most;    /**< arguments */
};

/** By enum command; the first, COMMAND_NONE, has no name. */
extern const struct command_row command_rows[COMMAND_COUNT];

/** What an option sets: a bool, a text, or a uint64_t (seconds become milliseconds). */
enum cli_option_kind { CLI_FLAG, CLI_TEXT, CLI_COUNT, CLI_SECONDS };

struct cli_option_row {
    const char *name;  /**< with its dashes */
    const char *value; /**< its name in the help; NULL for a flag */
    const char *sentence;
    enum cli_option_kind kind;
    size_t offset;     /**< in struct cli */
    unsigned commands; /**< bit by enum command: those that have it */
};

extern const struct cli_option_row cli_option_rows[];
extern const size_t cli_option_count;

/** The signals and the environment variables that the commands heed. */
extern const struct help_row cli_signals[];
extern const struct help_row cli_environment[];

#endif
