/* The table of a load's settings, the rules between them, and the command line. */
#include "cli/options.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "cli/amount.h"
#include "cli/args.h"
#include "cli/rules.h"
#include "peer/peer.h"

static const struct origin command_line = {FROM_COMMAND_LINE, 0}, file = {FROM_FILE, 1};

struct given {
    const char *name, *value;
};

/* Sets what is given; returns what the rules tell (heap). */
static char *settled(struct load_options *options, const struct given *given, size_t count,
                     const struct origin *origin) {
    char *told = NULL;
    size_t told_bytes = 0;
    FILE *out = open_memstream(&told, &told_bytes);
    struct problems problems = {.out = out, .file = "f"};
    load_options_set(options, LOAD_OPTION_url, "ws://127.0.0.1", &command_line, &problems);
    for (size_t i = 0; i < count && given[i].name != NULL; i++) {
        int number = load_option_find(given[i].name);
        cr_assert(ge(int, number, 0), "%s", given[i].name);
        load_options_set(options, (unsigned)number, given[i].value, origin, &problems);
    }
    load_rules(options, true, &problems);
    fclose(out);
    return told;
}

Test(options, every_row_is_whole) {
    for (int i = 0; i < LOAD_OPTION_COUNT; i++) {
        const struct load_option_row *row = &load_option_rows[i];
        char allowed[LOAD_TEXT_BYTES], flag[LOAD_TEXT_BYTES];
        cr_expect(eq(int, load_option_find(row->name), i));
        cr_expect(gt(sz, strlen(row->sentence), 10), "%s", row->name);
        cr_expect(lt(sz, strlen(load_option_allowed(row, allowed)), LOAD_TEXT_BYTES - 1));
        cr_expect(eq(ptr, strchr(load_option_flag(row, flag), '_'), NULL));
    }
}

Test(options, every_default_is_allowed_and_is_what_the_table_says) {
    struct load_options options, again;
    struct problems problems = {.out = stderr};
    load_options_init(&options);
    load_options_init(&again);
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++)
        if (*load_option_rows[i].standard != '\0')
            load_options_set(&again, i, load_option_rows[i].standard, &file, &problems);
    cr_expect(eq(u32, problems.count, 0));
    json_t *one = load_options_json(&options.config), *other = load_options_json(&again.config);
    cr_expect(json_equal(one, other));
    cr_expect(eq(u32, options.config.connections, 100));
    cr_expect(eq(dbl, options.config.duration_s, 10));
    cr_expect(eq(dbl, options.config.sweep_p99_us, 2000));
    cr_expect(eq(u32, options.config.size, 64));
    cr_expect(eq(int, options.config.cpu, -1));
    cr_expect(options.config.floor);
    json_decref(one);
    json_decref(other);
    load_options_fini(&options);
    load_options_fini(&again);
}

/* The least and the most of each amount are allowed, and one step further is told. */
Test(options, limits_are_where_the_table_says) {
    for (unsigned i = 0; i < LOAD_OPTION_COUNT; i++) {
        const struct load_option_row *row = &load_option_rows[i];
        if (row->kind > LOAD_CORE) continue;
        FILE *nowhere = fopen("/dev/null", "w");
        struct problems problems = {.out = nowhere};
        struct load_options options;
        char beyond[64];
        load_options_init(&options);
        load_options_set(&options, i, row->least, &file, &problems);
        load_options_set(&options, i, row->most, &file, &problems);
        cr_expect(eq(u32, problems.count, 0), "%s", row->name);
        snprintf(beyond, sizeof beyond, "9%s", row->most);
        load_options_set(&options, i, beyond, &file, &problems);
        cr_expect(eq(u32, problems.count, 1), "%s %s", row->name, beyond);
        load_options_fini(&options);
        fclose(nowhere);
    }
}

