/*
 * Keys that nobody wants, wanted by somebody, and by nobody again, while several threads push: who
 * has read its echo misses nothing of what is pushed from then on, and of each thread and key it
 * gets all messages from the first to the last one that it sees.
 *
 *     unwanted [PUSHES]      of each thread; the default is a million
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "broker/broker.h"
#include "client/client.h"
#include "ring/protocol.h"
#include "stress.h"
#include "tickcast/tickcast.h"

#define SHARDS      3
#define PRODUCERS   3
#define SUBSCRIBERS 6
#define KEYS        12
#define KEY_BYTES   14
#define STREAMS_MAX 3
#define FILLERS     4000 /* streams that make a set one that takes many turns to come and go */
#define LARGE       24   /* of so many sets one is such */
#define BEGIN       UINT32_MAX /* nothing was seen yet */
#define AHEAD       300        /* messages of a producer for each conversation, then it is slow */
#define SLOW_NS     50000

static struct tickcast_broker *broker;
static char url[64];
static uint32_t pushes;
static _Atomic uint32_t begun[PRODUCERS][KEYS]; /* messages whose push has begun */
static _Atomic uint32_t left;                   /* producers with something to push */
static _Atomic uint64_t conversations;

static void write_key(uint32_t key, char *text, size_t room) {
    snprintf(text, room, "K%02u/1Min/OHLCV", key);
}

/* --- producers: a message is one msgpack uint32, producer above, counter of its key below --- */

static void push(uint32_t producer, uint32_t key, uint32_t count) {
    char text[KEY_BYTES + 1];
    uint32_t item = producer << 24 | count;
    uint8_t data[5] = {0xce, (uint8_t)(item >> 24), (uint8_t)(item >> 16), (uint8_t)(item >> 8),
                       (uint8_t)item};
    int result;
    write_key(key, text, sizeof text);
    while ((result = tickcast_push(broker, text, strlen(text), data, sizeof data)) ==
           TICKCAST_EAGAIN)
        CHECK(tickcast_wait(broker, WAIT_MS) == TICKCAST_OK, "wait");
    CHECK(result == TICKCAST_OK, "push: %s", tickcast_strerror(result));
}

static void *produce(void *arg) {
    uint32_t producer = (uint32_t)(uintptr_t)arg, seed = producer;
    for (uint32_t i = 0; i < pushes; i++) {
        if (i > AHEAD * atomic_load(&conversations))
            nanosleep(&(struct timespec){.tv_nsec = SLOW_NS}, NULL);
        /* some keys again and again, so that several messages of one are on a ring */
        uint32_t key = draw(&seed, KEYS);
        for (uint32_t burst = 1 + draw(&seed, 4); burst > 0; burst--) {
            uint32_t count = atomic_load(&begun[producer][key]);
            if (count == 0xffffff) break;
            atomic_store(&begun[producer][key], count + 1);
            push(producer, key, count);
        }
    }
    atomic_fetch_sub(&left, 1);
    return NULL;
}

/* --- subscribers --- */

struct subscriber {
    struct client *client;
    uint32_t number, seed;
    bool wants[KEYS];
    uint32_t next[PRODUCERS][KEYS]; /* what must come next, or BEGIN */
    uint32_t due[PRODUCERS][KEYS];  /* of what must come, the first */
};

static void connect_to(struct subscriber *subscriber) {
    subscriber->client = client_new();
    CHECK(client_connect(subscriber->client,
                         &(struct client_options){.url = url, .timeout_ms = WAIT_MS}) == CLIENT_OK,
          "%s", client_error(subscriber->client));
    memset(subscriber->wants, 0, sizeof subscriber->wants);
}

static void take(struct subscriber *subscriber, const struct tickcast_payload *payload) {
    const uint8_t *data = payload->data;
    uint32_t key = (uint32_t)(payload->key[1] - '0') * 10 + (uint32_t)(payload->key[2] - '0');
    uint32_t producer = data[1];
    uint32_t count = (uint32_t)data[2] << 16 | (uint32_t)data[3] << 8 | data[4];
    CHECK(key < KEYS && producer < PRODUCERS, "a message that nobody sent");
    uint32_t *next = &subscriber->next[producer][key];
    CHECK(*next == BEGIN || count == *next,
          "subscriber %u: message %u of producer %u under key %u, where %u was due",
          subscriber->number, count, producer, key, *next);
    *next = count + 1;
}

