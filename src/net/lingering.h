/*
 * Sockets that were told their last bytes but whose peers may not have sent theirs: closed at once,
 * what still comes would be answered with a reset, and that may eat what they were told (RFC
 * 9112, 9.6). So each is kept for a tick or two, the latest LINGERING_MOST of them. One thread;
 * begins zeroed.
 */
#ifndef NET_LINGERING_H
#define NET_LINGERING_H

#define LINGERING_MOST 16 /**< descriptors, of the 64 that are left beside max_connections */

struct lingering {
    int fds[LINGERING_MOST]; /**< a ring */
    unsigned first, count;
    unsigned old; /**< of these so many were there at the last tick */
};

/** Ends the socket's output and keeps it; owns `fd`. The oldest is closed if there are too many. */
void lingering_add(struct lingering *lingering, int fd);

/** Closes those that were there at the tick before. */
void lingering_tick(struct lingering *lingering);

/** Closes all. */
void lingering_end(struct lingering *lingering);

#endif
