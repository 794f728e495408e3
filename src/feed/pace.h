/*
 * The times of rows, and when each is due so that the gaps between them stay. A gap is counted from
 * the first row, so that lateness does not add up; after a failure from the row that was published
 * last, so that what could not be published meanwhile does not come all at once. Pure.
 */
#ifndef FEED_PACE_H
#define FEED_PACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "feed/options.h"

/** Nanoseconds since 1970 of a whole number of `unit`, for FEED_TIME_S also with decimals (those
 *  after the ninth are dropped). False: it is none, or outside int64 (the years 1677 to 2262). */
bool pace_time(const char *text, size_t bytes, enum feed_time_unit unit, int64_t *time_ns);

/** What pace_time takes, for people; static. */
const char *pace_time_allowed(enum feed_time_unit unit);

/** All zero: before the first row. */
struct pace {
    bool begun, again;
    int64_t from_time_ns, latest_time_ns;
    uint64_t from_ns, latest_ns; /**< of clock_now_ns(): when those rows were due */
};

/** When (of clock_now_ns(), which is `now_ns`) a row of this time is due at `speed` (above 0);
 *  `now_ns` if that is past or its time goes back. */
uint64_t pace_due(struct pace *pace, double speed, int64_t time_ns, uint64_t now_ns);

/** After a failure: goes on from the latest row. */
void pace_again(struct pace *pace);

#endif
