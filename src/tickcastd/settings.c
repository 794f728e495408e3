#include "tickcastd/settings.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/printable.h"
#include "base/units.h"
#include "base/words.h"
#include "tickcast/tickcast.h"

#define NAME(kind, name, standard, lowest, highest, sentence) #name,
#define TEXT_NAME(name, value, allowed, sentence)             #name,
static const char *const names[] = {TICKCAST_OPTIONS(NAME) "log_level",
                                    TICKCAST_TEXT_OPTIONS(TEXT_NAME) "listen",
                                    "listen_port",
                                    "feeds",
                                    "core_dumps",
                                    NULL};

static const char *const bool_words[] = {"false", "true", NULL};
static const char *const peers_words[] = {"loopback", "any", NULL};
static const char *const level_words[] = {"error", "warning", "notice", "debug", NULL};

void settings_init(struct settings *settings) {
    memset(settings, 0, sizeof *settings);
    tickcast_options_init(&settings->options);
}

void settings_fini(struct settings *settings) {
    for (unsigned i = 0; i < OPTION_TEXT_ROWS; i++) free(settings->texts[i]);
    for (uint32_t i = 0; i < settings->listener_count; i++) listen_fini(&settings->listeners[i]);
    free(settings->listeners);
    for (uint32_t i = 0; i < settings->feed_count; i++) feed_setting_fini(&settings->feeds[i]);
    free(settings->feeds);
}

const char *const *settings_names(void) {
    return names;
}

int settings_find(const char *name) {
    for (unsigned i = 0; i < SETTING_COUNT; i++)
        if (strcmp(names[i], name) == 0) return (int)i;
    return -1;
}

const char *setting_name(unsigned number) {
    return names[number];
}

/* The row of a setting that is a text, else NULL. */
static const struct option_text_row *text_row(unsigned number) {
    return number >= SETTING_TEXTS ? &option_text_rows[number - SETTING_TEXTS] : NULL;
}

bool setting_is_text(unsigned number) {
    return text_row(number) != NULL;
}

bool setting_is_list(unsigned number) {
    return setting_is_text(number) && strcmp(text_row(number)->value, "LIST") == 0;
}

const char *setting_sentence(unsigned number) {
    if (setting_is_text(number)) return text_row(number)->sentence;
    if (number == SETTING_LOG_LEVEL) return "log lines up to this level are written";
    return option_rows[number].sentence;
}

/* The words of a setting whose values are words, in the order of their numbers; else NULL. */
static const char *const *words_of(unsigned number) {
    if (setting_is_text(number)) return NULL;
    if (number == SETTING_LOG_LEVEL) return level_words;
    if (option_rows[number].kind == OPTION_BOOL) return bool_words;
    return option_rows[number].kind == OPTION_PEERS ? peers_words : NULL;
}

const char *setting_flag(unsigned number, char out[SETTINGS_TEXT_BYTES]) {
    snprintf(out, SETTINGS_TEXT_BYTES, "%s", names[number]);
    for (char *c = out; *c != '\0'; c++)
        if (*c == '_') *c = '-';
    return out;
}

static enum units_kind units_of(unsigned number) {
    if (option_rows[number].kind == OPTION_SIZE) return UNITS_SIZE;
    return option_rows[number].kind == OPTION_TIME ? UNITS_TIME : UNITS_COUNT;
}

const char *setting_value(unsigned number, char out[SETTINGS_TEXT_BYTES]) {
    static const char *const values[] = {"N", "SIZE", "TIME"};
    const char *const *words = words_of(number);
    size_t used = 0;
    if (setting_is_text(number)) {
        snprintf(out, SETTINGS_TEXT_BYTES, "%s", text_row(number)->value);
        return out;
    }
    if (words == NULL) {
        snprintf(out, SETTINGS_TEXT_BYTES, "%s", values[units_of(number)]);
        return out;
    }
    for (; *words != NULL; words++)
        used += (size_t)snprintf(out + used, SETTINGS_TEXT_BYTES - used, "%s%s",
                                 used > 0 ? "|" : "", *words);
    return out;
}

static uint64_t value_of(const struct tickcast_options *options, unsigned number) {
    if (number == SETTING_LOG_LEVEL) return (uint64_t)options->log_level;
    return option_get(options, number);
}

const char *setting_allowed(unsigned number, char out[SETTINGS_TEXT_BYTES]) {
    static const char *const nouns[] = {"a whole number", "a size", "a time"};
    const char *const *words = words_of(number);
    if (setting_is_text(number)) {
        snprintf(out, SETTINGS_TEXT_BYTES, "%s", text_row(number)->allowed);
        return out;
    }
    if (words != NULL) {
        words_join(words, out, SETTINGS_TEXT_BYTES);
        return out;
    }
    const struct option_row *row = &option_rows[number];
    enum units_kind units = units_of(number);
    char lowest[UNITS_TEXT_BYTES], highest[UNITS_TEXT_BYTES];
    snprintf(out, SETTINGS_TEXT_BYTES, "%s%s from %s to %s%s",
             option_zero_is_auto(number) ? "0 or " : "",
             option_is_power_of_two(number) ? "a power of two" : nouns[units],
             units_format(units, row->lowest, lowest), units_format(units, row->highest, highest),
             units_names(units));
    return out;
}

