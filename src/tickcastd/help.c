#include "tickcastd/help.h"

#include "tickcast/tickcast.h"
#include "tickcastd/args.h"

const char help_daemon_text[] =
    "Without a listener it listens on 0.0.0.0:5993 and serves this host only. Without a "
    "configuration file it prints how it can be reached and what to do next. It prints `ready` on "
    "standard error when it accepts. Sizes are written 16MiB (B, KiB, MiB, GiB), times 10s (ms, s, "
    "min, h). A flag stands against the file.";

const char help_feeds_text[] =
    "In the configuration file they are `feeds`, a list of maps with `type` and options. On the "
    "command line a feed is its type and options; the items of a list stand between blanks: "
    "--feed 'sim,symbols=AAPL MSFT,rate=100'";

const struct help_row help_daemon_signals[] = {
    {"SIGINT, SIGTERM", "stop: what was accepted is delivered, connections are closed with 1001; "
                        "ends with 0; see stop_timeout. A second one ends it at once, with 1"},
    {"SIGHUP",
     "the certificates of all listeners are read again, as they are when their files "
     "change; all else stays as it was at the start. When its terminal goes away it stops"},
    {NULL, NULL},
};

const struct help_row help_daemon_environment[] = {
    {"NO_COLOR", "if it is set and not empty, nothing is shown bold"},
    {"TERM", "the same if it is dumb"},
    {"NOTIFY_SOCKET", "where a service manager hears that it is ready, reloads or stops"},
    {"PATH", "tells whether the commands that it prints for pasting need the path of the program"},
    {NULL, NULL},
};

static void print_setting(unsigned number, const struct tickcast_options *standard, FILE *out) {
    char flag[SETTINGS_TEXT_BYTES], value[SETTINGS_TEXT_BYTES];
    char name[3 * SETTINGS_TEXT_BYTES], sentence[2 * SETTINGS_TEXT_BYTES];
    snprintf(name, sizeof name, "--%s %s", setting_flag(number, flag),
             setting_value(number, value));
    snprintf(sentence, sizeof sentence, "%s (default: %s)", setting_sentence(number),
             setting_text(standard, number, value));
    help_item(name, sentence, out);
}

static void print_feed(enum feed_type type, FILE *out) {
    struct feed_options standard;
    feed_options_init(&standard, type);
    fprintf(out, "\noptions of --feed %s: %s\n", feed_type_names[type], feed_type_sentences[type]);
    for (unsigned i = 0; i < feed_option_count; i++) {
        char value[FEED_TEXT_BYTES], sentence[3 * FEED_TEXT_BYTES];
        const struct feed_option_row *row = &feed_option_rows[i];
        if (!(row->types & 1U << type)) continue;
        feed_option_text(&standard, i, value);
        snprintf(sentence, sizeof sentence, "%s%s%s%s", row->sentence,
                 *value != '\0' ? " (default: " : "", value, *value != '\0' ? ")" : "");
        help_item(row->name, sentence, out);
    }
    feed_options_fini(&standard);
}

static void print_flag(const char *name, const char *value, const char *sentence, FILE *out) {
    char text[SETTINGS_TEXT_BYTES];
    snprintf(text, sizeof text, "--%s%s%s", name, *value != '\0' ? " " : "", value);
    help_item(text, sentence, out);
}

void help_print(FILE *out) {
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    fputs("tickcastd: a broker of market data for WebSocket subscribers\n\n"
          "usage: tickcastd [-c FILE] [--listen HOST[:PORT]] [--listen-tls HOST[:PORT] --cert FILE "
          "--key FILE]\n"
          "                 [--demo] [--check] [--version] [--SETTING VALUE]...\n\n",
          out);
    help_text(help_daemon_text, out);
    fputs("\nflags\n", out);
#define PRINT_FLAG(name, value, sentence) print_flag(name, value, sentence, out);
    ARGS_FLAGS(PRINT_FLAG)
#undef PRINT_FLAG
    fputs("\nsettings, also in the configuration file with `_` in place of `-`\n", out);
    for (unsigned i = 0; i < SETTING_COUNT; i++) print_setting(i, &standard, out);
    fputs("\nfeeds\n\n", out);
    help_text(help_feeds_text, out);
    for (int type = 0; type < FEED_TYPES; type++) print_feed((enum feed_type)type, out);
    fputs("\nsignals\n", out);
    help_rows(help_daemon_signals, out);
    fputs("\nenvironment\n", out);
    help_rows(help_daemon_environment, out);
    fputs("\nexit codes\n", out);
    help_rows(exit_code_rows, out);
    fputs("\nmore: man tickcastd, man tickcast.yml, tickcast help TOPIC\n", out);
}

static void print_feed_rows(FILE *out) {
    fputs("\n| option of a feed | of | default | allowed | meaning |\n|---|---|---|---|---|\n",
          out);
    for (unsigned i = 0; i < feed_option_count; i++) {
        const struct feed_option_row *row = &feed_option_rows[i];
        struct feed_options standard;
        char types[FEED_TEXT_BYTES] = "", value[FEED_TEXT_BYTES], allowed[FEED_TEXT_BYTES];
        size_t used = 0;
        for (int type = 0; type < FEED_TYPES; type++) {
            if (!(row->types & 1U << type)) continue;
            used += (size_t)snprintf(types + used, sizeof types - used, "%s%s",
                                     used > 0 ? ", " : "", feed_type_names[type]);
        }
        feed_options_init(&standard, FEED_SIM);
        fprintf(out, "| `%s` | %s | %s | %s | %s |\n", row->name, types,
                feed_option_text(&standard, i, value), feed_option_allowed(i, allowed),
                row->sentence);
        feed_options_fini(&standard);
    }
}

const struct help_list_row help_list_rows[] = {
    {"listen", "0.0.0.0:5993, and `subscribers_from: loopback`",
     "a list of `HOST[:PORT]`, `unix:PATH` or maps with `address` or `unix`, and for TLS `cert`, "
     "`key`, `certificates`, `client_ca` and `client_auth`",
     "where to listen"},
    {"listen_port", "", "a port from 0 to 65535", "MarketStore's name for `listen: 0.0.0.0:PORT`"},
    {"feeds", "", "a list of maps with `type` (" FEED_NAME_ALLOWED ") and its options, see below",
     "what the daemon publishes by itself"},
    {"core_dumps", "false", "false or true",
     "the process may leave core dumps, which hold private keys, and its user may read its memory"},
    {NULL, NULL, NULL, NULL},
};

void help_print_config(FILE *out) {
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    fputs("| name | default | allowed | meaning |\n|---|---|---|---|\n", out);
    for (const struct help_list_row *row = help_list_rows; row->name != NULL; row++)
        fprintf(out, "| `%s` | %s%s| %s | %s |\n", row->name, row->standard,
                *row->standard != '\0' ? " " : "", row->allowed, row->meaning);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char value[SETTINGS_TEXT_BYTES], allowed[SETTINGS_TEXT_BYTES];
        fprintf(out, "| `%s` | %s | %s | %s |\n", setting_name(i),
                setting_text(&standard, i, value), setting_allowed(i, allowed),
                setting_sentence(i));
    }
    print_feed_rows(out);
}
