#include "tickcastd/run_feeds.h"

#include <errno.h>

int running_feeds_start(struct running_feeds *running, struct tickcast_broker *broker,
                        const struct settings *settings) {
    const struct tickcast_options *options = &settings->options;
    *running = (struct running_feeds){.log = {options->log, options->log_arg, options->log_level}};
    for (; running->count < settings->feed_count; running->count++) {
        const struct feed_options *feed = &settings->feeds[running->count].options;
        if (feed_start(broker, feed, &running->log, &running->feeds[running->count]) == 0) continue;
        int error = errno;
        running_feeds_stop(running);
        errno = error;
        return -1;
    }
    return 0;
}

void running_feeds_stop(struct running_feeds *running) {
    for (uint32_t i = 0; i < running->count; i++) feed_tell_stop(running->feeds[i]);
    while (running->count > 0) feed_stop(running->feeds[--running->count]);
}
