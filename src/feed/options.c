#include "feed/options.h"

#include <stdlib.h>

static const char *const format_words[] = {"json", "csv", NULL};
static const char *const time_unit_words[] = {"s", "ms", "us", "ns", NULL};

const char *const feed_type_names[FEED_TYPES + 1] = {"sim", "replay", "stdin", NULL};
const char *const feed_type_sentences[FEED_TYPES] = {
    "a market of random walks: trades, quotes and bars, around the clock",
    "the rows of a CSV file, at the pace of their times or faster",
    "messages from standard input",
};

static const char *const *words_of(size_t offset) {
    if (offset == offsetof(struct feed_options, format)) return format_words;
    if (offset == offsetof(struct feed_options, time_unit)) return time_unit_words;
    return NULL;
}

#define ROW(of, of_kind, field, standard, lowest, highest, sentence)                               \
    {of,       FEED_OPTION_##of_kind,                                                              \
     #field,   offsetof(struct feed_options, field),                                               \
     standard, lowest,                                                                             \
     highest,  sentence},
const struct feed_option_row feed_option_rows[] = {FEED_OPTIONS(ROW)};
#undef ROW
const size_t feed_option_count = sizeof feed_option_rows / sizeof feed_option_rows[0];

const char *const *feed_option_words(const struct feed_option_row *row) {
    return row->kind == FEED_OPTION_WORD ? words_of(row->offset) : NULL;
}

void feed_options_init(struct feed_options *options, enum feed_type type) {
    *options = (struct feed_options){.type = type};
    for (size_t i = 0; i < feed_option_count; i++) {
        const struct feed_option_row *row = &feed_option_rows[i];
        void *field = (char *)options + row->offset;
        if (row->kind == FEED_OPTION_COUNT) *(uint64_t *)field = row->standard;
        if (row->kind == FEED_OPTION_WORD) *(int *)field = (int)row->standard;
        if (row->kind == FEED_OPTION_BOOL) *(bool *)field = row->standard != 0;
        if (row->kind == FEED_OPTION_FACTOR) *(double *)field = (double)row->standard;
    }
}

void feed_list_fini(struct feed_list *list) {
    for (size_t i = 0; i < list->count; i++) free(list->texts[i]);
    free(list->texts);
    *list = (struct feed_list){.count = 0};
}

void feed_options_fini(struct feed_options *options) {
    for (size_t i = 0; i < feed_option_count; i++) {
        const struct feed_option_row *row = &feed_option_rows[i];
        void *field = (char *)options + row->offset;
        if (row->kind == FEED_OPTION_TEXT) free(*(char **)field);
        if (row->kind == FEED_OPTION_LIST) feed_list_fini(field);
    }
}
