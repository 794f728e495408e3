#include "tickcast/cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "tickcast/tables.h"
#include "tickcast/topics.h"

#define NAME_BYTES 32 /* of a name in a message */
#define MAX_NAMES  64 /* options of one command; commands and topics */

/* What `name` was probably meant to be, among the options or (without one) the commands. */
static const char *nearest_option(const char *name, enum command command) {
    const char *names[MAX_NAMES + 1];
    size_t count = 0;
    for (size_t i = 0; i < cli_option_count && count < MAX_NAMES; i++)
        if (cli_option_rows[i].commands & (1U << command)) names[count++] = cli_option_rows[i].name;
    names[count] = NULL;
    return nearest(name, names);
}

/* What `name` was probably meant to be, among the commands or (in `help`) the topics too. */
static const char *nearest_command(const char *name, bool in_help) {
    const char *names[MAX_NAMES + 1];
    size_t count = 0;
    for (size_t i = COMMAND_SUB; i < COMMAND_COUNT; i++) names[count++] = command_rows[i].name;
    if (!in_help) names[count++] = "help";
    for (size_t i = 0; in_help && i < topic_count && count < MAX_NAMES; i++)
        names[count++] = topics[i].name;
    names[count] = NULL;
    return nearest(name, names);
}

static enum command find_command(const char *name) {
    for (size_t i = COMMAND_SUB; i < COMMAND_COUNT; i++)
        if (strcmp(command_rows[i].name, name) == 0) return (enum command)i;
    return COMMAND_NONE;
}

static const struct cli_option_row *find_option(const char *name, size_t bytes,
                                                enum command command) {
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];
        if ((row->commands & (1U << command)) && strlen(row->name) == bytes &&
            memcmp(row->name, name, bytes) == 0)
            return row;
    }
    return NULL;
}

static int count_parse(const char *text, uint64_t highest, uint64_t *count) {
    if (*text < '0' || *text > '9') return -1;
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (errno || *end || value < 1 || value > highest) return -1;
    *count = value;
    return 0;
}

static int store(const struct cli_option_row *row, const char *value, struct cli *options,
                 char *error) {
    void *field = (char *)options + row->offset;
    uint64_t number, highest = row->kind == CLI_SECONDS ? 86400 : INT64_MAX;
    switch (row->kind) {
    case CLI_FLAG:
        *(bool *)field = true;
        return 0;
    case CLI_TEXT:
        *(const char **)field = value;
        return 0;
    default:
        if (count_parse(value, highest, &number)) break;
        *(uint64_t *)field = row->kind == CLI_SECONDS ? number * 1000 : number;
        return 0;
    }
    snprintf(error, CLI_ERROR_BYTES, "%s %.100s: allowed is a whole number from 1 to %llu",
             row->name, value, (unsigned long long)highest);
    return -1;
}

/* Takes the option at argv[*at] and its value. */
static int option_parse(int argc, char **argv, int *at, struct cli *options, char *error) {
    const char *text = argv[*at];
    if (strcmp(text, "-h") == 0) text = "--help";
    const char *equals = strchr(text, '=');
    size_t bytes = equals ? (size_t)(equals - text) : strlen(text);
    const struct cli_option_row *row = find_option(text, bytes, options->command);
    if (!row) {
        char name[NAME_BYTES * 2];
        snprintf(name, sizeof name, "%.*s", (int)(bytes < NAME_BYTES ? bytes : NAME_BYTES), text);
        const char *of = options->command ? command_rows[options->command].name : "";
        const char *meant = nearest_option(name, options->command);
        snprintf(error, CLI_ERROR_BYTES, "%s is not an option%s%s; %s%s%s%s%s", name,
                 *of ? " of " : "", of, meant ? "did you mean " : "see tickcast ",
                 meant ? meant : of, meant ? "?" : "", !meant && *of ? " " : "",
                 meant ? "" : "--help");
        return -1;
    }
    if (row->kind == CLI_FLAG && equals) {
        snprintf(error, CLI_ERROR_BYTES, "%s takes no value", row->name);
        return -1;
    }
    if (row->kind != CLI_FLAG && !equals && ++*at == argc) {
        snprintf(error, CLI_ERROR_BYTES, "%s needs a value: %s %s", row->name, row->name,
                 row->value);
        return -1;
    }
    return store(row, equals ? equals + 1 : argv[*at], options, error);
}

/* A command, or `help [TOPIC]`, whose topic may be a command. */
static int command_parse(int *argc, char ***argv, struct cli *options, char *error) {
    const char *name = (*argv)[0];
    options->help = strcmp(name, "help") == 0;
    bool has_topic = options->help && *argc > 1 && (*argv)[1][0] != '-';
    if (has_topic) name = (*argv)[1];
    options->command = find_command(name);
    if (has_topic) options->topic = topic_find(name);
    if (!options->command && !options->topic && (!options->help || has_topic)) {
        const char *meant = nearest_command(name, has_topic);
        snprintf(error, CLI_ERROR_BYTES, "%.100s is not a %s; %s%s%s", name,
                 has_topic ? "topic" : "command", meant ? "did you mean " : "see tickcast ",
                 meant       ? meant
                 : has_topic ? "help"
                             : "--help",
                 meant ? "?" : "");
        return -1;
    }
    *argc -= 1 + has_topic;
    *argv += 1 + has_topic;
    return 0;
}

static int contradictions(const struct cli *options, char *error) {
    const struct command_row *row = &command_rows[options->command];
    const char *why = NULL;
    int count = options->argument_count;
    if (options->json && options->raw) why = "--json and --raw exclude each other";
    if (options->table && (options->json || options->raw))
        why = options->json ? "--table and --json exclude each other"
                            : "--table and --raw exclude each other";
    if (options->csv && count > 0) why = "with --csv the messages come from standard input";
    if (options->columns && !options->csv) why = "--columns needs --csv";
    if (options->strict && count > 0) why = "--strict is for lines from standard input";
    if (options->command == COMMAND_PUB && count == 1) why = "KEY needs its JSON";
    if (count < row->fewest) why = "arguments are missing";
    if (count > row->most) why = "too many arguments";
    if (!why) return 0;
    snprintf(error, CLI_ERROR_BYTES, "%s: tickcast %s [OPTION...] %s", why, row->name,
             row->arguments);
    return -1;
}

int cli_parse(int argc, char **argv, struct cli *options, char *error) {
    *options = (struct cli){.timeout_ms = 10000, .arguments = argv};
    argc--;
    argv++;
    if (argc > 0 && argv[0][0] != '-' && command_parse(&argc, &argv, options, error)) return -1;
    options->arguments = argv;
    bool only_arguments = false;
    for (int i = 0; i < argc; i++) {
        if (!only_arguments && strcmp(argv[i], "--") == 0)
            only_arguments = true;
        else if (only_arguments || argv[i][0] != '-' || argv[i][1] == 0)
            argv[options->argument_count++] = argv[i];
        else if (option_parse(argc, argv, &i, options, error))
            return -1;
    }
    if (options->help || options->version) return 0;
    if (options->command) return contradictions(options, error);
    snprintf(error, CLI_ERROR_BYTES, "a command is missing: tickcast COMMAND, see tickcast --help");
    return -1;
}
