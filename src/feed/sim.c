#include "feed/feed.h"

enum feed_end feed_sim_run(struct feed *feed, const struct feed_options *options, void **state) {
    (void)options;
    (void)state;
    return feed_fail(feed, FEED_REFUSED, "is not built yet");
}

void feed_sim_free(void *state) {
    (void)state;
}
