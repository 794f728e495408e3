#include "tickcastd/logging.h"

#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"

#define LINE_BYTES (LOGGING_LINE_BYTES + 64)

static const char *const level_names[] = {"error", "warning", "notice", "debug"};

void logging_init(struct logging *logging, int fd, int level) {
    *logging = (struct logging){.fd = fd, .level = level};
    pthread_mutex_init(&logging->lock, NULL);
}

/* At most PIPE_BUF bytes: a pipe that poll calls writable takes them at once and whole. */
static int write_line(int fd, int level, const char *text) {
    struct pollfd writable = {.fd = fd, .events = POLLOUT};
    if (poll(&writable, 1, 0) != 1 || !(writable.revents & POLLOUT)) return -1;
    struct timespec now;
    struct tm utc;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    char line[LINE_BYTES], shown[LOGGING_LINE_BYTES];
    printable(text, strlen(text), shown, sizeof shown);
    size_t used = strftime(line, sizeof line, "%Y-%m-%dT%H:%M:%S", &utc);
    used += (size_t)snprintf(line + used, sizeof line - used, ".%03ldZ %s %s\n",
                             now.tv_nsec / 1000000, level_names[level], shown);
    return write(fd, line, used) < 0 ? -1 : 0;
}

static void write_limited(struct logging *logging, int level, const char *text) {
    uint64_t now_ns = clock_now_ns();
    if (now_ns - logging->since_ns >= NS_PER_S) {
        logging->since_ns = now_ns;
        logging->lines = 0;
    }
    if (logging->lines >= LOGGING_LINES) {
        logging->left_out++;
        return;
    }
    logging->lines++;
    if (logging->left_out > 0) {
        char told[64];
        snprintf(told, sizeof told, "%u log lines left out", logging->left_out);
        if (write_line(logging->fd, LOG_WARNING, told) == 0) logging->left_out = 0;
    }
    if (write_line(logging->fd, level, text) < 0) logging->left_out++;
}

void logging_sink(void *arg, int level, const char *line) {
    struct logging *logging = arg;
    if (level < LOG_ERROR || level > LOG_DEBUG || level > logging->level) return;
    pthread_mutex_lock(&logging->lock);
    write_limited(logging, level, line);
    pthread_mutex_unlock(&logging->lock);
}

void logging_say(struct logging *logging, int level, const char *format, ...) {
    char line[LOGGING_LINE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(line, sizeof line, format, args);
    va_end(args);
    logging_sink(logging, level, line);
}

void logging_plain(struct logging *logging, const char *line) {
    pthread_mutex_lock(&logging->lock);
    dprintf(logging->fd, "%s\n", line);
    pthread_mutex_unlock(&logging->lock);
}
