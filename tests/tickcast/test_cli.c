#include <criterion/criterion.h>
#include <string.h>

#include "tickcast/cli.h"

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
    cr_assert(options.help && options.command == COMMAND_SUB);
    cr_assert_eq(PARSE("sub", "--help"), 0);
    cr_assert(options.help && options.command == COMMAND_SUB);
    cr_assert_eq(PARSE("--version"), 0);
    cr_assert(options.version);
    char *nothing[] = {"tickcast", NULL};
    cr_assert_eq(parse(nothing), -1);
    told("a command is missing");
}

Test(cli, help_names_every_option_of_a_command) {
    char text[8192] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    cli_help(COMMAND_PUB, out);
    fclose(out);
    cr_assert(strstr(text, "--csv TEMPLATE"));
    cr_assert(strstr(text, "--ack"));
    cr_assert(!strstr(text, "--count"));
}
