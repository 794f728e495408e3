#include "feed/ticker.h"

#include "base/clock.h"

#define S_NS ((int64_t)NS_PER_S)

static int64_t later(int64_t a, int64_t b) {
    return a > b ? a : b;
}

int ticker_init(struct ticker *ticker, uint64_t seed, const char *const *symbols, uint32_t count,
                uint64_t rate, struct ticker_times now) {
    int64_t time_ns = later(now.wall_ns, 0); /* intervals before 1970 are nobody's */
    *ticker = (struct ticker){.now = now, .next_ns = now.monotonic_ns, .time_ns = time_ns};
    if (market_init(&ticker->market, seed, symbols, count, rate) < 0) return -1;
    if (bars_init(&ticker->bars, count) == 0) return 0;
    market_fini(&ticker->market);
    return -1;
}

void ticker_fini(struct ticker *ticker) {
    market_fini(&ticker->market);
    bars_fini(&ticker->bars);
}

void ticker_look(struct ticker *ticker, struct ticker_times now) {
    int64_t passed_ns = (int64_t)(now.monotonic_ns - ticker->now.monotonic_ns);
    ticker->time_ns = later(now.wall_ns, ticker->time_ns + (passed_ns + 1) / 2);
    ticker->now = now;
    if (ticker->next_ns + TICKER_LAG_NS >= now.monotonic_ns) return;
    ticker->left_out_ns += now.monotonic_ns - ticker->next_ns;
    ticker->next_ns = now.monotonic_ns;
}

enum ticker_event_kind ticker_next(struct ticker *ticker, struct ticker_event *event) {
    /* A trade bears the time at which it was due, not that at which somebody looked. */
    bool due = ticker->now.monotonic_ns >= ticker->next_ns;
    int64_t late_ns = due ? (int64_t)(ticker->now.monotonic_ns - ticker->next_ns) : 0;
    ticker->stamp_ns = later(ticker->stamp_ns, ticker->time_ns - late_ns);
    event->stamp_ns = ticker->stamp_ns;
    int64_t now_s = ticker->stamp_ns / S_NS;
    if (bars_close(&ticker->bars, now_s, &event->closed)) return TICKER_CLOSED;
    if (!due) return TICKER_NOTHING;
    struct market_trade *trade = &event->trade;
    market_next(&ticker->market, trade);
    ticker->next_ns += trade->gap_ns;
    event->bars = bars_trade(&ticker->bars, trade->symbol, now_s, trade->price, trade->size);
    return TICKER_TRADE;
}

uint64_t ticker_wake_ns(const struct ticker *ticker) {
    uint64_t wake_ns = ticker->now.monotonic_ns + NS_PER_S;
    int64_t close_ns = ticker->bars.due_s * S_NS - ticker->time_ns;
    if (close_ns < S_NS) wake_ns = ticker->now.monotonic_ns + (uint64_t)later(close_ns, 0);
    return ticker->next_ns < wake_ns ? ticker->next_ns : wake_ns;
}

int64_t ticker_ahead_ns(const struct ticker *ticker) {
    return later(ticker->time_ns - ticker->now.wall_ns, 0);
}
