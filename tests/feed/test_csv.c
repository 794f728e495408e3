#include <criterion/criterion.h>
#include <string.h>

#include "feed/csv.h"

static struct csv *csv;
static struct csv_message message;
static char error[CSV_ERROR_BYTES];

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

static void begin(const char *template, const char *names) {
    cr_assert_eq(csv_new(template, &csv, error), 0, "%s", error);
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
    refused("SPY", "1 fields where the header has 2");
    refused("SPY,1,2", "3 fields where the header has 2");
    refused("SPY,\"1", "column 2: a quoted field must end on its line");
    refused("\"SPY\"x,1", "column 1: after a closing quote comes a comma");
    refused("SPY,99999999999999999999", "column 2 (price) is '99999999999999999999'");
    refused("SPY,\xff", "column 2 (price) is '\\xff': the text is not UTF-8");
    refused(",1", "'/Tick/TRADE' cannot be the key");
    refused("A*,1", "'A*/Tick/TRADE' cannot be the key");
    refused("A/B,1", "'A/B/Tick/TRADE' cannot be the key");
    cr_assert_eq(row("SPY,1"), 0);
    expect("SPY/Tick/TRADE", "\x82\xa6symbol\xa3SPY\xa5price\x01", 19);
}

Test(csv, bad_templates_are_refused) {
    static const char *const rows[] = {"{a", "a}", "{}", "{a{b}}", "{a}}"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert_eq(csv_new(rows[i], &csv, error), -1, "%s", rows[i]);
        cr_assert(strstr(error, "template"), "%s", error);
    }
}

static void bad_header(const char *names, const char *part) {
    cr_assert_eq(csv_new("{symbol}/Tick/TRADE", &csv, error), 0);
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
