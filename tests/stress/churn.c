/*
 * Connections come, change their streams, and go, in order or not, while messages flow: afterwards
 * nothing is left of them, in no counter and no budget.
 *
 *     churn [PUSHES]      the default is a million
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "client/client.h"
#include "stress.h"
#include "tickcast/tickcast.h"

#define THREADS        4
#define KEYS           40
#define ROUNDS_BETWEEN 6 /* requests of one connection */

static struct tickcast_broker *broker;
static uint16_t port;
static _Atomic bool over;
static _Atomic uint32_t connections;

/* A set of up to 5 streams: literals, `*` and globs, of which others have some too. */
static void request(struct client *client, uint32_t *seed) {
    char texts[5][64];
    const char *streams[5];
    uint32_t count = 1 + draw(seed, 5);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = draw(seed, KEYS);
        switch (draw(seed, 4)) {
        case 0:
            snprintf(texts[i], sizeof texts[i], "*/%uMin/OHLCV", key % 5);
            break;
        case 1:
            snprintf(texts[i], sizeof texts[i], "K%u*/*/OHLCV", key % 10);
            break;
        case 2:
            snprintf(texts[i], sizeof texts[i], "{K%u/1Min,K1}/OHLCV", key);
            break;
        default:
            snprintf(texts[i], sizeof texts[i], "K%u/%uMin/OHLCV", key, key % 5);
            break;
        }
        streams[i] = texts[i];
    }
    void *bytes;
    size_t bytes_count = tickcast_subscribe_encode(streams, count, &bytes);
    client_queue(client, WS_BINARY, bytes, bytes_count);
    free(bytes);
}

/* Reads until the echo of what was asked, and a little more. */
static bool converse(struct client *client, uint32_t *seed) {
    struct client_message message;
    request(client, seed);
    if (draw(seed, 3) == 0) client_queue(client, WS_PING, "hello", 5);
    for (;;) {
        enum client_result result = client_receive(client, WAIT_MS, -1, &message);
        CHECK(result == CLIENT_MESSAGE, "%s", client_error(client));
        if (message.count > 0 && message.bytes[0] == 0x81) break; /* payloads begin with 0x82 */
    }
    for (uint32_t i = draw(seed, 200); i > 0; i--)
        if (client_receive(client, 0, -1, &message) != CLIENT_MESSAGE) break;
    return true;
}

static void *come_and_go(void *arg) {
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    char url[64];
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", port);
    do {
        struct client *client = client_new();
        CHECK(client_connect(client, &(struct client_options){.url = url, .timeout_ms = WAIT_MS}) ==
                  CLIENT_OK,
              "%s", client_error(client));
        atomic_fetch_add(&connections, 1);
        for (uint32_t i = draw(&seed, ROUNDS_BETWEEN); i > 0; i--) converse(client, &seed);
        if (draw(&seed, 2) == 0) client_close(client, WS_CLOSE_NORMAL, WAIT_MS);
        client_free(client); /* in the middle of whatever there is */
    } while (!atomic_load(&over));
    return NULL;
}

static void push_all(uint32_t pushes) {
    static uint8_t data[6000] = {0xc5, 0x17, 0x6d}; /* bin16 of 5997 bytes: a referenced frame */
    char key[64];
    uint32_t seed = 1;
    for (uint32_t i = 0; i < pushes; i++) {
        uint32_t number = draw(&seed, KEYS);
        int bytes = snprintf(key, sizeof key, "K%u/%uMin/OHLCV", number, number % 5);
        bool large = draw(&seed, 100) == 0;
        const void *what = large ? data : (const uint8_t *)"\x93\x01\x02\x03";
        int result;
        while ((result = tickcast_push(broker, key, (size_t)bytes, what,
                                       large ? sizeof data : 4)) == TICKCAST_EAGAIN)
            CHECK(tickcast_wait(broker, WAIT_MS) == TICKCAST_OK, "wait");
        CHECK(result == TICKCAST_OK, "push: %s", tickcast_strerror(result));
    }
}

/* Until nothing is left, or the time is over. */
static void check_nothing_left(void) {
    struct tickcast_stats stats;
    for (int i = 0; i < WAIT_MS / 10; i++) {
        tickcast_broker_stats(broker, &stats);
        if (stats.connections_now + stats.subscribers_now + stats.groups_now +
                stats.subscriptions_now + stats.patterns_now + stats.outbound_now +
                stats.inbound_now ==
            0)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    CHECK(stats.connections_now == 0, "%llu connections left",
          (unsigned long long)stats.connections_now);
    CHECK(stats.subscribers_now == 0, "subscribers left");
    CHECK(stats.groups_now == 0 && stats.subscriptions_now == 0 && stats.patterns_now == 0,
          "%llu groups, %llu subscriptions, %llu patterns left",
          (unsigned long long)stats.groups_now, (unsigned long long)stats.subscriptions_now,
          (unsigned long long)stats.patterns_now);
    CHECK(stats.outbound_now == 0, "%llu bytes for readers left",
          (unsigned long long)stats.outbound_now);
    CHECK(stats.inbound_now == 0, "%llu bytes of requests left",
          (unsigned long long)stats.inbound_now);
    CHECK(stats.accepted == stats.closed, "accepted %llu, closed %llu",
          (unsigned long long)stats.accepted, (unsigned long long)stats.closed);
}

int main(int argc, char **argv) {
    uint32_t pushes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    struct tickcast_options options;
    pthread_t threads[THREADS];
    options_init_patient(&options);
    options.workers = 3;
    options.max_cached_keys = 30; /* fewer than there are: the cache is thrown away all the time */
    CHECK(tickcast_broker_new(&options, &broker) == TICKCAST_OK, "new");
    CHECK(tickcast_broker_listen(broker, &(struct tickcast_listener){.host = "127.0.0.1"}) == 0,
          "listen");
    port = tickcast_broker_port(broker, 0);
    CHECK(tickcast_broker_start(broker) == TICKCAST_OK, "start");
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1)) == 0, "no thread");
    push_all(pushes);
    atomic_store(&over, true);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    check_nothing_left();
    printf("%u messages beside %u connections that came and went: nothing is left of them\n",
           pushes, atomic_load(&connections));
    CHECK(atomic_load(&connections) >= THREADS, "nobody came");
    tickcast_broker_free(broker);
    return 0;
}
