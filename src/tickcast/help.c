#include "tickcast/tables.h"
#include "tickcast/topics.h"

#define NAME_BYTES 64 /* of an option with its value */

static void print_options(enum command command, FILE *out) {
    fputs("\noptions\n", out);
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];
        if (!(row->commands & (1U << command))) continue;
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s%s%s", row->name, row->value ? " " : "",
                 row->value ? row->value : "");
        help_item(name, row->sentence, out);
    }
}

static void print_command(const struct command_row *row, FILE *out) {
    fprintf(out, "%s\n\nusage: tickcast %s [OPTION...] %s\n\n", row->sentence, row->name,
            row->arguments);
    help_text(row->details, out);
}

static void print_all(FILE *out) {
    fputs("tickcast: the command line of the tickcast broker\n\n"
          "usage: tickcast COMMAND [OPTION...] [ARGUMENT...]\n\ncommands\n",
          out);
    for (size_t i = COMMAND_SUB; i < COMMAND_COUNT; i++) {
        char name[NAME_BYTES];
        snprintf(name, sizeof name, "%s %s", command_rows[i].name, command_rows[i].arguments);
        help_item(name, command_rows[i].sentence, out);
    }
    help_item("help [TOPIC]", "the options of a command, or one of these topics", out);
    fputs("\ntopics\n", out);
    for (size_t i = 0; i < topic_count; i++) help_item(topics[i].name, topics[i].sentence, out);
}

void cli_help(enum command command, FILE *out) {
    if (command)
        print_command(&command_rows[command], out);
    else
        print_all(out);
    print_options(command, out);
    fputs("\nsignals\n", out);
    help_rows(cli_signals, out);
    if (!command) {
        fputs("\nenvironment\n", out);
        help_rows(cli_environment, out);
    }
    fputs("\nexit codes\n", out);
    help_rows(exit_code_rows, out);
}
