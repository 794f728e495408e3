#include "feed/market.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct market market;
static struct market_trade trade;

static void end(void) {
    market_fini(&market);
}

static void begin(uint64_t seed, uint64_t rate) {
    cr_assert_eq(market_init(&market, seed, market_symbols, MARKET_SYMBOLS, rate), 0);
}

static void expect_trade(size_t i, const struct market_trade *expected) {
    market_next(&market, &trade);
    cr_expect_eq(trade.symbol, expected->symbol, "%zu: symbol %u", i, trade.symbol);
    cr_expect_eq(trade.price, expected->price, "%zu: price %u", i, trade.price);
    cr_expect_eq(trade.bid, expected->bid, "%zu: bid %u", i, trade.bid);
    cr_expect_eq(trade.ask, expected->ask, "%zu: ask %u", i, trade.ask);
    cr_expect_eq(trade.size, expected->size, "%zu: size %u", i, trade.size);
    cr_expect_eq(trade.bid_size, expected->bid_size, "%zu: bid size %u", i, trade.bid_size);
    cr_expect_eq(trade.ask_size, expected->ask_size, "%zu: ask size %u", i, trade.ask_size);
    cr_expect_eq(trade.gap_ns, expected->gap_ns, "%zu: gap %lu", i, (unsigned long)trade.gap_ns);
}

Test(market, a_seed_makes_these_trades_on_every_machine, .fini = end) {
    static const struct market_trade expected[] = {
        {0, 22924, 22924, 22927, 1000, 100, 100, 0},
        {1, 43226, 43226, 43235, 200, 100, 200, 0},
        {2, 13608, 13607, 13608, 200, 200, 100, 0},
        {3, 20119, 20119, 20122, 100, 100, 100, 0},
        {4, 17544, 17544, 17547, 200, 300, 200, 0},
        {5, 27843, 27843, 27845, 100, 100, 200, 0},
        {6, 58437, 58437, 58440, 5, 100, 100, 0},
        {7, 49931, 49931, 49936, 100, 500, 100, 19858461},
        {0, 22924, 22924, 22926, 1000, 600, 100, 195634508},
        {7, 49924, 49924, 49927, 100, 300, 100, 7773873},
        {6, 58444, 58441, 58444, 100, 100, 100, 26703321},
        {0, 22926, 22924, 22926, 100, 100, 100, 6000825},
    };
    begin(1, 20);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) expect_trade(i, &expected[i]);
}

/* The whole of a long sequence in one number. */
static uint64_t digest(uint64_t seed, unsigned count) {
    uint64_t sum = 0;
    begin(seed, 20);
    for (unsigned i = 0; i < count; i++) {
        market_next(&market, &trade);
        sum = (sum ^ trade.symbol) * 1099511628211U;
        sum = (sum ^ trade.price) * 1099511628211U;
        sum = (sum ^ trade.size) * 1099511628211U;
        sum = (sum ^ trade.gap_ns) * 1099511628211U;
    }
    market_fini(&market);
    return sum;
}

Test(market, a_hundred_thousand_trades_of_a_seed_are_always_the_same) {
    cr_expect_eq(digest(1, 100000), 4461235326789591808U, "%lu", (unsigned long)digest(1, 100000));
    cr_expect_neq(digest(2, 100000), digest(1, 100000));
}

Test(market, the_first_trades_are_one_of_each_symbol_at_once, .fini = end) {
    begin(7, 20);
    for (uint32_t i = 0; i < MARKET_SYMBOLS; i++) {
        market_next(&market, &trade);
        cr_expect_eq(trade.symbol, i);
        cr_expect(trade.gap_ns == 0 || i == MARKET_SYMBOLS - 1);
    }
    cr_expect_gt(trade.gap_ns, 0);
}

Test(market, a_market_of_one_symbol_trades, .fini = end) {
    const char *const symbol = "X";
    cr_assert_eq(market_init(&market, 0, &symbol, 1, 1000000), 0);
    for (int i = 0; i < 1000; i++) {
        market_next(&market, &trade);
        cr_assert_eq(trade.symbol, 0);
    }
}

