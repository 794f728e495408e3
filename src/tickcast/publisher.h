/*
 * Publishes messages at full speed and knows what became of them. Messages are queued and sent many
 * at once; one is held back until the next comes, so that the last before a pause can ask for an
 * acknowledgement. Since the broker answers in order, that one covers all before it. One thread.
 */
#ifndef TICKCAST_CLI_PUBLISHER_H
#define TICKCAST_CLI_PUBLISHER_H

#include <msgpack.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/client.h"

struct publisher {
    struct client *client;
    bool ack;                 /**< ask for an answer to each message */
    const char *input;        /**< what complaints about a line begin with; NULL: no lines */
    uint64_t published;       /**< messages queued, less those that the broker refused */
    uint64_t errors;          /**< that the broker told */
    uint64_t held_line;       /**< 0: none is held */
    uint64_t asked, answered; /**< lines whose message last asked, was last answered */
    msgpack_sbuffer held;
};

void publisher_init(struct publisher *publisher, struct client *client, bool ack,
                    const char *input);
void publisher_fini(struct publisher *publisher);

/** Queues the message of `line` (from 1, rising); `data` is one msgpack object. Waits while much is
 *  queued. 0, or -1 after a complaint: the connection is of no more use. */
int publisher_put(struct publisher *publisher, const char *key, size_t key_bytes, const void *data,
                  size_t data_bytes, uint64_t line);

/** Queues the message held back: no further one is at hand. 0 or -1. */
int publisher_pause(struct publisher *publisher);

/** Sends and takes answers until `fd` is readable. 0 or -1. */
int publisher_wait(struct publisher *publisher, int fd);

/** Sends all and waits for the last acknowledgement. 0 or -1. */
int publisher_finish(struct publisher *publisher);

#endif
