#include <criterion/criterion.h>
#include <string.h>

#include "feed/csv.h"

static struct csv *csv;
static struct csv_message message;
static char error[ROW_ERROR_BYTES];

static int header(const char *text) {
    char line[1024];
    strcpy(line, text);
    return csv_header(csv, line, strlen(line), error);
}

static int row(const char *text) {
    char line[1024];
    strcpy(line, text);
    return csv_row(csv, line, strlen(line), &message, error);
}

static int new (const char *template) {
    return csv_new(&(struct csv_options){.key = template}, &csv, error);
}

static void begin(const char *template, const char *names) {
    cr_assert_eq(new (template), 0, "%s", error);
    cr_assert_eq(header(names), 0, "%s", error);
}

static void expect(const char *key, const char *data, size_t data_bytes) {
    cr_assert_eq(message.key_bytes, strlen(key));
    cr_assert_eq(memcmp(message.key, key, message.key_bytes), 0);
    cr_assert_eq(message.data_bytes, data_bytes, "%zu", message.data_bytes);
    cr_assert_eq(memcmp(message.data, data, data_bytes), 0);
}

static void refused(const char *text, const char *part) {
    cr_assert_eq(row(text), -1, "%s", text);
    cr_assert(strstr(error, part), "%s: %s", text, error);
}

static void end(void) {
    csv_free(csv);
}

Test(csv, a_row_is_a_map_of_all_columns_in_order, .fini = end) {
    begin("{symbol}/Tick/TRADE", "epoch_ms,symbol,price,exchange");
    cr_assert_eq(row("1381152600007,SPY,0.5,Q"), 0, "%s", error);
    static const char data[] =
        "\x84\xa8"
        "epoch_ms\xcf\x00\x00\x01\x41\x93\x1c\x2f\xc7\xa6symbol\xa3SPY\xa5price"
        "\xcb\x3f\xe0\x00\x00\x00\x00\x00\x00\xa8"
        "exchange\xa1Q";
    expect("SPY/Tick/TRADE", data, sizeof data - 1);
}

Test(csv, quotes_make_text_and_may_hold_commas_and_quotes, .fini = end) {
    begin("X/{k}/{\"b\"}", "k,\"\"\"b\"\"\",n");
    cr_assert_eq(row("a,\"1,\"\"2\",\"7\""), 0, "%s", error);
    static const char data[] = "\x83\xa1k\xa1"
                               "a\xa3\"b\"\xa4"
                               "1,\"2\xa1n\xa1"
                               "7";
    expect("X/a/1,\"2", data, sizeof data - 1);
}

Test(csv, empty_fields_are_empty_text, .fini = end) {
    begin("A/B/C", "a,b");
    cr_assert_eq(row(","), 0, "%s", error);
    expect("A/B/C",
           "\x82\xa1"
           "a\xa0\xa1"
           "b\xa0",
           7);
}

Test(csv, a_byte_order_mark_is_not_part_of_the_first_name, .fini = end) {
    begin("{a}/B/C", "\xef\xbb\xbf"
                     "a,b");
}

Test(csv, bad_rows_name_the_column_and_the_next_is_good, .fini = end) {
    begin("{symbol}/Tick/TRADE", "symbol,price");
    refused("SPY", "column 2 (price) is missing: 1 fields, allowed are 2 as in the header");
    refused("SPY,1,2", "column 3 is too many: 3 fields, allowed are 2 as in the header");
    refused("SPY,\"1", "column 2: the quote is not closed; allowed are fields that end on their");
    refused("\"SPY\"x,1", "column 1: after a closing quote, allowed is a comma or the end");
    refused("SPY,99999999999999999999", "column 2 (price) is '99999999999999999999': allowed are");
    refused("SPY,\xff", "column 2 (price) is '\\xff': allowed is text in UTF-8");
    refused(",1", "column 1 (symbol) is '': '/Tick/TRADE' cannot be the key: key has not exactly");
    refused("A*,1", "column 1 (symbol) is 'A*': 'A*/Tick/TRADE' cannot be the key");
    refused("A/B,1", "column 1 (symbol) is 'A/B': 'A/B/Tick/TRADE' cannot be the key");
    refused("A:B,1", "column 1 (symbol) is 'A:B': 'A:B/Tick/TRADE' cannot be the key");
    cr_assert_eq(row("SPY,1"), 0);
    expect("SPY/Tick/TRADE", "\x82\xa6symbol\xa3SPY\xa5price\x01", 19);
}

Test(csv, of_several_columns_in_a_key_the_one_that_spoils_it_is_named, .fini = end) {
    begin("{a}/{b}/{c}", "a,b,c");
    refused("A,,C", "column 2 (b) is '': 'A//C' cannot be the key");
    refused("A,B,\xff", "column 3 (c) is '\\xff'");
    refused("A,B/B,C", "column 2 (b) is 'B/B'");
}

Test(csv, a_key_without_columns_is_wrong_before_any_row) {
    cr_assert_eq(new ("A/B"), -1);
    cr_assert(strstr(error, "'A/B' cannot be the key"), "%s", error);
}

Test(csv, a_column_is_the_time_of_the_row, .fini = end) {
    const struct csv_options options = {
        .key = "A/B/C", .time = "t", .time_unit = FEED_TIME_MS, .columns = NULL};
    cr_assert_eq(csv_new(&options, &csv, error), 0, "%s", error);
    cr_assert_eq(header("v,t"), 0, "%s", error);
    cr_assert_eq(row("1,1381152600007"), 0, "%s", error);
    cr_assert_eq(message.time_ns, 1381152600007000000);
    refused("1,soon", "column 2 (t) is 'soon': allowed as time are whole milliseconds");
    refused("1,9223372036854775807", "column 2 (t) is '9223372036854775807': allowed as time");
    refused("1,", "column 2 (t) is '': allowed as time");
}

Test(csv, a_time_that_the_header_does_not_have_is_refused, .fini = end) {
    const struct csv_options options = {.key = "A/B/C", .time = "when"};
    cr_assert_eq(csv_new(&options, &csv, error), 0, "%s", error);
    cr_assert_eq(header("v,t"), -1);
    cr_assert(strstr(error, "time names {when}, the header has v, t"), "%s", error);
}

Test(csv, bad_templates_are_refused) {
    static const char *const rows[] = {"{a", "a}", "{}", "{a{b}}", "{a}}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(new (rows[i]), -1, "%s", rows[i]);
        cr_assert(strstr(error, "template"), "%s", error);
    }
}

static void bad_header(const char *names, const char *part) {
    cr_assert_eq(new ("{symbol}/Tick/TRADE"), 0);
    cr_assert_eq(header(names), -1, "%s", names);
    cr_assert(strstr(error, part), "%s: %s", names, error);
    csv_free(csv);
}

Test(csv, bad_headers_are_refused) {
    bad_header("epoch,price", "the template names {symbol}, the header has epoch, price");
    bad_header("symbol,a,symbol", "column 3 (symbol) is there twice");
    bad_header("symbol,,a", "column 2 () has no name");
    bad_header("symbol,\"a", "column 2");
}
