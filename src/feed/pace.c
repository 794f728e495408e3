#include "feed/pace.h"

#include <string.h>

#include "feed/number.h"

#define DECIMALS 9    /* of a second that is counted in nanoseconds */
#define FAR_NS   9e18 /* 285 years: further ahead does not fit and makes no difference */

static const int64_t unit_ns[] = {[FEED_TIME_S] = 1000000000,
                                  [FEED_TIME_MS] = 1000000,
                                  [FEED_TIME_US] = 1000,
                                  [FEED_TIME_NS] = 1};

/* A number with a point, and without an exponent. */
static bool seconds(const char *text, size_t bytes, int64_t *time_ns) {
    const char *point = memchr(text, '.', bytes), *end = text + bytes;
    bool negative = *text == '-';
    text += negative;
    struct number whole = {.kind = NUMBER_INTEGER};
    if (!point || memchr(point, 'e', (size_t)(end - point)) ||
        memchr(point, 'E', (size_t)(end - point)))
        return false;
    if (point > text) number_parse(text, (size_t)(point - text), &whole);
    if (whole.kind != NUMBER_INTEGER) return false;
    int64_t fraction = 0, sum;
    for (int i = 1; i <= DECIMALS; i++)
        fraction = fraction * 10 + (point + i < end ? point[i] - '0' : 0);
    if (__builtin_mul_overflow(whole.integer, unit_ns[FEED_TIME_S], &sum) ||
        __builtin_add_overflow(sum, fraction, &sum))
        return false;
    *time_ns = negative ? -sum : sum;
    return true;
}

bool pace_time(const char *text, size_t bytes, enum feed_time_unit unit, int64_t *time_ns) {
    struct number number;
    int64_t value;
    number_parse(text, bytes, &number);
    if (number.kind == NUMBER_FLOAT && unit == FEED_TIME_S) return seconds(text, bytes, time_ns);
    if (number.kind != NUMBER_INTEGER) return false;
    if (__builtin_mul_overflow(number.integer, unit_ns[unit], &value)) return false;
    *time_ns = value;
    return true;
}

const char *pace_time_allowed(enum feed_time_unit unit) {
    static const char *const texts[] = {
        [FEED_TIME_S] = "allowed as time are seconds since 1970, up to the year 2262",
        [FEED_TIME_MS] = "allowed as time are whole milliseconds since 1970, up to the year 2262",
        [FEED_TIME_US] = "allowed as time are whole microseconds since 1970, up to the year 2262",
        [FEED_TIME_NS] = "allowed as time are whole nanoseconds since 1970, up to the year 2262",
    };
    return texts[unit];
}

static void count_from(struct pace *pace, int64_t time_ns, uint64_t at_ns) {
    pace->from_time_ns = pace->latest_time_ns = time_ns;
    pace->from_ns = pace->latest_ns = at_ns;
}

/* The first row of a later time after a failure is a beginning if it is late. */
static void catch_up(struct pace *pace, int64_t time_ns, uint64_t due_ns, uint64_t now_ns) {
    pace->again = false;
    if (due_ns <= now_ns) count_from(pace, time_ns, now_ns);
}

uint64_t pace_due(struct pace *pace, double speed, int64_t time_ns, uint64_t now_ns) {
    if (!pace->begun) {
        pace->begun = true;
        count_from(pace, time_ns, now_ns);
        return now_ns;
    }
    if (time_ns <= pace->from_time_ns) return now_ns;
    double gap_ns = (double)((uint64_t)time_ns - (uint64_t)pace->from_time_ns) / speed;
    uint64_t due_ns = pace->from_ns + (uint64_t)(gap_ns < FAR_NS ? gap_ns : FAR_NS);
    if (pace->again) catch_up(pace, time_ns, due_ns, now_ns);
    if (due_ns < now_ns) due_ns = now_ns;
    if (time_ns >= pace->latest_time_ns) {
        pace->latest_time_ns = time_ns;
        pace->latest_ns = due_ns;
    }
    return due_ns;
}

void pace_again(struct pace *pace) {
    pace->again = pace->begun;
    pace->from_time_ns = pace->latest_time_ns;
    pace->from_ns = pace->latest_ns;
}
