/* Rules over the options of a feed, and over all feeds: feeds_complete. */
#include <string.h>

#include "base/log.h"
#include "feed/csv.h"
#include "feed/sim.h"
#include "tickcastd/settings.h"

static bool is_set(const struct feed_setting *feed, const char *name) {
    return feed->set >> feed_option_find(name) & 1;
}

static const char *name_of(const struct feed_setting *feed) {
    return feed->origin.source == FROM_FILE ? "feeds" : "feed";
}

/* The template and the columns, as far as they can be wrong without a header. */
static void check_csv(const struct feed_setting *feed, struct problems *problems) {
    const struct feed_options *options = &feed->options;
    const struct csv_options wanted = {
        .key = options->key, .columns = &options->columns, .time = options->time};
    struct csv *csv;
    char error[ROW_ERROR_BYTES];
    if (csv_new(&wanted, &csv, error) < 0)
        problems_add(problems, &feed->origin, name_of(feed), "%s", error);
    else
        csv_free(csv);
}

static void check_rows(const struct feed_setting *feed, struct problems *problems) {
    const struct feed_options *options = &feed->options;
    bool csv = options->type == FEED_REPLAY || options->format == FEED_FORMAT_CSV;
    const char *type = feed_type_names[options->type];
    if (options->type == FEED_REPLAY && options->file == NULL)
        problems_add(problems, &feed->origin, name_of(feed), "a %s feed needs file", type);
    if (csv && options->key == NULL)
        problems_add(problems, &feed->origin, name_of(feed),
                     "a %s feed of rows needs key, as {symbol}/Tick/TRADE", type);
    if (csv && options->key != NULL) check_csv(feed, problems);
    if (!csv && (is_set(feed, "key") || is_set(feed, "columns")))
        problems_add(problems, &feed->origin, name_of(feed),
                     "key and columns are for format csv only");
    if (options->time == NULL && (is_set(feed, "time_unit") || is_set(feed, "speed")))
        problems_add(problems, &feed->origin, name_of(feed),
                     "time_unit and speed need time, the column that holds it");
}

static void report_symbol(const struct feed_setting *feed, const char *symbol, const char *flaw,
                          struct problems *problems) {
    char shown[PROBLEMS_VALUE_BYTES];
    problems_add(problems, &feed->origin, name_of(feed), "symbol '%s': %s",
                 log_escape(symbol, strlen(symbol), shown, sizeof shown), flaw);
}

static void check_market(const struct feed_setting *feed, struct problems *problems) {
    const struct feed_list *symbols = &feed->options.symbols;
    for (size_t i = 0; i < symbols->count; i++) {
        const char *flaw = sim_symbol_flaw(symbols->texts[i]);
        if (flaw != NULL) report_symbol(feed, symbols->texts[i], flaw, problems);
    }
    const char *twice = sim_symbol_twice(symbols);
    if (twice != NULL) report_symbol(feed, twice, "is there twice; allowed is once", problems);
}

void feeds_complete(struct settings *settings, struct problems *problems) {
    const struct feed_setting *input = NULL;
    if (settings->feed_count > FEED_MAX)
        problems_add(problems, &settings->feeds[FEED_MAX].origin, name_of(settings->feeds),
                     "too many feeds: allowed are %d", FEED_MAX);
    for (uint32_t i = 0; i < settings->feed_count; i++) {
        const struct feed_setting *feed = &settings->feeds[i];
        if (feed->options.type == FEED_SIM)
            check_market(feed, problems);
        else
            check_rows(feed, problems);
        if (feed->options.type != FEED_STDIN) continue;
        if (input != NULL)
            problems_add(problems, &feed->origin, name_of(feed),
                         "a second stdin feed: there is one standard input");
        input = feed;
    }
}
