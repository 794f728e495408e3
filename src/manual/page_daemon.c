/* tickcastd(8) and tickcast.yml(5). */
#include "manual/options.h"
#include "manual/pages.h"
#include "manual/roff.h"
#include "tickcast/tickcast.h"
#include "tickcastd/help.h"
#include "tickcastd/settings.h"

static const char daemon_examples[] =
    "An invented market, offline and around the clock:\n\n"
    "    tickcastd --demo\n\n"
    "The settings that count, where each came from, and the memory that can be needed at worst:\n\n"
    "    tickcastd -c tickcast.yml --check\n\n"
    "Beside a MarketStore, which has port 5993:\n\n"
    "    tickcastd --listen 0.0.0.0:5994";

static const struct help_row daemon_files[] = {
    {"tickcast.yml", "a usual name of the configuration; no file is read but that of --config"},
    {NULL, NULL},
};

static const char configuration_text[] =
    "The configuration of `tickcastd` is YAML: a map of the names below. No file is read but that "
    "of --config. Every setting is a flag too (slow_memory is --slow-memory), and a flag stands "
    "against the file; listeners and feeds of the command line stand for all of the file. A file "
    "with a mistake is refused: all of them are told in one run, with line, value and what is "
    "allowed. Sizes are written 16MiB (B, KiB, MiB, GiB), times 10s (ms, s, min, h).";

static const char configuration_examples[] =
    "Everybody on the network may subscribe, this host may publish:\n\n"
    "    listen: [0.0.0.0:5993]\n\n"
    "TLS beside it, and a Unix socket for publishers on this host:\n\n"
    "    listen:\n"
    "      - 0.0.0.0:5993\n"
    "      - {address: 0.0.0.0:5994, cert: certs/server.pem, key: certs/server.key}\n"
    "      - unix:tickcast.sock\n\n"
    "Publishers on other machines, on a private address:\n\n"
    "    listen: [192.0.2.1:5993]\n"
    "    publishers_from: any\n\n"
    "An invented market:\n\n"
    "    listen: [127.0.0.1:5993]\n"
    "    feeds:\n"
    "      - type: sim\n"
    "        symbols: [AAPL, MSFT, BRK.B]\n"
    "        rate: 200";

static void put_options(const struct program_option *options, size_t count, struct roff *page) {
    for (size_t i = 0; i < count; i++)
        roff_item(page, options[i].name, options[i].value, options[i].sentence);
}

/* The options of each type of feed, under its own heading. */
static void put_feeds(struct roff *page) {
    for (int type = 0; type < FEED_TYPES; type++) {
        struct feed_options standard;
        feed_options_init(&standard, (enum feed_type)type);
        roff_subsection(page, feed_type_names[type]);
        roff_text(page, feed_type_sentences[type]);
        for (unsigned i = 0; i < feed_option_count; i++) {
            const struct feed_option_row *row = &feed_option_rows[i];
            char value[FEED_TEXT_BYTES], allowed[FEED_TEXT_BYTES], text[4 * FEED_TEXT_BYTES];
            if (!(row->types & 1U << type)) continue;
            feed_option_text(&standard, i, value);
            snprintf(text, sizeof text, "%s. Allowed: %s.%s%s", row->sentence,
                     feed_option_allowed(i, allowed), *value != '\0' ? " Default: " : "", value);
            roff_item(page, row->name, "", text);
        }
        feed_options_fini(&standard);
    }
}

void page_daemon(struct roff *page) {
    static const char *const more[] = {"tickcast(1)", "tickcast.yml(5)", "libtickcast(3)",
                                       "tickcast-bench(1)", NULL};
    struct program_option options[OPTIONS_MAX];
    roff_begin(page, "tickcastd", 8, "a broker of market data for WebSocket subscribers");
    roff_section(page, "SYNOPSIS");
    roff_line(page, "tickcastd", "[-c FILE] [--listen HOST[:PORT]] [--demo] [--SETTING VALUE]...");
    roff_line(page, "tickcastd", "[-c FILE] --check [--json]");
    roff_section(page, "DESCRIPTION");
    roff_text(page,
              "`tickcastd` delivers market data to very many WebSocket subscribers. It speaks the "
              "stream contract of MarketStore byte for byte: clients subscribe on /ws and publish "
              "on /publish of its listeners; `tickcast`(1) does both.");
    roff_text(page, help_daemon_text);
    roff_section(page, "OPTIONS");
    put_options(options, options_of_flags(options), page);
    roff_subsection(page, "Settings");
    roff_text(page,
              "These stand in the configuration file too; `tickcast.yml`(5) has what is allowed.");
    put_options(options, options_of_settings(options), page);
    roff_section(page, "FEEDS");
    roff_text(page, help_feeds_text);
    put_feeds(page);
    roff_section(page, "EXIT STATUS");
    roff_rows(page, exit_code_rows);
    roff_section(page, "ENVIRONMENT");
    roff_rows(page, help_daemon_environment);
    roff_section(page, "FILES");
    roff_rows(page, daemon_files);
    roff_section(page, "SIGNALS");
    roff_rows(page, help_daemon_signals);
    roff_section(page, "EXAMPLES");
    roff_text(page, daemon_examples);
    roff_see_also(page, more);
}

static void put_setting(const char *name, const char *meaning, const char *allowed,
                        const char *standard, struct roff *page) {
    char text[8 * SETTINGS_TEXT_BYTES];
    snprintf(text, sizeof text, "%s. Allowed: %s.%s%s", meaning, allowed,
             *standard != '\0' ? " Default: " : "", standard);
    roff_item(page, name, "", text);
}

void page_configuration(struct roff *page) {
    static const char *const more[] = {"tickcastd(8)", "tickcast(1)", NULL};
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    roff_begin(page, "tickcast.yml", 5, "the configuration of tickcastd");
    roff_section(page, "SYNOPSIS");
    roff_line(page, "tickcastd -c tickcast.yml", "");
    roff_section(page, "DESCRIPTION");
    roff_text(page, configuration_text);
    roff_section(page, "OPTIONS");
    for (const struct help_list_row *row = help_list_rows; row->name != NULL; row++)
        put_setting(row->name, row->meaning, row->allowed, row->standard, page);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char value[SETTINGS_TEXT_BYTES], allowed[SETTINGS_TEXT_BYTES];
        put_setting(setting_name(i), setting_sentence(i), setting_allowed(i, allowed),
                    setting_text(&standard, i, value), page);
    }
    roff_section(page, "FEEDS");
    roff_text(page, "An item of `feeds` is a map with `type`, one of these, and its options.");
    put_feeds(page);
    roff_section(page, "EXAMPLES");
    roff_text(page, configuration_examples);
    roff_see_also(page, more);
}
