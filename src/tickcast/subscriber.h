/*
 * A subscription that outlives its connections: what is lost after the server had answered is
 * connected again with back-off (backoff.h) and subscribed again.
 *
 *     subscriber_start(&subscriber, &options);
 *     for (;;) switch (subscriber_next(&subscriber, until_ns)) ...
 *     subscriber_end(&subscriber);
 *
 * Ended for good is a first connection that fails, a refusal of the handshake with 4xx, and an
 * error that the server answers: none of these becomes better by itself. One thread; the functions
 * wait, but for name lookup not longer than they are told.
 */
#ifndef TICKCAST_CLI_SUBSCRIBER_H
#define TICKCAST_CLI_SUBSCRIBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "client/client.h"
#include "tickcast/messages.h"

#define SUBSCRIBER_NEVER     UINT64_MAX
#define SUBSCRIBER_WHY_BYTES 1024

enum subscriber_event {
    SUBSCRIBER_PAYLOAD,   /**< `message`, read as `payload`; valid until the next call */
    SUBSCRIBER_CONNECTED, /**< the server has answered the subscription; `away_ns` was it lost */
    SUBSCRIBER_LOST,      /**< `why`; the next attempt, the `attempt`th, is in `wait_ms` */
    SUBSCRIBER_LEFT_OUT,  /**< `message` is no payload */
    SUBSCRIBER_IDLE,      /**< the time is over */
    SUBSCRIBER_WATCHED,   /**< `watch_fd` is readable */
    SUBSCRIBER_ENDED,     /**< for good: `why` */
};

struct subscriber {
    struct client_options wanted;
    bool reconnect;
    int watch_fd; /**< ends waiting when it is readable; below 0: none. May be set at any time */
    struct client_message message;
    struct tickcast_payload payload;
    uint64_t away_ns, wait_ms;
    unsigned attempt; /**< from 1 */
    char why[SUBSCRIBER_WHY_BYTES];
    /* of subscriber.c */
    struct client *client;
    void *request; /* the subscribe message, which the server echoes */
    size_t request_bytes;
    enum { SUBSCRIBER_WAITING, SUBSCRIBER_ASKING, SUBSCRIBER_RUNNING } state;
    bool was_subscribed;
    uint64_t deadline_ns; /* of the attempt that is waited for, or of the answer */
    uint64_t since_ns;    /* of the last answer */
    uint64_t lost_ns;     /* since when there is no subscription */
    unsigned unwatched;   /* messages since watch_fd was looked at */
};

/** Connects and asks for `streams`, which need not live on. `wanted` and what it points to live on;
 *  its timeout_ms is also the time for each answer. 0, or -1 with `why`. subscriber_end frees in
 * both cases. */
int subscriber_start(struct subscriber *subscriber, const struct client_options *wanted,
                     const char *const *streams, size_t count, bool reconnect);

/** What comes next, at the latest at `until_ns` (clock_now_ns; 0: only what is at hand). */
enum subscriber_event subscriber_next(struct subscriber *subscriber, uint64_t until_ns);

/** Closes the connection and frees. */
void subscriber_end(struct subscriber *subscriber);

#endif
