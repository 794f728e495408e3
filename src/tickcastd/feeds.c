#include "tickcastd/feeds.h"

#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/printable.h"
#include "base/units.h"
#include "base/words.h"
#include "tickcastd/settings.h"

#define FACTOR_MOST   1e6
#define BLANKS        " \t"
#define OPTION_BYTES  (FEED_NAME_BYTES + 16) /* "feeds.NAME" */
#define ALLOWED_SPEED "full, or a number above 0 up to 1000000 with x, as 10x"

_Static_assert(sizeof((struct feed_setting *)0)->set * 8 >= FEED_OPTIONS_COUNT, "a bit for a row");

int feed_option_find(const char *name) {
    for (size_t i = 0; i < feed_option_count; i++)
        if (strcmp(feed_option_rows[i].name, name) == 0) return (int)i;
    return -1;
}

int feed_type_find(const char *name) {
    for (int i = 0; i < FEED_TYPES; i++)
        if (strcmp(feed_type_names[i], name) == 0) return i;
    return -1;
}

void feed_setting_init(struct feed_setting *feed, enum feed_type type,
                       const struct origin *origin) {
    *feed = (struct feed_setting){.origin = *origin};
    feed_options_init(&feed->options, type);
}

void feed_setting_fini(struct feed_setting *feed) {
    feed_options_fini(&feed->options);
}

static void *field_of(struct feed_setting *feed, unsigned row) {
    return (char *)&feed->options + feed_option_rows[row].offset;
}

static const char *setting_of(const struct origin *origin) {
    return origin->source == FROM_FILE ? "feeds" : "feed";
}

/* "feeds.rate" in a file, "feed rate" (a flag and its part) on the command line. */
static const char *place_of(const struct origin *origin, const char *name, char out[OPTION_BYTES]) {
    snprintf(out, OPTION_BYTES, "%s%s", origin->source == FROM_FILE ? "feeds." : "feed ", name);
    return out;
}

int feed_option_of(const struct feed_setting *feed, const char *name, const struct origin *origin,
                   struct problems *problems) {
    const char *type = feed_type_names[feed->options.type];
    unsigned mask = 1U << feed->options.type;
    const char *names[FEED_OPTIONS_COUNT + 1];
    size_t count = 0;
    int row = feed_option_find(name);
    char place[OPTION_BYTES], shown[PROBLEMS_VALUE_BYTES];
    if (row >= 0 && feed_option_rows[row].types & mask) return row;
    for (size_t i = 0; i < feed_option_count; i++)
        if (feed_option_rows[i].types & mask) names[count++] = feed_option_rows[i].name;
    names[count] = NULL;
    const char *meant = nearest(name, names);
    place_of(origin, problems_shown(name, shown), place);
    if (row >= 0)
        problems_add(problems, origin, place, "%s feeds do not have it", type);
    else
        problems_add(problems, origin, place, "unknown name%s%s%s",
                     meant != NULL ? "; did you mean '" : "", meant != NULL ? meant : "",
                     meant != NULL ? "'?" : "");
    return -1;
}

const char *feed_option_allowed(unsigned number, char out[FEED_TEXT_BYTES]) {
    const struct feed_option_row *row = &feed_option_rows[number];
    const char *const *words = feed_option_words(row);
    switch (row->kind) {
    case FEED_OPTION_COUNT:
        snprintf(out, FEED_TEXT_BYTES, "a whole number from %" PRIu64 " to %" PRIu64, row->lowest,
                 row->highest);
        break;
    case FEED_OPTION_WORD:
        words_join(words, out, FEED_TEXT_BYTES);
        break;
    case FEED_OPTION_BOOL:
        snprintf(out, FEED_TEXT_BYTES, "false or true");
        break;
    case FEED_OPTION_FACTOR:
        snprintf(out, FEED_TEXT_BYTES, ALLOWED_SPEED);
        break;
    case FEED_OPTION_TEXT:
        snprintf(out, FEED_TEXT_BYTES, "a text of %" PRIu64 " to %" PRIu64 " bytes", row->lowest,
                 row->highest);
        break;
    case FEED_OPTION_LIST:
        snprintf(out, FEED_TEXT_BYTES, "a list of up to %" PRIu64 " texts of 1 to %d bytes",
                 row->highest, FEED_MAX_TEXT);
        break;
    }
    return out;
}

