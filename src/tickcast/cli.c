#include "tickcast/cli.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"

#define NAME_BYTES    32      /* of a name in a message */
#define MAX_ARGUMENTS 1048576 /* streams of one `sub`: the broker has the say */

enum {
    NONE = 1 << COMMAND_NONE,
    SUB = 1 << COMMAND_SUB,
    PUB = 1 << COMMAND_PUB,
    CHECK = 1 << COMMAND_CHECK_STREAM
};
enum kind { FLAG, TEXT, COUNT, SECONDS };

static const struct command_row {
    const char *name, *arguments, *sentence, *details;
    int fewest, most;
} commands[] = {
    [COMMAND_SUB] =
        {"sub", "STREAM...", "receive what streams select and print it",
         "A stream has three elements, as '*/1Min/OHLCV' (quote it for the shell). Each\n"
         "message is a line: the key, two blanks, the data as JSON. Ends with 0 after\n"
         "--count messages or at Ctrl-C, with 1 if the server refuses or goes away.\n",
         1, MAX_ARGUMENTS},
    [COMMAND_PUB] =
        {"pub", "[KEY JSON]", "publish one message, or many from standard input",
         "Without KEY and JSON it reads standard input: lines of\n"
         "{\"key\": \"AAPL/Tick/TRADE\", \"data\": ...}, or with --csv a header line that names\n"
         "the columns and one row per message. Each column becomes a field of the data:\n"
         "integers and decimals as numbers, all else as text; or those of --columns under\n"
         "other names and as another type. A bad line is told and left out, and the exit\n"
         "code is 1; 0 means that the broker has taken every message.\n"
         "    zcat trades.csv.gz | tickcast pub --csv '{symbol}/Tick/TRADE' \\\n"
         "        --columns Price=price:float,Size=size:int\n",
         0, 2},
    [COMMAND_CHECK_STREAM] =
        {"check-stream", "PATTERN KEY", "tell whether a stream selects a key",
         "Exit code: 0 it does, 1 it does not (and why), 2 it is not a stream.\n", 2, 2},
};

static const struct option_row {
    const char *name, *value, *sentence;
    enum kind kind;
    size_t offset;
    unsigned commands;
} rows[] = {
#define ROW(name, value, kind, field, commands, sentence)                                          \
    { name, value, sentence, kind, offsetof(struct cli, field), commands }
    ROW("--url", "URL", TEXT, url, SUB | PUB,
        "ws://HOST:PORT[/PATH], wss://... or unix:///SOCKET (standard: " CLI_URL ")"),
    ROW("--ca", "FILE", TEXT, ca, SUB | PUB,
        "authorities that may sign the server's certificate, PEM (standard: the system's)"),
    ROW("--timeout", "SECONDS", SECONDS, timeout_ms, SUB | PUB,
        "time to connect, and for the answer to a subscribe (standard: 10)"),
    ROW("--json", NULL, FLAG, json, SUB, "print each message as one JSON object a line"),
    ROW("--raw", NULL, FLAG, raw, SUB,
        "write the messages as received: msgpack, one after the other"),
    ROW("--count", "N", COUNT, count, SUB, "end after N messages"),
    ROW("--csv", "TEMPLATE", TEXT, csv, PUB,
        "read CSV; the key of a row, with columns in braces: '{symbol}/Tick/TRADE'"),
    ROW("--columns", "LIST", TEXT, columns, PUB,
        "fields of the data, FIELD=COLUMN or FIELD=COLUMN:TYPE with int, float or text"),
    ROW("--strict", NULL, FLAG, strict, PUB, "end at the first bad line, with 1"),
    ROW("--ack", NULL, FLAG, ack, PUB,
        "ask for an answer to each message: the broker's errors then name the line"),
    ROW("--json", NULL, FLAG, json, PUB, "print the summary as JSON on standard output"),
    ROW("--json", NULL, FLAG, json, CHECK,
        "print the answer as JSON on standard output: match, pattern, key, why"),
    ROW("--json", NULL, FLAG, json, NONE, "with --version: print it as JSON"),
    ROW("--help", NULL, FLAG, help, ~0U, "print this help"),
    ROW("--version", NULL, FLAG, version, ~0U, "print the version"),
#undef ROW
};

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* What `name` was probably meant to be, among the options or (without one) the commands. */
static const char *nearest_option(const char *name, enum command command) {
    const char *names[LENGTH(rows) + 1];
    size_t count = 0;
    for (size_t i = 0; i < LENGTH(rows); i++)
        if (rows[i].commands & (1U << command)) names[count++] = rows[i].name;
    names[count] = NULL;
    return nearest(name, names);
}