const char *setting_text(const struct tickcast_options *options, unsigned number,
                         char out[SETTINGS_TEXT_BYTES]) {
    const char *const *words = words_of(number);
    if (setting_is_text(number)) {
        const char *text = option_text_get(options, number - SETTING_TEXTS);
        return printable(text != NULL ? text : "none", strlen(text != NULL ? text : "none"), out,
                         SETTINGS_TEXT_BYTES);
    }
    uint64_t value = value_of(options, number);
    if (words == NULL) return units_format(units_of(number), value, out);
    snprintf(out, SETTINGS_TEXT_BYTES, "%s", words[value]);
    return out;
}

static bool parse_word(const char *const *words, const char *text, uint64_t *value) {
    for (uint64_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) != 0) continue;
        *value = i;
        return true;
    }
    return false;
}

static void refuse(unsigned number, const char *text, const struct origin *origin,
                   struct problems *problems) {
    char allowed[SETTINGS_TEXT_BYTES], meant[UNITS_TEXT_BYTES];
    const char *const *words = words_of(number);
    uint64_t value;
    const char *suggestion = NULL;
    if (words != NULL)
        suggestion = nearest(text, words);
    else if (!setting_is_text(number) && units_suggest(units_of(number), text, meant) &&
             units_parse(units_of(number), meant, &value) && option_allows(number, value))
        suggestion = meant;
    problems_value(problems, origin, names[number], text, setting_allowed(number, allowed),
                   suggestion);
}

static void read_text(struct settings *settings, unsigned number, const char *text,
                      const struct origin *origin, struct problems *problems) {
    unsigned row = number - SETTING_TEXTS;
    char why[OPTION_WHY_BYTES], allowed[SETTINGS_TEXT_BYTES];
    if (*text == '\0') {
        refuse(number, text, origin, problems);
        return;
    }
    /* a list of the file is taken back by the command line as it is shown: none */
    if (setting_is_list(number) && strcmp(text, "none") == 0) text = NULL;
    if (!option_text_allows(row, text, why)) {
        problems_add(problems, origin, names[number], "%s; allowed is %s", why,
                     setting_allowed(number, allowed));
        return;
    }
    if (origin->source < settings->origins[number].source) return;
    settings->origins[number] = *origin;
    free(settings->texts[row]);
    settings->texts[row] = text != NULL ? text_copy(text) : NULL;
    option_text_set(&settings->options, row, settings->texts[row]);
}

void setting_read(struct settings *settings, unsigned number, const char *text,
                  const struct origin *origin, struct problems *problems) {
    if (setting_is_text(number)) {
        read_text(settings, number, text, origin, problems);
        return;
    }
    const char *const *words = words_of(number);
    uint64_t value = 0;
    bool good = words != NULL
                    ? parse_word(words, text, &value)
                    : units_parse(units_of(number), text, &value) && option_allows(number, value);
    if (!good) {
        refuse(number, text, origin, problems);
        return;
    }
    if (origin->source < settings->origins[number].source) return;
    settings->origins[number] = *origin;
    if (number == SETTING_LOG_LEVEL)
        settings->options.log_level = (int)value;
    else
        option_set(&settings->options, number, value);
}

/* Those of the command line, which is read first, take the place of all of the file. */
static bool is_taken(const struct origin *first, const struct origin *next) {
    return next->source < first->source;
}

void settings_listen(struct settings *settings, struct listen_setting *listener) {
    if (settings->listener_count > 0 &&
        is_taken(&settings->listeners[0].origin, &listener->origin)) {
        listen_fini(listener);
        return;
    }
    struct listen_setting *more = reallocarray(settings->listeners, settings->listener_count + 1,
                                               sizeof settings->listeners[0]);
    if (more == NULL) err(1, "no memory");
    settings->listeners = more;
    settings->listeners[settings->listener_count++] = *listener;
}

void settings_feed(struct settings *settings, struct feed_setting *feed) {
    if (settings->feed_count > 0 && is_taken(&settings->feeds[0].origin, &feed->origin)) {
        feed_setting_fini(feed);
        return;
    }
    struct feed_setting *more =
        reallocarray(settings->feeds, settings->feed_count + 1, sizeof settings->feeds[0]);
    if (more == NULL) err(1, "no memory");
    settings->feeds = more;
    settings->feeds[settings->feed_count++] = *feed;
}
