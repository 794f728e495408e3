#include "feed/feed.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"

#define RING_WAIT_MS 100  /* a feed that waits for a ring sees a stop within this time */
#define KEY_TEXT     100  /* of a key in a log line */
#define WHOLE_BYTES  1024 /* of a sentence before it is cut */

struct feed {
    struct tickcast_broker *broker;
    const struct feed_options *options;
    const struct log *log;
    pthread_t thread;
    int stop_fd; /* readable from feed_stop on */
    atomic_bool stop;
    _Atomic uint64_t published;
    /* of the feed's thread */
    void *state;
    struct log_limit complaints;
    char error[FEED_ERROR_BYTES];
    uint64_t random;
};

const struct feed_source feed_sources[FEED_TYPES] = {
    [FEED_SIM] = {feed_sim_run, feed_sim_free},
    [FEED_REPLAY] = {feed_replay_run, feed_replay_free},
    [FEED_STDIN] = {feed_stdin_run, feed_stdin_free},
};

static const char *name_of(const struct feed *feed) {
    return feed->options->name != NULL ? feed->options->name : feed_type_names[feed->options->type];
}

bool feed_stopping(const struct feed *feed) {
    return atomic_load(&feed->stop);
}

uint64_t feed_published(const struct feed *feed) {
    return atomic_load_explicit(&feed->published, memory_order_relaxed);
}

/* What is too long is cut between two characters. */
static void sentence(char out[FEED_ERROR_BYTES], const char *format, va_list args) {
    char whole[WHOLE_BYTES];
    vsnprintf(whole, sizeof whole, format, args);
    printable(whole, strlen(whole), out, FEED_ERROR_BYTES);
}

void feed_complain(struct feed *feed, const char *format, ...) {
    char text[FEED_ERROR_BYTES];
    va_list args;
    va_start(args, format);
    sentence(text, format, args);
    va_end(args);
    log_limited(feed->log, LOG_WARNING, &feed->complaints, "feed %s: %s", name_of(feed), text);
}

void feed_note(struct feed *feed, const char *format, ...) {
    char text[FEED_ERROR_BYTES];
    va_list args;
    va_start(args, format);
    sentence(text, format, args);
    va_end(args);
    log_line(feed->log, LOG_WARNING, "feed %s: %s", name_of(feed), text);
}

enum feed_end feed_fail(struct feed *feed, enum feed_end end, const char *format, ...) {
    va_list args;
    va_start(args, format);
    sentence(feed->error, format, args);
    va_end(args);
    return end;
}

/* Waits for `fd` (below 0: for nothing), the stop or the time. 1 `fd`, 0 the time, -1 the stop. */
static int wait_for(struct feed *feed, int fd, const struct timespec *timeout) {
    struct pollfd fds[] = {{.fd = feed->stop_fd, .events = POLLIN}, {.fd = fd, .events = POLLIN}};
    if (ppoll(fds, 2, timeout, NULL) < 0 && errno != EINTR) return -1;
    if (feed_stopping(feed)) return -1;
    return fds[1].revents != 0;
}

int feed_sleep(struct feed *feed, uint64_t until_ns) {
    for (;;) {
        uint64_t now_ns = clock_now_ns();
        uint64_t left_ns = now_ns < until_ns ? until_ns - now_ns : 0;
        struct timespec left = {(time_t)(left_ns / NS_PER_S), (long)(left_ns % NS_PER_S)};
        if (left_ns == 0) return feed_stopping(feed) ? -1 : 0;
        if (wait_for(feed, -1, &left) < 0) return -1;
    }
}

int feed_wait_readable(struct feed *feed, int fd) {
    int ready;
    do ready = wait_for(feed, fd, NULL);
    while (ready == 0);
    return ready < 0 ? -1 : 0;
}

