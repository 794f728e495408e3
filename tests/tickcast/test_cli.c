#include <criterion/criterion.h>
#include <string.h>

#include "tickcast/tables.h"
#include "tickcast/topics.h"

static struct cli options;
static char error[CLI_ERROR_BYTES];

#define PARSE(...) parse((char *[]){"tickcast", __VA_ARGS__, NULL})

static int parse(char **argv) {
    int argc = 0;
    while (argv[argc]) argc++;
    error[0] = 0;
    return cli_parse(argc, argv, &options, error);
}

static void told(const char *part) {
    cr_assert(strstr(error, part), "%s", error);
}

Test(cli, sub_takes_options_and_streams_in_any_order) {
    char *argv[] = {"tickcast",  "sub",    "a/b/c", "--url", "ws://h",
                    "--count=3", "--json", "d/e/f", NULL};
    cr_assert_eq(parse(argv), 0, "%s", error);
    cr_assert_eq(options.command, COMMAND_SUB);
    cr_assert_str_eq(options.url, "ws://h");
    cr_assert_eq(options.count, 3);
    cr_assert(options.json && !options.raw);
    cr_assert_eq(options.argument_count, 2);
    cr_assert_str_eq(options.arguments[0], "a/b/c");
    cr_assert_str_eq(options.arguments[1], "d/e/f");
    cr_assert_eq(options.timeout_ms, 10000);
}

Test(cli, two_dashes_end_the_options) {
    char *argv[] = {"tickcast", "sub", "--", "--json", NULL};
    cr_assert_eq(parse(argv), 0);
    cr_assert(!options.json);
    cr_assert_str_eq(options.arguments[0], "--json");
}

Test(cli, pub_takes_one_message_or_standard_input) {
    cr_assert_eq(PARSE("pub"), 0);
    cr_assert_eq(PARSE("pub", "a/b/c", "{}"), 0);
    cr_assert_eq(PARSE("pub", "--csv", "{s}/a/b", "--ack", "--json"), 0);
    cr_assert_str_eq(options.csv, "{s}/a/b");
    cr_assert_eq(PARSE("pub", "a/b/c"), -1);
    told("KEY needs its JSON");
    cr_assert_eq(PARSE("pub", "--csv", "x", "a/b/c", "1"), -1);
    told("standard input");
}

Test(cli, mistakes_name_the_nearest) {
    cr_assert_eq(PARSE("sub", "--jsn", "a/b/c"), -1);
    told("--jsn is not an option of sub; did you mean --json?");
    cr_assert_eq(PARSE("sub", "--csv=x", "a/b/c"), -1);
    told("--csv is not an option of sub");
    cr_assert_eq(PARSE("pbu"), -1);
    told("did you mean pub?");
    cr_assert_eq(PARSE("check-streams"), -1);
    told("did you mean check-stream?");
    cr_assert_eq(PARSE("--versoin"), -1);
    told("did you mean --version?");
    cr_assert_eq(PARSE("hlep"), -1);
    told("did you mean help?");
    cr_assert_eq(PARSE("help", "straems"), -1);
    told("straems is not a topic; did you mean streams?");
    cr_assert_eq(PARSE("help", "publ"), -1);
    told("did you mean pub?");
    cr_assert_eq(PARSE("help", "weather"), -1);
    told("see tickcast help");
}

