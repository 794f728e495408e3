/* The feed `sim` with a real broker and a subscriber on loopback. */
#include "feed/sim.h"

#include <criterion/criterion.h>
#include <math.h>
#include <msgpack.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "client/client.h"
#include "feed/feed.h"

#define WAIT_MS 60000
#define S_NS    ((int64_t)NS_PER_S)

static struct tickcast_broker *broker;
static struct client *client;
static struct feed *feed;
static struct feed_options options;
static char told[1024]; /* the last warning or error */
static atomic_int told_count;

static void sink(void *arg, int level, const char *line) {
    (void)arg;
    if (level > LOG_WARNING || atomic_load(&told_count) > 0) return;
    snprintf(told, sizeof told, "%s", line);
    atomic_store(&told_count, 1);
}
static const struct log log_to_test = {.sink = sink, .level = LOG_NOTICE};

static void begin_with(uint32_t ring_slots) {
    struct tickcast_options broker_options;
    tickcast_options_init(&broker_options);
    broker_options.workers = 1;
    broker_options.ring_slots = ring_slots;
    cr_assert_eq(tickcast_broker_new(&broker_options, &broker), TICKCAST_OK);
    cr_assert_eq(tickcast_broker_listen(broker, &(struct tickcast_listener){.host = "127.0.0.1"}),
                 0);
    cr_assert_eq(tickcast_broker_start(broker), TICKCAST_OK);
    feed_options_init(&options, FEED_SIM);
}

static void begin(void) {
    begin_with(4096);
}

/* With rings that are always full at a high rate. */
static void begin_narrow(void) {
    begin_with(16);
}

static void end(void) {
    feed_stop(feed);
    client_free(client);
    tickcast_broker_free(broker);
    feed_options_fini(&options);
}

static void subscribe(const char *stream) {
    char url[64];
    void *request;
    struct client_message message;
    snprintf(url, sizeof url, "ws://127.0.0.1:%u", tickcast_broker_port(broker, 0));
    client = client_new();
    cr_assert_eq(client_connect(client, &(struct client_options){.url = url}), CLIENT_OK, "%s",
                 client_error(client));
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    client_queue(client, WS_BINARY, request, bytes);
    free(request);
    cr_assert_eq(client_receive(client, WAIT_MS, -1, &message), CLIENT_MESSAGE);
}

static void start(void) {
    cr_assert_eq(feed_start(broker, &options, &log_to_test, &feed), 0);
}

static void stop_promptly(void) {
    uint64_t before_ns = clock_now_ns();
    feed_stop(feed);
    feed = NULL;
    cr_expect_lt(clock_now_ns() - before_ns, 10 * NS_PER_S);
}

static void set_symbols(size_t count) {
    options.symbols.texts = calloc(count, sizeof(char *));
    options.symbols.count = count;
}

/* A received message, taken apart. */
struct received {
    char symbol[32], frame[8], kind[8];
    msgpack_unpacked data;
};

static void receive(struct received *received) {
    struct client_message message;
    struct tickcast_payload payload;
    char key[256] = "";
    cr_assert_eq(client_receive(client, WAIT_MS, -1, &message), CLIENT_MESSAGE, "%s",
                 client_error(client));
    cr_assert_eq(tickcast_payload_decode(message.bytes, message.count, &payload), 0);
    cr_assert_lt(payload.key_bytes, sizeof key);
    memcpy(key, payload.key, payload.key_bytes);
    cr_assert_eq(
        sscanf(key, "%31[^/]/%7[^/]/%7s", received->symbol, received->frame, received->kind), 3);
    cr_assert_eq(msgpack_unpack_next(&received->data, payload.data, payload.data_bytes, NULL),
                 MSGPACK_UNPACK_SUCCESS);
}

static double value(const struct received *received, const char *name) {
    msgpack_object_map map = received->data.data.via.map;
    for (uint32_t i = 0; i < map.size; i++) {
        msgpack_object_str key = map.ptr[i].key.via.str;
        if (key.size != strlen(name) || memcmp(key.ptr, name, key.size) != 0) continue;
        if (map.ptr[i].val.type == MSGPACK_OBJECT_FLOAT64) return map.ptr[i].val.via.f64;
        cr_assert_eq(map.ptr[i].val.type, MSGPACK_OBJECT_POSITIVE_INTEGER);
        return (double)map.ptr[i].val.via.u64;
    }
    cr_assert(false, "%s/%s has no %s", received->frame, received->kind, name);
    return 0;
}

