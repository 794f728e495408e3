#include "feed/bars.h"

#include <criterion/criterion.h>

#define DAY INT64_C(1700006400) /* 2023-11-15 00:00 UTC */

static struct bars bars;

static void begin(void) {
    cr_assert_eq(bars_init(&bars, 3), 0);
}
static void end(void) {
    bars_fini(&bars);
}

static void expect_bar(const struct bar *bar, struct bar expected) {
    cr_expect_eq(bar->epoch_s, expected.epoch_s, "epoch %ld", (long)bar->epoch_s);
    cr_expect_eq(bar->open, expected.open, "open %u", bar->open);
    cr_expect_eq(bar->high, expected.high, "high %u", bar->high);
    cr_expect_eq(bar->low, expected.low, "low %u", bar->low);
    cr_expect_eq(bar->close, expected.close, "close %u", bar->close);
    cr_expect_eq(bar->volume, expected.volume, "volume %ld", (long)bar->volume);
}

static void expect_closed(int64_t now_s, uint32_t symbol, enum bar_interval interval,
                          struct bar expected) {
    struct bars_closed closed;
    cr_assert(bars_close(&bars, now_s, &closed));
    cr_expect_eq(closed.symbol, symbol);
    cr_expect_eq(closed.interval, interval);
    expect_bar(&closed.bar, expected);
}

static void expect_no_more(int64_t now_s) {
    struct bars_closed closed;
    cr_assert(!bars_close(&bars, now_s, &closed), "symbol %u, interval %d", closed.symbol,
              closed.interval);
}

static const struct bar *trade(uint32_t symbol, int64_t now_s, uint32_t price, uint32_t size) {
    expect_no_more(now_s);
    return bars_trade(&bars, symbol, now_s, price, size);
}

Test(bars, trades_make_open_high_low_close_and_volume, .init = begin, .fini = end) {
    trade(1, DAY + 3725, 1000, 10);
    trade(1, DAY + 3725, 1200, 20);
    trade(1, DAY + 3725, 900, 30);
    const struct bar *of = trade(1, DAY + 3725, 1100, 40);
    expect_bar(&of[BAR_1SEC], (struct bar){DAY + 3725, 1000, 1200, 900, 1100, 100});
    expect_bar(&of[BAR_1MIN], (struct bar){DAY + 3720, 1000, 1200, 900, 1100, 100});
    expect_bar(&of[BAR_5MIN], (struct bar){DAY + 3600, 1000, 1200, 900, 1100, 100});
    expect_bar(&of[BAR_1D], (struct bar){DAY, 1000, 1200, 900, 1100, 100});
}

Test(bars, each_interval_begins_anew_at_its_boundary, .init = begin, .fini = end) {
    trade(0, DAY + 59, 1000, 1);
    const struct bar *of = trade(0, DAY + 60, 2000, 2);
    expect_bar(&of[BAR_1SEC], (struct bar){DAY + 60, 2000, 2000, 2000, 2000, 2});
    expect_bar(&of[BAR_1MIN], (struct bar){DAY + 60, 2000, 2000, 2000, 2000, 2});
    expect_bar(&of[BAR_5MIN], (struct bar){DAY, 1000, 2000, 1000, 2000, 3});
    expect_bar(&of[BAR_1D], (struct bar){DAY, 1000, 2000, 1000, 2000, 3});
}

Test(bars, symbols_are_apart, .init = begin, .fini = end) {
    trade(0, DAY, 1000, 1);
    const struct bar *of = trade(2, DAY, 2000, 2);
    expect_bar(&of[BAR_1D], (struct bar){DAY, 2000, 2000, 2000, 2000, 2});
}

Test(bars, an_interval_closes_at_its_end_once_without_a_further_trade, .init = begin, .fini = end) {
    trade(0, DAY + 299, 1000, 1);
    trade(2, DAY + 299, 2000, 2);
    expect_no_more(DAY + 299);
    expect_closed(DAY + 300, 0, BAR_5MIN, (struct bar){DAY, 1000, 1000, 1000, 1000, 1});
    expect_closed(DAY + 300, 2, BAR_5MIN, (struct bar){DAY, 2000, 2000, 2000, 2000, 2});
    for (int64_t now_s = DAY + 300; now_s < DAY + 86400; now_s += 7) expect_no_more(now_s);
    expect_closed(DAY + 86400, 0, BAR_1D, (struct bar){DAY, 1000, 1000, 1000, 1000, 1});
    expect_closed(DAY + 86400, 2, BAR_1D, (struct bar){DAY, 2000, 2000, 2000, 2000, 2});
    expect_no_more(DAY + 86400);
    expect_no_more(DAY + 10 * 86400);
}

Test(bars, a_trade_after_the_close_is_of_the_next_bar, .init = begin, .fini = end) {
    trade(0, DAY + 10, 1000, 1);
    expect_closed(DAY + 300, 0, BAR_5MIN, (struct bar){DAY, 1000, 1000, 1000, 1000, 1});
    const struct bar *of = trade(0, DAY + 300, 3000, 3);
    expect_bar(&of[BAR_5MIN], (struct bar){DAY + 300, 3000, 3000, 3000, 3000, 3});
    expect_bar(&of[BAR_1D], (struct bar){DAY, 1000, 3000, 1000, 3000, 4});
    expect_closed(DAY + 600, 0, BAR_5MIN, (struct bar){DAY + 300, 3000, 3000, 3000, 3000, 3});
    expect_no_more(DAY + 600);
}

Test(bars, after_days_without_a_look_each_bar_still_closes_once, .init = begin, .fini = end) {
    trade(1, DAY + 86399, 1000, 1);
    expect_closed(DAY + 5 * 86400 + 1, 1, BAR_5MIN,
                  (struct bar){DAY + 86100, 1000, 1000, 1000, 1000, 1});
    expect_closed(DAY + 5 * 86400 + 1, 1, BAR_1D, (struct bar){DAY, 1000, 1000, 1000, 1000, 1});
    expect_no_more(DAY + 5 * 86400 + 1);
}

Test(bars, a_day_that_ends_while_five_minutes_are_closed_is_not_forgotten, .init = begin,
     .fini = end) {
    for (uint32_t i = 0; i < 3; i++) trade(i, DAY + 86000, 1000, 1);
    struct bar five = {DAY + 85800, 1000, 1000, 1000, 1000, 1};
    struct bar day = {DAY, 1000, 1000, 1000, 1000, 1};
    expect_closed(DAY + 86100, 0, BAR_5MIN, five);
    expect_closed(DAY + 86100, 1, BAR_5MIN, five);
    expect_closed(DAY + 86400, 2, BAR_5MIN, five); /* of the search that began at 23:55 */
    for (uint32_t i = 0; i < 3; i++) expect_closed(DAY + 86400, i, BAR_1D, day);
    expect_no_more(DAY + 86400);
}

Test(bars, a_look_a_second_before_the_end_of_the_day_closes_no_day, .init = begin, .fini = end) {
    trade(0, DAY + 86000, 1000, 1);
    expect_closed(DAY + 86399, 0, BAR_5MIN, (struct bar){DAY + 85800, 1000, 1000, 1000, 1000, 1});
    expect_no_more(DAY + 86399);
    expect_closed(DAY + 86400, 0, BAR_1D, (struct bar){DAY, 1000, 1000, 1000, 1000, 1});
}
