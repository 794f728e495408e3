#include "tickcastd/feeds.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdlib.h>
#include <string.h>

#include "tickcastd/config.h"

/* The settings of `flags` (each a --feed) and of a file; what is reported is on the heap. */
static char *read_all(struct settings *settings, const char *const *flags, const char *yaml) {
    char *told = NULL;
    size_t told_bytes = 0;
    FILE *out = open_memstream(&told, &told_bytes);
    struct problems problems = {.out = out, .file = "f"};
    const struct origin here = {FROM_COMMAND_LINE, 0};
    settings_init(settings);
    settings->file = "f";
    for (; flags != NULL && *flags != NULL; flags++)
        feeds_parse(settings, *flags, &here, &problems);
    config_read(settings, yaml, strlen(yaml), &problems);
    settings_complete(settings, &problems);
    fclose(out);
    return told;
}

static void expect_told(const char *flag, const char *yaml, const char *expected) {
    struct settings settings;
    char *told = read_all(&settings, (const char *const[]){flag, NULL}, yaml);
    cr_expect(eq(str, told, (char *)expected), "%s%s", flag != NULL ? flag : "", yaml);
    free(told);
    settings_fini(&settings);
}

/* The only feed, after nothing was reported. */
static struct feed_options *only_feed(struct settings *settings, const char *flag,
                                      const char *yaml) {
    char *told = read_all(settings, (const char *const[]){flag, NULL}, yaml);
    cr_assert(eq(str, told, ""));
    free(told);
    cr_assert(eq(u32, settings->feed_count, 1));
    return &settings->feeds[0].options;
}

#define COUNTS "a whole number from 1 to 1000000"
#define TYPES  "sim, replay or stdin"
#define SPEEDS "full, or a number above 0 up to 1000000 with x, as 10x"

static const struct {
    const char *flag, *told;
} bad_flags[] = {
    {"simm", "command line: --feed: value 'simm': allowed is " TYPES "; did you mean 'sim'?\n"},
    {"", "command line: --feed: value '': allowed is " TYPES "\n"},
    {"sim,", "command line: --feed: value '': allowed is NAME=VALUE after the type\n"},
    {"sim,rate", "command line: --feed: value 'rate': allowed is NAME=VALUE after the type\n"},
    {"sim,rat=5", "command line: --feed rat: unknown name; did you mean 'rate'?\n"},
    {"sim,zzzzzz=5", "command line: --feed zzzzzz: unknown name\n"},
    {"sim,rate=0", "command line: --feed rate: value '0': allowed is " COUNTS "\n"},
    {"sim,rate=5,rate=6", "command line: --feed rate: is there twice\n"},
    {"sim,file=x", "command line: --feed file: sim feeds do not have it\n"},
    {"sim,symbols=", "command line: --feed symbols: value '': allowed is a list of up to 10000 "
                     "texts of 1 to 4096 bytes\n"},
    {"sim,symbols=A B*C A",
     "command line: --feed: symbol 'B*C': key has one of the characters *?[]{}\\\n"
     "command line: --feed: symbol 'A': is there twice; allowed is once\n"},
    {"replay", "command line: --feed: a replay feed needs file\n"
               "command line: --feed: a replay feed of rows needs key, as {symbol}/Tick/TRADE\n"},
    {"replay,file=x,key={s}/a/b,time=t,speed=10",
     "command line: --feed speed: value '10': allowed is " SPEEDS "\n"},
    {"replay,file=x,key={s}/a/b,time=t,speed=0x",
     "command line: --feed speed: value '0x': allowed is " SPEEDS "\n"},
    {"replay,file=x,key={s}/a/b,time=t,time_unit=min",
     "command line: --feed time_unit: value 'min': allowed is s, ms, us or ns\n"},
    {"replay,file=x,key={s}/a/b,loop=yes",
     "command line: --feed loop: value 'yes': allowed is false or true\n"},
    {"replay,file=x,key={s}/a/b,speed=2x",
     "command line: --feed: time_unit and speed need time, the column that holds it\n"},
    {"replay,file=x,key={s/a/b",
     "command line: --feed: a { of the template is not closed; allowed is {COLUMN}\n"},
    {"replay,file=x,key=trades",
     "command line: --feed: 'trades' cannot be the key: key has not exactly three non-empty "
     "elements, as AAPL/1Min/OHLCV\n"},
    {"stdin,format=csv,key={s}/a/b,columns=A=x A=y",
     "command line: --feed: the field 'A' is there twice\n"},
    {"stdin,key={s}/a/b", "command line: --feed: key and columns are for format csv only\n"},
    {"stdin,format=csv",
     "command line: --feed: a stdin feed of rows needs key, as {symbol}/Tick/TRADE\n"},
};

Test(feeds, a_wrong_flag_is_told_with_what_is_allowed) {
    for (size_t i = 0; i < sizeof bad_flags / sizeof bad_flags[0]; i++)
        expect_told(bad_flags[i].flag, "", bad_flags[i].told);
}

