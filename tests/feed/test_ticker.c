/* An invented market under synthetic clocks: whole days in a moment. */
#include "feed/ticker.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#define MS    INT64_C(1000000)
#define S     (1000 * MS)
#define MIN   (60 * S)
#define DAY   (1440 * MIN)
#define START (19676 * DAY) /* 2023-11-15 00:00 UTC */

static const char *const symbols[] = {"AAPL", "MSFT"};
static struct ticker ticker;
static struct ticker_event event;
static struct ticker_times now;

/* What was seen so far. */
static struct seen {
    int64_t stamp_ns;
    unsigned trades, closed[BAR_INTERVALS];
    int64_t last_closed_s[2][BAR_INTERVALS];
    struct bar open[2][BAR_INTERVALS]; /* as the last trade left it */
} seen;

static void begin(uint64_t rate) {
    seen = (struct seen){0};
    now = (struct ticker_times){(uint64_t)(1234 * S), START + MIN};
    cr_assert_eq(ticker_init(&ticker, 1, symbols, 2, rate, now), 0);
}
static void end(void) {
    ticker_fini(&ticker);
}

static int64_t length_s(enum bar_interval interval) {
    return interval == BAR_5MIN ? 300 : 86400;
}

static void take_trade(void) {
    const struct bar *open = seen.open[event.trade.symbol];
    seen.trades++;
    for (enum bar_interval i = BAR_FIRST_CLOSED; i < BAR_INTERVALS; i++) {
        /* of the interval that runs, which is after all that were closed */
        const struct bar *bar = &event.bars[i];
        int64_t stamp_s = event.stamp_ns / S;
        cr_assert_eq(bar->epoch_s, stamp_s - stamp_s % length_s(i));
        cr_assert_gt(bar->epoch_s, seen.last_closed_s[event.trade.symbol][i]);
        cr_assert_eq(bar->volume, (open[i].epoch_s == bar->epoch_s ? open[i].volume : 0) +
                                      (int64_t)event.trade.size);
        seen.open[event.trade.symbol][i] = *bar;
    }
}

/* Closed bars are what the last trade left, once each, in order, and only when they are over. */
static void take_closed(void) {
    const struct bars_closed *closed = &event.closed;
    const struct bar *open = &seen.open[closed->symbol][closed->interval];
    int64_t *last_s = &seen.last_closed_s[closed->symbol][closed->interval];
    cr_assert_geq(closed->interval, BAR_FIRST_CLOSED);
    cr_assert_gt(closed->bar.epoch_s, *last_s);
    cr_assert_leq(closed->bar.epoch_s + length_s(closed->interval), event.stamp_ns / S);
    cr_assert_eq(closed->bar.epoch_s, open->epoch_s);
    cr_assert_eq(closed->bar.close, open->close);
    cr_assert_eq(closed->bar.volume, open->volume);
    *last_s = closed->bar.epoch_s;
    seen.closed[closed->interval]++;
}

/* Takes all that is due. */
static void look(void) {
    enum ticker_event_kind kind;
    ticker_look(&ticker, now);
    while ((kind = ticker_next(&ticker, &event)) != TICKER_NOTHING) {
        cr_assert_geq(event.stamp_ns, seen.stamp_ns);
        seen.stamp_ns = event.stamp_ns;
        if (kind == TICKER_TRADE) take_trade();
        if (kind == TICKER_CLOSED) take_closed();
    }
    cr_assert_gt(ticker_wake_ns(&ticker), now.monotonic_ns);
    cr_assert_leq(ticker_wake_ns(&ticker), now.monotonic_ns + (uint64_t)S);
}

/* Both clocks go on by `ns`; looks whenever the ticker wants. */
static void pass(int64_t ns) {
    uint64_t until = now.monotonic_ns + (uint64_t)ns;
    while (now.monotonic_ns < until) {
        uint64_t wake = ticker_wake_ns(&ticker);
        if (wake > until) wake = until;
        now.wall_ns += (int64_t)(wake - now.monotonic_ns);
        now.monotonic_ns = wake;
        look();
    }
}

Test(ticker, a_trade_of_each_symbol_comes_at_once, .fini = end) {
    begin(1);
    look();
    cr_expect_eq(seen.trades, 2);
    cr_expect_eq(seen.stamp_ns, now.wall_ns);
}

Test(ticker, trades_come_at_the_rate_and_bars_close_by_the_clock, .fini = end) {
    begin(20);
    look();
    pass(DAY);
    cr_expect(abs((int)seen.trades - 20 * 86400) < 20 * 864, "%u", seen.trades);
    cr_expect_eq(seen.closed[BAR_5MIN], 2 * 288, "%u", seen.closed[BAR_5MIN]);
    cr_expect_eq(seen.closed[BAR_1D], 2);
    cr_expect_eq(ticker.left_out_ns, 0);
    cr_expect_eq(ticker_ahead_ns(&ticker), 0);
}

