#include "tickcastd/help.h"

#include <string.h>

#include "tickcast/tickcast.h"
#include "tickcastd/args.h"

#define LINE_WIDTH  100
#define TEXT_COLUMN 6

/* Breaks a sentence between words. */
static void print_wrapped(const char *text, FILE *out) {
    size_t room = 0;
    while (*text != '\0') {
        size_t word = strcspn(text, " ");
        if (room < word + 1) {
            fprintf(out, "%s%*s", room == 0 ? "" : "\n", TEXT_COLUMN, "");
            room = LINE_WIDTH - TEXT_COLUMN;
        } else {
            fputc(' ', out);
            room--;
        }
        fwrite(text, 1, word, out);
        room = room > word ? room - word : 1;
        text += word;
        text += strspn(text, " ");
    }
    fputc('\n', out);
}

static void print_setting_flag(unsigned number, const struct tickcast_options *standard,
                               FILE *out) {
    static const char *const values[] = {"N", "SIZE", "TIME", "true|false", "loopback|any"};
    char flag[SETTINGS_TEXT_BYTES], value[SETTINGS_TEXT_BYTES], sentence[2 * SETTINGS_TEXT_BYTES];
    snprintf(flag, sizeof flag, "%s", setting_name(number));
    for (char *c = flag; *c != '\0'; c++)
        if (*c == '_') *c = '-';
    fprintf(out, "  --%s %s\n", flag,
            number == SETTING_LOG_LEVEL ? "error|warning|notice|debug"
                                        : values[option_rows[number].kind]);
    snprintf(sentence, sizeof sentence, "%s (default: %s)", setting_sentence(number),
             setting_text(standard, number, value));
    print_wrapped(sentence, out);
}

/* The options of each type of feed; `set` are the defaults. */
static void print_feed(enum feed_type type, FILE *out) {
    struct feed_options standard;
    feed_options_init(&standard, type);
    fprintf(out, "  --feed %s: %s\n", feed_type_names[type], feed_type_sentences[type]);
    for (unsigned i = 0; i < feed_option_count; i++) {
        char value[FEED_TEXT_BYTES], sentence[3 * FEED_TEXT_BYTES];
        const struct feed_option_row *row = &feed_option_rows[i];
        if (!(row->types & 1U << type)) continue;
        feed_option_text(&standard, i, value);
        snprintf(sentence, sizeof sentence, "%s: %s%s%s%s", row->name, row->sentence,
                 *value != '\0' ? " (default: " : "", value, *value != '\0' ? ")" : "");
        print_wrapped(sentence, out);
    }
    feed_options_fini(&standard);
}

static void print_feeds(FILE *out) {
    fputs("\nfeeds; in the configuration file `feeds`, a list of maps with `type` and options. The "
          "items of a\nlist stand between blanks: --feed 'sim,symbols=AAPL MSFT,rate=100'\n",
          out);
    for (int type = 0; type < FEED_TYPES; type++) print_feed((enum feed_type)type, out);
}

void help_print(FILE *out) {
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    fputs("tickcastd: a broker of market data for WebSocket subscribers\n\n"
          "usage: tickcastd [-c FILE] [--listen HOST:PORT] [--listen-tls HOST:PORT --cert FILE "
          "--key FILE]\n"
          "                 [--workers N] [--check] [--version] [--SETTING VALUE]...\n\n"
          "Without a listener it listens on 0.0.0.0:5993 and serves this host only. Sizes are "
          "written\n"
          "16MiB (B, KiB, MiB, GiB), times 10s (ms, s, min, h). A flag stands against the file.\n\n"
          "flags\n",
          out);
#define PRINT_FLAG(name, value, sentence)                                                          \
    fprintf(out, "  --%s%s%s\n", name, *value != '\0' ? " " : "", value);                          \
    print_wrapped(sentence, out);
    ARGS_FLAGS(PRINT_FLAG)
#undef PRINT_FLAG
    fputs("\nsettings, also in the configuration file with `_` in place of `-`\n", out);
    for (unsigned i = 0; i < SETTING_COUNT; i++) print_setting_flag(i, &standard, out);
    print_feeds(out);
    fputs("\nexit codes: 0 good, 1 failed, 2 wrong usage, 78 wrong configuration\n", out);
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

void help_print_config(FILE *out) {
    struct tickcast_options standard;
    tickcast_options_init(&standard);
    fputs("| name | default | allowed | meaning |\n|---|---|---|---|\n"
          "| `listen` | 0.0.0.0:5993, and `subscribers_from: loopback` | a list of `HOST:PORT`, "
          "`unix:PATH` or maps with `address` or `unix`, and for TLS `cert` and `key` | where to "
          "listen |\n"
          "| `listen_port` | | a port from 0 to 65535 | MarketStore's name for "
          "`listen: 0.0.0.0:PORT` |\n"
          "| `feeds` | | a list of maps with `type` (" FEED_NAME_ALLOWED ") and its options, see "
          "below | what the daemon publishes by itself |\n",
          out);
    for (unsigned i = 0; i < SETTING_COUNT; i++) {
        char value[SETTINGS_TEXT_BYTES], allowed[SETTINGS_TEXT_BYTES];
        fprintf(out, "| `%s` | %s | %s | %s |\n", setting_name(i),
                setting_text(&standard, i, value), setting_allowed(i, allowed),
                setting_sentence(i));
    }
    print_feed_rows(out);
}
