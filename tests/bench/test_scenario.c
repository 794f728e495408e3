/* Scenario files: what each wrong one is told, and that those which come with the program are good.
 */
#include "cli/scenario.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/rules.h"

#define RATES                                                                                      \
    "a number from 0.1 to 100000000 (slower than one in 10 s measures nothing, faster is beyond "  \
    "any core)"
#define LINES "allowed are lines `NAME: VALUE` only"

/* Reads a text; returns all that is told of it (heap). */
static char *read_text(const char *text, size_t bytes, struct load_options *options,
                       char **description) {
    char *told = NULL;
    size_t told_bytes = 0;
    FILE *out = open_memstream(&told, &told_bytes);
    struct problems problems = {.out = out, .file = "f"};
    load_options_init(options);
    scenario_read(text, bytes, options, &problems, description);
    fclose(out);
    return told;
}

static void expect_told(const char *text, size_t bytes, const char *wanted) {
    struct load_options options;
    char *told = read_text(text, bytes, &options, NULL);
    cr_expect(eq(str, told, (char *)wanted), "%s", text);
    free(told);
    load_options_fini(&options);
}

static const struct {
    const char *text, *told;
} bad_files[] = {
    {"", "f: is empty: " LINES "\n"},
    {"# nothing\n", "f: is empty: " LINES "\n"},
    {"tick\n", "f:1: " LINES "\n"},
    {"- rate: 1\n", "f:1: " LINES "\n"},
    {"rate: 1\n---\nrate: 2\n", "f:2: a second document; one is allowed\n"},
    {"rate: 1\nburst: [1, {2: 3}]\nrate: 2\n",
     "f:2: burst: is not one value: allowed is a whole number from 0 to 1000000 (they wait in the "
     "memory of the tool)\nf:3: rate: was set already in line 1\n"},
    {"[a]: {b: c}\n", "f:1: " LINES "\n"},
    {"description: {a: b}\n", "f:1: description: is not one value: allowed is a text\n"},
    {"rate: *a\n", "f:1: rate: is not one value: allowed is " RATES "\n"},
    {"\n\nrrate: 1\n", "f:3: rrate: unknown name; did you mean 'rate'?\n"},
    {"storm-every: 1s\n", "f:1: storm-every: unknown name; did you mean 'storm_every'?\n"},
    {"\"a\\x01b\": 1\n", "f:1: a?b: unknown name\n"},
    {"rate:\n", "f:1: rate: value '': allowed is " RATES "\n"},
    {"rate: fast\n", "f:1: rate: value 'fast': allowed is " RATES "\n"},
    {"rate: -1\n", "f:1: rate: value '-1': allowed is " RATES "\n"},
    {"rate: nan\n", "f:1: rate: value 'nan': allowed is " RATES "\n"},
    {"rate: 0\n", "f:1: rate: value '0': allowed is " RATES "\n"},
    {"rate: 1e9\n", "f:1: rate: value '1e9': allowed is " RATES "\n"},
    {"rate: \"1\\0\"\n", "f:1: rate: is not one value: allowed is " RATES "\n"},
    {"sets: sharde\n", "f:1: sets: value 'sharde': allowed is shared, distinct, pattern or globs; "
                       "did you mean 'shared'?\n"},
    {"steady: yes\n", "f:1: steady: value 'yes': allowed is false or true\n"},
    {"duration: 5 s\n",
     "f:1: duration: value '5 s': allowed is a time from 100ms to 24h in us, ms, "
     "s, min or h (there is a row of figures for each second); did you mean "
     "'5s'?\n"},
    {"size: 1kb\n", "f:1: size: value '1kb': allowed is a size from 48B to 1MiB in B, KiB, MiB or "
                    "GiB (a message holds its numbers and times; servers of the contract take no "
                    "larger one); did you mean '1KiB'?\n"},
    {"slow_share: 101%\n",
     "f:1: slow_share: value '101%': allowed is a share from 0 to 1, or in %\n"},
    {"cpu: -1\n", "f:1: cpu: value '-1': allowed is none or a whole number from 0 to 1023 (what a "
                  "set of cores can hold)\n"},
};

Test(scenario, each_wrong_file_is_told_with_its_line) {
    for (size_t i = 0; i < sizeof bad_files / sizeof *bad_files; i++)
        expect_told(bad_files[i].text, strlen(bad_files[i].text), bad_files[i].told);
}

