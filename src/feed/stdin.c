#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feed/feed.h"
#include "feed/row_feed.h"

#define INPUT_NAME "standard input"

/* What was read is kept over failures: it cannot be read again. */
static struct rows *new_rows(struct feed *feed, const struct feed_options *options,
                             enum feed_end *end) {
    struct rows *rows = malloc(sizeof *rows);
    char error[ROWS_ERROR_BYTES];
    const struct csv_options csv = row_feed_csv(options);
    if (!rows) {
        *end = feed_fail(feed, FEED_FAILED, "no memory");
        return NULL;
    }
    if (rows_init(rows, INPUT_NAME, options->format == FEED_FORMAT_CSV ? &csv : NULL, error) == 0)
        return rows;
    *end = feed_fail(feed, FEED_REFUSED, "%s", error);
    rows_fini(rows);
    free(rows);
    return NULL;
}

/* A descriptor that is none never becomes one. */
static enum feed_end tell_error(struct feed *feed, int error) {
    enum feed_end end = error == EBADF || error == EISDIR ? FEED_REFUSED : FEED_FAILED;
    return feed_fail(feed, end, INPUT_NAME ": %s", strerror(error));
}

static enum feed_end read_all(struct feed *feed, const struct feed_options *options,
                              struct rows *rows) {
    const struct row_feed row_feed = {.feed = feed, .options = options, .rows = rows};
    while (!rows->lines.end) {
        if (feed_wait_readable(feed, STDIN_FILENO) < 0) return FEED_STOPPED;
        ssize_t got = lines_read(&rows->lines, STDIN_FILENO);
        if (got < 0 && errno == EAGAIN) continue;
        if (got < 0) return tell_error(feed, errno);
        enum feed_end end = row_feed_publish(&row_feed);
        if (end != FEED_DONE) return end;
    }
    row_feed_summary(feed, INPUT_NAME, rows->good, rows->bad);
    return FEED_DONE;
}

enum feed_end feed_stdin_run(struct feed *feed, const struct feed_options *options, void **state) {
    enum feed_end end;
    if (!*state) *state = new_rows(feed, options, &end);
    return *state ? read_all(feed, options, *state) : end;
}

void feed_stdin_free(void *state) {
    struct rows *rows = state;
    if (rows) rows_fini(rows);
    free(rows);
}
