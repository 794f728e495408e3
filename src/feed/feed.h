/*
 * A feed: a source of messages that publishes from a thread of its own, through the public API of
 * the broker, as any host program could. One that fails says why and is run again, first after
 * FEED_AGAIN_MS, then twice as long each time up to FEED_AGAIN_MOST_MS, each up to half more or
 * less so that many do not come back at once; nothing else is touched by it.
 *
 *     feed_start(broker, &options, &log, &feed)      after tickcast_broker_start
 *     ...
 *     feed_stop(feed)                                before tickcast_broker_stop
 *
 * A source is the row of a type in `feed_sources`: a function that runs on the thread of its feed
 * and publishes with feed_push until it is done, fails or is stopped. It keeps what must outlive a
 * failure (how far it has come) in its state.
 */
#ifndef FEED_FEED_H
#define FEED_FEED_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/log.h"
#include "feed/options.h"
#include "tickcast/tickcast.h"

#define FEED_AGAIN_MS      1000
#define FEED_AGAIN_MOST_MS 60000
#define FEED_ERROR_BYTES   400 /**< of a sentence that says why a feed failed */

#define FEED_NOT_TAKEN                                                                             \
    "the broker does not take the key '%s' with data of %zu bytes; allowed are max_key_bytes and " \
    "max_payload of its settings"

struct feed;

/* For the daemon. */

/** Starts the thread of a feed. `options` and `log` stay in use until feed_stop. 0, or -1 with
 * errno. */
int feed_start(struct tickcast_broker *broker, const struct feed_options *options,
               const struct log *log, struct feed **feed);

/** Tells a feed to stop and does not wait for it, so that many stop at once. Any thread. */
void feed_tell_stop(struct feed *feed);

/** Stops the source wherever it waits, joins the thread and frees. Any thread but the feed's. NULL
 * is allowed. */
void feed_stop(struct feed *feed);

/* For the sources, on the feed's thread. */

enum feed_end {
    FEED_DONE,    /**< there is no more to publish */
    FEED_STOPPED, /**< feed_stop was called, or the broker stops */
    FEED_FAILED,  /**< feed_fail told why: run it again later */
    FEED_REFUSED, /**< feed_fail told why: running it again would not help */
};

/** A type of feed. */
struct feed_source {
    /** Publishes. `*state` is NULL at first and then what the run before left there. */
    enum feed_end (*run)(struct feed *feed, const struct feed_options *options, void **state);
    /** Frees a state. */
    void (*free_state)(void *state);
};

/** By enum feed_type. */
extern const struct feed_source feed_sources[FEED_TYPES];

/** Publishes; waits while a ring is full. 0, or -1: the source ends with FEED_STOPPED. A key or
 * data that the broker does not take is complained about, and is 0. */
int feed_push(struct feed *feed, const char *key, size_t key_bytes, const void *data,
              size_t data_bytes);

/** As feed_push, but says nothing about what the broker does not take: that is 1. */
int feed_offer(struct feed *feed, const char *key, size_t key_bytes, const void *data,
               size_t data_bytes);

/** Waits until clock_now_ns() (base/clock.h) is `until_ns`. 0, or -1: stop. */
int feed_sleep(struct feed *feed, uint64_t until_ns);

/** Waits until `fd` is readable. 0, or -1: stop. */
int feed_wait_readable(struct feed *feed, int fd);

/** Is it time to end? For sources that work long without one of the three above. */
bool feed_stopping(const struct feed *feed);

/** Tells of something that was left out ("file:line: ..."), within the limit of log lines. */
void feed_complain(struct feed *feed, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/** Tells something that comes once, such as a sum; not limited. */
void feed_note(struct feed *feed, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** Remembers why the source fails; before it ends with FAILED or REFUSED. Returns `end`. */
enum feed_end feed_fail(struct feed *feed, enum feed_end end, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** Messages published so far, over all runs. */
uint64_t feed_published(const struct feed *feed);

/* The sources, each in its own file. */
enum feed_end feed_sim_run(struct feed *feed, const struct feed_options *options, void **state);
void feed_sim_free(void *state);
enum feed_end feed_replay_run(struct feed *feed, const struct feed_options *options, void **state);
void feed_replay_free(void *state);
enum feed_end feed_stdin_run(struct feed *feed, const struct feed_options *options, void **state);
void feed_stdin_free(void *state);

#endif
