#include <criterion/criterion.h>
#include <string.h>

#include "feed/number.h"

static struct number parse(const char *text) {
    struct number number = {0};
    number_parse(text, strlen(text), &number);
    return number;
}

Test(number, digits_are_integers_within_int64) {
    static const struct {
        const char *text;
        int64_t value;
    } rows[] = {
        {"0", 0},
        {"-0", 0},
        {"7", 7},
        {"-12", -12},
        {"9223372036854775807", INT64_MAX},
        {"-9223372036854775808", INT64_MIN},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct number number = parse(rows[i].text);
        cr_assert_eq(number.kind, NUMBER_INTEGER, "%s", rows[i].text);
        cr_assert_eq(number.integer, rows[i].value, "%s", rows[i].text);
    }
}

Test(number, a_point_or_an_exponent_makes_a_float) {
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        {"167.4100", 167.41},
        {"-0.5", -0.5},
        {".5", .5},
        {"5.", 5},
        {"1e3", 1000},
        {"2E-1", 0.2},
        {"-1.5e+2", -150},
        {"0.0", 0},
        {"0.0000000000000000000000000000000000000000000000000000000000000000000000000000000001",
         1e-82},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct number number = parse(rows[i].text);
        cr_assert_eq(number.kind, NUMBER_FLOAT, "%s", rows[i].text);
        cr_assert(number.real == rows[i].value, "%s", rows[i].text);
    }
}

Test(number, what_looks_otherwise_is_text) {
    static const char *const rows[] = {"",     "-",   ".",  "-.",    "+5",   "007",  "00.5",
                                       "1e",   "1e+", "e5", "1.2.3", "0x10", "nan",  "inf",
                                       "-inf", " 1",  "1 ", "1_0",   "--1",  "1e5x", "Q"};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert_eq(parse(rows[i]).kind, NUMBER_NONE, "%s", rows[i]);
}

Test(number, what_does_not_fit_is_told) {
    cr_assert_eq(parse("9223372036854775808").kind, NUMBER_TOO_LARGE);
    cr_assert_eq(parse("-9223372036854775809").kind, NUMBER_TOO_LARGE);
    cr_assert_eq(parse("1e999").kind, NUMBER_TOO_LARGE);
}

Test(number, a_real_takes_digits_only_too_and_nothing_that_is_not_finite) {
    double value;
    cr_assert(number_real("13", 2, &value) && value == 13);
    cr_assert(number_real("-0.5", 4, &value) && value == -0.5);
    cr_assert(number_real("99999999999999999999", 20, &value) && value == 1e20);
    cr_assert(!number_real("1e999", 5, &value));
    cr_assert(!number_real("nan", 3, &value));
    cr_assert(!number_real("", 0, &value));
}