Test(scenario, what_is_not_yaml_is_told_with_its_line) {
    static const char *const texts[] = {"rate: 1\n\trate: 2\n", "rate: 1\n]\n",
                                        "rate: 1\n\xff: 2\n"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct load_options options;
        char *told = read_text(texts[i], strlen(texts[i]), &options, NULL);
        bool good = strncmp(told, "f:2: not YAML: ", 15) == 0;
        cr_expect(good, "%s", told);
        free(told);
        load_options_fini(&options);
    }
}

Test(scenario, it_is_read_with_its_description_and_the_command_line_stands_against_it) {
    static const char text[] = "description: two lines\nrate: 50\nsize: 1KiB\nsuffix: Tick/TRADE\n";
    static const struct origin here = {FROM_COMMAND_LINE, 0};
    struct problems problems = {.out = stderr, .file = "f"};
    struct load_options options;
    char *description;
    load_options_init(&options);
    load_options_set(&options, LOAD_OPTION_rate, "70", &here, &problems);
    load_options_set(&options, LOAD_OPTION_suffix, "1D/OHLCV", &here, &problems);
    scenario_read(text, strlen(text), &options, &problems, &description);
    cr_assert(eq(u32, problems.count, 0));
    cr_expect(eq(str, description, "two lines"));
    cr_expect(eq(dbl, options.config.rate, 70));
    cr_expect(eq(u32, options.config.size, 1024));
    cr_expect(eq(str, (char *)options.config.suffix, "1D/OHLCV"));
    cr_expect(eq(u32, options.origins[LOAD_OPTION_size].line, 3));
    free(description);
    load_options_fini(&options);
}

Test(scenario, those_that_come_with_the_program_are_good_and_described) {
    static const char *const wanted[] = {"churn", "globs", "minute", "open",       "slow", "storm",
                                         "sweep", "tick",  "tls",    "watchlists", "zipf", NULL};
    char **names = scenario_names();
    for (size_t i = 0; wanted[i] != NULL || names[i] != NULL; i++) {
        cr_assert(names[i] != NULL && wanted[i] != NULL);
        cr_assert(eq(str, names[i], (char *)wanted[i]));
        char path[PATH_MAX], error[LOAD_TEXT_BYTES], *description;
        struct problems problems = {.out = stderr};
        static const struct origin here = {FROM_COMMAND_LINE, 0};
        struct load_options options;
        cr_assert(scenario_find(names[i], path, error), "%s", error);
        load_options_init(&options);
        scenario_load(path, &options, &problems, &description);
        cr_expect(ne(ptr, description, NULL), "%s", names[i]);
        load_options_set(&options, LOAD_OPTION_url, "wss://127.0.0.1", &here, &problems);
        if (strcmp(names[i], "open") == 0) /* any file that is there */
            load_options_set(&options, LOAD_OPTION_replay, path, &here, &problems);
        load_rules(&options, true, &problems);
        cr_expect(eq(u32, problems.count, 0), "%s", names[i]);
        free(description);
        load_options_fini(&options);
    }
    scenario_names_free(names);
}

Test(scenario, an_unknown_name_lists_the_names) {
    char path[PATH_MAX], error[LOAD_TEXT_BYTES];
    cr_expect(not(scenario_find("tock", path, error)));
    cr_expect(eq(str, error,
                 "'tock': allowed is churn, globs, minute, open, slow, storm, sweep, tick, tls, "
                 "watchlists or zipf, or the path of a file; did you mean 'tick'?"));
    cr_expect(scenario_find("./tock", path, error));
    cr_expect(eq(str, path, "./tock"));
}

Test(scenario, a_file_that_is_not_there_or_too_long_is_told) {
    char *told = NULL, name[] = "/tmp/test_scenario_XXXXXX", wanted[128];
    size_t told_bytes = 0;
    FILE *out = open_memstream(&told, &told_bytes);
    struct problems problems = {.out = out};
    struct load_options options;
    load_options_init(&options);
    scenario_load("nowhere/at.yaml", &options, &problems, NULL);
    fflush(out);
    cr_expect(eq(str, told, "nowhere/at.yaml: cannot be read: No such file or directory\n"));
    rewind(out);
    int fd = mkstemp(name);
    cr_assert(eq(int, ftruncate(fd, SCENARIO_BYTES_MAX + 1), 0));
    scenario_load(name, &options, &problems, NULL);
    fclose(out);
    snprintf(wanted, sizeof wanted, "%s: is longer than %d bytes\n", name, SCENARIO_BYTES_MAX);
    cr_expect(eq(int, strncmp(told, wanted, strlen(wanted)), 0), "%s", told);
    cr_expect(eq(u32, problems.count, 2));
    unlink(name);
    close(fd);
    free(told);
    load_options_fini(&options);
}
