/*
 * An invented market: each symbol's price is a random walk. Pure: no clock, no I/O, and integers
 * throughout, so the same seed, symbols and rate make the same trades on every machine.
 *
 * The first trades are one of each symbol, all at once. After that trades come at random, with
 * exponential gaps; symbols named first are the busiest (the chance falls with the square root of
 * the place). A price walks as far in a second at every rate and stays between half and twice the
 * price at which its symbol is known.
 */
#ifndef FEED_MARKET_H
#define FEED_MARKET_H

#include <stddef.h>
#include <stdint.h>

/** The symbols of a market for which none are named. */
#define MARKET_SYMBOLS 8
extern const char *const market_symbols[MARKET_SYMBOLS];

/** A trade, and the quote that stood when it came. Prices are in cents. */
struct market_trade {
    uint32_t symbol; /**< place in the list */
    uint32_t price, bid, ask;
    uint32_t size, bid_size, ask_size;
    uint64_t gap_ns; /**< until the next trade of the market */
};

struct market_walk {
    int64_t micros; /**< the price in millionths of a dollar */
    int64_t lowest, highest;
};

struct market {
    uint64_t random, rate;
    int64_t step_ppb; /**< standard deviation of a step, in billionths of the price */
    uint32_t count, begun;
    struct market_walk *walks;
};

/** `count` symbols (at least 1; read during the call only), `rate` trades a second (at least 1).
 *  0, or -1 without memory. */
int market_init(struct market *market, uint64_t seed, const char *const *symbols, uint32_t count,
                uint64_t rate);
void market_fini(struct market *market);

/** Makes the next trade; some 200 instructions. */
void market_next(struct market *market, struct market_trade *trade);

#endif
