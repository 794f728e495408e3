/* The signals of the daemon: SIGTERM and SIGINT stop it, SIGHUP reads certificates again. One
 * thread.
 */
#ifndef TICKCASTD_SIGNALS_H
#define TICKCASTD_SIGNALS_H

#include <stdbool.h>

struct signals {
    int fd;
    bool hangup_ends; /**< it was started from a terminal, and not with nohup */
};

/** Blocks them in this thread and those it starts: none gets lost from here on. -1 with errno. */
int signals_open(struct signals *signals);
void signals_close(struct signals *signals);

/** To be polled for reading. */
static inline int signals_fd(const struct signals *signals) {
    return signals->fd;
}

/** The next signal that came; 0: none. */
int signals_take(struct signals *signals);

/** True if it asks for a stop: a SIGHUP does so when the terminal of the start is gone. */
bool signals_stops(const struct signals *signals, int number);

/** A stop begins: from here on a second SIGTERM or SIGINT ends the program at once, with 1. */
void signals_stopping(void);

#endif
