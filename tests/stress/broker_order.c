/*
 * One order per key for everybody: several producers in the process, and network publishers that
 * get parked beside a producer that never rests, on small rings that fill all the time. Every
 * subscriber on every shard sees each message once, each producer's in its order, and the same
 * order per key.
 *
 *     broker_order [PUSHES]      messages of each half; the default is a million
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "stress.h"
#include "tickcast/tickcast.h"

#define SHARDS      4
#define SUBSCRIBERS 8
#define PRODUCERS   8
#define PUBLISHERS  6
#define KEYS        4
#define END         UINT32_MAX /* the last message of a key */

static const char *const keys[KEYS] = {"AAPL/1Min/OHLCV", "MSFT/1Min/OHLCV", "AAPL/Tick/TRADE",
                                       "SPY/1D/OHLCV"};

/* A message is one msgpack uint32: the producer above, its counter for the key below. */
#define ITEM(producer, count) ((uint32_t)(producer) << 24 | (uint32_t)(count))

static void item_write(uint32_t item, uint8_t data[5]) {
    data[0] = 0xce;
    for (int i = 0; i < 4; i++) data[1 + i] = (uint8_t)(item >> (24 - 8 * i));
}

struct run {
    struct tickcast_broker *broker;
    char url[64];
    uint32_t pushes;        /* of each producer that counts */
    _Atomic bool published; /* the network publishers are done */
    _Atomic uint32_t again; /* pushes that were refused */
};

struct actor {
    struct run *run;
    uint32_t number;
    pthread_t thread;
    uint32_t sent[KEYS];
    uint32_t *seen[KEYS]; /* a subscriber's items of each key, in order */
    size_t seen_count[KEYS], seen_room[KEYS];
};

static void push_until_placed(struct run *run, int key, uint32_t item, bool waits) {
    uint8_t data[5];
    item_write(item, data);
    for (;;) {
        int result = tickcast_push(run->broker, keys[key], strlen(keys[key]), data, sizeof data);
        if (result == TICKCAST_OK) return;
        CHECK(result == TICKCAST_EAGAIN, "push: %s", tickcast_strerror(result));
        atomic_fetch_add(&run->again, 1);
        if (!waits) continue;
        result = tickcast_wait(run->broker, WAIT_MS);
        CHECK(result == TICKCAST_OK, "wait: %s", tickcast_strerror(result));
    }
}

static void *produce(void *arg) {
    struct actor *actor = arg;
    for (uint32_t i = 0; i < actor->run->pushes; i++) {
        int key = (int)((i + actor->number) % KEYS);
        push_until_placed(actor->run, key, ITEM(actor->number, actor->sent[key]++), true);
    }
    return NULL;
}

/* Never waits, as long as others publish. */
static void *produce_without_rest(void *arg) {
    struct actor *actor = arg;
    while (!atomic_load(&actor->run->published)) {
        int key = (int)(actor->sent[0] % KEYS);
        if (actor->sent[key] >= 0xfffff0) break;
        push_until_placed(actor->run, key, ITEM(actor->number, actor->sent[key]++), false);
    }
    return NULL;
}

static struct client *connect_to(const struct run *run, const char *path) {
    char url[128];
    struct client *client = client_new();
    snprintf(url, sizeof url, "%s%s", run->url, path);
    CHECK(client_connect(client, &(struct client_options){.url = url, .timeout_ms = WAIT_MS}) ==
              CLIENT_OK,
          "%s", client_error(client));
    return client;
}

/* {"key": key, "data": item}, the last one with an id. */
static size_t publication(int key, uint32_t item, bool last, uint8_t *out) {
    size_t key_bytes = strlen(keys[key]), at = 0;
    out[at++] = last ? 0x83 : 0x82;
    if (last) {
        memcpy(out + at, "\xa2id\x01", 4);
        at += 4;
    }
    memcpy(out + at, "\xa3key", 4);
    at += 4;
    out[at++] = (uint8_t)(0xa0 | key_bytes);
    memcpy(out + at, keys[key], key_bytes);
    at += key_bytes;
    memcpy(out + at,
           "\xa4"
           "data",
           5);
    at += 5;
    item_write(item, out + at);
    return at + 5;
}

