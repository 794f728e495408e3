#include <criterion/criterion.h>
#include <locale.h>
#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json.h"
#include "tickcast/backoff.h"
#include "tickcast/table.h"

static struct table *table;

static void begin(void) {
    setlocale(LC_CTYPE, "C.UTF-8");
    table = table_new();
}

static void end(void) {
    table_free(table);
}

TestSuite(table, .init = begin, .fini = end);

static void put_bytes(const char *key, const void *data, size_t bytes) {
    table_put(table, &(struct tickcast_payload){key, strlen(key), data, bytes});
}

static void put(const char *key, const char *json) {
    struct json_msgpack data;
    char error[PROTO_ERROR_BYTES];
    cr_assert_eq(json_to_msgpack(json, strlen(json), &data, error), 0, "%s: %s", json, error);
    put_bytes(key, data.bytes, data.count);
    free(data.bytes);
}

static void expect_in(int lines, int columns, bool colour, const char *expected) {
    const struct table_style style = {"head", lines, columns, colour};
    char *text = table_text(table, &style);
    cr_assert_str_eq(text, expected, "\n%s", text);
    free(text);
}

static void expect(const char *expected) {
    expect_in(0, 0, false, expected);
}

static bool says(const char *part) {
    const struct table_style style = {.head = "head"};
    char *text = table_text(table, &style);
    bool found = strstr(text, part) != NULL;
    free(text);
    return found;
}

Test(table, sections_and_rows_are_in_order_and_the_last_message_counts) {
    put("MSFT/Tick/TRADE",
        "{\"Epoch\": 1700000001, \"Nanoseconds\": 5, \"Price\": 1.5, \"Size\": 10}");
    put("MSFT/1Min/OHLCV", "{\"Epoch\": 1700000040, \"Open\": 1, \"Close\": 2.25, \"Volume\": 7}");
    put("AAPL/1Min/OHLCV",
        "{\"Epoch\": 1700000040, \"Open\": 10.5, \"Close\": 2.5, \"Volume\": 7}");
    put("MSFT/1Min/OHLCV", "{\"Epoch\": 1700000100, \"Open\": 1, \"Close\": 2.75, \"Volume\": 12}");
    expect("head\n"
           "\n"
           "1Min/OHLCV  Epoch UTC  Open  Close  Volume\n"
           "AAPL         22:14:00  10.5   2.50       7\n"
           "MSFT         22:15:00   1.0   2.75      12\n"
           "\n"
           "Tick/TRADE  Epoch UTC  Nanoseconds  Price  Size\n"
           "MSFT         22:13:21            5    1.5    10\n");
}

Test(table, bars_of_days_and_longer_have_a_date) {
    put("A/1D/OHLCV", "{\"Epoch\": 1700006400}");
    put("A/1Day/OHLCV", "{\"Epoch\": 1700006400}");
    cr_assert(says("\nA         2023-11-15\n"));
    cr_assert(says("\nA            00:00:00\n"));
}

Test(table, an_epoch_that_is_no_time_in_seconds_stays_a_number) {
    put("A/B/ms", "{\"Epoch\": 1700000000000}");
    put("A/B/float", "{\"Epoch\": 1700000000.5}");
    put("A/B/text", "{\"Epoch\": \"noon\"}");
    cr_assert(says("  1700000000000\n"));
    cr_assert(says("  1700000000.5\n"));
    cr_assert(says("  noon"));
}

Test(table, any_data_is_shown) {
    put("no_slash", "7");
    put("A/x/y", "\"text\"");
    put("B/x/y", "{\"a\": null, \"b\": true, \"nested\": {\"deep\": [1]}, \"list\": []}");
    put("C/x/y", "[1, 2]");
    expect("head\n"
           "\n"
           "          data\n"
           "no_slash     7\n"
           "\n"
           "x/y  data     a     b\n"
           "A    text            \n"
           "B          null  true\n"
           "C                    \n"
           "2 fields have no column (not a single value, or over 16)\n");
}

Test(table, fields_that_come_later_are_further_columns_and_missing_ones_are_empty) {
    put("A/x/y", "{\"a\": 1, \"b\": 2}");
    put("A/x/y", "{\"c\": 3, \"b\": 4}");
    expect("head\n\nx/y  a  b  c\nA       4  3\n");
    put_bytes("A/x/y", "\x82\x01\x02\xa1\x62\x05", 6); /* {1: 2, "b": 5} */
    expect("head\n\nx/y  a  b  c\nA       5   \n"
           "1 fields have no column (not a single value, or over 16)\n");
}

Test(table, text_of_the_peer_cannot_command_the_terminal) {
    put("\x1b[2J/x\n/y", "{\"\\u001b]0;\": \"a\\u001b[Hb\\u0007\"}");
    put_bytes("B\xff/x/y", "\x81\xa1z\xc4\x02\x1b\xfe", 7); /* a bin */
    const struct table_style style = {.head = "head"};
    char *text = table_text(table, &style);
    for (const char *at = text; *at; at++) cr_assert(*at == '\n' || (unsigned char)*at >= ' ');
    cr_assert(strstr(text, "\\x1b[2J  a\\x1b[Hb\\x07"), "%s", text);
    cr_assert(strstr(text, "B\\xff  \\x1b\\xfe"), "%s", text);
    free(text);
}

