/* tickcast-bench(1) and tickcast-bench(7). */
#include "cli/args.h"
#include "cli/numbers.h"
#include "manual/options.h"
#include "manual/pages.h"
#include "result/values.h"

static const char scenario_text[] =
    "A scenario is a file of YAML: lines NAME: VALUE with the settings above, with _ in place of "
    "-, "
    "and a `description`. Options of the command line stand against it. Times are written 10s (us, "
    "ms, s, min, h; without a unit s), sizes 64KiB (B, KiB, MiB, GiB), shares 0.1 or 10%. A file "
    "with a mistake is refused: all of them are told, with line, value and what is allowed. Those "
    "that come with the program are listed by `tickcast-bench scenarios`; --scenario also takes "
    "the "
    "path of a file:\n\n"
    "    description: ticks of 50 symbols, as they come, to 2000 subscribers\n"
    "    connections: 2000\n"
    "    sets: distinct\n"
    "    streams: 50\n"
    "    symbols: 5000\n"
    "    keys: zipf\n"
    "    rate: 20000\n"
    "    arrivals: poisson";

static const char examples[] =
    "The first look at a broker on this host:\n\n"
    "    tickcast-bench run --url ws://127.0.0.1:5993 --scenario tick --duration 5\n\n"
    "In continuous integration:\n\n"
    "    tickcast-bench run --url ws://127.0.0.1:5993 --scenario watchlists \\\n"
    "        --assert 'p99<5ms' --assert lost=0 --junit bench.xml --json bench.json\n\n"
    "Two servers in turn, five runs of each, as a page:\n\n"
    "    tickcast-bench run --url ws://127.0.0.1:5993 --against ws://127.0.0.1:5994 \\\n"
    "        --scenario minute --repeat 5 --report compared.html\n\n"
    "What a server whose data comes from elsewhere does:\n\n"
    "    tickcast-bench run --url ws://127.0.0.1:5993 --publisher none --pattern '*/*/*'";

static void put_options(const struct program_option *options, size_t count, struct roff *page) {
    for (size_t i = 0; i < count; i++)
        roff_item(page, options[i].name, options[i].value, options[i].sentence);
}

static void put_command(int command, struct roff *page) {
    struct program_option options[OPTIONS_MAX];
    const struct bench_command_row *row = &bench_command_rows[command];
    roff_subsection(page, row->name);
    roff_line(page, row->name, row->arguments);
    roff_text(page, row->sentence);
    roff_text(page, row->details);
    put_options(options, options_of_bench(command, options), page);
    if (row->settings) roff_text(page, "and the settings of a load, below.");
}

/* Each with its limits and the reason for them. */
static void put_settings(struct roff *page) {
    struct program_option options[OPTIONS_MAX];
    options_of_load(options);
    for (int group = 0; group < LOAD_GROUPS; group++) {
        roff_subsection(page, load_group_titles[group]);
        for (size_t i = 0; i < LOAD_OPTION_COUNT; i++) {
            const struct load_option_row *row = &load_option_rows[i];
            char allowed[LOAD_TEXT_BYTES], text[2 * LOAD_TEXT_BYTES];
            if ((int)row->group != group) continue;
            snprintf(text, sizeof text, "%s. Allowed: %s.", options[i].sentence,
                     load_option_allowed(row, allowed));
            roff_item(page, options[i].name, options[i].value, text);
        }
    }
}

static void put_assertions(struct roff *page) {
    roff_text(page,
              "NAME, one of <, <=, >, >=, =, != and a value with its unit, such as p99<2ms, "
              "lost=0 or deliveries_per_s>=1M. A figure that is unknown fails. The names are:");
    for (size_t i = 0; i < value_count; i++)
        roff_item(page, values[i].name, "", values[i].sentence);
}

void page_bench(struct roff *page) {
    static const char *const more[] = {"tickcast-bench(7)", "tickcastd(8)", "tickcast(1)", NULL};
    struct program_option options[OPTIONS_MAX];
    roff_begin(page, "tickcast-bench", 1, "what a broker does under load");
    roff_section(page, "SYNOPSIS");
    for (int i = BENCH_NONE + 1; i < BENCH_COMMANDS; i++) {
        char usage[OPTIONS_TEXT_BYTES];
        snprintf(usage, sizeof usage, "%s [OPTION...]%s%s", bench_command_rows[i].name,
                 *bench_command_rows[i].arguments != '\0' ? " " : "",
                 bench_command_rows[i].arguments);
        roff_line(page, "tickcast-bench", usage);
    }
    roff_line(page, "tickcast-bench", "help [COMMAND]");
    roff_section(page, "DESCRIPTION");
    roff_text(page, "`tickcast-bench` puts a load on a broker, accounts for every delivery, and "
                    "measures latency, skew and what the server spends. Each number is defined in "
                    "`tickcast-bench`(7).");
    roff_section(page, "OPTIONS");
    roff_text(page, "Without a command:");
    put_options(options, options_of_bench(BENCH_NONE, options), page);
    roff_section(page, "COMMANDS");
    for (int i = BENCH_NONE + 1; i < BENCH_COMMANDS; i++) put_command(i, page);
    roff_section(page, "SETTINGS");
    put_settings(page);
    roff_section(page, "URLS");
    roff_text(page, "SCHEME://HOST[:PORT][/PATH]; the scheme says what the server speaks:");
    roff_rows(page, bench_urls);
    roff_section(page, "SCENARIOS");
    roff_text(page, scenario_text);
    roff_section(page, "ASSERTIONS");
    put_assertions(page);
    roff_section(page, "EXIT STATUS");
    roff_rows(page, bench_exit_rows);
    roff_section(page, "ENVIRONMENT");
    roff_rows(page, bench_environment);
    roff_section(page, "SIGNALS");
    roff_rows(page, bench_signals);
    roff_section(page, "EXAMPLES");
    roff_text(page, examples);
    roff_see_also(page, more);
}

void page_bench_numbers(struct roff *page) {
    static const char *const more[] = {"tickcast-bench(1)", NULL};
    roff_begin(page, "tickcast-bench", 7, "what the numbers of the load tool mean");
    roff_section(page, "DESCRIPTION");
    roff_text(page,
              "A result is a JSON document (--json), from which the summary, the page, the tables "
              "and comparisons are made. This page defines each of its numbers: what it is, how it "
              "is measured, and what it is not. A path such as load/rate is the member rate of the "
              "member load. What is not known is null, never 0.");
    for (const struct bench_chapter *chapter = bench_chapters; chapter->title != NULL; chapter++) {
        roff_section(page, chapter->title);
        roff_text(page, chapter->text);
        if (chapter->numbers != NULL) roff_rows(page, chapter->numbers);
    }
    roff_see_also(page, more);
}