static void *publish(void *arg) {
    struct actor *actor = arg;
    struct client *client = connect_to(actor->run, "/publish");
    struct client_message message;
    uint8_t bytes[64];
    for (uint32_t i = 0; i < actor->run->pushes; i++) {
        int key = (int)((i + actor->number) % KEYS);
        uint32_t item = ITEM(actor->number, actor->sent[key]++);
        size_t count = publication(key, item, i + 1 == actor->run->pushes, bytes);
        CHECK(client_queue(client, WS_BINARY, bytes, count) == CLIENT_OK, "no memory");
        if (i % 512 != 0) continue;
        CHECK(client_drain(client, 64 * 1024, WAIT_MS, &message) == CLIENT_OK, "drain: %s",
              client_error(client));
    }
    CHECK(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE, "no acknowledgement: %s",
          client_error(client));
    CHECK(message.count == 6 && memcmp(message.bytes,
                                       "\x81\xa3"
                                       "ack\x01",
                                       6) == 0,
          "another answer than the acknowledgement");
    client_close(client, WS_CLOSE_NORMAL, 1000);
    client_free(client);
    return NULL;
}

static void note(struct actor *actor, int key, uint32_t item) {
    if (actor->seen_count[key] == actor->seen_room[key]) {
        actor->seen_room[key] = actor->seen_room[key] == 0 ? 65536 : actor->seen_room[key] * 2;
        actor->seen[key] =
            realloc(actor->seen[key], actor->seen_room[key] * sizeof *actor->seen[key]);
        CHECK(actor->seen[key] != NULL, "no memory");
    }
    actor->seen[key][actor->seen_count[key]++] = item;
}

static int key_number(const struct tickcast_payload *payload) {
    for (int i = 0; i < KEYS; i++)
        if (payload->key_bytes == strlen(keys[i]) &&
            memcmp(payload->key, keys[i], payload->key_bytes) == 0)
            return i;
    CHECK(false, "a payload of another key");
}

static _Atomic uint32_t subscribed;

static void *subscribe(void *arg) {
    static const char *const all[] = {"*/*/*"}, *const globs[] = {"A*/*/*", "[M-S]*/*/*"};
    struct actor *actor = arg;
    struct client *client = connect_to(actor->run, "/ws");
    struct client_message message;
    void *request;
    bool even = actor->number % 2 == 0;
    size_t bytes = tickcast_subscribe_encode(even ? all : globs, even ? 1 : 2, &request);
    client_queue(client, WS_BINARY, request, bytes);
    free(request);
    CHECK(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE, "no echo: %s",
          client_error(client));
    atomic_fetch_add(&subscribed, 1);
    for (int ends = 0; ends < KEYS;) {
        struct tickcast_payload payload;
        CHECK(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE, "receive: %s",
              client_error(client));
        CHECK(tickcast_payload_decode(message.bytes, message.count, &payload) == 0 &&
                  payload.data_bytes == 5,
              "not a payload");
        const uint8_t *data = payload.data;
        uint32_t item =
            (uint32_t)data[1] << 24 | (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
        if (item == END)
            ends++;
        else
            note(actor, key_number(&payload), item);
    }
    client_close(client, WS_CLOSE_NORMAL, 1000);
    client_free(client);
    return NULL;
}

static void check_subscriber(const struct actor *first, const struct actor *actor,
                             const struct actor *producers, uint32_t count) {
    for (int key = 0; key < KEYS; key++) {
        uint32_t next[256] = {0};
        for (size_t i = 0; i < actor->seen_count[key]; i++) {
            uint32_t producer = actor->seen[key][i] >> 24, item = actor->seen[key][i] & 0xffffff;
            CHECK(producer < count && item == next[producer],
                  "subscriber %u, %s: item %u of producer %u where %u was due", actor->number,
                  keys[key], item, producer, next[producer]);
            next[producer]++;
        }
        for (uint32_t i = 0; i < count; i++)
            CHECK(next[i] == producers[i].sent[key], "subscriber %u lacks items of producer %u",
                  actor->number, i);
        CHECK(actor->seen_count[key] == first->seen_count[key] &&
                  memcmp(actor->seen[key], first->seen[key],
                         actor->seen_count[key] * sizeof *actor->seen[key]) == 0,
              "subscribers %u and %u saw %s in different orders", first->number, actor->number,
              keys[key]);
    }
}

static void print_log(void *arg, int level, const char *line) {
    (void)arg;
    if (level <= 1) fprintf(stderr, "broker: %s\n", line);
}

static void start_broker(struct run *run) {
    struct tickcast_options options;
    options_init_patient(&options); /* the order is tested, not the speed of readers */
    options.workers = SHARDS;
    options.ring_slots = 32;
    options.log = print_log;
    int result = tickcast_broker_new(&options, &run->broker);
    CHECK(result == TICKCAST_OK, "new: %s", tickcast_strerror(result));
    result = tickcast_broker_listen(run->broker, &(struct tickcast_listener){.host = "127.0.0.1"});
    CHECK(result == 0, "listen: %s", tickcast_strerror(result));
    snprintf(run->url, sizeof run->url, "ws://127.0.0.1:%u",
             tickcast_broker_port(run->broker, result));
    result = tickcast_broker_start(run->broker);
    CHECK(result == TICKCAST_OK, "start: %s", tickcast_strerror(result));
}

static void start_actors(struct run *run, struct actor *actors, uint32_t count,
                         void *(*body)(void *)) {
    for (uint32_t i = 0; i < count; i++) {
        actors[i].run = run;
        actors[i].number = i;
        CHECK(pthread_create(&actors[i].thread, NULL, body, &actors[i]) == 0, "no thread");
    }
}

static void join_actors(struct actor *actors, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) pthread_join(actors[i].thread, NULL);
}

