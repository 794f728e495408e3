#include "feed/rows.h"

#include <criterion/criterion.h>
#include <msgpack.h>
#include <stdlib.h>
#include <string.h>

#define FUZZ_ROUNDS 3000

static struct rows rows;
static struct row row;
static char error[ROWS_ERROR_BYTES];
static const struct csv_options trades = {
    .key = "{s}/Tick/TRADE", .time = "t", .time_unit = FEED_TIME_MS};

static void begin(const char *name, const struct csv_options *options) {
    cr_assert_eq(rows_init(&rows, name, options, error), 0, "%s", error);
}

static void end(void) {
    rows_fini(&rows);
}

static void feed_bytes(const char *bytes, size_t count) {
    for (size_t at = 0; at < count;) {
        size_t part = count - at < LINES_READ_BYTES ? count - at : LINES_READ_BYTES;
        memcpy(lines_space(&rows.lines), bytes + at, part);
        lines_take(&rows.lines, part);
        at += part;
    }
}

static void feed(const char *text) {
    feed_bytes(text, strlen(text));
}

static void expect(enum rows_result result, const char *text) {
    cr_assert_eq(rows_next(&rows, &row, error), result, "%s", error);
    if (result == ROWS_ROW)
        cr_assert(row.key_bytes == strlen(text) && !memcmp(row.key, text, row.key_bytes), "%.*s",
                  (int)row.key_bytes, row.key);
    else if (result != ROWS_NONE)
        cr_assert(strstr(error, text) == error, "%s", error);
}

Test(rows, csv_lines_become_messages_and_bad_ones_are_told_with_their_place, .fini = end) {
    begin("dir/trades.csv", &trades);
    feed("s,t,p\nSPY,7,1.5\r\n\nBAC,7\nAIG,x,1\nIBM,8,2\n");
    expect(ROWS_ROW, "SPY/Tick/TRADE");
    cr_assert_eq(row.time_ns, 7000000);
    cr_assert_eq(rows.lines.number, 2);
    expect(ROWS_BAD, "dir/trades.csv:4: column 3 (p) is missing");
    expect(ROWS_BAD, "dir/trades.csv:5: column 2 (t) is 'x': allowed as time are");
    expect(ROWS_ROW, "IBM/Tick/TRADE");
    expect(ROWS_NONE, NULL);
    cr_assert(rows.good == 2 && rows.bad == 2);
}

Test(rows, json_lines_become_messages, .fini = end) {
    begin("standard input", NULL);
    feed("{\"key\": \"A/B/C:x\", \"data\": [1]}\n{\"key\": 1}\n{\"key\": \"A/B\", \"data\": 1}\n");
    expect(ROWS_ROW, "A/B/C");
    cr_assert(row.data_bytes == 2 && !memcmp(row.data, "\x91\x01", 2));
    expect(ROWS_BAD, "standard input:2: ");
    expect(ROWS_BAD, "standard input:3: 'A/B' cannot be the key: ");
    expect(ROWS_NONE, NULL);
}

/* A line with `many` times `part` in its data. */
static void feed_many(const char *part, size_t many) {
    feed("{\"key\": \"A/B/C\", \"data\": [");
    for (size_t i = 0; i < many; i++) feed(part);
    feed("0]}\n");
}

Test(rows, a_json_line_whose_values_would_take_much_memory_is_bad, .fini = end) {
    begin("f", NULL);
    feed_many("{},", 500000);
    expect(ROWS_BAD, "f:1: the line has too many values, allowed are a million numbers");
    feed_many("1,", 1000000);
    expect(ROWS_ROW, "A/B/C");
    feed_many("{},", 250000);
    expect(ROWS_ROW, "A/B/C");
    feed_many("\"\\\"{[{{{{{{{{{{{{\",", 100000); /* in a text they are no maps */
    expect(ROWS_ROW, "A/B/C");
}

Test(rows, a_bad_header_leaves_no_row_a_meaning, .fini = end) {
    begin("f", &trades);
    feed("symbol,t\nSPY,1\n");
    expect(ROWS_REFUSED, "f:1: the template names {s}, the header has symbol, t");
}

