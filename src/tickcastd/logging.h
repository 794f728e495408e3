/*
 * Log lines on a descriptor: `2026-11-24T21:13:39.123Z notice text`. Any thread, never blocking:
 * what the descriptor does not take at once, and what is above LOGGING_LINES a second, is counted
 * and told later.
 */
#ifndef TICKCASTD_LOGGING_H
#define TICKCASTD_LOGGING_H

#include <pthread.h>
#include <stdint.h>

#define LOGGING_LINES      1000 /**< lines a second */
#define LOGGING_LINE_BYTES 2048 /**< longer lines are cut; a command to paste fits */

struct logging {
    pthread_mutex_t lock;
    int fd;
    int level; /**< lines above it are left out; see options.h */
    uint64_t since_ns;
    uint32_t lines, left_out; /**< since then; since the last line that was written */
};

void logging_init(struct logging *logging, int fd, int level);

/** The sink of struct tickcast_options; `logging` is the struct. */
void logging_sink(void *logging, int level, const char *line);

/** A line of the daemon itself. */
void logging_say(struct logging *logging, int level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** A line as it is, for scripts to wait for. This one may block. */
void logging_plain(struct logging *logging, const char *line);

#endif
