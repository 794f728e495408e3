#include <inttypes.h>
#include <stdlib.h>

#include "base/printable.h"
#include "feed/feed.h"
#include "feed/input.h"
#include "feed/row_feed.h"

/* How far it has come. After a failure the file is read again from its start, also where one could
 * seek: nothing that was unpacked or is known of the header must be kept for that. */
struct replay {
    /* Of the last run; open, so that no other file can have its number meanwhile. */
    struct input *input;
    uint64_t handled; /* lines of this pass */
    uint64_t good, bad;
    struct pace pace;
    bool told; /* what is bad in this file was told in a pass before */
};

static void begin_pass(struct replay *replay) {
    replay->handled = replay->good = replay->bad = 0;
    replay->pace = (struct pace){.begun = false};
}

static enum feed_end open_file(struct feed *feed, const char *path, struct replay *replay) {
    struct input *input;
    char error[INPUT_ERROR_BYTES], name[ROWS_NAME_BYTES];
    if (input_open(path, &input, error))
        return feed_fail(feed, FEED_FAILED, "%s: %s", rows_name(path, name), error);
    if (!replay->input || !input_continues(input, replay->input)) {
        begin_pass(replay);
        replay->told = false;
    }
    input_close(replay->input);
    replay->input = input;
    pace_again(&replay->pace);
    return FEED_DONE;
}

static enum feed_end read_file(const struct row_feed *row_feed, struct input *input) {
    struct rows *rows = row_feed->rows;
    char error[INPUT_ERROR_BYTES];
    while (!rows->lines.end) {
        if (feed_stopping(row_feed->feed)) return FEED_STOPPED;
        char *space = lines_space(&rows->lines);
        if (!space) return feed_fail(row_feed->feed, FEED_FAILED, "%s: no memory", rows->name);
        ssize_t got = input_read(input, space, LINES_READ_BYTES, error);
        if (got < 0)
            return feed_fail(row_feed->feed, FEED_FAILED, "%s: after line %" PRIu64 ": %s",
                             rows->name, rows->lines.number, error);
        lines_take(&rows->lines, (size_t)got);
        enum feed_end end = row_feed_publish(row_feed);
        if (end != FEED_DONE) return end;
    }
    return FEED_DONE;
}

static enum feed_end end_pass(struct feed *feed, const char *name, struct replay *replay) {
    if (!replay->told) row_feed_summary(feed, name, replay->good, replay->bad);
    if (replay->good == 0) return feed_fail(feed, FEED_FAILED, "%s has no good row", name);
    replay->told = true;
    begin_pass(replay);
    return FEED_DONE;
}

static enum feed_end pass(struct feed *feed, const struct feed_options *options,
                          struct replay *replay) {
    enum feed_end end = open_file(feed, options->file, replay);
    struct rows rows;
    char error[ROWS_ERROR_BYTES];
    const struct csv_options csv = row_feed_csv(options);
    if (end != FEED_DONE) return end;
    if (rows_init(&rows, options->file, &csv, error)) {
        rows_fini(&rows);
        return feed_fail(feed, FEED_REFUSED, "%s", error);
    }
    rows.skip = replay->handled;
    const struct row_feed row_feed = {
        .feed = feed,
        .options = options,
        .rows = &rows,
        .pace = options->time && options->speed > 0 ? &replay->pace : NULL,
        .quiet = replay->told,
    };
    end = read_file(&row_feed, replay->input);
    if (replay->handled < rows.lines.number) replay->handled = rows.lines.number;
    replay->good += rows.good;
    replay->bad += rows.bad;
    if (end == FEED_DONE) end = end_pass(feed, rows.name, replay);
    rows_fini(&rows);
    return end;
}

enum feed_end feed_replay_run(struct feed *feed, const struct feed_options *options, void **state) {
    if (!*state) *state = calloc(1, sizeof(struct replay));
    if (!*state) return feed_fail(feed, FEED_FAILED, "no memory");
    enum feed_end end;
    do end = pass(feed, options, *state);
    while (end == FEED_DONE && options->loop);
    return end;
}

void feed_replay_free(void *state) {
    struct replay *replay = state;
    if (replay) input_close(replay->input);
    free(replay);
}