int feed_offer(struct feed *feed, const char *key, size_t key_bytes, const void *data,
               size_t data_bytes) {
    for (;;) {
        if (feed_stopping(feed)) return -1;
        int result = tickcast_push(feed->broker, key, key_bytes, data, data_bytes);
        if (result == TICKCAST_OK) {
            uint64_t published = feed_published(feed) + 1; /* no other thread writes it */
            atomic_store_explicit(&feed->published, published, memory_order_relaxed);
            return 0;
        }
        if (result == TICKCAST_ECLOSED) return -1;
        if (result == TICKCAST_EINVAL) return 1;
        if (result == TICKCAST_EAGAIN)
            tickcast_wait(feed->broker, RING_WAIT_MS);
        else if (feed_sleep(feed, clock_now_ns() + RING_WAIT_MS * NS_PER_MS) < 0)
            return -1;
    }
}

int feed_push(struct feed *feed, const char *key, size_t key_bytes, const void *data,
              size_t data_bytes) {
    int result = feed_offer(feed, key, key_bytes, data, data_bytes);
    char text[KEY_TEXT];
    if (result > 0)
        feed_complain(feed, FEED_NOT_TAKEN, printable(key, key_bytes, text, sizeof text),
                      data_bytes);
    return result < 0 ? -1 : 0;
}

/* From half of `ms` to one and a half, so that feeds that failed together part. */
static uint64_t spread(struct feed *feed, uint64_t ms) {
    feed->random = feed->random * 6364136223846793005U + 1442695040888963407U;
    return ms / 2 + (feed->random >> 33) % (ms + 1);
}

static void *feed_main(void *arg) {
    struct feed *feed = arg;
    const struct feed_source *source = &feed_sources[feed->options->type];
    uint64_t again_ms = FEED_AGAIN_MS;
    for (;;) {
        uint64_t began_ns = clock_now_ns();
        enum feed_end end = source->run(feed, feed->options, &feed->state);
        if (end == FEED_STOPPED) break;
        if (end == FEED_DONE) {
            log_line(feed->log, LOG_NOTICE, "feed %s: done, %llu messages", name_of(feed),
                     (unsigned long long)feed_published(feed));
            break;
        }
        if (end == FEED_REFUSED) {
            log_line(feed->log, LOG_ERROR, "feed %s: ended: %s", name_of(feed), feed->error);
            break;
        }
        uint64_t now_ns = clock_now_ns();
        if (now_ns - began_ns > FEED_AGAIN_MOST_MS * NS_PER_MS) again_ms = FEED_AGAIN_MS;
        uint64_t wait_ms = spread(feed, again_ms);
        log_line(feed->log, LOG_ERROR, "feed %s: failed: %s; again in %.1f s", name_of(feed),
                 feed->error, (double)wait_ms / 1000);
        if (feed_sleep(feed, now_ns + wait_ms * NS_PER_MS) < 0) break;
        again_ms = again_ms * 2 < FEED_AGAIN_MOST_MS ? again_ms * 2 : FEED_AGAIN_MOST_MS;
    }
    if (source->free_state != NULL && feed->state != NULL) source->free_state(feed->state);
    feed->state = NULL;
    return NULL;
}

/* Signals are the host's: none is delivered to the thread of a feed. */
static int start_thread(struct feed *feed) {
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&feed->thread, NULL, feed_main, feed);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

int feed_start(struct tickcast_broker *broker, const struct feed_options *options,
               const struct log *log, struct feed **out) {
    struct feed *feed = calloc(1, sizeof *feed);
    if (feed == NULL) return -1;
    feed->broker = broker;
    feed->options = options;
    feed->log = log;
    feed->random = clock_now_ns() ^ (uint64_t)(uintptr_t)feed;
    feed->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (feed->stop_fd < 0 || start_thread(feed) < 0) {
        int error = errno;
        if (feed->stop_fd >= 0) close(feed->stop_fd);
        free(feed);
        errno = error;
        return -1;
    }
    *out = feed;
    return 0;
}

void feed_tell_stop(struct feed *feed) {
    atomic_store(&feed->stop, true);
    eventfd_write(feed->stop_fd, 1); /* wakes it where it sleeps */
}

void feed_stop(struct feed *feed) {
    if (feed == NULL) return;
    feed_tell_stop(feed);
    pthread_join(feed->thread, NULL);
    close(feed->stop_fd);
    free(feed);
}