Test(cli, values_are_checked) {
    static const char *const bad[] = {"0", "-1", "1x", "", "99999999999999999999", " 1"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(PARSE("sub", "a/b/c", "--count", (char *)bad[i]), -1, "%s", bad[i]);
        told("allowed is a whole number from 1");
    }
    cr_assert_eq(PARSE("sub", "a/b/c", "--count"), -1);
    told("--count needs a value: --count N");
    cr_assert_eq(PARSE("sub", "a/b/c", "--json=1"), -1);
    told("takes no value");
    cr_assert_eq(PARSE("sub", "a/b/c", "--timeout", "3"), 0);
    cr_assert_eq(options.timeout_ms, 3000);
    cr_assert_eq(PARSE("sub", "a/b/c", "--json", "--raw"), -1);
    told("exclude");
    cr_assert_eq(PARSE("sub", "a/b/c", "--table", "--json"), -1);
    told("--table and --json exclude each other");
    cr_assert_eq(PARSE("sub", "a/b/c", "--raw", "--table"), -1);
    told("--table and --raw exclude each other");
    cr_assert_eq(PARSE("sub"), -1);
    told("arguments are missing: tickcast sub [OPTION...] STREAM...");
    cr_assert_eq(PARSE("check-stream", "a/b/c", "d", "e"), -1);
    told("too many");
}

Test(cli, help_and_version_need_nothing_else) {
    cr_assert_eq(PARSE("--help"), 0);
    cr_assert(options.help && options.command == COMMAND_NONE);
    cr_assert_eq(PARSE("help"), 0);
    cr_assert(options.help);
    cr_assert_eq(PARSE("help", "sub"), 0);
    cr_assert(options.help && options.command == COMMAND_SUB && !options.topic);
    cr_assert_eq(PARSE("help", "tls"), 0);
    cr_assert(options.help && options.topic == topic_find("tls"));
    cr_assert_eq(PARSE("sub", "--help"), 0);
    cr_assert(options.help && options.command == COMMAND_SUB);
    cr_assert_eq(PARSE("--version"), 0);
    cr_assert(options.version);
    char *nothing[] = {"tickcast", NULL};
    cr_assert_eq(parse(nothing), -1);
    told("a command is missing");
}

static char text[65536];

static FILE *begin_text(void) {
    memset(text, 0, sizeof text);
    return fmemopen(text, sizeof text, "w");
}

/* No line is wider than HELP_WIDTH. */
static void fits(const char *what) {
    for (const char *line = text; *line; line += strcspn(line, "\n") + (strchr(line, '\n') != NULL))
        cr_assert_leq(strcspn(line, "\n"), HELP_WIDTH, "%s: %s", what, line);
}

Test(cli, help_has_every_option_of_a_command_and_no_other) {
    for (int command = COMMAND_NONE; command < COMMAND_COUNT; command++) {
        FILE *out = begin_text();
        cli_help((enum command)command, out);
        fclose(out);
        fits("help");
        for (size_t i = 0; i < cli_option_count; i++) {
            const struct cli_option_row *row = &cli_option_rows[i];
            char name[64];
            snprintf(name, sizeof name, "\n  %s ", row->name);
            if (row->commands & (1U << command))
                cr_assert(strstr(text, name), "%d has no %s", command, name);
        }
    }
    cr_assert(!strstr(text, "--count"), "check-stream does not count");
}

Test(cli, help_lists_commands_topics_and_exit_codes) {
    FILE *out = begin_text();
    cli_help(COMMAND_NONE, out);
    fclose(out);
    for (size_t i = COMMAND_SUB; i < COMMAND_COUNT; i++)
        cr_assert(strstr(text, command_rows[i].sentence));
    for (size_t i = 0; i < topic_count; i++) {
        cr_assert(strstr(text, topics[i].name));
        cr_assert(strstr(text, topics[i].sentence));
    }
    for (const struct help_row *row = exit_code_rows; row->name; row++)
        cr_assert(strstr(text, row->sentence));
}

Test(cli, every_topic_is_printed_and_is_no_command) {
    for (size_t i = 0; i < topic_count; i++) {
        FILE *out = begin_text();
        topic_print(&topics[i], out);
        fclose(out);
        fits(topics[i].name);
        cr_assert(strlen(text) > 100, "%s", topics[i].name);
        cr_assert_eq(topic_find(topics[i].name), &topics[i]);
        for (size_t j = COMMAND_SUB; j < COMMAND_COUNT; j++)
            cr_assert_str_neq(topics[i].name, command_rows[j].name);
    }
}
