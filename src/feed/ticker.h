/*
 * What an invented market tells, and when: trades with their bars, and bars that close. Pure: both
 * clocks are arguments, so that a day passes in a test as fast as it is asked for.
 *
 * The pace of the trades is that of the monotonic clock. Stamps and intervals follow the wall
 * clock, but never fall, so that no interval comes twice and a closed bar stays as it is: a clock
 * that is set forward (or a machine that slept) is followed at once; when it is set back, the
 * stamps go on at half the pace until it has caught up.
 *
 * Whoever asks too seldom gets what was missed only up to TICKER_LAG_NS; beyond it the market goes
 * on from now.
 */
#ifndef FEED_TICKER_H
#define FEED_TICKER_H

#include <stdint.h>

#include "feed/bars.h"
#include "feed/market.h"

/** Long enough for a thread to be kept off its core, too short for a burst that anybody minds. */
#define TICKER_LAG_NS UINT64_C(500000000)

struct ticker_times {
    uint64_t monotonic_ns;
    int64_t wall_ns; /**< since 1970 */
};

struct ticker {
    struct market market;
    struct bars bars;
    struct ticker_times now;
    uint64_t next_ns;     /**< when the next trade comes, on the monotonic clock */
    int64_t time_ns;      /**< the market's time: what the wall clock shows or showed at most */
    int64_t stamp_ns;     /**< of what came last */
    uint64_t left_out_ns; /**< time whose trades were left out since the start */
};

enum ticker_event_kind { TICKER_NOTHING, TICKER_TRADE, TICKER_CLOSED };

struct ticker_event {
    int64_t stamp_ns; /**< since 1970; never falls */
    struct market_trade trade;
    const struct bar *bars; /**< of a trade: those that it changed, by interval, until the next */
    struct bars_closed closed; /**< of CLOSED */
};

/** As market_init. The first trades are due at once. */
int ticker_init(struct ticker *ticker, uint64_t seed, const char *const *symbols, uint32_t count,
                uint64_t rate, struct ticker_times now);
void ticker_fini(struct ticker *ticker);

/** Tells what the clocks show; before ticker_next as often as is wished. */
void ticker_look(struct ticker *ticker, struct ticker_times now);

/** The next that is due by then; NOTHING: sleep until ticker_wake_ns. */
enum ticker_event_kind ticker_next(struct ticker *ticker, struct ticker_event *event);

/** When something will be due, on the monotonic clock; at most a second ahead, since the wall clock
 *  may be set meanwhile. */
uint64_t ticker_wake_ns(const struct ticker *ticker);

/** How far the market is ahead of a wall clock that was set back; 0 usually. */
int64_t ticker_ahead_ns(const struct ticker *ticker);

#endif
