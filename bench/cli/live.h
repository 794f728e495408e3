/*
 * What is shown while a load runs: a few lines in place on a terminal, elsewhere a line now and
 * then.
 *
 *     live_init -> live_title and live_show, again and again -> live_fini
 *
 * live_leave may come from another thread; all else from one.
 */
#ifndef BENCH_CLI_LIVE_H
#define BENCH_CLI_LIVE_H

#include <pthread.h>
#include <stdint.h>

#include "base/screen.h"
#include "load/load.h"

#define LIVE_TITLE_BYTES 512

struct live {
    struct screen screen;
    /* of live.c */
    pthread_mutex_t lock; /* of the screen */
    bool quiet, stopping;
    uint64_t told_ns; /* when the last line was written; 0: none yet */
    char title[LIVE_TITLE_BYTES];
};

void live_init(struct live *live, FILE *out, bool quiet);

/** What is being run, for the next showings. */
void live_title(struct live *live, const char *title);

/** A struct load_watch's `progress`; arg is the struct live. */
void live_show(void *arg, const struct load_progress *progress);

/** Writes a line that stays. */
void live_say(struct live *live, const char *sentence);

/** Tells that the run is about to end. */
void live_stopping(struct live *live);

/** Gives the terminal back, for the end of the process. */
void live_leave(struct live *live);

void live_fini(struct live *live);

#endif