/* The bars that a subscriber makes from the trades that it sees. */
struct own_bar {
    double epoch, open, high, low, close, volume;
};

static void add(struct own_bar *bar, double epoch, double price, double size) {
    if (bar->volume == 0 || bar->epoch != epoch)
        *bar = (struct own_bar){epoch, price, price, price, price, 0};
    bar->high = fmax(bar->high, price);
    bar->low = fmin(bar->low, price);
    bar->close = price;
    bar->volume += size;
}

static void expect_bar(const struct received *got, const struct own_bar *own) {
    cr_assert_eq(value(got, "Epoch"), own->epoch);
    cr_assert_eq(value(got, "Open"), own->open);
    cr_assert_eq(value(got, "High"), own->high);
    cr_assert_eq(value(got, "Low"), own->low);
    cr_assert_eq(value(got, "Close"), own->close);
    cr_assert_eq(value(got, "Volume"), own->volume);
}

struct symbol_seen {
    const char *symbol;
    double bid, ask;
    struct own_bar second, minute;
    unsigned quotes, trades, seconds, minutes, changes; /* of the second */
};

static void take_trade(const struct received *got, struct symbol_seen *of) {
    double price = value(got, "Price"), size = value(got, "Size"), epoch = value(got, "Epoch");
    double before = of->second.epoch;
    cr_assert(price == of->bid || price == of->ask, "%f in %f %f", price, of->bid, of->ask);
    cr_assert_lt(value(got, "Nanoseconds"), 1e9);
    cr_assert(fabs(epoch - (double)time(NULL)) < 60, "%f", epoch);
    add(&of->second, epoch, price, size);
    add(&of->minute, floor(epoch / 60) * 60, price, size);
    of->changes += of->trades > 0 && of->second.epoch != before;
    of->trades++;
}

static void take(const struct received *got, struct symbol_seen *of) {
    if (strcmp(got->kind, "QUOTE") == 0) {
        of->bid = value(got, "BidPrice");
        of->ask = value(got, "AskPrice");
        cr_assert_lt(of->bid, of->ask);
        cr_assert(value(got, "BidSize") > 0 && value(got, "AskSize") > 0);
        of->quotes++;
    } else if (strcmp(got->kind, "TRADE") == 0) {
        take_trade(got, of);
    } else if (strcmp(got->frame, "1Sec") == 0) {
        expect_bar(got, &of->second);
        of->seconds++;
    } else if (strcmp(got->frame, "1Min") == 0) {
        expect_bar(got, &of->minute);
        of->minutes++;
    } /* else 5Min or 1D, at their boundary */
}

static struct symbol_seen *seen_of(struct symbol_seen *seen, size_t count, const char *symbol) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(seen[i].symbol, symbol) == 0) return &seen[i];
    cr_assert(false, "%s was not asked for", symbol);
    return NULL;
}

/* Until each symbol has traded over the ends of two seconds. */
static void watch_bars(struct symbol_seen *seen, size_t count) {
    struct received got;
    msgpack_unpacked_init(&got.data);
    for (size_t done = 0; done < count;) {
        receive(&got);
        struct symbol_seen *of = seen_of(seen, count, got.symbol);
        take(&got, of);
        /* the last of a trade's messages */
        if (strcmp(got.frame, "1Min") != 0) continue;
        cr_assert(of->quotes == of->trades && of->seconds == of->trades &&
                  of->minutes == of->trades);
        done = 0;
        for (size_t i = 0; i < count; i++) done += seen[i].changes >= 2;
    }
    msgpack_unpacked_destroy(&got.data);
}

Test(sim, trades_quotes_and_bars_agree_with_each_other, .init = begin, .fini = end) {
    struct symbol_seen seen[] = {{.symbol = "AAPL"}, {.symbol = "MSFT"}, {.symbol = "NVDA"},
                                 {.symbol = "AMZN"}, {.symbol = "GOOG"}, {.symbol = "TSLA"},
                                 {.symbol = "SPY"},  {.symbol = "QQQ"}};
    subscribe("*/*/*");
    options.rate = 200;
    start();
    watch_bars(seen, sizeof seen / sizeof *seen);
    stop_promptly();
    cr_expect_eq(atomic_load(&told_count), 0, "%s", told);
}

