#include "feed/bars.h"

#include <assert.h>
#include <stdlib.h>

static const int64_t seconds[BAR_INTERVALS] = {1, 60, 300, 86400};

int bars_init(struct bars *bars, uint32_t count) {
    *bars = (struct bars){.count = count, .interval = BAR_FIRST_CLOSED};
    bars->of = calloc(count, sizeof *bars->of);
    return bars->of != NULL ? 0 : -1;
}

void bars_fini(struct bars *bars) {
    free(bars->of);
    bars->of = NULL;
}

/* The search may go on at a later time than it began: an interval's open bars are all of one epoch,
 * since at the first boundary after it they were closed, so none that was passed over is due. */
bool bars_close(struct bars *bars, int64_t now_s, struct bars_closed *closed) {
    if (now_s < bars->due_s) return false;
    for (; bars->interval < BAR_INTERVALS; bars->interval++, bars->symbol = 0) {
        for (; bars->symbol < bars->count; bars->symbol++) {
            struct bar *bar = &bars->of[bars->symbol][bars->interval];
            if (bar->volume == 0 || bar->epoch_s + seconds[bars->interval] > now_s) continue;
            *closed = (struct bars_closed){bars->symbol, bars->interval, *bar};
            bar->volume = 0;
            return true;
        }
    }
    bars->interval = BAR_FIRST_CLOSED;
    /* every longer interval ends where one of these does */
    int64_t shortest = seconds[BAR_FIRST_CLOSED];
    bars->due_s = now_s - now_s % shortest + shortest;
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
