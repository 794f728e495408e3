#include "feed/sim.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"
#include "feed/feed.h"
#include "feed/message.h"
#include "feed/ticker.h"
#include "key/key.h"

#define BATCH        64                  /* events between two looks at the clocks */
#define NAP_NS       NS_PER_MS           /* shorter sleeps cost more than the trades between them */
#define SAY_AGAIN_NS (60 * NS_PER_S)     /* that the market cannot keep up */
#define SAY_AHEAD_NS ((int64_t)NS_PER_S) /* clocks are corrected by less all the time */
#define SYMBOL_TEXT  100                 /* of a symbol in an error */

struct sim {
    struct ticker ticker;
    struct message message;
    const char *const *symbols;
    uint64_t said_ns, said_left_out_ns; /* the last complaint that the market cannot keep up */
    bool said_ahead;
};

const char *sim_symbol_flaw(const char *symbol) {
    size_t bytes = strlen(symbol);
    if (bytes > MESSAGE_KEY_BYTES - MESSAGE_SUFFIX_BYTES) return "symbol has more than 245 bytes";
    if (strchr(symbol, ':') != NULL) return "symbol has a ':', where keys are cut off";
    struct message message;
    message_symbol(&message, symbol);
    message_trade(&message, &(struct market_trade){0}, 0);
    return key_check(message.key, message.key_bytes, sizeof message.key);
}

static int by_text(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *sim_symbol_twice(const struct feed_list *symbols) {
    const char *twice = NULL;
    char **sorted = malloc((symbols->count + 1) * sizeof *sorted);
    if (sorted == NULL) return NULL;
    if (symbols->count > 0) memcpy(sorted, symbols->texts, symbols->count * sizeof *sorted);
    qsort(sorted, symbols->count, sizeof *sorted, by_text);
    for (size_t i = 1; i < symbols->count && twice == NULL; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0) twice = sorted[i];
    free(sorted);
    return twice;
}

static struct ticker_times look(void) {
    struct timespec wall;
    clock_gettime(CLOCK_REALTIME, &wall);
    return (struct ticker_times){clock_now_ns(), wall.tv_sec * (int64_t)NS_PER_S + wall.tv_nsec};
}

static enum feed_end refuse(struct feed *feed, const char *symbol, const char *flaw) {
    char text[SYMBOL_TEXT];
    return feed_fail(feed, FEED_REFUSED, "symbol '%s': %s",
                     printable(symbol, strlen(symbol), text, sizeof text), flaw);
}

/* Makes the state. FEED_DONE is good. */
static enum feed_end begin(struct feed *feed, const struct feed_options *options,
                           struct sim **out) {
    const struct feed_list *list = &options->symbols;
    for (size_t i = 0; i < list->count; i++) {
        const char *flaw = sim_symbol_flaw(list->texts[i]);
        if (flaw != NULL) return refuse(feed, list->texts[i], flaw);
    }
    const char *twice = sim_symbol_twice(list);
    if (twice != NULL) return refuse(feed, twice, "is there twice; allowed is once");
    const char *const *symbols =
        list->count > 0 ? (const char *const *)list->texts : market_symbols;
    uint32_t count = list->count > 0 ? (uint32_t)list->count : MARKET_SYMBOLS;
    struct sim *sim = calloc(1, sizeof *sim);
    if (sim == NULL ||
        ticker_init(&sim->ticker, options->seed, symbols, count, options->rate, look()) < 0) {
        free(sim);
        return feed_fail(feed, FEED_FAILED, "there is no memory for %u symbols", count);
    }
    sim->symbols = symbols;
    *out = sim;
    return FEED_DONE;
}

static int push(struct feed *feed, const struct message *message) {
    return feed_push(feed, message->key, message->key_bytes, message->data, message->data_bytes);
}

/* The quote comes first: the trade is made against it. */
static int push_trade(struct feed *feed, struct sim *sim, const struct ticker_event *event) {
    struct message *message = &sim->message;
    message_symbol(message, sim->symbols[event->trade.symbol]);
    message_quote(message, &event->trade, event->stamp_ns);
    if (push(feed, message) < 0) return -1;
    message_trade(message, &event->trade, event->stamp_ns);
    if (push(feed, message) < 0) return -1;
    for (enum bar_interval i = 0; i < BAR_FIRST_CLOSED; i++) {
        message_bar(message, i, &event->bars[i]);
        if (push(feed, message) < 0) return -1;
    }
    return 0;
}

static int push_closed(struct feed *feed, struct sim *sim, const struct bars_closed *closed) {
    message_symbol(&sim->message, sim->symbols[closed->symbol]);
    message_bar(&sim->message, closed->interval, &closed->bar);
    return push(feed, &sim->message);
}

static void complain(struct feed *feed, struct sim *sim, uint64_t rate) {
    const struct ticker *ticker = &sim->ticker;
    uint64_t now_ns = ticker->now.monotonic_ns;
    uint64_t left_out_ns = ticker->left_out_ns - sim->said_left_out_ns;
    if (left_out_ns > 0 && (sim->said_ns == 0 || now_ns - sim->said_ns >= SAY_AGAIN_NS)) {
        feed_complain(feed,
                      "%llu trades a second are more than rings or machine take: %.1f s of "
                      "them left out",
                      (unsigned long long)rate, (double)left_out_ns / (double)NS_PER_S);
        sim->said_ns = now_ns;
        sim->said_left_out_ns = ticker->left_out_ns;
    }
    int64_t ahead_ns = ticker_ahead_ns(ticker);
    if (ahead_ns > SAY_AHEAD_NS && !sim->said_ahead)
        feed_complain(feed,
                      "the clock was set back by %.0f s: until it has caught up, the "
                      "market's time goes on at half its pace",
                      (double)ahead_ns / (double)NS_PER_S);
    sim->said_ahead = ahead_ns > 0 && (sim->said_ahead || ahead_ns > SAY_AHEAD_NS);
}

enum feed_end feed_sim_run(struct feed *feed, const struct feed_options *options, void **state) {
    struct sim *sim = *state;
    if (sim == NULL) {
        enum feed_end end = begin(feed, options, &sim);
        if (end != FEED_DONE) return end;
        *state = sim;
    }
    for (;;) {
        struct ticker_event event;
        enum ticker_event_kind kind = TICKER_TRADE;
        ticker_look(&sim->ticker, look());
        complain(feed, sim, options->rate);
        for (int i = 0; i < BATCH && kind != TICKER_NOTHING; i++) {
            kind = ticker_next(&sim->ticker, &event);
            if (kind == TICKER_TRADE && push_trade(feed, sim, &event) < 0) return FEED_STOPPED;
            if (kind == TICKER_CLOSED && push_closed(feed, sim, &event.closed) < 0)
                return FEED_STOPPED;
        }
        if (kind != TICKER_NOTHING) continue;
        uint64_t wake_ns = ticker_wake_ns(&sim->ticker);
        uint64_t nap_ns = sim->ticker.now.monotonic_ns + NAP_NS;
        if (feed_sleep(feed, wake_ns > nap_ns ? wake_ns : nap_ns) < 0) return FEED_STOPPED;
    }
}

void feed_sim_free(void *state) {
    struct sim *sim = state;
    ticker_fini(&sim->ticker);
    free(sim);
}
