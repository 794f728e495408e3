#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "result/check.h"
#include "result/look.h"
#include "result/values.h"

static char error[CHECK_ERROR_BYTES];

static bool passes(json_t *result, const char *text) {
    struct check check;
    cr_assert_eq(check_parse(text, &check, error), 0, "%s", error);
    int failed = check_apply(result, &check, 1);
    cr_assert(failed == 0 || failed == 1);
    return !failed;
}

static const char *refused(const char *text) {
    struct check check;
    cr_assert_eq(check_parse(text, &check, error), -1, "accepted: %s", text);
    cr_assert(strncmp(error, "assertion '", 11) == 0, "%s", error);
    return error;
}

static json_t *with_p99(double microseconds) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(json_object_get(result, "latency_us"), "p99", json_real(microseconds));
    return result;
}

Test(result_check, units_and_operators) {
    json_t *result = with_p99(2000);
    cr_assert(passes(result, "p99<2001us"));
    cr_assert(passes(result, "p99 <= 2ms"));
    cr_assert(passes(result, " p99>=0.002 s "));
    cr_assert(passes(result, "p99=2000000ns"));
    cr_assert(passes(result, "p99==2ms"));
    cr_assert(passes(result, "p99!=3ms"));
    cr_assert(passes(result, "p99>0"));
    cr_assert_not(passes(result, "p99<2ms"));
    cr_assert_not(passes(result, "p99>2ms"));
    cr_assert_not(passes(result, "p99!=2ms"));
    cr_assert(passes(result, "deliveries_per_s>=0.1M"));
    cr_assert(passes(result, "deliveries_per_s>=100k"));
    cr_assert(passes(result, "received=3M"));
    cr_assert(passes(result, "lost_share<1%"));
    cr_assert(passes(result, "cpu_ns_per_delivery<1500"));
    cr_assert(passes(result, "cpu_ns_per_delivery<1.5us"));
    cr_assert(passes(result, "cpu_ratio<1.1x"));
    cr_assert(passes(result, "rss_bytes<=6MiB"));
    json_decref(result);
}

Test(result_check, what_is_unknown_fails_whatever_is_asserted) {
    json_t *result = fixture(FIXTURE("observed"));
    cr_assert_not(passes(result, "p99<1s"));
    cr_assert_not(passes(result, "p99>=0"));
    cr_assert_not(passes(result, "lost=0"));
    cr_assert_not(passes(result, "lost!=0"));
    cr_assert_not(passes(result, "cpu_ratio<10"));
    cr_assert(json_is_null(json_object_get(look(result, "assertions/0"), "value")));
    cr_assert_eq(check_exit_code(result), 1);
    json_decref(result);
}

Test(result_check, errors_say_what_is_allowed) {
    cr_assert(strstr(refused("p99"), "allowed are <, <=, >, >=, = and !="));
    cr_assert(strstr(refused(""), "allowed are"));
    cr_assert(strstr(refused("p99<"), "a number must stand"));
    cr_assert(strstr(refused("p99<fast"), "a number must stand"));
    cr_assert(strstr(refused("p99<nan"), "a number must stand"));
    cr_assert(strstr(refused("p99<-1ms"), "a number must stand"));
    cr_assert(strstr(refused("p99<<1ms"), "a number must stand"));
    cr_assert(strstr(refused("p99<2"), "no unit: that of p99 is ns, us, ms or s"));
    cr_assert(strstr(refused("p99<2min"), "wrong unit"));
    cr_assert(strstr(refused("lost<2ms"), "that of lost is none, k or M"));
    cr_assert(strstr(refused("p98<2ms"), "did you mean p9"));
    cr_assert(strstr(refused("speed<2ms"), "skew_p99_ratio"), "all names are told");
    cr_assert(strstr(error, values[value_count - 1].name), "all names fit");
    char longer[CHECK_TEXT_BYTES + 10];
    memset(longer, 'a', sizeof longer);
    longer[sizeof longer - 1] = 0;
    cr_assert(strstr(refused(longer), "longer than 95 bytes"));
}

Test(result_check, each_figure_has_its_own_name_and_path) {
    for (size_t i = 0; i < value_count; i++) {
        cr_assert_eq(value_find(values[i].name), &values[i], "%s is twice there", values[i].name);
        cr_assert(*values[i].title && *values[i].sentence);
    }
}

Test(result_check, numbers_have_three_digits_and_a_unit) {
    char text[VALUE_TEXT_BYTES];
    cr_assert_str_eq(value_text(0.912, VALUE_US, text), "912 ns");
    cr_assert_str_eq(value_text(1.454, VALUE_US, text), "1.45 us");
    cr_assert_str_eq(value_text(999.6, VALUE_US, text), "1.00 ms");
    cr_assert_str_eq(value_text(14540, VALUE_US, text), "14.5 ms");
    cr_assert_str_eq(value_text(0, VALUE_US, text), "0 ns");
    cr_assert_str_eq(value_text(2.5e6, VALUE_US, text), "2.50 s");
    cr_assert_str_eq(value_text(1234567, VALUE_COUNT, text), "1,234,567");
    cr_assert_str_eq(value_text(123456, VALUE_COUNT, text), "123,456");
    cr_assert_str_eq(value_text(999, VALUE_COUNT, text), "999");
    cr_assert_str_eq(value_text(2000, VALUE_PER_S, text), "2000 /s");
    cr_assert_str_eq(value_text(1.21e6, VALUE_PER_S, text), "1.21 M/s");
    cr_assert_str_eq(value_text(1536, VALUE_BYTES, text), "1.50 KiB");
    cr_assert_str_eq(value_text(0.005, VALUE_SHARE, text), "0.50 %");
    cr_assert_str_eq(value_text(1.05, VALUE_RATIO, text), "1.05 x");
    cr_assert_str_eq(value_text(1e300, VALUE_COUNT, text), "out of range");
}

Test(result_check, exit_codes) {
    json_t *result = fixture(FIXTURE("tick"));
    cr_assert_eq(check_exit_code(result), 0);
    json_object_set_new(result, "verdict", json_string("NOISY"));
    cr_assert_eq(check_exit_code(result), 3);
    json_object_set_new(result, "verdict", json_string("INVALID"));
    cr_assert_eq(check_exit_code(result), 4);
    json_object_set_new(result, "lost", json_integer(1));
    cr_assert_eq(check_exit_code(result), 1);
    json_object_set_new(result, "lost", json_integer(0));
    json_object_set_new(result, "verdict", json_string("VALID"));
    cr_assert_not(passes(result, "p50<1ns"));
    cr_assert_eq(check_exit_code(result), 1);
    json_decref(result);
}
