#include "base/units.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

struct row {
    enum units_kind kind;
    const char *text;
    uint64_t value;
};

Test(units, sizes_times_and_counts_are_read) {
    static const struct row rows[] = {
        {UNITS_SIZE, "0", 0},
        {UNITS_SIZE, "1", 1},
        {UNITS_SIZE, "7B", 7},
        {UNITS_SIZE, "16KiB", 16384},
        {UNITS_SIZE, "16MiB", 16777216},
        {UNITS_SIZE, "3GiB", UINT64_C(3221225472)},
        {UNITS_SIZE, "18446744073709551615", UINT64_MAX},
        {UNITS_SIZE, "17179869183GiB", UINT64_MAX - 1073741823},
        {UNITS_TIME, "0", 0},
        {UNITS_TIME, "0ms", 0},
        {UNITS_TIME, "250ms", 250},
        {UNITS_TIME, "10s", 10000},
        {UNITS_TIME, "2min", 120000},
        {UNITS_TIME, "1h", 3600000},
        {UNITS_COUNT, "0", 0},
        {UNITS_COUNT, "4096", 4096},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 99;
        cr_expect(units_parse(rows[i].kind, rows[i].text, &value), "%s", rows[i].text);
        cr_expect(eq(u64, value, rows[i].value), "%s", rows[i].text);
    }
}

Test(units, anything_else_is_refused_and_changes_nothing) {
    static const struct row rows[] = {
        {UNITS_SIZE, "", 0},       {UNITS_SIZE, "MiB", 0},
        {UNITS_SIZE, "16M", 0},    {UNITS_SIZE, "16mib", 0},
        {UNITS_SIZE, "16 MiB", 0}, {UNITS_SIZE, "16MiBx", 0},
        {UNITS_SIZE, " 16MiB", 0}, {UNITS_SIZE, "16MiB ", 0},
        {UNITS_SIZE, "1.5GiB", 0}, {UNITS_SIZE, "-1", 0},
        {UNITS_SIZE, "+1", 0},     {UNITS_SIZE, "010", 0},
        {UNITS_SIZE, "0x10", 0},   {UNITS_SIZE, "1_000", 0},
        {UNITS_SIZE, "10s", 0},    {UNITS_SIZE, "18446744073709551616", 0},
        {UNITS_TIME, "10", 0},     {UNITS_TIME, "10m", 0},
        {UNITS_TIME, "10sec", 0},  {UNITS_TIME, "10MiB", 0},
        {UNITS_TIME, "10s10s", 0}, {UNITS_TIME, "5124095576031h", 0},
        {UNITS_COUNT, "4k", 0},    {UNITS_COUNT, "4B", 0},
        {UNITS_COUNT, "four", 0},  {UNITS_SIZE, "17179869184GiB", 0},
        {UNITS_COUNT, "1e3", 0},   {UNITS_COUNT, "99999999999999999999", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t value = 99;
        cr_expect(not(units_parse(rows[i].kind, rows[i].text, &value)), "%s", rows[i].text);
        cr_expect(eq(u64, value, 99), "%s", rows[i].text);
    }
}

Test(units, what_is_formatted_is_read_back) {
    static const uint64_t values[] = {0,      1,       999,        1000,       1023,
                                      1024,   60000,   90000,      3600000,    16777216,
                                      123456, 7200000, 1073741824, 1073741825, UINT64_MAX};
    for (int kind = UNITS_COUNT; kind <= UNITS_TIME; kind++) {
        for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
            char text[UNITS_TEXT_BYTES];
            uint64_t value;
            units_format(kind, values[i], text);
            cr_expect(units_parse(kind, text, &value), "%s", text);
            cr_expect(eq(u64, value, values[i]), "%s", text);
        }
    }
}

Test(units, the_largest_unit_that_divides_is_written) {
    char text[UNITS_TEXT_BYTES];
    cr_expect(eq(str, (char *)units_format(UNITS_SIZE, 16777216, text), "16MiB"));
    cr_expect(eq(str, (char *)units_format(UNITS_SIZE, 1025, text), "1025B"));
    cr_expect(eq(str, (char *)units_format(UNITS_TIME, 90000, text), "90s"));
    cr_expect(eq(str, (char *)units_format(UNITS_TIME, 120000, text), "2min"));
    cr_expect(eq(str, (char *)units_format(UNITS_COUNT, 1024, text), "1024"));
}

Test(units, common_ways_to_write_a_unit_get_advice) {
    static const struct {
        enum units_kind kind;
        const char *text, *meant;
    } rows[] = {
        {UNITS_TIME, "10", "10s"},
        {UNITS_TIME, "10m", "10min"},
        {UNITS_TIME, "3 seconds", "3s"},
        {UNITS_TIME, "5S", "5s"},
        {UNITS_SIZE, "16MB", "16MiB"},
        {UNITS_SIZE, "16m", "16MiB"},
        {UNITS_SIZE, "1 GiB", "1GiB"},
        {UNITS_SIZE, "4kb", "4KiB"},
        {UNITS_SIZE, "10parsecs", NULL},
        {UNITS_SIZE, "huge", NULL},
        {UNITS_SIZE, "16MiB", NULL},
        {UNITS_COUNT, "4k", NULL},
        {UNITS_SIZE, "99999999999999g", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char meant[UNITS_TEXT_BYTES] = "";
        bool found = units_suggest(rows[i].kind, rows[i].text, meant);
        cr_expect(eq(int, found, rows[i].meant != NULL), "%s", rows[i].text);
        if (found && rows[i].meant != NULL)
            cr_expect(eq(str, meant, (char *)rows[i].meant), "%s", rows[i].text);
    }
}
