#include "load/replay.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/words.h"
#include "feed/fields.h"
#include "feed/input.h"
#include "feed/lines.h"
#include "feed/number.h"
#include "feed/rows.h"
#include "load/load.h"

#define COLUMNS_MAX  256
#define SYMBOL_BYTES 64 /* longest symbol */

struct reading {
    struct replay *replay;
    struct input *input;
    struct lines lines;
    size_t time, symbol; /* columns */
    int64_t unit_ns, began_ns;
    uint32_t room;
    uint32_t *buckets; /* symbols by hash: 1 + number */
    char name[ROWS_NAME_BYTES];
    char *error;
};

#define BUCKETS (1U << 18) /* a power of two, more than twice REPLAY_SYMBOLS_MAX */

static int fail(struct reading *reading, const char *why) {
    snprintf(reading->error, LOAD_ERROR_BYTES, "%s:%llu: %.300s", reading->name,
             (unsigned long long)reading->lines.number, why);
    return -1;
}

static bool find_columns(struct reading *reading, const struct field *names, size_t count) {
    static const struct {
        const char *name;
        int64_t unit_ns;
    } times[] = {{"epoch", 1000000000},
                 {"epoch_s", 1000000000},
                 {"epoch_ms", 1000000},
                 {"epoch_us", 1000},
                 {"epoch_ns", 1}};
    reading->time = reading->symbol = count;
    for (size_t i = 0; i < count; i++) {
        for (size_t t = 0; t < sizeof times / sizeof *times; t++) {
            if (names[i].bytes != strlen(times[t].name) ||
                strncasecmp(names[i].at, times[t].name, names[i].bytes) != 0)
                continue;
            reading->time = i;
            reading->unit_ns = times[t].unit_ns;
        }
        if (names[i].bytes == 6 && !strncasecmp(names[i].at, "symbol", 6)) reading->symbol = i;
    }
    return reading->time < count && reading->symbol < count;
}

static int take_header(struct reading *reading, char *line, size_t bytes) {
    struct field names[COLUMNS_MAX];
    char why[ROW_ERROR_BYTES];
    size_t count = fields_split(line, bytes, names, COLUMNS_MAX, why);
    if (!count) return fail(reading, why);
    if (count > COLUMNS_MAX)
        return fail(reading, "more than " WORDS_NUMBER(COLUMNS_MAX) " columns");
    if (find_columns(reading, names, count)) return 0;
    return fail(reading, "the header needs the columns symbol and one of epoch, epoch_s, epoch_ms, "
                         "epoch_us and epoch_ns");
}

static bool symbol_good(const struct field *field) {
    if (!field->bytes || field->bytes > SYMBOL_BYTES) return false;
    for (size_t i = 0; i < field->bytes; i++)
        if (field->at[i] <= ' ' || field->at[i] > '~' || strchr("/:*?[]{}\\", field->at[i]))
            return false;
    return true;
}

/* The number of a symbol; UINT32_MAX without memory or if there are too many. */
static uint32_t number_of(struct reading *reading, const struct field *field) {
    struct replay *replay = reading->replay;
    uint64_t hash = hash_bytes(field->at, field->bytes, 0);
    for (uint32_t at = (uint32_t)hash % BUCKETS;; at = (at + 1) % BUCKETS) {
        uint32_t *bucket = &reading->buckets[at];
        const char *name = *bucket ? replay->symbols[*bucket - 1] : NULL;
        if (name && strlen(name) == field->bytes && !memcmp(name, field->at, field->bytes))
            return *bucket - 1;
        if (name) continue;
        if (replay->symbol_count == REPLAY_SYMBOLS_MAX) return UINT32_MAX;
        char *copy = strndup(field->at, field->bytes);
        if (!copy) return UINT32_MAX;
        replay->symbols[replay->symbol_count++] = copy;
        *bucket = replay->symbol_count;
        return *bucket - 1;
    }
}

static bool make_room(struct reading *reading) {
    struct replay *replay = reading->replay;
    if (replay->count < reading->room) return true;
    uint32_t room = reading->room ? 2 * reading->room : 4096;
    uint64_t *at_ns = realloc(replay->at_ns, room * sizeof *at_ns);
    if (at_ns) replay->at_ns = at_ns;
    uint32_t *symbol = realloc(replay->symbol, room * sizeof *symbol);
    if (symbol) replay->symbol = symbol;
    if (!at_ns || !symbol) return false;
    reading->room = room;
    return true;
}