/* The half with producers in the process, or the one with network publishers beside one of them. */
static void run_half(uint32_t pushes, bool network) {
    struct run run = {0};
    static struct actor subscribers[SUBSCRIBERS], producers[PRODUCERS];
    memset(subscribers, 0, sizeof subscribers);
    memset(producers, 0, sizeof producers);
    atomic_store(&subscribed, 0);
    uint32_t count = network ? PUBLISHERS + 1 : PRODUCERS;
    run.pushes = pushes / (network ? PUBLISHERS : PRODUCERS);
    start_broker(&run);
    start_actors(&run, subscribers, SUBSCRIBERS, subscribe);
    while (atomic_load(&subscribed) < SUBSCRIBERS) sched_yield();
    if (network) {
        start_actors(&run, producers, PUBLISHERS, publish);
        struct actor *restless = &producers[PUBLISHERS];
        restless->run = &run;
        restless->number = PUBLISHERS;
        pthread_create(&restless->thread, NULL, produce_without_rest, restless);
        join_actors(producers, PUBLISHERS); /* nobody starves: they come to an end */
        atomic_store(&run.published, true);
        pthread_join(restless->thread, NULL);
    } else {
        start_actors(&run, producers, PRODUCERS, produce);
        join_actors(producers, PRODUCERS);
    }
    for (int key = 0; key < KEYS; key++) push_until_placed(&run, key, END, true);
    join_actors(subscribers, SUBSCRIBERS);
    size_t items = 0;
    for (uint32_t i = 0; i < SUBSCRIBERS; i++)
        check_subscriber(&subscribers[0], &subscribers[i], producers, count);
    for (int key = 0; key < KEYS; key++) items += subscribers[0].seen_count[key];
    struct tickcast_stats stats;
    tickcast_broker_stats(run.broker, &stats);
    printf(
        "%s: %zu messages to %d subscribers on %d shards in one order per key, %u pushes refused, "
        "%llu publications parked\n",
        network ? "network publishers" : "producers", items, SUBSCRIBERS, SHARDS,
        atomic_load(&run.again), (unsigned long long)stats.publish_parked);
    CHECK(atomic_load(&run.again) > 0, "the rings were never full: the test tests nothing");
    CHECK(!network || stats.publish_parked > 0, "no publisher was parked: the test tests nothing");
    CHECK(tickcast_broker_stop(run.broker) == TICKCAST_OK, "stop");
    tickcast_broker_free(run.broker);
    for (uint32_t i = 0; i < SUBSCRIBERS; i++)
        for (int key = 0; key < KEYS; key++) free(subscribers[i].seen[key]);
}

int main(int argc, char **argv) {
    uint32_t pushes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    CHECK(pushes >= 1000, "usage: broker_order [PUSHES], at least 1000");
    run_half(pushes, false);
    run_half(pushes, true);
    return 0;
}
