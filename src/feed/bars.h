/*
 * Trades to bars of four intervals for each symbol. Pure: the time is an argument, in seconds since
 * 1970, and never falls from one call to the next. Intervals begin at UTC boundaries.
 *
 *     while (bars_close(bars, now, &closed)) ...     what is over by now, each bar once
 *     bar = bars_trade(bars, symbol, now, ...)       the bars that the trade changed
 */
#ifndef FEED_BARS_H
#define FEED_BARS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum bar_interval { BAR_1SEC, BAR_1MIN, BAR_5MIN, BAR_1D, BAR_INTERVALS };
/** From this one on a bar is given out at its close, before it at every change. */
#define BAR_FIRST_CLOSED BAR_5MIN

/** A bar; one with volume 0 is none. Prices are in cents. */
struct bar {
    int64_t epoch_s; /**< start of its interval */
    uint32_t open, high, low, close;
    int64_t volume;
};

struct bars_closed {
    uint32_t symbol;
    enum bar_interval interval;
    struct bar bar;
};

struct bars {
    struct bar (*of)[BAR_INTERVALS]; /* by symbol */
    uint32_t count;
    int64_t due_s;              /* the next boundary at which bars close */
    enum bar_interval interval; /* where the search for bars to close goes on ... */
    uint32_t symbol;            /* ... */
};

/** 0, or -1 without memory. */
int bars_init(struct bars *bars, uint32_t count);
void bars_fini(struct bars *bars);

/** The next bar that is over at `now_s`, short intervals first; false if there is none. Between two
 *  boundaries it costs a comparison. */
bool bars_close(struct bars *bars, int64_t now_s, struct bars_closed *closed);

/** Adds a trade, after bars_close has answered false for `now_s`. Returns the symbol's bars, by
 *  interval, valid until the next call. */
const struct bar *bars_trade(struct bars *bars, uint32_t symbol, int64_t now_s, uint32_t price,
                             uint32_t size);

#endif
