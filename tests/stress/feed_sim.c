/*
 * Feeds beside each other and subscribers on two shards: several invented markets at the highest
 * rate on small rings, of which a subscriber sees every message in the order of its feed: quote,
 * trade, bars; and feeds that are stopped while their rings are full.
 *
 *     feed_sim [MESSAGES]      that each subscriber takes at least; the default is a million
 */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "feed/feed.h"
#include "stress.h"

#define FEEDS 3

/* What a trade publishes, in this order; closed bars come between trades. */
static const char *const kinds[] = {"Tick/QUOTE", "Tick/TRADE", "1Sec/OHLCV", "1Min/OHLCV"};

struct subscriber {
    pthread_t thread;
    char url[64];
    unsigned long count;
};

static void print_log(void *arg, int level, const char *line) {
    (void)arg;
    fprintf(stderr, "%d %s\n", level, line);
}

static struct client *connect_to(const char *url) {
    static const char *const streams[] = {"*/Tick/*", "*/1Sec/OHLCV", "*/1Min/OHLCV"};
    struct client *client = client_new();
    struct client_message message;
    void *request;
    size_t bytes = tickcast_subscribe_encode(streams, 3, &request);
    CHECK(client_connect(client, &(struct client_options){.url = url, .timeout_ms = WAIT_MS}) ==
              CLIENT_OK,
          "%s", client_error(client));
    CHECK(client_queue(client, WS_BINARY, request, bytes) == CLIENT_OK, "no memory");
    CHECK(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE, "no echo: %s",
          client_error(client));
    free(request);
    return client;
}

/* Takes a key; `expected[feed]` is the kind that the feed publishes next, -1 before the first. */
static void take(const struct tickcast_payload *payload, int *expected) {
    const char *slash = memchr(payload->key, '/', payload->key_bytes);
    CHECK(slash != NULL && payload->key[0] == 'F', "a key of no feed");
    int feed = payload->key[1] - '0', kind = 0;
    size_t bytes = payload->key_bytes - (size_t)(slash + 1 - payload->key);
    CHECK(feed >= 0 && feed < FEEDS, "a key of no feed");
    while (kind < 4 && (bytes != strlen(kinds[kind]) || memcmp(slash + 1, kinds[kind], bytes) != 0))
        kind++;
    CHECK(kind < 4, "%.*s is not subscribed", (int)payload->key_bytes, payload->key);
    CHECK(expected[feed] < 0 || kind == expected[feed], "feed %d: %s in place of %s", feed,
          kinds[kind], kinds[expected[feed]]);
    expected[feed] = (kind + 1) % 4;
}

/* Has each feed been heard? */
static bool heard_all(const int *expected) {
    for (int feed = 0; feed < FEEDS; feed++)
        if (expected[feed] < 0) return false;
    return true;
}

static void *subscribe(void *arg) {
    struct subscriber *self = arg;
    struct client *client = connect_to(self->url);
    int expected[FEEDS] = {-1, -1, -1};
    for (unsigned long i = 0; i < self->count || !heard_all(expected); i++) {
        struct client_message message;
        struct tickcast_payload payload;
        CHECK(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE, "after %lu: %s", i,
              client_error(client));
        CHECK(tickcast_payload_decode(message.bytes, message.count, &payload) == 0, "no payload");
        take(&payload, expected);
    }
    client_free(client);
    return NULL;
}

static struct tickcast_broker *start_broker(void) {
    struct tickcast_broker *broker;
    struct tickcast_options options;
    options_init_patient(&options); /* the order is tested, not the speed of readers */
    options.workers = 2;
    options.ring_slots = 64;
    options.log = print_log;
    CHECK(tickcast_broker_new(&options, &broker) == TICKCAST_OK, "new");
    CHECK(tickcast_broker_listen(broker, &(struct tickcast_listener){.host = "127.0.0.1"}) == 0,
          "listen");
    CHECK(tickcast_broker_start(broker) == TICKCAST_OK, "start");
    return broker;
}

static void set_options(struct feed_options *options, int number) {
    feed_options_init(options, FEED_SIM);
    options->rate = 1000000;
    options->seed = (uint64_t)number;
    options->symbols.count = 2;
    options->symbols.texts = calloc(2, sizeof(char *));
    CHECK(options->symbols.texts != NULL, "no memory");
    for (int i = 0; i < 2; i++) {
        char symbol[8];
        snprintf(symbol, sizeof symbol, "F%d.%d", number, i);
        options->symbols.texts[i] = strdup(symbol);
    }
}

int main(int argc, char **argv) {
    unsigned long count = argc > 1 ? strtoul(argv[1], NULL, 10) : 1000000;
    CHECK(count >= 1000, "usage: feed_sim [MESSAGES], at least 1000");
    struct tickcast_broker *broker = start_broker();
    struct subscriber subscribers[2];
    struct feed_options options[FEEDS];
    struct feed *feeds[FEEDS];
    const struct log log = {.sink = print_log, .level = LOG_WARNING};
    for (int i = 0; i < FEEDS; i++) {
        set_options(&options[i], i);
        CHECK(feed_start(broker, &options[i], &log, &feeds[i]) == 0, "feed_start");
    }
    for (int i = 0; i < 2; i++) {
        snprintf(subscribers[i].url, sizeof subscribers[i].url, "ws://127.0.0.1:%u",
                 tickcast_broker_port(broker, 0));
        subscribers[i].count = count;
        CHECK(pthread_create(&subscribers[i].thread, NULL, subscribe, &subscribers[i]) == 0,
              "no thread");
    }
    for (int i = 0; i < 2; i++) pthread_join(subscribers[i].thread, NULL);
    unsigned long long published = 0;
    for (int i = 0; i < FEEDS; i++) {
        published += feed_published(feeds[i]);
        if (i < FEEDS - 1) feed_stop(feeds[i]);
    }
    /* the last one meets a broker that stops under it */
    CHECK(tickcast_broker_stop(broker) == TICKCAST_OK, "stop");
    feed_stop(feeds[FEEDS - 1]);
    tickcast_broker_free(broker);
    for (int i = 0; i < FEEDS; i++) feed_options_fini(&options[i]);
    printf("%llu messages of %d feeds, %lu to each of 2 subscribers\n", published, FEEDS, count);
    return 0;
}
