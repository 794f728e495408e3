/*
 * The command line of `tickcast`: arguments are parsed and help is printed from the tables of
 * tables.h.
 */
#ifndef TICKCAST_CLI_CLI_H
#define TICKCAST_CLI_CLI_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/exit_code.h"

#define CLI_ERROR_BYTES 512
#define COMPLAINT_BYTES 2048 /**< of a line on standard error; longer ones are cut */

enum command { COMMAND_NONE, COMMAND_SUB, COMMAND_PUB, COMMAND_CHECK_STREAM, COMMAND_COUNT };

/** What the arguments ask for. Texts point into argv. */
struct cli {
    enum command command;
    bool help, version;
    const struct topic *topic; /**< of `help TOPIC`; NULL: the command, or all */
    const char *url;           /**< NULL: CLI_URL */
    const char *ca;            /**< NULL: the system's authorities */
    const char *cert, *key;    /**< the client's own; NULL: none */
    uint64_t timeout_ms;       /**< to connect, and for the answer to a subscribe */
    bool json, raw, table, no_reconnect, ack, strict;
    uint64_t count;      /**< messages to receive; 0: no end */
    const char *csv;     /**< key template; NULL: JSON lines */
    const char *columns; /**< FIELD=COLUMN[:TYPE],...; NULL: all under their own names */
    char **arguments;    /**< the positional ones */
    int argument_count;
};

#define CLI_URL "ws://127.0.0.1:5993"

/** Parses argv (which is reordered: positional arguments move together). 0, or -1 with a sentence
 * in `error` (CLI_ERROR_BYTES) that names what is allowed or the nearest option. */
int cli_parse(int argc, char **argv, struct cli *options, char *error);

/** Prints help: of one command, or with COMMAND_NONE of all. */
void cli_help(enum command command, FILE *out);

#endif