Test(ticker, a_bar_closes_at_the_boundary_though_no_trade_comes, .fini = end) {
    begin(1);
    look();
    ticker.next_ns = UINT64_MAX / 2; /* the market has no further trade */
    pass(4 * MIN - S / 3);
    cr_expect_eq(ticker_wake_ns(&ticker), now.monotonic_ns + S / 3);
    pass(S / 3 - 1);
    cr_expect_eq(seen.closed[BAR_5MIN], 0);
    pass(1);
    cr_expect_eq(seen.closed[BAR_5MIN], 2);
    pass(2 * DAY);
    cr_expect_eq(seen.closed[BAR_5MIN], 2);
    cr_expect_eq(seen.closed[BAR_1D], 2);
    cr_expect_eq(seen.trades, 2);
}

Test(ticker, a_trade_bears_the_time_at_which_it_was_due, .fini = end) {
    begin(1000);
    look();
    int64_t before_ns = now.wall_ns;
    now.monotonic_ns += 100 * MS;
    now.wall_ns += 100 * MS;
    ticker_look(&ticker, now);
    int64_t due_ns = before_ns + (int64_t)ticker.next_ns - (int64_t)(1234 * S);
    cr_assert_eq(ticker_next(&ticker, &event), TICKER_TRADE);
    cr_expect_eq(event.stamp_ns, due_ns);
    due_ns += (int64_t)event.trade.gap_ns;
    cr_assert_eq(ticker_next(&ticker, &event), TICKER_TRADE);
    cr_expect_eq(event.stamp_ns, due_ns);
}

Test(ticker, what_was_missed_is_made_up_for_only_within_the_lag, .fini = end) {
    begin(1000);
    look();
    unsigned before = seen.trades;
    now.monotonic_ns += TICKER_LAG_NS - 10 * MS;
    now.wall_ns += TICKER_LAG_NS - 10 * MS;
    look();
    cr_expect(abs((int)(seen.trades - before) - 490) < 100, "%u", seen.trades - before);
    cr_expect_eq(ticker.left_out_ns, 0);
    before = seen.trades;
    now.monotonic_ns += 3600 * S;
    now.wall_ns += 3600 * S;
    look();
    cr_expect_lt(seen.trades - before, 10, "goes on from now");
    cr_expect_eq(ticker.left_out_ns / S, 3599);
    pass(S);
    cr_expect(abs((int)(seen.trades - before) - 1000) < 200, "%u", seen.trades - before);
}

Test(ticker, a_clock_set_forward_is_followed_at_once, .fini = end) {
    begin(20);
    look();
    pass(MIN);
    now.wall_ns += 3 * DAY; /* or the machine slept for so long */
    look();
    cr_expect_eq(seen.closed[BAR_5MIN], 2);
    cr_expect_eq(seen.closed[BAR_1D], 2);
    pass(S);
    cr_expect(now.wall_ns - seen.stamp_ns < S);
    cr_expect_eq(ticker_ahead_ns(&ticker), 0);
    pass(10 * MIN);
    cr_expect_eq(seen.closed[BAR_5MIN], 2 + 4);
}

Test(ticker, after_a_clock_was_set_back_no_interval_comes_twice, .fini = end) {
    begin(20);
    look();
    pass(9 * MIN);
    cr_expect_eq(seen.closed[BAR_5MIN], 4);
    int64_t before_ns = seen.stamp_ns;
    now.wall_ns -= 60 * MIN;
    look();
    cr_expect_eq(ticker_ahead_ns(&ticker), 60 * MIN);
    unsigned trades = seen.trades;
    pass(60 * MIN); /* at half the pace */
    cr_expect(llabs(seen.stamp_ns - before_ns - 30 * MIN) < 2 * S);
    cr_expect(llabs(ticker_ahead_ns(&ticker) - 30 * MIN) < S);
    cr_expect(abs((int)(seen.trades - trades) - 72000) < 2000, "the pace of the trades stays");
    cr_expect_eq(seen.closed[BAR_5MIN], 4 + 2 * 6);
    pass(61 * MIN);
    cr_expect_eq(ticker_ahead_ns(&ticker), 0);
    cr_expect(now.wall_ns - seen.stamp_ns < S);
}

Test(ticker, stamps_do_not_fall_when_the_clock_was_set_back_and_trades_are_late, .fini = end) {
    begin(50);
    look();
    pass(MIN);
    now.wall_ns -= 60 * MIN;
    for (int i = 0; i < 1000; i++) {
        now.monotonic_ns += 100 * MS;
        now.wall_ns += 100 * MS;
        look();
    }
    cr_expect(abs((int)seen.trades - 50 * 160) < 400, "%u", seen.trades);
}

Test(ticker, a_clock_before_1970_stops_nothing, .fini = end) {
    begin(20);
    ticker_fini(&ticker);
    now.wall_ns = -DAY;
    cr_assert_eq(ticker_init(&ticker, 1, symbols, 2, 20, now), 0);
    seen.last_closed_s[0][BAR_5MIN] = seen.last_closed_s[1][BAR_5MIN] = -1;
    seen.last_closed_s[0][BAR_1D] = seen.last_closed_s[1][BAR_1D] = -1;
    look();
    pass(20 * MIN);
    cr_expect_eq(seen.closed[BAR_5MIN], 2 * 2); /* at half the pace */
}
