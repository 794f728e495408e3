/*
 * Keys that nobody wants on the rings alone, where they change hands far more often than behind
 * sockets: workers that want a key and want it no longer, threads that push. A worker that wants a
 * key gets, of each thread, all that it pushes from then on, in a row.
 *
 *     unwanted_rings [PUSHES]      of each thread; the default is a million
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>

#include "ring/protocol.h"
#include "stress.h"

#define WORKER_COUNT 2
#define PRODUCERS    3
#define KEYS         6
#define SLOTS        64
#define BATCH        16
#define BEGIN        UINT32_MAX /* nothing was seen yet */

/* All of one set of the table, which has room for four; two share a stripe and a hash. */
static const struct ring_key keys[KEYS] = {
    {"AAPL/1Min/OHLCV", 15, 0x100}, {"MSFT/1Min/OHLCV", 15, 0x100}, {"SPY/1D/OHLCV", 12, 0x101},
    {"A/1D/Q", 6, 0x102},           {"B/1D/Q", 6, 0x103},           {"C/1D/QUOTES", 11, 0x104},
};

struct worker_state {
    uint32_t number, seed, wanted;
    bool wants[KEYS];
    uint32_t next[PRODUCERS][KEYS]; /* of a producer under a key: what must come next */
    uint32_t due[PRODUCERS][KEYS];  /* ... the first that was pushed after the key was wanted */
    uint64_t got, early;
};

static struct rings *rings;
static uint32_t pushes;
static _Atomic uint32_t begun[PRODUCERS][KEYS]; /* pushes that have begun */
static _Atomic uint32_t left;                   /* producers that have not pushed all */

static void number(void *item, uint64_t seq, uint32_t uses) {
    (void)item, (void)seq, (void)uses;
}

/* An item is a number, one more than what it says so that it is not NULL. */
static void *item_of(uint32_t producer, uint32_t key, uint32_t count) {
    return (void *)(1 + (((uintptr_t)count * PRODUCERS + producer) * KEYS + key));
}

static void push(uint32_t producer, uint32_t key, uint32_t count) {
    struct ring_item item = {.item = item_of(producer, key, count), .key = keys[key], .bytes = 1};
    if (rings_skip(rings, &keys[key], &item.takers) == RINGS_OK) return;
    while (rings_push(rings, &item) == RINGS_AGAIN) sched_yield();
}

static void *produce(void *arg) {
    uint32_t producer = (uint32_t)(uintptr_t)arg, seed = producer;
    for (uint32_t i = 0; i < pushes;) {
        uint32_t key = draw(&seed, KEYS);
        for (uint32_t burst = 1 + draw(&seed, 6); burst > 0; burst--, i++) {
            uint32_t count = atomic_load(&begun[producer][key]);
            atomic_store(&begun[producer][key], count + 1);
            push(producer, key, count);
        }
    }
    atomic_fetch_sub(&left, 1);
    return NULL;
}

static void want(struct worker_state *state, uint32_t key) {
    if (draw(&state->seed, 4) == 0)
        rings_want_any_key(rings, state->number);
    else
        rings_want_key(rings, state->number, &keys[key]);
    if (state->wanted++ == 0) rings_want(rings, state->number, true);
    state->wants[key] = true;
    for (uint32_t p = 0; p < PRODUCERS; p++) { /* here the echo would leave */
        state->next[p][key] = BEGIN;
        state->due[p][key] = atomic_load(&begun[p][key]);
    }
}

static void change(struct worker_state *state) {
    uint32_t key = draw(&state->seed, KEYS);
    if (!state->wants[key]) {
        want(state, key);
        return;
    }
    state->wants[key] = false;
    if (--state->wanted == 0) rings_want(rings, state->number, false);
}

static void take(struct worker_state *state, uintptr_t item) {
    uint32_t key = (uint32_t)(item % KEYS), producer = (uint32_t)(item / KEYS % PRODUCERS);
    uint32_t count = (uint32_t)(item / KEYS / PRODUCERS), *next = &state->next[producer][key];
    bool early = rings_too_early(rings, state->number, &keys[key]);
    state->early += early;
    if (!state->wants[key]) {
        if (!early) rings_unwant_key(rings, state->number, &keys[key]);
    } else if (early) {
        CHECK_TRUE(*next == BEGIN && count < state->due[producer][key]);
    } else {
        CHECK_TRUE(*next == BEGIN ? count <= state->due[producer][key] : count == *next);
        *next = count + 1;
        state->got++;
    }
}

static void *work(void *arg) {
    struct worker_state *state = arg;
    for (bool over = false; !over;) {
        over = atomic_load(&left) == 0;
        if (draw(&state->seed, 4) == 0) change(state);
        uint32_t count = 0;
        void *item;
        for (uint32_t most = draw(&state->seed, BATCH);
             (count < most || over) && (item = rings_pop(rings, state->number)) != NULL; count++)
            take(state, (uintptr_t)item - 1);
        rings_give_back(rings, state->number, count, count);
        if (count == 0) sched_yield();
    }
    return NULL;
}

static void report(const struct worker_state *states) {
    uint64_t sent = 0, skipped = 0, got = 0, early = 0;
    for (uint32_t i = 0; i < PRODUCERS * KEYS; i++) sent += atomic_load(&begun[i / KEYS][i % KEYS]);
    for (uint32_t i = 0; i < RINGS_STRIPES; i++) skipped += atomic_load(&rings->stripes[i].skipped);
    for (uint32_t i = 0; i < WORKER_COUNT; i++) got += states[i].got, early += states[i].early;
    printf("%llu pushed, %llu skipped, %llu taken, %llu too early\n", (unsigned long long)sent,
           (unsigned long long)skipped, (unsigned long long)got, (unsigned long long)early);
    CHECK_TRUE(rings_pushed(rings) == sent);
    CHECK_TRUE(skipped > 0 && got > 0 && early > 0); /* else nothing was tested */
}

int main(int argc, char **argv) {
    static struct worker_state states[WORKER_COUNT];
    pthread_t producers[PRODUCERS], workers[WORKER_COUNT];
    struct rings_options options = {
        .count = WORKER_COUNT, .slots = SLOTS, .bytes = SLOTS, .number = number, .unwanted = 4};
    pushes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    CHECK_TRUE(rings_new(&options, &rings) == 0);
    atomic_store(&left, PRODUCERS);
    for (uint32_t i = 0; i < WORKER_COUNT; i++) {
        states[i].number = states[i].seed = i;
        CHECK_TRUE(pthread_create(&workers[i], NULL, work, &states[i]) == 0);
    }
    for (uintptr_t i = 0; i < PRODUCERS; i++)
        CHECK_TRUE(pthread_create(&producers[i], NULL, produce, (void *)i) == 0);
    for (int i = 0; i < PRODUCERS; i++) pthread_join(producers[i], NULL);
    for (int i = 0; i < WORKER_COUNT; i++) pthread_join(workers[i], NULL);
    report(states);
    rings_free(rings, NULL);
    return 0;
}