static const char *const truths[] = {"false", "true", NULL};
static const char *const full_speed[] = {"full", NULL};

static bool parse_factor(const char *text, double *factor) {
    if (strcmp(text, full_speed[0]) == 0) {
        *factor = 0;
        return true;
    }
    size_t number = strspn(text, "0123456789.");
    if (number == 0 || strcmp(text + number, "x") != 0) return false;
    char *end;
    errno = 0;
    double value = strtod(text, &end);
    if (end != text + number || errno != 0 || !(value > 0 && value <= FACTOR_MOST)) return false;
    *factor = value;
    return true;
}

static bool parse_word(const char *const *words, const char *text, int *value) {
    for (int i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], text) != 0) continue;
        *value = i;
        return true;
    }
    return false;
}

/* False: the value is not allowed. */
static bool store(const struct feed_option_row *row, const char *text, void *field) {
    uint64_t count;
    int word;
    switch (row->kind) {
    case FEED_OPTION_COUNT:
        if (!units_parse(UNITS_COUNT, text, &count) || count < row->lowest || count > row->highest)
            return false;
        *(uint64_t *)field = count;
        return true;
    case FEED_OPTION_WORD:
        return parse_word(feed_option_words(row), text, field);
    case FEED_OPTION_BOOL:
        if (!parse_word(truths, text, &word)) return false;
        *(bool *)field = word != 0;
        return true;
    case FEED_OPTION_FACTOR:
        return parse_factor(text, field);
    default:
        if (strlen(text) < row->lowest || strlen(text) > row->highest) return false;
        free(*(char **)field);
        *(char **)field = text_copy(text);
        return true;
    }
}

static void refuse(unsigned number, const char *text, const struct origin *origin,
                   struct problems *problems) {
    const struct feed_option_row *row = &feed_option_rows[number];
    const char *const *words = feed_option_words(row);
    if (row->kind == FEED_OPTION_BOOL) words = truths;
    if (row->kind == FEED_OPTION_FACTOR) words = full_speed;
    char place[OPTION_BYTES], allowed[FEED_TEXT_BYTES];
    problems_value(problems, origin, place_of(origin, row->name, place), text,
                   feed_option_allowed(number, allowed),
                   words != NULL ? nearest(text, words) : NULL);
}

void feed_option_append(struct feed_setting *feed, unsigned number, const char *text,
                        const struct origin *origin, struct problems *problems) {
    struct feed_list *list = field_of(feed, number);
    feed->set |= 1U << number;
    if (*text == '\0' || strlen(text) > FEED_MAX_TEXT ||
        list->count == feed_option_rows[number].highest) {
        refuse(number, text, origin, problems);
        return;
    }
    list->texts = reallocarray(list->texts, list->count + 1, sizeof list->texts[0]);
    if (list->texts == NULL) err(1, "no memory");
    list->texts[list->count++] = text_copy(text);
}

void feed_option_read(struct feed_setting *feed, unsigned number, const char *text,
                      const struct origin *origin, struct problems *problems) {
    const struct feed_option_row *row = &feed_option_rows[number];
    if (row->kind != FEED_OPTION_LIST) {
        feed->set |= 1U << number;
        if (!store(row, text, field_of(feed, number))) refuse(number, text, origin, problems);
        return;
    }
    char *words = text_copy(text), *rest = words;
    for (char *word; (word = strtok_r(rest, BLANKS, &rest)) != NULL;)
        feed_option_append(feed, number, word, origin, problems);
    if (!(feed->set & 1U << number)) refuse(number, text, origin, problems);
    free(words);
}