static const struct {
    const char *yaml, *told;
} bad_files[] = {
    {"feeds: simm\n", "f:1: feeds: value 'simm': allowed is " TYPES "; did you mean 'sim'?\n"},
    {"feeds: []\n", "f:1: feeds: the list is empty; leave the line out\n"},
    {"feeds:\n  - rate: 5\n", "f:2: feeds: a feed without type; allowed is " TYPES "\n"},
    {"feeds:\n  - type: sims\n    rate: 5\n",
     "f:2: feeds.type: value 'sims': allowed is " TYPES "; did you mean 'sim'?\n"},
    {"feeds:\n  - type: [sim]\n", "f:2: feeds.type: value is a list: allowed is " TYPES "\n"},
    {"feeds:\n  - type: sim\n    rates: 5\n",
     "f:3: feeds.rates: unknown name; did you mean 'rate'?\n"},
    {"feeds:\n  - type: sim\n    rate: [5]\n",
     "f:3: feeds.rate: value is a list: allowed is " COUNTS "\n"},
    {"feeds:\n  - type: sim\n    rate: 5\n    rate: 6\n", "f:4: rate: was set already in line 3\n"},
    {"feeds:\n  - type: sim\n    symbols: [A, [B]]\n",
     "f:3: feeds.symbols: value is a list: allowed is a text\n"},
    {"feeds:\n  - type: sim\n  - stdin\n  - type: stdin\n",
     "f:4: feeds: a second stdin feed: there is one standard input\n"},
    {"workers: 99\nfeeds:\n  - type: replay\n    key: \"{s}/a/b\"\n",
     "f:1: workers: value '99': allowed is a whole number from 0 to 63\n"
     "f:3: feeds: a replay feed needs file\n"},
};

Test(feeds, a_wrong_file_is_told_line_by_line) {
    for (size_t i = 0; i < sizeof bad_files / sizeof bad_files[0]; i++)
        expect_told(NULL, bad_files[i].yaml, bad_files[i].told);
}

Test(feeds, a_flag_sets_what_it_names_and_leaves_the_defaults) {
    struct settings settings;
    struct feed_options *feed = only_feed(&settings, "sim,symbols=AAPL  IBM,seed=7", "");
    cr_assert(eq(int, (int)feed->type, FEED_SIM));
    cr_assert(eq(u64, feed->rate, 20));
    cr_assert(eq(u64, feed->seed, 7));
    cr_assert(eq(sz, feed->symbols.count, 2));
    cr_assert(eq(str, feed->symbols.texts[1], "IBM"));
    cr_assert(feed->name == NULL);
    char text[FEED_TEXT_BYTES];
    cr_assert(eq(str, (char *)feed_setting_text(&settings.feeds[0], text),
                 "sim,symbols=AAPL IBM,seed=7"));
    settings_fini(&settings);
}

Test(feeds, a_file_may_write_lists_and_maps) {
    struct settings settings;
    struct feed_options *feed = only_feed(&settings, NULL,
                                          "feeds:\n"
                                          "  - type: replay\n"
                                          "    file: trades, all.csv\n"
                                          "    key: \"{sym bol}/Tick/TRADE\"\n"
                                          "    time: t\n"
                                          "    time_unit: us\n"
                                          "    speed: 2.5x\n"
                                          "    loop: true\n"
                                          "    columns: {Price: last price:float, Size: size}\n");
    cr_assert(eq(str, feed->file, "trades, all.csv"));
    cr_assert(eq(int, feed->time_unit, FEED_TIME_US));
    cr_assert(eq(dbl, feed->speed, 2.5));
    cr_assert(feed->loop);
    cr_assert(not(feed->strict));
    cr_assert(eq(sz, feed->columns.count, 2));
    cr_assert(eq(str, feed->columns.texts[0], "Price=last price:float"));
    cr_assert(eq(str, feed->columns.texts[1], "Size=size"));
    settings_fini(&settings);
}

Test(feeds, those_of_the_command_line_stand_against_those_of_the_file) {
    struct settings settings;
    struct feed_options *feed = only_feed(&settings, "stdin", "feeds: [sim, sim]\n");
    cr_assert(eq(int, (int)feed->type, FEED_STDIN));
    settings_fini(&settings);
}

Test(feeds, the_text_of_a_feed_is_fit_for_a_line) {
    struct settings settings;
    char text[FEED_TEXT_BYTES];
    only_feed(&settings, NULL, "feeds: [{type: sim, name: \"a\\n\\e[1m\"}]\n");
    cr_assert(
        eq(str, (char *)feed_setting_text(&settings.feeds[0], text), "sim,name=a\\x0a\\x1b[1m"));
    settings_fini(&settings);
}

Test(feeds, there_are_at_most_as_many_as_allowed) {
    struct settings settings;
    const char *flags[FEED_MAX + 2] = {NULL};
    for (int i = 0; i <= FEED_MAX; i++) flags[i] = "sim";
    char *told = read_all(&settings, flags, "");
    cr_assert(eq(str, told, "command line: --feed: too many feeds: allowed are 64\n"));
    free(told);
    settings_fini(&settings);
}

Test(feeds, aliases_of_a_feed_are_read_up_to_the_limit) {
    struct settings settings;
    char yaml[1024] = "feeds:\n- &f {type: sim}\n";
    for (int i = 0; i < 2 * FEED_MAX; i++) strcat(yaml, "- *f\n");
    char *told = read_all(&settings, NULL, yaml);
    cr_assert(eq(u32, settings.feed_count, FEED_MAX + 1));
    cr_assert(eq(str, told, "f:2: feeds: too many feeds: allowed are 64\n"));
    free(told);
    settings_fini(&settings);
}
