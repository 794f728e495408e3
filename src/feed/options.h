/*
 * The options of feeds as one table. It makes struct feed_options, the defaults, the names in the
 * configuration and on the command line, and their help.
 *
 * A row is X(types, kind, name, default, lowest, highest, sentence); `types` is a sum of FEED_OF_*,
 * the feeds that have the option:
 *   COUNT   a uint64_t field `name`
 *   WORD    an int field `name`, the number of one of the option's words
 *   BOOL    a bool field `name`
 *   FACTOR  a double field `name`; written `10x`, or `full` for 0: as fast as it goes
 *   TEXT    a char * field `name`; NULL is not set
 *   LIST    a struct feed_list field `name`: texts
 */
#ifndef FEED_OPTIONS_H
#define FEED_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum feed_type { FEED_SIM, FEED_REPLAY, FEED_STDIN, FEED_TYPES };
#define FEED_OF_SIM    (1U << FEED_SIM)
#define FEED_OF_REPLAY (1U << FEED_REPLAY)
#define FEED_OF_STDIN  (1U << FEED_STDIN)
#define FEED_OF_ROWS   (FEED_OF_REPLAY | FEED_OF_STDIN)
#define FEED_OF_ALL    (FEED_OF_SIM | FEED_OF_ROWS)

#define FEED_MAX        64    /**< feeds of one daemon: each is a thread */
#define FEED_MAX_LIST   10000 /**< texts of one list: symbols, columns */
#define FEED_NAME_BYTES 64    /**< of a feed's name in the log */
#define FEED_MAX_TEXT   4096  /**< bytes of one text */

struct feed_list {
    char **texts;
    size_t count;
};

enum feed_format { FEED_FORMAT_JSON, FEED_FORMAT_CSV };
enum feed_time_unit { FEED_TIME_S, FEED_TIME_MS, FEED_TIME_US, FEED_TIME_NS };

// clang-format off
#define FEED_OPTIONS(X)                                                                            \
    X(FEED_OF_ALL, TEXT, name, 0, 1, FEED_NAME_BYTES, "the feed's name in the log; without one its type")  \
    X(FEED_OF_SIM, LIST, symbols, 0, 1, FEED_MAX_LIST, "symbols of the market; without them eight well-known ones")    \
    X(FEED_OF_SIM, COUNT, rate, 20, 1, 1000000, "trades a second, over all symbols; each comes with a quote and the bars that it changes") \
    X(FEED_OF_SIM, COUNT, seed, 1, 0, UINT64_MAX, "the same seed makes the same market")          \
    X(FEED_OF_REPLAY, TEXT, file, 0, 1, FEED_MAX_TEXT, "file of rows, plain or gzip; its first line names the columns") \
    X(FEED_OF_STDIN, WORD, format, FEED_FORMAT_JSON, 0, 1, "json: lines {\"key\": ..., \"data\": ...}; csv: rows under a line that names the columns") \
    X(FEED_OF_ROWS, TEXT, key, 0, 1, FEED_MAX_TEXT, "key of a row, with columns in braces: {symbol}/Tick/TRADE") \
    X(FEED_OF_ROWS, LIST, columns, 0, 1, FEED_MAX_LIST, "fields of the data, each FIELD=COLUMN or FIELD=COLUMN:TYPE with int, float or text; without them all columns under their own names") \
    X(FEED_OF_ROWS, BOOL, strict, false, 0, 1, "end at the first bad row; else it is told and left out") \
    X(FEED_OF_REPLAY, TEXT, time, 0, 1, FEED_MAX_TEXT, "column that holds the time of a row; without it rows go at full speed") \
    X(FEED_OF_REPLAY, WORD, time_unit, FEED_TIME_MS, 0, 3, "unit of that column, counted from 1970")  \
    X(FEED_OF_REPLAY, FACTOR, speed, 1, 0, 1, "1x keeps the gaps between rows, 10x makes them a tenth, full leaves them out") \
    X(FEED_OF_REPLAY, BOOL, loop, false, 0, 1, "begin anew at the end of the file")
// clang-format on

#define FEED_FIELD_COUNT(name)                                             uint64_t name
#define FEED_FIELD_WORD(name)                                              int name
#define FEED_FIELD_BOOL(name)                                              bool name
#define FEED_FIELD_FACTOR(name)                                            double name
#define FEED_FIELD_TEXT(name)                                              char *name
#define FEED_FIELD_LIST(name)                                              struct feed_list name
#define FEED_FIELD(types, kind, name, standard, lowest, highest, sentence) FEED_FIELD_##kind(name);

/** What one feed is to do. Texts and lists are on the heap. */
struct feed_options {
    enum feed_type type;
    FEED_OPTIONS(FEED_FIELD)
};
#undef FEED_FIELD

enum feed_option_kind {
    FEED_OPTION_COUNT,
    FEED_OPTION_WORD,
    FEED_OPTION_BOOL,
    FEED_OPTION_FACTOR,
    FEED_OPTION_TEXT,
    FEED_OPTION_LIST
};

/** The table as data. */
struct feed_option_row {
    unsigned types;
    enum feed_option_kind kind;
    const char *name;
    size_t offset; /**< in struct feed_options */
    uint64_t standard, lowest, highest;
    const char *sentence;
};
extern const struct feed_option_row feed_option_rows[];
extern const size_t feed_option_count;

/** The words of a WORD by their numbers, up to a NULL; NULL for other kinds. */
const char *const *feed_option_words(const struct feed_option_row *row);

/** "sim", "replay", "stdin", up to a NULL; and a sentence for each. */
extern const char *const feed_type_names[FEED_TYPES + 1];
extern const char *const feed_type_sentences[FEED_TYPES];

/** The defaults of a type. */
void feed_options_init(struct feed_options *options, enum feed_type type);
/** Frees the texts and lists. */
void feed_list_fini(struct feed_list *list);
void feed_options_fini(struct feed_options *options);

#endif