/* True if it was the echo. */
static bool receive(struct subscriber *subscriber, int timeout_ms, bool *timed_out) {
    struct client_message message;
    struct tickcast_payload payload;
    enum client_result result = client_receive(subscriber->client, timeout_ms, -1, &message);
    *timed_out = result == CLIENT_TIMEOUT;
    if (*timed_out) return false;
    CHECK(result == CLIENT_MESSAGE, "%s", client_error(subscriber->client));
    if (message.count > 0 && message.bytes[0] == 0x81) return true;
    CHECK(tickcast_payload_decode(message.bytes, message.count, &payload) == TICKCAST_OK,
          "not a payload");
    take(subscriber, &payload);
    return false;
}

/* A set of few keys, mostly as literals: most keys are wanted by nobody most of the time. */
static void request(struct subscriber *subscriber, bool wants[KEYS]) {
    static char none[] = "nobody/sends/this";
    char texts[STREAMS_MAX][32], fillers[FILLERS][24];
    const char *streams[STREAMS_MAX + FILLERS] = {none};
    uint32_t count = draw(&subscriber->seed, STREAMS_MAX + 1);
    memset(wants, 0, KEYS * sizeof *wants);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t key = draw(&subscriber->seed, KEYS), kind = draw(&subscriber->seed, 12);
        write_key(key, texts[i], sizeof texts[i]);
        if (kind == 0) texts[i][1] = '?'; /* a glob for all keys that end like it */
        for (uint32_t k = 0; k < KEYS; k++)
            if (k == key || (kind == 0 && k % 10 == key % 10)) wants[k] = true;
        streams[i] = texts[i];
    }
    if (count == 0) count = 1;
    bool large = draw(&subscriber->seed, LARGE) == 0;
    for (uint32_t i = 0; large && i < FILLERS; i++) {
        snprintf(fillers[i], sizeof fillers[i], "F%u/%u/", subscriber->number, i);
        streams[count++] = fillers[i];
    }
    void *bytes;
    size_t bytes_count = tickcast_subscribe_encode(streams, count, &bytes);
    CHECK(bytes_count > 0, "no memory");
    client_queue(subscriber->client, WS_BINARY, bytes, bytes_count);
    free(bytes);
}

/* The echo has been read: what begins now must come. A key of both sets goes on where it was. */
static void note_echo(struct subscriber *subscriber, const bool wants[KEYS]) {
    for (uint32_t k = 0; k < KEYS; k++) {
        for (uint32_t p = 0; p < PRODUCERS; p++) {
            subscriber->due[p][k] = atomic_load(&begun[p][k]);
            if (!wants[k] || !subscriber->wants[k]) subscriber->next[p][k] = BEGIN;
        }
        subscriber->wants[k] = wants[k];
    }
}

/* True when each producer's message that was due has come. */
static bool satisfied(const struct subscriber *subscriber) {
    for (uint32_t k = 0; k < KEYS; k++)
        for (uint32_t p = 0; subscriber->wants[k] && p < PRODUCERS; p++) {
            uint32_t next = subscriber->next[p][k], due = subscriber->due[p][k];
            CHECK(next == BEGIN || next > due || atomic_load(&begun[p][k]) >= next,
                  "a message before it was sent");
            if (next == BEGIN || next <= due) return false;
        }
    return true;
}

/* What was seen first came at or before what was due: else something after the echo is missing. */
static void check_first(const struct subscriber *subscriber, uint32_t seen[PRODUCERS][KEYS]) {
    for (uint32_t k = 0; k < KEYS; k++)
        for (uint32_t p = 0; subscriber->wants[k] && p < PRODUCERS; p++)
            CHECK(seen[p][k] == BEGIN || seen[p][k] <= subscriber->due[p][k],
                  "subscriber %u: the first of producer %u under key %u after the echo was %u, "
                  "the push of %u began after it",
                  subscriber->number, p, k, seen[p][k], subscriber->due[p][k]);
}

