/*
 * Log lines for the host program. A line has a level and is handed to the sink of the broker's
 * options, from whatever thread makes it. Text that a peer controls goes through log_escape. Events
 * that a peer can cause at will are limited: at most LOG_BURST lines a second of each kind, and
 * then one line that tells how many were left out.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

#define LOG_LINE_BYTES 512 /**< longer lines are cut */
#define LOG_BURST      10  /**< lines a second of one kind of event that peers cause */

struct log {
    void (*sink)(void *arg, int level, const char *line);
    void *arg;
    int level;
};

/** One kind of event: its share of lines in the second that began at `since_ns`. Owned by one
 * thread. */
struct log_limit {
    uint64_t since_ns;
    uint32_t lines, left_out;
};

/** Writes one line if its level is wanted. Any thread. */
void log_line(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** The same for an event that peers cause: within `limit`. */
void log_limited(const struct log *log, enum log_level level, struct log_limit *limit,
                 const char *format, ...) __attribute__((format(printf, 4, 5)));

/** Writes `count` bytes to `out` (terminated, at most `out_bytes`), control bytes, quotes,
 * backslash and what is not printable ASCII as \xNN, and "..." if cut. Returns `out`. */
const char *log_escape(const void *bytes, size_t count, char *out, size_t out_bytes);

#endif
