#include "cli/args.h"

#include <inttypes.h>
#include <string.h>

#include "base/nearest.h"
#include "base/units.h"

#define NAME_BYTES 64 /* of an option */
#define NAMES_MAX  96 /* options of a command */

static enum bench_command find_command(const char *name) {
    for (int i = BENCH_NONE + 1; i < BENCH_COMMANDS; i++)
        if (strcmp(bench_command_rows[i].name, name) == 0) return (enum bench_command)i;
    return BENCH_NONE;
}

static const struct bench_option_row *find_option(const char *name, enum bench_command command) {
    for (size_t i = 0; i < bench_option_count; i++)
        if ((bench_option_rows[i].commands & 1U << command) &&
            strcmp(bench_option_rows[i].name, name) == 0)
            return &bench_option_rows[i];
    return NULL;
}

/* The number of the setting that --name stands for, or -1. */
static int find_setting(const char *name, enum bench_command command) {
    char flag[LOAD_TEXT_BYTES];
    for (int i = 0; bench_command_rows[command].settings && i < LOAD_OPTION_COUNT; i++)
        if (strcmp(load_option_flag(&load_option_rows[i], flag), name + strlen("--")) == 0)
            return i;
    return -1;
}

static void unknown_option(const char *name, enum bench_command command, char *error) {
    static const size_t dashes = sizeof "--" - 1;
    const char *names[NAMES_MAX + 1];
    char flags[LOAD_OPTION_COUNT][LOAD_TEXT_BYTES + sizeof "--"];
    size_t count = 0;
    for (size_t i = 0; i < bench_option_count && count < NAMES_MAX; i++)
        if (bench_option_rows[i].commands & 1U << command)
            names[count++] = bench_option_rows[i].name;
    for (int i = 0; bench_command_rows[command].settings && i < LOAD_OPTION_COUNT; i++) {
        memcpy(flags[i], "--", dashes);
        load_option_flag(&load_option_rows[i], flags[i] + dashes);
        if (count < NAMES_MAX) names[count++] = flags[i];
    }
    names[count] = NULL;
    const char *meant = nearest(name, names), *of = bench_command_rows[command].name;
    if (meant != NULL)
        snprintf(error, BENCH_ARGS_ERROR, "%s is not an option%s%s; did you mean %s?", name,
                 of != NULL ? " of " : "", of != NULL ? of : "", meant);
    else
        snprintf(error, BENCH_ARGS_ERROR, "%s is not an option%s%s; see tickcast-bench %s%s--help",
                 name, of != NULL ? " of " : "", of != NULL ? of : "", of != NULL ? of : "",
                 of != NULL ? " " : "");
}

static int store(const struct bench_option_row *row, const char *value, struct bench_args *args,
                 char *error) {
    void *field = (char *)args + row->offset;
    if (row->kind == BENCH_FLAG) {
        *(bool *)field = true;
    } else if (row->kind == BENCH_TEXT && *value != '\0') {
        *(const char **)field = value;
    } else if (row->kind == BENCH_TEXT) {
        snprintf(error, BENCH_ARGS_ERROR, "%s is empty: %s %s", row->name, row->name, row->value);
        return -1;
    } else if (row->kind == BENCH_COUNT) {
        uint64_t count;
        if (!units_parse(UNITS_COUNT, value, &count) || count < 1 || count > row->most) {
            snprintf(error, BENCH_ARGS_ERROR,
                     "%s %.100s: allowed is a whole number from 1 to %" PRIu64, row->name, value,
                     row->most);
            return -1;
        }
        *(uint64_t *)field = count;
    } else if (args->assert_count == BENCH_ASSERTS_MAX) {
        snprintf(error, BENCH_ARGS_ERROR, "%s: at most %d are allowed", row->name,
                 BENCH_ASSERTS_MAX);
        return -1;
    } else {
        args->asserts[args->assert_count++] = value;
    }
    return 0;
}

struct parser {
    int argc, at;
    char **argv;
    struct bench_args *args;
    struct load_options *options;
    struct problems *problems;
    char *error;
};