Test(options, amounts_are_read_whole_or_refused) {
    static const struct {
        enum amount_kind kind;
        const char *text;
        double value; /* below 0: refused */
    } rows[] = {
        {AMOUNT_COUNT, "17", 17},       {AMOUNT_COUNT, "1.5", -1},  {AMOUNT_COUNT, "0x1", -1},
        {AMOUNT_NUMBER, "0.5", 0.5},    {AMOUNT_NUMBER, ".5", -1},  {AMOUNT_NUMBER, "5.", -1},
        {AMOUNT_NUMBER, "1e3", -1},     {AMOUNT_NUMBER, "inf", -1}, {AMOUNT_NUMBER, "", -1},
        {AMOUNT_SHARE, "10%", 0.1},     {AMOUNT_SHARE, "0.1", 0.1}, {AMOUNT_SHARE, "10 %", -1},
        {AMOUNT_TIME, "10", 10},        {AMOUNT_TIME, "1.5s", 1.5}, {AMOUNT_TIME, "500us", 0.0005},
        {AMOUNT_TIME, "2min", 120},     {AMOUNT_TIME, "1h", 3600},  {AMOUNT_TIME, "1d", -1},
        {AMOUNT_BYTES, "64KiB", 65536}, {AMOUNT_BYTES, "100", 100}, {AMOUNT_BYTES, "1.5KiB", -1},
        {AMOUNT_TIME, "-1s", -1},       {AMOUNT_NUMBER, "1 ", -1},  {AMOUNT_NUMBER, "١", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct amount amount = {.real = -1};
        bool read = amount_read(rows[i].kind, rows[i].text, &amount);
        cr_expect(eq(int, read, rows[i].value >= 0), "%s", rows[i].text);
        cr_expect(epsilon_eq(dbl, amount.real, rows[i].value, 1e-12), "%s", rows[i].text);
    }
    struct amount least, most;
    cr_assert(amount_read(AMOUNT_COUNT, "18446744073709551614", &least));
    cr_assert(amount_read(AMOUNT_COUNT, "18446744073709551615", &most));
    cr_expect(not(amount_at_most(AMOUNT_COUNT, &most, &least)));
}

/* What a scenario file can say, `config` of a result says so that a scenario file could hold it. */
Test(options, the_config_of_a_result_can_be_read_back) {
    static const struct given given[] = {{"rate", "12.5"},       {"size", "1KiB"},
                                         {"sweep_p99", "500us"}, {"cpu", "3"},
                                         {"keys", "zipf"},       {"steady", "true"},
                                         {"duration", "2min"},   {"seed", "1234567890123456789"},
                                         {"slow_share", "5%"},   {"suffix", "a/b"},
                                         {"pid", "77"}};
    struct problems problems = {.out = stderr};
    struct load_options options, again;
    load_options_init(&options);
    load_options_init(&again);
    for (size_t i = 0; i < sizeof given / sizeof *given; i++)
        load_options_set(&options, (unsigned)load_option_find(given[i].name), given[i].value, &file,
                         &problems);
    json_t *config = load_options_json(&options.config), *value;
    const char *name;
    json_object_foreach(config, name, value) {
        if (json_is_null(value)) continue;
        char *text = json_is_string(value)
                         ? strdup(json_string_value(value))
                         : json_dumps(value, JSON_ENCODE_ANY | JSON_REAL_PRECISION(12));
        load_options_set(&again, (unsigned)load_option_find(name), text, &file, &problems);
        free(text);
    }
    json_t *read_back = load_options_json(&again.config);
    cr_expect(eq(sz, json_object_size(config), LOAD_OPTION_COUNT));
    cr_expect(eq(u32, problems.count, 0));
    cr_expect(json_equal(config, read_back));
    json_decref(config);
    json_decref(read_back);
    load_options_fini(&options);
    load_options_fini(&again);
}

#define MOST_GIVEN 4

static const struct {
    struct given given[MOST_GIVEN];
    const char *told; /* its beginning */
} contradictions[] = {
    {{{"window", "4"}, {"rate", "5"}}, "f:1: window: and rate exclude each other"},
    {{{"window", "4"}, {"arrivals", "poisson"}}, "f:1: arrivals: is for a rate"},
    {{{"streams", "2"}}, "f:1: streams: 2 of a connection are more than the symbols, 1"},
    {{{"sets", "pattern"}}, "f:1: pattern: is needed for sets pattern"},
    {{{"pattern", "a/b"}}, "f:1: pattern: value 'a/b': allowed is a stream of three elements"},
    {{{"pattern", "a/b/c"}, {"sets", "shared"}}, "f:1: pattern: is for sets pattern"},
    {{{"suffix", "OHLCV"}}, "f:1: suffix: value 'OHLCV': allowed are two elements of a key"},
    {{{"suffix", "1Min/*"}}, "f:1: suffix: value '1Min/*'"},
    {{{"connections", "1000000"}, {"sets", "distinct"}, {"streams", "50"}, {"symbols", "50"}},
     "f:1: connections: 1000000, each with 50 keys, are more than the 33554432"},
    {{{"publishers", "2"}}, "f:1: publishers: 2 are more than the symbols, 1"},
    {{{"burst", "0"}}, "f:1: burst: 0 is one message of each symbol, for keys all"},
    {{{"burst", "100"}, {"rate", "1"}}, "f:1: duration: 10 s are over before a burst"},
    {{{"publisher", "none"}, {"window", "1"}}, "f:1: window: nothing is published"},
    {{{"publisher", "none"}, {"sweep", "rate"}}, "f:1: sweep: needs latencies"},
    {{{"slow_share", "0.5"}, {"frozen_share", "0.5"}},
     "f:1: slow_share: and frozen_share leave no"},
    {{{"churn", "5"}}, "f:1: churn: has nothing to change to"},
    {{{"storm_every", "11s"}}, "f:1: storm_every: 11 s is longer than the duration, 10 s"},
    {{{"threads", "8"}, {"connections", "4"}}, "f:1: threads: 8 are more than the connections, 4"},
    {{{"sweep", "rate"}}, "f:1: sweep_to: 0: allowed is more than sweep_from (0)"},
    {{{"sweep", "rate"}, {"sweep_from", "9"}, {"sweep_to", "9"}}, "f:1: sweep_to: 9: allowed is"},
    {{{"sweep", "connections"}, {"sweep_from", "9"}, {"sweep_to", "1000001"}}, "f:1: sweep_to"},
    {{{"sweep_p99", "1ms"}}, "f:1: sweep_p99: is for a sweep"},
    {{{"zipf", "2"}}, "f:1: zipf: is for keys zipf"},
    {{{"slow_rate", "1KiB"}}, "f:1: slow_rate: is for slow readers"},
    {{{"resume", "full"}}, "f:1: resume: is for further connections"},
    {{{"resume", "full"}, {"handshakes", "5"}}, "f:1: resume: is of TLS"},
    {{{"replay_speed", "2"}}, "f:1: replay_speed: is for arrivals replay"},
    {{{"replay", "nowhere"}}, "f:1: replay: nowhere cannot be read"},
    {{{"arrivals", "replay"}}, "f:1: replay: is needed: a CSV file"},
    {{{"ca", "nowhere"}}, "f:1: ca: nowhere cannot be read"},
    {{{"key", "nowhere"}}, "f:1: key: nowhere cannot be read"},
    {{{"cert", "/dev/null"}}, "f:1: cert: needs its private key, key"},
    {{{"key", "/dev/null"}}, "f:1: key: is that of a certificate, cert"},
};

Test(options, settings_that_contradict_each_other_are_told) {
    unsetenv(RULES_DATA_FOLDER);
    for (size_t i = 0; i < sizeof contradictions / sizeof *contradictions; i++) {
        struct load_options options;
        load_options_init(&options);
        char *told = settled(&options, contradictions[i].given, MOST_GIVEN, &file);
        size_t bytes = strlen(contradictions[i].told);
        cr_expect(eq(int, strncmp(told, contradictions[i].told, bytes), 0), "'%s' is not '%s'",
                  told, contradictions[i].told);
        free(told);
        load_options_fini(&options);
    }
}

static struct load_config of_both(const struct given *in_file, const struct given *typed) {
    struct load_options options;
    struct problems problems = {.out = stderr};
    load_options_init(&options);
    for (; in_file->name != NULL; in_file++)
        load_options_set(&options, (unsigned)load_option_find(in_file->name), in_file->value, &file,
                         &problems);
    char *told = settled(&options, typed, MOST_GIVEN, &command_line);
    cr_expect(eq(str, told, ""));
    free(told);
    struct load_config config = options.config;
    load_options_fini(&options); /* texts are not looked at */
    return config;
}

Test(options, the_command_line_takes_the_meaning_from_what_a_file_says) {
    static const struct given rate[] = {{"rate", "5"}, {NULL}},
                              window[] = {{"window", "4"}, {NULL}};
    static const struct given poisson[] = {{"arrivals", "poisson"}, {NULL}};
    static const struct given pattern[] = {{"sets", "pattern"}, {"pattern", "*/*/*"}, {NULL}};
    static const struct given shared[] = {{"sets", "shared"}, {NULL}};
    cr_expect(eq(u32, of_both(rate, window).window, 4));
    cr_expect(eq(u32, of_both(window, rate).window, 0));
    cr_expect(eq(u32, of_both(window, poisson).window, 0));
    cr_expect(eq(int, of_both(poisson, window).arrivals, LOAD_CONSTANT));
    cr_expect(eq(int, of_both(pattern, shared).sets, LOAD_SETS_SHARED));
    cr_expect(eq(int, of_both(shared, pattern).sets, LOAD_SETS_PATTERN));
}

Test(options, a_file_to_replay_means_its_arrivals) {
    static const struct given nothing[] = {{NULL}}, replay[] = {{"replay", "/dev/null"}, {NULL}};
    cr_expect(eq(int, of_both(nothing, replay).arrivals, LOAD_REPLAY));
}

/* Parses words up to a NULL; the error, or what a setting is told, is in `error`. */
static int parse(char **words, struct bench_args *args, struct load_options *options,
                 char error[BENCH_ARGS_ERROR]) {
    int argc = 0;
    while (words[argc] != NULL) argc++;
    struct problems problems = {.out = fmemopen(error, BENCH_ARGS_ERROR, "w")};
    char own[BENCH_ARGS_ERROR] = "";
    *error = '\0';
    load_options_init(options);
    int result = bench_args_parse(argc, words, args, options, &problems, own);
    fclose(problems.out);
    if (result != 0) memcpy(error, own, sizeof own);
    return result;
}

#define WORDS(...) ((char *[]){"tickcast-bench", __VA_ARGS__, NULL})

Test(options, every_scheme_is_told) {
    for (size_t i = 0; peers[i] != NULL; i++) {
        cr_assert(ne(ptr, (char *)bench_urls[i].name, NULL));
        cr_expect(eq(str, (char *)bench_urls[i].name, (char *)peers[i]->schemes));
    }
}

Test(options, a_command_line_is_read) {
    struct bench_args args;
    struct load_options options;
    char error[BENCH_ARGS_ERROR];
    char **words = WORDS("run", "--url", "ws://a", "--storm-every=2s", "--assert", "p99<2ms",
                         "--assert=lost=0", "--json", "-", "--repeat", "3", "--quiet");
    cr_assert(eq(int, parse(words, &args, &options, error), 0), "%s", error);
    cr_expect(eq(int, args.command, BENCH_RUN));
    cr_expect(eq(str, (char *)options.config.url, "ws://a"));
    cr_expect(eq(dbl, options.config.storm_every_s, 2));
    cr_expect(eq(sz, args.assert_count, 2));
    cr_expect(eq(str, (char *)args.asserts[1], "lost=0"));
    cr_expect(eq(str, (char *)args.json, "-"));
    cr_expect(eq(u64, args.repeat, 3));
    cr_expect(args.quiet);
    load_options_fini(&options);
    words = WORDS("compare", "a,b", "--report=r.html", "--", "--c");
    cr_assert(eq(int, parse(words, &args, &options, error), 0), "%s", error);
    cr_expect(eq(sz, args.argument_count, 2));
    cr_expect(eq(str, (char *)args.arguments[1], "--c"));
    load_options_fini(&options);
}

Test(options, a_wrong_command_line_is_told) {
    static const struct {
        char *words[5];
        const char *error;
    } rows[] = {
        {{"x"}, "a command is missing: tickcast-bench COMMAND, see tickcast-bench --help"},
        {{"x", "rnu"}, "rnu is not a command; did you mean run?"},
        {{"x", "walk"}, "walk is not a command; see tickcast-bench --help"},
        {{"x", "help", "rnu"}, "rnu is not a command; did you mean run?"},
        {{"x", "run", "--conections", "5"},
         "--conections is not an option of run; did you mean --connections?"},
        {{"x", "run", "--storm_every", "5"},
         "--storm_every is not an option of run; did you mean --storm-every?"},
        {{"x", "compare", "--rate", "5"},
         "--rate is not an option of compare; see tickcast-bench compare --help"},
        {{"x", "run", "-x"}, "-x is not an option of run; see tickcast-bench run --help"},
        {{"x", "run", "--url"}, "--url needs a value: --url TEXT"},
        {{"x", "run", "--sets"}, "--sets needs a value: --sets shared|distinct|pattern|globs"},
        {{"x", "run", "--quiet=1"}, "--quiet takes no value"},
        {{"x", "run", "--json="}, "--json is empty: --json FILE"},
        {{"x", "run", "--repeat", "0"}, "--repeat 0: allowed is a whole number from 1 to 100"},
        {{"x", "run", "a"}, "too many arguments: tickcast-bench run [OPTION...] "},
        {{"x", "compare"}, "arguments are missing: tickcast-bench compare [OPTION...] RESULT..."},
        {{"x", "merge", "a", "b"},
         "--json FILE or --report FILE is missing: tickcast-bench merge [OPTION...] RESULT..."},
        {{"x", "report", "a"},
         "--report FILE is missing: tickcast-bench report [OPTION...] RESULT..."},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct bench_args args;
        struct load_options options;
        char error[BENCH_ARGS_ERROR];
        cr_expect(eq(int, parse((char **)rows[i].words, &args, &options, error), -1));
        cr_expect(eq(str, error, (char *)rows[i].error));
        load_options_fini(&options);
    }
}

Test(options, a_setting_that_is_not_allowed_is_told_by_its_option) {
    struct bench_args args;
    struct load_options options;
    char error[BENCH_ARGS_ERROR];
    parse(WORDS("run", "--storm-every", "2sec"), &args, &options, error);
    cr_expect(eq(str, error,
                 "command line: --storm-every: value '2sec': allowed is a time from 0 to 1h in us, "
                 "ms, s, min or h; did you mean '2s'?\n"));
    load_options_fini(&options);
}