static int take_row(struct reading *reading, char *line, size_t bytes) {
    struct replay *replay = reading->replay;
    struct field fields[COLUMNS_MAX];
    char why[ROW_ERROR_BYTES];
    size_t count = fields_split(line, bytes, fields, COLUMNS_MAX, why);
    if (!count) return fail(reading, why);
    if (count <= reading->time || count <= reading->symbol)
        return fail(reading, "the row has fewer columns than the header");
    struct number number;
    const struct field *time = &fields[reading->time];
    number_parse(time->at, time->bytes, &number);
    if (number.kind != NUMBER_INTEGER || number.integer < 0 ||
        number.integer > INT64_MAX / reading->unit_ns)
        return fail(reading, "the time is not a whole number since 1970");
    if (!symbol_good(&fields[reading->symbol]))
        return fail(reading, "the symbol is empty, longer than " WORDS_NUMBER(
                                 SYMBOL_BYTES) " bytes or not one of a key");
    if (replay->count == REPLAY_ROWS_MAX)
        return fail(reading, "more than " WORDS_NUMBER(REPLAY_ROWS_MAX) " rows");
    if (!make_room(reading)) return fail(reading, "no memory");
    uint32_t symbol = number_of(reading, &fields[reading->symbol]);
    if (symbol == UINT32_MAX)
        return fail(reading,
                    "more than " WORDS_NUMBER(REPLAY_SYMBOLS_MAX) " symbols, or no memory");
    int64_t at = number.integer * reading->unit_ns;
    if (!replay->count) reading->began_ns = at;
    uint64_t last = replay->count ? replay->at_ns[replay->count - 1] : 0;
    uint64_t since = at > reading->began_ns ? (uint64_t)(at - reading->began_ns) : 0;
    replay->at_ns[replay->count] = since > last ? since : last;
    replay->symbol[replay->count++] = symbol;
    return 0;
}

static int take_lines(struct reading *reading) {
    char *line;
    size_t bytes;
    enum lines_result result;
    while ((result = lines_next(&reading->lines, &line, &bytes)) != LINES_NONE) {
        if (result == LINES_TOO_LONG) return fail(reading, "the line is longer than 16 MiB");
        if (!bytes) continue;
        bool header = reading->lines.number == 1;
        if (header ? take_header(reading, line, bytes) : take_row(reading, line, bytes)) return -1;
    }
    return 0;
}

static int read_all(struct reading *reading) {
    while (!reading->lines.end) {
        char *space = lines_space(&reading->lines);
        char why[INPUT_ERROR_BYTES];
        if (!space) return fail(reading, "no memory");
        ssize_t got = input_read(reading->input, space, LINES_READ_BYTES, why);
        if (got < 0) return fail(reading, why);
        lines_take(&reading->lines, (size_t)got);
        if (take_lines(reading)) return -1;
    }
    return reading->replay->count ? 0 : fail(reading, "there is no row");
}

int replay_read(struct replay *replay, const char *path, char *error) {
    *replay = (struct replay){0};
    char why[INPUT_ERROR_BYTES];
    struct reading reading = {.replay = replay, .error = error};
    rows_name(path, reading.name);
    if (input_open(path, &reading.input, why)) {
        snprintf(error, LOAD_ERROR_BYTES, "%s: %s", reading.name, why);
        return -1;
    }
    reading.buckets = calloc(BUCKETS, sizeof *reading.buckets);
    replay->symbols = calloc(REPLAY_SYMBOLS_MAX, sizeof *replay->symbols);
    int result =
        reading.buckets && replay->symbols ? read_all(&reading) : fail(&reading, "no memory");
    free(reading.buckets);
    lines_fini(&reading.lines);
    input_close(reading.input);
    return result;
}

void replay_free(struct replay *replay) {
    for (uint32_t i = 0; i < replay->symbol_count; i++) free(replay->symbols[i]);
    free(replay->symbols);
    free(replay->symbol);
    free(replay->at_ns);
    *replay = (struct replay){0};
}
