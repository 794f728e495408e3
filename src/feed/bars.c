#include "feed/bars.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t seconds[BAR_INTERVALS] = {1, 60, 300, 86400};

int bars_init(struct bars *bars, uint32_t count) {
    *bars = (struct bars){.count = count, .interval = BAR_INTERVALS};
    bars->of = calloc(count, sizeof *bars->of);
    return bars->of != NULL ? 0 : -1;
}

void bars_fini(struct bars *bars) {
    free(bars->of);
    bars->of = NULL;
}

/* The next bar that is over at `bars->closing_s`, from where the search has come. */
static bool search(struct bars *bars, struct bars_closed *closed) {
    for (; bars->interval < BAR_INTERVALS; bars->interval++, bars->symbol = 0) {
        for (; bars->symbol < bars->count; bars->symbol++) {
            struct bar *bar = &bars->of[bars->symbol][bars->interval];
            if (bar->volume == 0 || bar->epoch_s + seconds[bars->interval] > bars->closing_s)
                continue;
            *closed = (struct bars_closed){bars->symbol, bars->interval, *bar};
            bar->volume = 0;
            return true;
        }
    }
    return false;
}

bool bars_close(struct bars *bars, int64_t now_s, struct bars_closed *closed) {
    while (now_s >= bars->due_s) {
        /* A search keeps to its time: a later one would miss what it has passed. */
        if (bars->interval == BAR_INTERVALS) {
            bars->interval = BAR_FIRST_CLOSED;
            bars->symbol = 0;
            bars->closing_s = now_s;
        }
        if (search(bars, closed)) return true;
        /* every longer interval ends where one of these does */
        int64_t shortest = seconds[BAR_FIRST_CLOSED];
        bars->due_s = bars->closing_s - bars->closing_s % shortest + shortest;
    }
    return false;
}

static void add(struct bar *bar, int64_t epoch_s, uint32_t price, uint32_t size) {
    if (bar->volume == 0 || bar->epoch_s != epoch_s) {
        *bar = (struct bar){epoch_s, price, price, price, price, size};
        return;
    }
    if (price > bar->high) bar->high = price;
    if (price < bar->low) bar->low = price;
    bar->close = price;
    bar->volume += size;
}

const struct bar *bars_trade(struct bars *bars, uint32_t symbol, int64_t now_s, uint32_t price,
                             uint32_t size) {
    assert(now_s < bars->due_s);
    struct bar *of = bars->of[symbol];
    for (enum bar_interval i = 0; i < BAR_INTERVALS; i++)
        add(&of[i], now_s - now_s % seconds[i], price, size);
    return of;
}
