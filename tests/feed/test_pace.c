#include "feed/pace.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/clock.h"

static int64_t time_ns;

static bool parse(const char *text, enum feed_time_unit unit) {
    return pace_time(text, strlen(text), unit, &time_ns);
}

Test(pace, times_are_whole_numbers_of_their_unit_and_seconds_may_have_decimals) {
    static const struct {
        const char *text;
        enum feed_time_unit unit;
        int64_t ns;
    } rows[] = {
        {"1381152600007", FEED_TIME_MS, 1381152600007000000},
        {"1381152600", FEED_TIME_S, 1381152600000000000},
        {"1381152600.007", FEED_TIME_S, 1381152600007000000},
        {"1.1234567899", FEED_TIME_S, 1123456789},
        {"-1.5", FEED_TIME_S, -1500000000},
        {"-0.5", FEED_TIME_S, -500000000},
        {".5", FEED_TIME_S, 500000000},
        {"5.", FEED_TIME_S, 5000000000},
        {"-7", FEED_TIME_US, -7000},
        {"9223372036854775807", FEED_TIME_NS, INT64_MAX},
        {"9223372036.854775807", FEED_TIME_S, INT64_MAX},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(parse(rows[i].text, rows[i].unit), "%s", rows[i].text);
        cr_assert_eq(time_ns, rows[i].ns, "%s: %ld", rows[i].text, (long)time_ns);
    }
}

Test(pace, what_is_no_time_is_refused) {
    static const struct {
        const char *text;
        enum feed_time_unit unit;
    } rows[] = {
        {"", FEED_TIME_MS},
        {"x", FEED_TIME_MS},
        {"1.5", FEED_TIME_MS},
        {"1e3", FEED_TIME_S},
        {"1.5e3", FEED_TIME_S},
        {"007", FEED_TIME_NS},
        {"9223372036854775807", FEED_TIME_US},
        {"9223372036854775808", FEED_TIME_NS},
        {"9223372037", FEED_TIME_S},
        {"9223372036.854775808", FEED_TIME_S},
        {"99999999999999999999.5", FEED_TIME_S},
        {"-", FEED_TIME_S},
        {".", FEED_TIME_S},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        cr_assert(!parse(rows[i].text, rows[i].unit), "%s", rows[i].text);
}

Test(pace, gaps_count_from_the_first_row_so_that_lateness_does_not_add_up) {
    struct pace pace = {0};
    cr_assert_eq(pace_due(&pace, 1, 5000, 100), 100);
    cr_assert_eq(pace_due(&pace, 1, 5010, 105), 110);
    cr_assert_eq(pace_due(&pace, 1, 5020, 500), 500, "it is late");
    cr_assert_eq(pace_due(&pace, 1, 5500, 501), 600, "and not for good");
}

Test(pace, a_speed_divides_the_gaps) {
    struct pace fast = {0}, slow = {0};
    pace_due(&fast, 10, 0, 0);
    cr_assert_eq(pace_due(&fast, 10, 1000, 0), 100);
    pace_due(&slow, 0.5, 0, 0);
    cr_assert_eq(pace_due(&slow, 0.5, 1000, 0), 2000);
}

Test(pace, rows_whose_time_goes_back_are_due_at_once) {
    struct pace pace = {0};
    pace_due(&pace, 1, 1000, 50);
    cr_assert_eq(pace_due(&pace, 1, 10, 60), 60);
    cr_assert_eq(pace_due(&pace, 1, 1100, 70), 150);
    cr_assert_eq(pace_due(&pace, 1, 1050, 160), 160);
}

Test(pace, the_longest_gaps_do_not_overflow) {
    struct pace pace = {0};
    pace_due(&pace, 1e-6, INT64_MIN, 1000);
    cr_assert_gt(pace_due(&pace, 1e-6, INT64_MAX, 1000), INT64_MAX / 2);
}

Test(pace, after_a_failure_the_gap_to_the_last_row_is_kept_and_nothing_is_made_up_for) {
    struct pace pace = {0};
    pace_due(&pace, 1, 1000, 0);
    pace_due(&pace, 1, 1100, 100);
    pace_again(&pace);
    cr_assert_eq(pace_due(&pace, 1, 1300, 150), 300, "not earlier than the gap");
    pace_again(&pace);
    cr_assert_eq(pace_due(&pace, 1, 1400, 9000), 9000);
    cr_assert_eq(pace_due(&pace, 1, 1500, 9001), 9100, "and the next keeps its gap to that");
}

Test(pace, again_before_the_first_row_is_a_beginning) {
    struct pace pace = {0};
    pace_again(&pace);
    cr_assert_eq(pace_due(&pace, 1, 1000, 7), 7);
    cr_assert_eq(pace_due(&pace, 1, 1010, 8), 17);
}