static void check_trade(void) {
    cr_assert_lt(trade.bid, trade.ask);
    cr_assert_geq(trade.bid, 1);
    cr_assert(trade.price == trade.bid || trade.price == trade.ask);
    cr_assert_gt(trade.size, 0);
    cr_assert(trade.bid_size > 0 && trade.ask_size > 0);
}

Test(market, prices_stay_between_half_and_twice_the_known_one, .fini = end) {
    /* the largest steps: with few trades a second the walk reaches both bounds within the test */
    const char *const symbols[] = {"AAPL", "X1", "X2", "X3"};
    uint32_t lowest[4], highest[4], known[4];
    cr_assert_eq(market_init(&market, 3, symbols, 4, 1), 0);
    market.step_ppb = 3000000;
    for (int i = 0; i < 4; i++) {
        known[i] = (uint32_t)(market.walks[i].lowest * 2 / 10000);
        cr_assert(known[i] >= 500 && known[i] <= 64000);
        lowest[i] = UINT32_MAX;
        highest[i] = 0;
    }
    cr_assert_eq(known[0], 23000);
    for (int i = 0; i < 3000000; i++) {
        market_next(&market, &trade);
        check_trade();
        uint32_t of = trade.symbol, middle = (trade.bid + trade.ask) / 2;
        if (middle < lowest[of]) lowest[of] = middle;
        if (middle > highest[of]) highest[of] = middle;
    }
    for (int i = 0; i < 4; i++) {
        cr_expect(lowest[i] + 1 >= known[i] / 2 && lowest[i] < known[i] * 6 / 10, "%d: %u", i,
                  lowest[i]);
        cr_expect(highest[i] <= known[i] * 2 + 1 && highest[i] > known[i] * 18 / 10, "%d: %u", i,
                  highest[i]);
    }
}

/* Of the default market at `rate`. */
static void expect_pace(uint64_t rate) {
    enum { TRADES = 1000000 };
    double sum = 0, squares = 0;
    unsigned of[MARKET_SYMBOLS] = {0}, lots = 0;
    begin(5, rate);
    for (int i = 0; i < TRADES; i++) {
        market_next(&market, &trade);
        double gap = (double)trade.gap_ns * (double)rate / 1e9;
        sum += gap;
        squares += gap * gap;
        of[trade.symbol]++;
        lots += trade.size % 100 == 0;
    }
    market_fini(&market);
    double mean = sum / TRADES, deviation = sqrt(squares / TRADES - mean * mean);
    cr_expect(fabs(mean - 1) < 0.01, "mean gap %f", mean);
    cr_expect(fabs(deviation - 1) < 0.01, "deviation of the gaps %f", deviation);
    for (int i = 1; i < MARKET_SYMBOLS; i++) cr_expect_lt(of[i], of[i - 1]);
    cr_expect(of[0] > 3 * of[7] && of[7] > TRADES / 100, "%u %u", of[0], of[7]);
    cr_expect(lots > TRADES * 8 / 10 && lots < TRADES, "%u", lots);
}

Test(market, gaps_are_exponential_and_symbols_busy_and_quiet_at_every_rate) {
    expect_pace(1);
    expect_pace(20);
    expect_pace(1000000);
}

Test(market, a_price_walks_as_far_in_a_second_at_every_rate) {
    /* the deviation of what it makes in 10 s, in billionths: 120000 * sqrt(10), for the symbol that
     * trades 2.8 times as often as the mean one more */
    static const uint64_t rates[] = {20, 1000, 100000};
    for (size_t r = 0; r < 3; r++) {
        double squares = 0;
        unsigned times = 0;
        begin(9, rates[r]);
        market_next(&market, &trade);
        for (uint64_t second = 0; second < 400; second += 10, times++) {
            int64_t before = market.walks[0].micros;
            uint64_t until = 10000000000, passed = 0;
            for (; passed < until; passed += trade.gap_ns) market_next(&market, &trade);
            double change = (double)(market.walks[0].micros - before) / (double)before;
            squares += change * change;
        }
        market_fini(&market);
        double deviation = sqrt(squares / times);
        cr_expect(deviation > 0.0004 && deviation < 0.0010, "at %lu: %f", (unsigned long)rates[r],
                  deviation);
    }
}
