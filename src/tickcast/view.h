/*
 * What `tickcast sub --table` shows: the table with a line about the connection above it, on a
 * terminal as often as it changes, but at most some ten times a second; elsewhere whole now and
 * then. One thread.
 */
#ifndef TICKCAST_CLI_VIEW_H
#define TICKCAST_CLI_VIEW_H

#include <stdint.h>

#include "base/screen.h"
#include "tickcast/table.h"

#define VIEW_STATE_BYTES 1024

struct view {
    struct screen screen;
    /* of view.c */
    struct table *table;
    const char *url;
    char state[VIEW_STATE_BYTES];
    uint64_t messages;
    bool changed;                     /* since the last drawing */
    uint64_t drawn_ns;                /* 0: never */
    uint64_t sample_ns, sample, rate; /* messages when they were last counted, and a second */
};

/** 0, or -1 without memory. `url` lives on. */
int view_init(struct view *view, const char *url, FILE *out);

/** Takes a message; one for which there is no memory is counted below the table. */
void view_put(struct view *view, const struct tickcast_payload *payload);

/** Counts a message that is no payload. */
void view_left_out(struct view *view);

/** How the connection is: one line, printable. */
void view_state(struct view *view, const char *state);

/** When view_draw has something to do, if nothing happens: clock_now_ns, or UINT64_MAX. */
uint64_t view_due_ns(const struct view *view);

/** Draws, if it is due. */
void view_draw(struct view *view);

/** After SIGWINCH: draws at once in the new size. */
void view_resize(struct view *view);

/** Gives the terminal back, for a stop of the process; the next drawing takes it again. */
void view_pause(struct view *view);

/** Draws the last table, gives the terminal back and frees. */
void view_fini(struct view *view);

#endif