Test(table, long_texts_are_cut_between_characters_and_told) {
    put("A/x/y", "{\"a\": \"0123456789012345678901234567é89x\"}");
    cr_assert(says("A    0123456789012345678901234567...\n1 texts of over 32 bytes are cut\n"));
    put("A/x/y", "{\"a\": \"01234567890123456789012345678901\"}");
    cr_assert(says("A    01234567890123456789012345678901\n"));
    cr_assert(!says("cut"));
    put("A/x/y", "{\"a\": \"0123456789012345678901234567890123\"}");
    cr_assert(says("1 texts"));
    put("A/x/y", "{}");
    cr_assert(!says("cut"));
}

Test(table, wide_characters_keep_their_columns) {
    put("三星/x/y", "{\"a\": \"é\", \"b\": 1}");
    put("A/x/y", "{\"a\": \"電\", \"b\": 2}");
    expect("head\n\nx/y   a   b\nA     電  2\n三星  é   1\n");
}

Test(table, what_does_not_fit_the_lines_is_shared_out_and_counted) {
    for (int i = 0; i < 5; i++) {
        char key[32];
        snprintf(key, sizeof key, "S%d/x/many", i);
        put(key, "1");
    }
    put("A/x/one", "1");
    const char *all =
        "head\n\nx/many  data\nS0         1\nS1         1\nS2         1\nS3         1\n"
        "S4         1\n\nx/one  data\nA         1\n";
    expect_in(11, 80, false, all);
    expect_in(10, 80, false,
              "head\n\nx/many  data\nS0         1\nS1         1\nS2         1\n\nx/one  data\n"
              "A         1\n2 of 6 rows do not fit\n");
    expect_in(7, 80, false,
              "head\n\nx/many  data\nS0         1\nS1         1\nS2         1\n"
              "3 of 6 rows do not fit\n");
    expect_in(2, 80, false, "head\n6 of 6 rows do not fit\n");
    expect_in(1, 80, false, "head\n");
    expect_in(11, 80, false, all);
}

Test(table, columns_that_do_not_fit_are_counted_and_lines_never_longer) {
    put("SYMBOL/x/y", "{\"a\": 1000, \"b\": 2000, \"c\": 3000}");
    expect_in(5, 24, false, "head\n\nx/y        a     b     c\nSYMBOL  1000  2000  3000\n");
    expect_in(5, 23, false,
              "head\n\nx/y        a     b\nSYMBOL  1000  2000\n1 columns do not fit\n");
    expect_in(5, 4, false, "head\n\nx/y \nSYM~\n3 c~\n");
    expect_in(5, 80, false, "head\n\nx/y        a     b     c\nSYMBOL  1000  2000  3000\n");
}

Test(table, prices_have_the_colour_of_their_last_change) {
    put("A/x/y", "{\"Price\": 1.5, \"Size\": 1}");
    expect_in(9, 80, true, "head\n\n\x1b[1mx/y  Price  Size\x1b[m\nA      1.5     1\n");
    put("A/x/y", "{\"Price\": 1.75, \"Size\": 2}");
    const char *up = "head\n\n\x1b[1mx/y  Price  Size\x1b[m\nA     \x1b[32m1.75\x1b[m     2\n";
    expect_in(9, 80, true, up);
    put("A/x/y", "{\"Price\": 1.75, \"Size\": 2}");
    expect_in(9, 80, true, up);
    put("A/x/y", "{\"Price\": 1.5, \"Size\": 2}");
    expect_in(9, 80, true,
              "head\n\n\x1b[1mx/y  Price  Size\x1b[m\nA     \x1b[31m1.50\x1b[m     2\n");
    expect_in(9, 80, false, "head\n\nx/y  Price  Size\nA     1.50     2\n");
}

Test(table, rows_above_the_limit_are_counted) {
    char key[2000];
    for (int i = 0; i < TABLE_ROWS + 3; i++) {
        snprintf(key, sizeof key, "S%05d/x/y", i);
        put_bytes(key, "\x01", 1);
    }
    put("S00000/x/y", "2");
    cr_assert(says("S00000     2\n"));
    cr_assert(says("S09999     1\n3 messages over 10000 rows or 64 sections\n"));
    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = 0;
    put(key, "1");
    cr_assert(says("\n4 messages over"));
}

Test(table, sections_and_columns_above_the_limit_are_counted) {
    char text[64], data[1024] = "{";
    for (int i = 0; i < TABLE_SECTIONS + 2; i++) {
        snprintf(text, sizeof text, "A/x/%02d", i);
        put(text, "1");
    }
    cr_assert(says("x/63") && !says("x/64"));
    cr_assert(says("\n2 messages over 10000 rows or 64 sections\n"));
    for (int i = 0; i < TABLE_COLUMNS + 4; i++) {
        snprintf(text, sizeof text, "%s\"f%d\": 1", i ? ", " : "", i);
        strcat(data, text);
    }
    put("A/x/00", strcat(data, "}"));
    cr_assert(says("f14") && !says("f15")); /* one is "data" */
    cr_assert(says("\n5 fields have no column"));
}

Test(table, what_is_no_payload_is_counted) {
    table_left_out(table);
    expect("head\nno data yet; 1 messages are no payload\n");
}

Test(backoff, doubles_up_to_half_a_minute_less_up_to_a_half) {
    static const uint64_t whole[] = {1000, 2000, 4000, 8000, 16000, 30000, 30000};
    for (unsigned i = 0; i < sizeof whole / sizeof *whole; i++) {
        cr_assert_eq(backoff_ms(i, 0), whole[i] / 2);
        cr_assert_eq(backoff_ms(i, whole[i] / 2), whole[i]);
        cr_assert_eq(backoff_ms(i, whole[i] / 2 + 1), whole[i] / 2);
    }
    cr_assert_eq(backoff_ms(4000000000U, 0), 15000);
}
