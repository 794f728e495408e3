/*
 * No part of a worker's turn goes on for as long as there is something to do. What is counted is
 * what a worker does between two turns of its event loop, or in one; nothing depends on how fast
 * the machine is: where a part ends by the clock, the clock leaps at each look, so that each finds
 * the time over.
 */
#include <event2/event.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker/stage.h"
#include "base/clock.h"
#include "shard/shard.h"

#define MOST_PEERS  300
#define VISIT_BYTES (512 * 1024) /* more than one visit sends */
#define LARGE_BYTES 100000

struct work {
    uint64_t sends, bytes, requests, opened;
};

static struct tickcast_broker *broker;
static int peers[MOST_PEERS], peer_count;
static _Atomic bool watched; /* what is done now counts */
static _Atomic bool leaps;
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* who has it holds the worker up */

/* the worker's */
static struct work before, most_in_loop, most_outside;
static _Thread_local bool is_worker;
static uint64_t leapt_ns;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    if (!is_worker || clock != CLOCK_MONOTONIC) return result;
    if (atomic_load(&leaps)) leapt_ns += 2 * SHARD_FLUSH_NS;
    uint64_t now_ns = (uint64_t)now->tv_sec * NS_PER_S + (uint64_t)now->tv_nsec + leapt_ns;
    *now = (struct timespec){.tv_sec = (time_t)(now_ns / NS_PER_S), .tv_nsec = now_ns % NS_PER_S};
    return result;
}

static void note(uint64_t *most, uint64_t now, uint64_t then) {
    if (atomic_load(&watched) && now - then > *most) *most = now - then;
}

static void note_work(struct work *most) {
    struct tickcast_stats stats;
    tickcast_broker_stats(broker, &stats);
    note(&most->sends, stats.sends, before.sends);
    note(&most->bytes, stats.sent_bytes, before.bytes);
    note(&most->requests, stats.requests, before.requests);
    note(&most->opened, stats.connections_now, before.opened);
    before = (struct work){stats.sends, stats.sent_bytes, stats.requests, stats.connections_now};
}

int __real_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags) {
    is_worker = true;
    note_work(&most_outside);
    pthread_mutex_lock(&gate);
    pthread_mutex_unlock(&gate);
    int result = __real_event_base_loop(base, flags);
    note_work(&most_in_loop);
    return result;
}

static void begin(uint32_t message_rate) {
    struct tickcast_options options;
    tickcast_options_init(&options);
    options.workers = 1;
    options.message_rate = message_rate;
    options.message_burst = 1;
    options.ping_interval_ms = options.slow_time_ms = options.handshake_timeout_ms = 600000;
    options.dead_time_ms = 2 * options.ping_interval_ms;
    cr_assert(tickcast_broker_new(&options, &broker) == TICKCAST_OK);
    cr_assert(tickcast_broker_start(broker) == TICKCAST_OK);
}

static void end(void) {
    atomic_store(&leaps, false);
    tickcast_broker_free(broker);
    for (int i = 0; i < peer_count; i++) close(peers[i]);
}

static void send_all(int fd, const void *bytes, size_t count) {
    cr_assert(send(fd, bytes, count, MSG_NOSIGNAL) == (ssize_t)count);
}

static void send_request(int fd) {
    static const char *stream = "a/b/c";
    static const uint8_t mask[4] = {0};
    uint8_t header[WS_HEADER_BYTES + 4];
    void *request;
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    send_all(fd, header, ws_header_write_masked(WS_BINARY, bytes, mask, header));
    send_all(fd, request, bytes);
    free(request);
}

static void add_peers(int count) {
    static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    for (int i = 0; i < count; i++) {
        int pair[2];
        cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
        cr_assert(tickcast_broker_adopt(broker, pair[0], -1, NULL, 0) == TICKCAST_OK);
        peers[peer_count++] = pair[1];
        send_all(pair[1], upgrade, sizeof upgrade - 1);
        send_request(pair[1]);
    }
}