static void read_pair(struct feed_setting *feed, char *pair, const struct origin *origin,
                      struct problems *problems) {
    char *equals = strchr(pair, '=');
    if (equals == NULL) {
        problems_value(problems, origin, setting_of(origin), pair, "NAME=VALUE after the type",
                       NULL);
        return;
    }
    *equals = '\0';
    int row = feed_option_of(feed, pair, origin, problems);
    char place[OPTION_BYTES];
    if (row < 0) return;
    if (feed->set & 1U << row)
        problems_add(problems, origin, place_of(origin, pair, place), "is there twice");
    else
        feed_option_read(feed, (unsigned)row, equals + 1, origin, problems);
}

void feeds_parse(struct settings *settings, const char *text, const struct origin *origin,
                 struct problems *problems) {
    char *copy = text_copy(text), *rest = copy;
    const char *name = strsep(&rest, ",");
    int type = feed_type_find(name);
    if (type < 0) {
        problems_value(problems, origin, setting_of(origin), name, FEED_NAME_ALLOWED,
                       nearest(name, feed_type_names));
    } else {
        struct feed_setting feed;
        feed_setting_init(&feed, (enum feed_type)type, origin);
        while (rest != NULL) read_pair(&feed, strsep(&rest, ","), origin, problems);
        settings_feed(settings, &feed);
    }
    free(copy);
}

static void list_text(const struct feed_list *list, char out[FEED_TEXT_BYTES]) {
    size_t used = 0;
    out[0] = '\0';
    for (size_t i = 0; i < list->count && used < FEED_TEXT_BYTES; i++)
        used += (size_t)snprintf(out + used, FEED_TEXT_BYTES - used, "%s%s", i > 0 ? " " : "",
                                 list->texts[i]);
    if (used >= FEED_TEXT_BYTES) memcpy(out + FEED_TEXT_BYTES - 4, "...", 4);
}

const char *feed_option_text(const struct feed_options *options, unsigned number,
                             char out[FEED_TEXT_BYTES]) {
    const struct feed_option_row *row = &feed_option_rows[number];
    const void *field = (const char *)options + row->offset;
    const char *text;
    switch (row->kind) {
    case FEED_OPTION_COUNT:
        snprintf(out, FEED_TEXT_BYTES, "%" PRIu64, *(const uint64_t *)field);
        break;
    case FEED_OPTION_WORD:
        snprintf(out, FEED_TEXT_BYTES, "%s", feed_option_words(row)[*(const int *)field]);
        break;
    case FEED_OPTION_BOOL:
        snprintf(out, FEED_TEXT_BYTES, "%s", *(const bool *)field ? "true" : "false");
        break;
    case FEED_OPTION_FACTOR:
        if (*(const double *)field == 0)
            snprintf(out, FEED_TEXT_BYTES, "full");
        else
            snprintf(out, FEED_TEXT_BYTES, "%gx", *(const double *)field);
        break;
    case FEED_OPTION_TEXT:
        text = *(char *const *)field;
        snprintf(out, FEED_TEXT_BYTES, "%s", text != NULL ? text : "");
        break;
    case FEED_OPTION_LIST:
        list_text(field, out);
        break;
    }
    return out;
}

const char *feed_setting_text(const struct feed_setting *feed, char out[FEED_TEXT_BYTES]) {
    char whole[FEED_TEXT_BYTES];
    size_t used = (size_t)snprintf(whole, sizeof whole, "%s", feed_type_names[feed->options.type]);
    for (unsigned i = 0; i < feed_option_count && used < sizeof whole; i++) {
        char value[FEED_TEXT_BYTES];
        if (!(feed->set & 1U << i)) continue;
        used +=
            (size_t)snprintf(whole + used, sizeof whole - used, ",%s=%s", feed_option_rows[i].name,
                             feed_option_text(&feed->options, i, value));
    }
    return printable(whole, strlen(whole), out, FEED_TEXT_BYTES);
}
