#include "tickcast/tables.h"

#define NAME_BYTES 64 /* of an option with its value */

static void print_options(enum command command, FILE *out) {
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < cli_option_count; i++) {
        const struct cli_option_row *row = &cli_option_rows[i];
        if (!(row->commands & (1U << command))) continue;
        char left[NAME_BYTES];
        snprintf(left, sizeof left, "%s %s", row->name, row->value ? row->value : "");
        fprintf(out, "  %-20s %s\n", left, row->sentence);
    }
}

void cli_help(enum command command, FILE *out) {
    if (command) {
        const struct command_row *row = &command_rows[command];
        fprintf(out, "tickcast %s [OPTION...] %s\n%s\n\n%s", row->name, row->arguments,
                row->sentence, row->details);
        print_options(command, out);
        return;
    }
    fputs(
        "tickcast COMMAND [OPTION...] ...\nThe command line of the tickcast broker.\n\nCommands:\n",
        out);
    for (size_t i = COMMAND_SUB; i < COMMAND_COUNT; i++)
        fprintf(out, "  %-13s %-13s %s\n", command_rows[i].name, command_rows[i].arguments,
                command_rows[i].sentence);
    fputs("  help          [COMMAND]     the options of a command\n\n"
          "Exit codes: 0 good, 1 failed, 2 usage.\n",
          out);
    print_options(COMMAND_NONE, out);
}