#define WAIT_FOR(condition)                                                                        \
    do {                                                                                           \
        struct tickcast_stats stats;                                                               \
        int waited = 0;                                                                            \
        for (tickcast_broker_stats(broker, &stats); !(condition); waited++) {                      \
            cr_assert(waited < WAIT_MS, #condition);                                               \
            usleep(1000);                                                                          \
            tickcast_broker_stats(broker, &stats);                                                 \
        }                                                                                          \
    } while (0)

/* What is done from now on is what the test is about. */
static void watch(void) {
    pthread_mutex_lock(&gate);
    atomic_store(&watched, true);
}

static void push_large(int count) {
    static uint8_t data[LARGE_BYTES] = {0xc6, 0, (LARGE_BYTES - 5) >> 16,
                                        ((LARGE_BYTES - 5) >> 8) & 0xff, (LARGE_BYTES - 5) & 0xff};
    for (int i = 0; i < count; i++)
        cr_assert(push(broker, "a/b/c", data, sizeof data) == TICKCAST_OK);
}

Test(turn, connections_that_come_at_once_are_opened_a_few_in_a_turn) {
    enum { PEERS = 40 };
    begin(0);
    watch();
    atomic_store(&leaps, true);
    add_peers(PEERS);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.subscribers_now == PEERS);
    cr_assert(most_outside.opened <= 1, "%lu connections", most_outside.opened);
    cr_assert_eq(most_in_loop.opened, 0);
    end();
}

Test(turn, a_message_to_all_of_a_set_leaves_in_slices) {
    begin(0);
    add_peers(MOST_PEERS);
    WAIT_FOR(stats.subscribers_now == MOST_PEERS);
    watch();
    cr_assert(push(broker, "a/b/c", NIL, sizeof NIL) == TICKCAST_OK);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.deliveries == MOST_PEERS);
    cr_assert(most_outside.sends <= SHARD_FLUSH_SENDS, "%lu sends", most_outside.sends);
    end();
}

Test(turn, a_slice_ends_by_the_clock_also_where_each_reader_gets_much) {
    enum { PEERS = 40, MESSAGES = 20 };
    begin(0);
    add_peers(PEERS);
    WAIT_FOR(stats.subscribers_now == PEERS);
    watch();
    atomic_store(&leaps, true);
    push_large(MESSAGES);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.sent_bytes > PEERS * 100000);
    cr_assert(most_outside.bytes <= VISIT_BYTES, "%lu bytes", most_outside.bytes);
    end();
}

static void read_what_is_there(void) {
    static uint8_t bytes[1 << 20];
    for (int i = 0; i < peer_count; i++)
        while (recv(peers[i], bytes, sizeof bytes, MSG_DONTWAIT) > 0) continue;
}

Test(turn, readers_that_all_take_again_are_served_a_few_in_a_turn) {
    enum { PEERS = 40, MESSAGES = 40 };
    begin(0);
    add_peers(PEERS);
    WAIT_FOR(stats.subscribers_now == PEERS);
    push_large(MESSAGES);
    WAIT_FOR(stats.sent_bytes > PEERS * 100000);
    watch();
    atomic_store(&leaps, true);
    read_what_is_there();
    struct tickcast_stats held;
    tickcast_broker_stats(broker, &held);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.sent_bytes > held.sent_bytes + PEERS * 100000);
    cr_assert(most_in_loop.bytes <= 2 * VISIT_BYTES, "%lu bytes", most_in_loop.bytes);
    end();
}

Test(turn, those_that_go_on_after_message_rate_are_served_a_few_in_a_turn) {
    enum { PEERS = 40, REQUESTS = 3 };
    begin(1);
    add_peers(PEERS);
    WAIT_FOR(stats.requests == PEERS);
    for (int i = 0; i < PEERS; i++)
        for (int j = 0; j < REQUESTS; j++) send_request(peers[i]);
    WAIT_FOR(stats.throttled >= PEERS);
    watch();
    atomic_store(&leaps, true);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.requests == (REQUESTS + 1) * PEERS);
    cr_assert(most_outside.requests <= 1, "%lu requests", most_outside.requests);
    end();
}
