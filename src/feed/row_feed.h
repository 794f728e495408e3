/* What the feeds of rows have in common: from lines that were read to messages. */
#ifndef FEED_ROW_FEED_H
#define FEED_ROW_FEED_H

#include "feed/feed.h"
#include "feed/pace.h"
#include "feed/rows.h"

struct row_feed {
    struct feed *feed;
    const struct feed_options *options;
    struct rows *rows;
    struct pace *pace; /**< NULL: as fast as the rings take them */
    bool quiet;        /**< bad rows were told before */
};

/** The options of a feed for rows_init. */
struct csv_options row_feed_csv(const struct feed_options *options);

/** Publishes the lines that were read. FEED_DONE: all; else the end of the run, and told. */
enum feed_end row_feed_publish(const struct row_feed *row_feed);

/** Tells how many rows were left out, if any. */
void row_feed_summary(struct feed *feed, const char *name, uint64_t good, uint64_t bad);

#endif