/* Takes the option at argv[at], and its value. */
static int option_parse(struct parser *parser) {
    static const struct origin here = {FROM_COMMAND_LINE, 0};
    const char *text = parser->argv[parser->at];
    if (strcmp(text, "-h") == 0) text = "--help";
    const char *equals = strchr(text, '=');
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "%.*s", equals != NULL ? (int)(equals - text) : NAME_BYTES, text);
    enum bench_command command = parser->args->command;
    const struct bench_option_row *row = find_option(name, command);
    int setting = row == NULL && strncmp(name, "--", 2) == 0 ? find_setting(name, command) : -1;
    if (row == NULL && setting < 0) {
        unknown_option(name, command, parser->error);
        return -1;
    }
    bool flag = row != NULL && row->kind == BENCH_FLAG;
    if (flag && equals != NULL) {
        snprintf(parser->error, BENCH_ARGS_ERROR, "%s takes no value", name);
        return -1;
    }
    if (!flag && equals == NULL && ++parser->at == parser->argc) {
        char value[LOAD_TEXT_BYTES];
        snprintf(parser->error, BENCH_ARGS_ERROR, "%s needs a value: %s %.200s", name, name,
                 row != NULL ? row->value : load_option_value(&load_option_rows[setting], value));
        return -1;
    }
    const char *value = equals != NULL ? equals + 1 : parser->argv[parser->at];
    if (row != NULL) return store(row, value, parser->args, parser->error);
    load_options_set(parser->options, (unsigned)setting, value, &here, parser->problems);
    return 0;
}

static int argument_parse(struct parser *parser, const char *text) {
    struct bench_args *args = parser->args;
    if (args->argument_count < BENCH_ARGUMENTS_MAX) {
        args->arguments[args->argument_count++] = text;
        return 0;
    }
    snprintf(parser->error, BENCH_ARGS_ERROR, "more than %d arguments", BENCH_ARGUMENTS_MAX);
    return -1;
}

/* A command, or `help [COMMAND]`. */
static int command_parse(struct parser *parser) {
    const char *names[BENCH_COMMANDS + 1], *name = parser->argv[parser->at++];
    struct bench_args *args = parser->args;
    args->help = strcmp(name, "help") == 0;
    if (args->help && (parser->at == parser->argc || parser->argv[parser->at][0] == '-')) return 0;
    if (args->help) name = parser->argv[parser->at++];
    args->command = find_command(name);
    if (args->command != BENCH_NONE) return 0;
    for (int i = BENCH_NONE + 1; i < BENCH_COMMANDS; i++) names[i - 1] = bench_command_rows[i].name;
    names[BENCH_COMMANDS - 1] = args->help ? NULL : "help";
    names[BENCH_COMMANDS] = NULL;
    const char *meant = nearest(name, names);
    snprintf(parser->error, BENCH_ARGS_ERROR, "%.100s is not a command; %s%s%s", name,
             meant != NULL ? "did you mean " : "see tickcast-bench ",
             meant != NULL ? meant : "--help", meant != NULL ? "?" : "");
    return -1;
}

static int check_arguments(const struct bench_args *args, char *error) {
    const struct bench_command_row *row = &bench_command_rows[args->command];
    const char *why = NULL;
    if (args->command == BENCH_NONE) {
        snprintf(error, BENCH_ARGS_ERROR,
                 "a command is missing: tickcast-bench COMMAND, see tickcast-bench --help");
        return -1;
    }
    if (args->command == BENCH_REPORT && args->report == NULL) why = "--report FILE is missing";
    if (args->command == BENCH_MERGE && args->json == NULL && args->report == NULL)
        why = "--json FILE or --report FILE is missing";
    if (args->argument_count < row->fewest) why = "arguments are missing";
    if (args->argument_count > row->most) why = "too many arguments";
    if (why == NULL) return 0;
    snprintf(error, BENCH_ARGS_ERROR, "%s: tickcast-bench %s [OPTION...] %s", why, row->name,
             row->arguments);
    return -1;
}

int bench_args_parse(int argc, char **argv, struct bench_args *args, struct load_options *options,
                     struct problems *problems, char *error) {
    struct parser parser = {argc, 1, argv, args, options, problems, error};
    *args = (struct bench_args){.repeat = 1};
    if (argc > 1 && argv[1][0] != '-' && command_parse(&parser)) return -1;
    for (bool only_arguments = false; parser.at < argc; parser.at++) {
        const char *text = argv[parser.at];
        int failed = 0;
        if (!only_arguments && strcmp(text, "--") == 0)
            only_arguments = true;
        else if (only_arguments || text[0] != '-' || text[1] == '\0')
            failed = argument_parse(&parser, text);
        else
            failed = option_parse(&parser);
        if (failed) return -1;
    }
    return args->help || args->version ? 0 : check_arguments(args, error);
}