static const char *nearest_command(const char *name) {
    const char *names[LENGTH(commands) + 1] = {"help"};
    for (size_t i = COMMAND_SUB; i < LENGTH(commands); i++) names[i] = commands[i].name;
    return nearest(name, names);
}

static enum command find_command(const char *name) {
    for (size_t i = COMMAND_SUB; i < LENGTH(commands); i++)
        if (strcmp(commands[i].name, name) == 0) return (enum command)i;
    return COMMAND_NONE;
}

static const struct option_row *find_option(const char *name, size_t bytes, enum command command) {
    for (size_t i = 0; i < LENGTH(rows); i++)
        if ((rows[i].commands & (1U << command)) && strlen(rows[i].name) == bytes &&
            memcmp(rows[i].name, name, bytes) == 0)
            return &rows[i];
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

static int store(const struct option_row *row, const char *value, struct cli *options,
                 char *error) {
    void *field = (char *)options + row->offset;
    uint64_t number, highest = row->kind == SECONDS ? 86400 : INT64_MAX;
    switch (row->kind) {
    case FLAG:
        *(bool *)field = true;
        return 0;
    case TEXT:
        *(const char **)field = value;
        return 0;
    default:
        if (count_parse(value, highest, &number)) break;
        *(uint64_t *)field = row->kind == SECONDS ? number * 1000 : number;
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
    const struct option_row *row = find_option(text, bytes, options->command);
    if (!row) {
        char name[NAME_BYTES * 2];
        snprintf(name, sizeof name, "%.*s", (int)(bytes < NAME_BYTES ? bytes : NAME_BYTES), text);
        const char *of = options->command ? commands[options->command].name : "";
        const char *meant = nearest_option(name, options->command);
        snprintf(error, CLI_ERROR_BYTES, "%s is not an option%s%s; %s%s%s%s%s", name,
                 *of ? " of " : "", of, meant ? "did you mean " : "see tickcast ",
                 meant ? meant : of, meant ? "?" : "", !meant && *of ? " " : "",
                 meant ? "" : "--help");
        return -1;
    }
    if (row->kind == FLAG && equals) {
        snprintf(error, CLI_ERROR_BYTES, "%s takes no value", row->name);
        return -1;
    }
    if (row->kind != FLAG && !equals && ++*at == argc) {
        snprintf(error, CLI_ERROR_BYTES, "%s needs a value: %s %s", row->name, row->name,
                 row->value);
        return -1;
    }
    return store(row, equals ? equals + 1 : argv[*at], options, error);
}

/* `help [COMMAND]`, or the command. */
static int command_parse(int *argc, char ***argv, struct cli *options, char *error) {
    const char *name = (*argv)[0];
    options->help = strcmp(name, "help") == 0;
    if (options->help && *argc > 1) {
        name = (*argv)[1];
        *argc = 1;
    }
    options->command = find_command(name);
    if (!options->command && strcmp(name, "help") != 0) {
        const char *meant = nearest_command(name);
        snprintf(error, CLI_ERROR_BYTES, "%.100s is not a command; %s%s%s", name,
                 meant ? "did you mean " : "see tickcast --help", meant ? meant : "",
                 meant ? "?" : "");
        return -1;
    }
    --*argc;
    ++*argv;
    return 0;
}

static int contradictions(const struct cli *options, char *error) {
    const struct command_row *row = &commands[options->command];
    const char *why = NULL;
    int count = options->argument_count;
    if (options->json && options->raw) why = "--json and --raw exclude each other";
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

static void print_options(enum command command, FILE *out) {
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        if (!(rows[i].commands & (1U << command))) continue;
        char left[NAME_BYTES * 2];
        snprintf(left, sizeof left, "%s %s", rows[i].name, rows[i].value ? rows[i].value : "");
        fprintf(out, "  %-20s %s\n", left, rows[i].sentence);
    }
}

void cli_help(enum command command, FILE *out) {
    if (command) {
        const struct command_row *row = &commands[command];
        fprintf(out, "tickcast %s [OPTION...] %s\n%s\n\n%s", row->name, row->arguments,
                row->sentence, row->details);
        print_options(command, out);
        return;
    }
    fputs(
        "tickcast COMMAND [OPTION...] ...\nThe command line of the tickcast broker.\n\nCommands:\n",
        out);
    for (size_t i = COMMAND_SUB; i < LENGTH(commands); i++)
        fprintf(out, "  %-13s %-13s %s\n", commands[i].name, commands[i].arguments,
                commands[i].sentence);
    fputs("  help          [COMMAND]     the options of a command\n\n"
          "Exit codes: 0 good, 1 failed, 2 usage.\n",
          out);
    print_options(COMMAND_NONE, out);
}
