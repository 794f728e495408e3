#include "feed/row_feed.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/printable.h"

struct csv_options row_feed_csv(const struct feed_options *options) {
    return (struct csv_options){.key = options->key,
                                .columns = &options->columns,
                                .time = options->time,
                                .time_unit = (enum feed_time_unit)options->time_unit};
}

static int wait_until_due(const struct row_feed *row_feed, const struct row *row) {
    if (!row_feed->pace) return 0;
    uint64_t now_ns = clock_now_ns();
    uint64_t due_ns = pace_due(row_feed->pace, row_feed->options->speed, row->time_ns, now_ns);
    return due_ns > now_ns ? feed_sleep(row_feed->feed, due_ns) : 0;
}

/* 0 published, 1 not taken with a sentence, -1 stop. */
static int publish(const struct row_feed *row_feed, const struct row *row, char *error) {
    if (wait_until_due(row_feed, row) < 0) return -1;
    int result = feed_offer(row_feed->feed, row->key, row->key_bytes, row->data, row->data_bytes);
    if (result <= 0) return result;
    char key[ROW_TEXT_BYTES], why[ROW_ERROR_BYTES];
    snprintf(why, sizeof why, FEED_NOT_TAKEN, printable(row->key, row->key_bytes, key, sizeof key),
             row->data_bytes);
    rows_reject(row_feed->rows, why, error);
    return 1;
}

enum feed_end row_feed_publish(const struct row_feed *row_feed) {
    struct feed *feed = row_feed->feed;
    struct row row;
    char error[ROWS_ERROR_BYTES];
    for (;;) {
        enum rows_result result = rows_next(row_feed->rows, &row, error);
        if (result == ROWS_NONE) return FEED_DONE;
        if (result == ROWS_REFUSED) return feed_fail(feed, FEED_REFUSED, "%s", error);
        int published = result == ROWS_ROW ? publish(row_feed, &row, error) : 1;
        if (published < 0) return FEED_STOPPED;
        if (published == 0) continue;
        if (row_feed->options->strict) return feed_fail(feed, FEED_REFUSED, "%s", error);
        if (!row_feed->quiet) feed_complain(feed, "%s", error);
    }
}

void row_feed_summary(struct feed *feed, const char *name, uint64_t good, uint64_t bad) {
    if (bad == 0) return;
    feed_note(feed, "%s: %" PRIu64 " of %" PRIu64 " rows were bad and left out", name, bad,
              good + bad);
}