static void converse(struct subscriber *subscriber) {
    bool wants[KEYS], timed_out;
    uint32_t first[PRODUCERS][KEYS];
    request(subscriber, wants);
    while (!receive(subscriber, WAIT_MS, &timed_out)) CHECK(!timed_out, "no echo");
    note_echo(subscriber, wants);
    memcpy(first, subscriber->next, sizeof first);
    for (uint32_t more = draw(&subscriber->seed, 30);
         atomic_load(&left) == PRODUCERS && (more > 0 || !satisfied(subscriber));
         more -= more > 0) {
        receive(subscriber, 1, &timed_out);
        for (uint32_t i = 0; i < PRODUCERS * KEYS; i++) {
            uint32_t p = i / KEYS, k = i % KEYS, next = subscriber->next[p][k];
            if (first[p][k] == BEGIN && next != BEGIN) first[p][k] = next - 1;
        }
    }
    check_first(subscriber, first);
    atomic_fetch_add(&conversations, 1);
}

static void *come_and_go(void *arg) {
    struct subscriber *subscriber = arg;
    while (atomic_load(&left) == PRODUCERS) {
        connect_to(subscriber);
        for (uint32_t i = 1 + draw(&subscriber->seed, 20); i > 0 && atomic_load(&left) == PRODUCERS;
             i--)
            converse(subscriber);
        client_free(subscriber->client); /* in the middle of whatever there is */
    }
    return NULL;
}

static void start_broker(void) {
    struct tickcast_options options;
    options_init_patient(&options);
    options.workers = SHARDS;
    options.ring_slots = 64;       /* often full */
    options.max_cached_keys = 128; /* and 8 that nobody wants */
    CHECK(tickcast_broker_new(&options, &broker) == TICKCAST_OK, "new");
    CHECK(tickcast_broker_listen(broker, &(struct tickcast_listener){.host = "127.0.0.1"}) == 0,
          "listen");
    snprintf(url, sizeof url, "ws://127.0.0.1:%u/ws", tickcast_broker_port(broker, 0));
    CHECK(tickcast_broker_start(broker) == TICKCAST_OK, "start");
}

static void report(void) {
    const struct rings *rings = broker->shared.rings;
    struct tickcast_stats stats;
    uint64_t sent = 0, skipped = 0;
    for (uint32_t i = 0; i < PRODUCERS * KEYS; i++) sent += atomic_load(&begun[i / KEYS][i % KEYS]);
    for (uint32_t i = 0; i < RINGS_STRIPES; i++) skipped += atomic_load(&rings->stripes[i].skipped);
    tickcast_broker_stats(broker, &stats);
    printf("%llu messages, %llu skipped, %llu matched, %llu conversations\n",
           (unsigned long long)sent, (unsigned long long)skipped, (unsigned long long)stats.matched,
           (unsigned long long)conversations);
    CHECK(stats.pushed == sent, "%llu were counted", (unsigned long long)stats.pushed);
    CHECK(skipped > sent / 100 && stats.matched > sent / 100 && conversations > SUBSCRIBERS,
          "the test tests nothing");
}

int main(int argc, char **argv) {
    static struct subscriber subscribers[SUBSCRIBERS];
    pthread_t producers[PRODUCERS], threads[SUBSCRIBERS];
    pushes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    start_broker();
    atomic_store(&left, PRODUCERS);
    for (uintptr_t i = 0; i < SUBSCRIBERS; i++) {
        subscribers[i].number = subscribers[i].seed = (uint32_t)i;
        CHECK(pthread_create(&threads[i], NULL, come_and_go, &subscribers[i]) == 0, "no thread");
    }
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        CHECK(pthread_create(&producers[i], NULL, produce, (void *)i) == 0, "no thread");
    for (int i = 0; i < PRODUCERS; i++) pthread_join(producers[i], NULL);
    for (int i = 0; i < SUBSCRIBERS; i++) pthread_join(threads[i], NULL);
    report();
    tickcast_broker_free(broker);
    return 0;
}