Test(sim, each_symbol_trades_at_once_and_stop_wakes_a_feed_that_sleeps, .init = begin,
     .fini = end) {
    struct received got;
    set_symbols(500);
    for (size_t i = 0; i < 500; i++)
        cr_assert_geq(asprintf(&options.symbols.texts[i], "S%zu", i), 0);
    subscribe("*/Tick/TRADE");
    options.rate = 1; /* the next trade of a symbol is minutes away */
    start();
    msgpack_unpacked_init(&got.data);
    for (size_t i = 0; i < 500; i++) {
        receive(&got);
        cr_assert_str_eq(got.symbol, options.symbols.texts[i]);
    }
    msgpack_unpacked_destroy(&got.data);
    stop_promptly();
}

static double epoch_of(double *price) {
    struct received got;
    msgpack_unpacked_init(&got.data);
    receive(&got);
    double epoch = value(&got, "Epoch");
    *price = value(&got, "Price");
    msgpack_unpacked_destroy(&got.data);
    return epoch;
}

/* A trade of the epoch 0. */
static void push_last(void) {
    static const char key[] = "QQQ/Tick/TRADE", data[] = "\x82\xa5"
                                                         "Epoch\x00\xa5"
                                                         "Price\x00";
    int result;
    while ((result = tickcast_push(broker, key, sizeof key - 1, data, sizeof data - 1)) ==
           TICKCAST_EAGAIN)
        cr_assert_eq(tickcast_wait(broker, WAIT_MS), TICKCAST_OK);
    cr_assert_eq(result, TICKCAST_OK);
}

Test(sim, a_rate_above_the_machines_leaves_out_what_it_cannot_do_says_so_and_stops,
     .init = begin_narrow, .fini = end) {
    double price, epoch;
    subscribe("QQQ/Tick/TRADE"); /* the quietest, so that the reader is never behind */
    options.rate = 100000000;    /* that no machine can do; a fast one does what is allowed */
    start();
    double began = (double)time(NULL);
    do epoch = epoch_of(&price);
    while (epoch < began + 2 || atomic_load(&told_count) == 0);
    cr_expect(strstr(told, "feed sim: 100000000 trades a second are more than"), "%s", told);
    double stopped = (double)time(NULL);
    stop_promptly();
    push_last();
    for (double next; (next = epoch_of(&price)) != 0;) epoch = next;
    cr_expect_lt(stopped - epoch, 10, "no lag piles up");
}

static void expect_refused(const char *text) {
    start();
    uint64_t deadline_ns = clock_now_ns() + WAIT_MS * NS_PER_MS;
    while (atomic_load(&told_count) == 0 && clock_now_ns() < deadline_ns)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    cr_assert_eq(atomic_load(&told_count), 1);
    cr_expect_str_eq(told, text);
    stop_promptly();
}

Test(sim, a_symbol_that_is_there_twice_is_refused, .init = begin, .fini = end) {
    set_symbols(3);
    options.symbols.texts[0] = strdup("IBM");
    options.symbols.texts[1] = strdup("AAPL");
    options.symbols.texts[2] = strdup("IBM");
    cr_expect_str_eq(sim_symbol_twice(&options.symbols), "IBM");
    expect_refused("feed sim: ended: symbol 'IBM': is there twice; allowed is once");
}

Test(sim, a_symbol_that_makes_no_key_is_refused, .init = begin, .fini = end) {
    set_symbols(2);
    options.symbols.texts[0] = strdup("IBM");
    options.symbols.texts[1] = strdup("B*");
    cr_expect_null(sim_symbol_twice(&options.symbols));
    expect_refused("feed sim: ended: symbol 'B*': key has one of the characters *?[]{}\\");
}

Test(sim, a_symbol_is_an_element_of_a_key) {
    static const char *const good[] = {"AAPL", "BRK.B", "ES=F", "^GSPC", "EUR USD", "\xc3\x9c"};
    static const char *const bad[] = {"", "A/B", "/", "A*", "{A}", "A\n", "\xff", "A:B", ":"};
    char symbol[247];
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_null(sim_symbol_flaw(good[i]), "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_not_null(sim_symbol_flaw(bad[i]), "%s", bad[i]);
    memset(symbol, 'x', 246);
    symbol[246] = '\0';
    cr_expect_str_eq(sim_symbol_flaw(symbol), "symbol has more than 245 bytes");
    symbol[245] = '\0';
    cr_expect_null(sim_symbol_flaw(symbol));
}