Test(rows, a_header_that_is_too_long_is_not_followed_by_another, .fini = end) {
    begin("f", &trades);
    char *line = malloc((size_t)LINES_MAX_BYTES + LINES_READ_BYTES);
    memset(line, 'x', (size_t)LINES_MAX_BYTES + LINES_READ_BYTES);
    feed_bytes(line, (size_t)LINES_MAX_BYTES + LINES_READ_BYTES);
    free(line);
    expect(ROWS_REFUSED, "f:1: the line is too long, allowed are 16 MiB");
}

Test(rows, lines_handled_before_are_skipped_and_the_header_is_taken, .fini = end) {
    begin("f", &trades);
    rows.skip = 3;
    feed("s,t\nA,1\nbad\nB,2\n");
    expect(ROWS_ROW, "B/Tick/TRADE");
    expect(ROWS_NONE, NULL);
    cr_assert(rows.good == 1 && rows.bad == 0);
}

Test(rows, of_a_long_name_the_end_is_shown, .fini = end) {
    char name[1000];
    memset(name, 'd', sizeof name);
    strcpy(name + sizeof name - 12, "\u00e9/file.csv");
    begin(name, &trades);
    feed("x\n");
    expect(ROWS_REFUSED, "...dddd");
    cr_assert(strstr(error, "d\u00e9/file.csv:1: ") != NULL, "%s", error);
}

Test(rows, a_row_that_its_receiver_rejects_is_a_bad_one, .fini = end) {
    begin("f", &trades);
    feed("s,t\nA,1\n");
    expect(ROWS_ROW, "A/Tick/TRADE");
    rows_reject(&rows, "too long", error);
    cr_assert_str_eq(error, "f:2: too long");
    cr_assert(rows.good == 0 && rows.bad == 1);
}

/* Bytes that a CSV or JSON reader may stumble over, and any others. */
static size_t noise(char *out, size_t room, unsigned *seed) {
    static const char *const pieces[] = {
        "s,t",  ",",    "\"",       "\"\"", "\n",  "\r\n",
        "SPY",  "1",    "-",        ".",    "e9",  "9223372036854775808",
        "\xff", "\xc3", "\u20ac",   "{",    "}",   "{\"key\": \"A/B/C\", ",
        "[",    ":",    "\"data\"", "null", "A/B", "\xef\xbb\xbf"};
    size_t used = 0, wanted = (size_t)rand_r(seed) % room;
    while (used + 32 < wanted) {
        const char *piece = pieces[(size_t)rand_r(seed) % (sizeof pieces / sizeof *pieces)];
        if (rand_r(seed) % 8 == 0) {
            out[used++] = (char)rand_r(seed);
        } else {
            memcpy(out + used, piece, strlen(piece));
            used += strlen(piece);
        }
    }
    return used;
}

/* Whatever comes: each line is a message with three elements and one object, or told. */
static void survive(const struct csv_options *options, const char *header, unsigned *seed) {
    char bytes[2048];
    begin("f", options);
    feed(header);
    feed_bytes(bytes, noise(bytes, sizeof bytes, seed));
    lines_take(&rows.lines, 0);
    for (enum rows_result result; (result = rows_next(&rows, &row, error)) != ROWS_NONE;) {
        if (result == ROWS_REFUSED) break;
        if (result == ROWS_BAD) {
            cr_assert(strncmp(error, "f:", 2) == 0 && strlen(error) < sizeof error);
            continue;
        }
        msgpack_unpacked data;
        msgpack_unpacked_init(&data);
        size_t taken = 0;
        cr_assert_eq(msgpack_unpack_next(&data, row.data, row.data_bytes, &taken),
                     MSGPACK_UNPACK_SUCCESS);
        cr_assert_eq(taken, row.data_bytes);
        msgpack_unpacked_destroy(&data);
        cr_assert(row.key_bytes > 4 && memchr(row.key, '/', row.key_bytes));
    }
    rows_fini(&rows);
}

Test(rows, whatever_bytes_come_each_line_is_a_message_or_told) {
    char *texts[] = {"a=s:text", "b=t:int", "c=t:float", "d=s"};
    const struct feed_list columns = {texts, 4};
    const struct csv_options typed = {.key = "{s}/{t}/X", .columns = &columns};
    unsigned seed = 7;
    for (int i = 0; i < FUZZ_ROUNDS; i++) {
        survive(&trades, "s,t\n", &seed);
        survive(&typed, "t,s\n", &seed);
        survive(&trades, "", &seed);
        survive(NULL, "", &seed);
    }
}
