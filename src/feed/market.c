#include "feed/market.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/random.h"

#define MICROS_PER_CENT 10000
#define PPB             INT64_C(1000000000)
#define START_PPB       (PPB / 200) /* the first price is half a percent off the known one */
#define SECOND_PPB      120000 /* a walk of 0.012 % a second is 30 % in a year of trading hours */
#define STEP_MOST_PPB   (PPB / 333) /* quiet markets do not jump by more than 0.3 % as a rule */
#define ODD_LOT         8           /* one trade in so many is less than a lot of 100 */
#define BLOCK           64          /* one in so many is ten times as large */

const char *const market_symbols[MARKET_SYMBOLS] = {"AAPL", "MSFT", "NVDA", "AMZN",
                                                    "GOOG", "TSLA", "SPY",  "QQQ"};
static const int64_t known_cents[MARKET_SYMBOLS] = {23000, 43000, 13500, 20000,
                                                    17500, 28000, 58000, 50000};

/* Takes a number below `end` off the low 32 bits of `*random`. */
static uint32_t below(uint64_t *random, uint32_t end) {
    uint64_t low = *random & UINT32_MAX;
    *random >>= 32;
    return (uint32_t)(low * end >> 32);
}

/* 1 with the chance 1/2, 2 with 1/4, ... 8; of the low 7 bits. */
static uint32_t halving(uint64_t bits) {
    return (uint32_t)__builtin_ctzll(bits | 0x80) + 1;
}

static int64_t known_price(const char *symbol) {
    for (size_t i = 0; i < MARKET_SYMBOLS; i++)
        if (strcmp(symbol, market_symbols[i]) == 0) return known_cents[i] * MICROS_PER_CENT;
    uint64_t hash = hash_bytes(symbol, strlen(symbol), 0);
    /* 5 to 640 dollars, each doubling as likely as another */
    uint32_t doublings = below(&hash, 7);
    return (INT64_C(500) + below(&hash, 500)) * MICROS_PER_CENT << doublings;
}

/* One step: the sum of four uniform numbers is close to a normal one and needs no libm. */
static void walk(struct market *market, struct market_walk *walk, int64_t step_ppb) {
    uint64_t bits = random_next(&market->random);
    int64_t sum =
        (int64_t)((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48)) -
        2 * 0xffff;
    int64_t deviation = 37837; /* of the sum: 65536 * sqrt(4 / 12) */
    int64_t micros = walk->micros + walk->micros * step_ppb / PPB * sum / deviation;
    /* reflected at the bounds; one step is far smaller than what lies between them */
    if (micros < walk->lowest) micros = 2 * walk->lowest - micros;
    if (micros > walk->highest) micros = 2 * walk->highest - micros;
    walk->micros = micros;
}

int market_init(struct market *market, uint64_t seed, const char *const *symbols, uint32_t count,
                uint64_t rate) {
    *market = (struct market){.random = seed, .rate = rate, .count = count};
    market->walks = malloc(count * sizeof *market->walks);
    if (market->walks == NULL) return -1;
    /* The variance of a step is that of the time between two trades of a symbol. sqrt is exact by
     * IEEE 754, unlike the rest of libm. */
    double step = SECOND_PPB * sqrt((double)count / (double)rate);
    market->step_ppb = step < (double)STEP_MOST_PPB ? (int64_t)step : STEP_MOST_PPB;
    for (uint32_t i = 0; i < count; i++) {
        int64_t known = known_price(symbols[i]);
        market->walks[i] = (struct market_walk){known, known / 2, known * 2};
        walk(market, &market->walks[i], START_PPB);
    }
    return 0;
}

void market_fini(struct market *market) {
    free(market->walks);
    market->walks = NULL;
}

static uint32_t choose(struct market *market) {
    if (market->begun < market->count) return market->begun++;
    uint64_t even = random_next(&market->random) >> 32;
    return (uint32_t)((even * even >> 32) * market->count >> 32);
}

/* An exponential number of mean 1, in 2^-24, by von Neumann's method, which only compares: draw
 * while the numbers fall; a run of odd length gives its first number, and each run of even length
 * before it adds 1. */
static uint64_t exponential(struct market *market) {
    for (uint64_t whole = 0;; whole++) {
        uint64_t first = random_next(&market->random) >> 40, last = first, next;
        unsigned length = 1;
        for (; (next = random_next(&market->random) >> 40) < last; length++) last = next;
        if (length % 2 == 1) return (whole << 24) + first;
    }
}

static uint32_t size_of_trade(struct market *market) {
    uint64_t random = random_next(&market->random);
    uint32_t kind = below(&random, BLOCK);
    if (kind % ODD_LOT == 1) return 1 + below(&random, 99);
    return (kind == 0 ? 1000 : 100) * halving(random);
}

void market_next(struct market *market, struct market_trade *trade) {
    trade->symbol = choose(market);
    struct market_walk *of = &market->walks[trade->symbol];
    walk(market, of, market->step_ppb);

    uint64_t random = random_next(&market->random);
    uint32_t cents = (uint32_t)(of->micros / MICROS_PER_CENT);
    uint32_t spread = cents / 20000 + halving(random); /* and half a basis point */
    trade->bid = cents - spread / 2;
    trade->ask = trade->bid + spread;
    trade->price = random & 0x80 ? trade->bid : trade->ask;
    trade->bid_size = 100 * halving(random >> 8);
    trade->ask_size = 100 * halving(random >> 16);
    trade->size = size_of_trade(market);
    trade->gap_ns = 0;
    if (market->begun == market->count)
        trade->gap_ns = exponential(market) * 1000000000 / market->rate >> 24;
}
