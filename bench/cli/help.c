#include "cli/args.h"

#define NAME_BYTES (LOAD_TEXT_BYTES * 2) /* of an option with its value */

static void print_options(enum bench_command command, FILE *out) {
    char name[NAME_BYTES];
    fputs("\noptions\n", out);
    for (size_t i = 0; i < bench_option_count; i++) {
        const struct bench_option_row *row = &bench_option_rows[i];
        if (!(row->commands & 1U << command)) continue;
        snprintf(name, sizeof name, "%s%s%s", row->name, row->value != NULL ? " " : "",
                 row->value != NULL ? row->value : "");
        help_item(name, row->sentence, out);
    }
}

/* With defaults and limits, which the manual and errors tell too. */
static void print_settings(FILE *out) {
    for (int group = 0; group < LOAD_GROUPS; group++) {
        fprintf(out, "\n%s\n", load_group_titles[group]);
        for (int i = 0; i < LOAD_OPTION_COUNT; i++) {
            const struct load_option_row *row = &load_option_rows[i];
            char name[NAME_BYTES], flag[LOAD_TEXT_BYTES], value[LOAD_TEXT_BYTES];
            char sentence[NAME_BYTES];
            if ((int)row->group != group) continue;
            snprintf(name, sizeof name, "--%.200s %.500s", load_option_flag(row, flag),
                     load_option_value(row, value));
            load_option_sentence(row, sentence, sizeof sentence);
            help_item(name, sentence, out);
        }
    }
}

static void print_all(FILE *out) {
    char name[NAME_BYTES];
    fputs("tickcast-bench: what a broker does under load\n\n"
          "usage: tickcast-bench COMMAND [OPTION...] [ARGUMENT...]\n\ncommands\n",
          out);
    for (int i = BENCH_NONE + 1; i < BENCH_COMMANDS; i++) {
        const struct bench_command_row *row = &bench_command_rows[i];
        snprintf(name, sizeof name, "%s%s%s", row->name, *row->arguments != '\0' ? " " : "",
                 row->arguments);
        help_item(name, row->sentence, out);
    }
    help_item("help [COMMAND]", "the options of a command", out);
}

void bench_help(enum bench_command command, FILE *out) {
    const struct bench_command_row *row = &bench_command_rows[command];
    if (command == BENCH_NONE) {
        print_all(out);
    } else {
        fprintf(out, "%s\n\nusage: tickcast-bench %s [OPTION...]%s%s\n\n", row->sentence, row->name,
                *row->arguments != '\0' ? " " : "", row->arguments);
        help_text(row->details, out);
    }
    print_options(command, out);
    if (row->settings) {
        print_settings(out);
        fputs("\nschemes of URLs\n", out);
        help_rows(bench_urls, out);
    }
    fputs("\nsignals\n", out);
    help_rows(bench_signals, out);
    if (command == BENCH_NONE) {
        fputs("\nenvironment\n", out);
        help_rows(bench_environment, out);
    }
    fputs("\nexit codes\n", out);
    help_rows(bench_exit_rows, out);
}
