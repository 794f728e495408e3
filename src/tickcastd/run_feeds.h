/* The feeds of a daemon that runs. One thread. */
#ifndef TICKCASTD_RUN_FEEDS_H
#define TICKCASTD_RUN_FEEDS_H

#include "feed/feed.h"
#include "tickcastd/settings.h"

struct running_feeds {
    struct log log;
    struct feed *feeds[FEED_MAX];
    uint32_t count;
};

/** Starts all feeds of `settings`, which stay in use until the stop. 0, or -1 with errno; then none
 *  runs. */
int running_feeds_start(struct running_feeds *running, struct tickcast_broker *broker,
                        const struct settings *settings);

/** Stops and joins them; before the broker is stopped. */
void running_feeds_stop(struct running_feeds *running);

#endif
