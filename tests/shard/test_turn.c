/*
 * No part of a worker's turn goes on for as long as there is something to do. What is counted is
 * what a worker does between two turns of its event loop, or in one; nothing depends on how fast
 * the machine is: where a part ends by the clock, the clock leaps at each look, so that each finds
 * the time over.
 */
#include <event2/event.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker/stage.h"
#include "../net/issue.h"
#include "base/clock.h"
#include "broker/broker.h"
#include "shard/shard.h"

#define MOST_PEERS  300
#define VISIT_BYTES (512 * 1024) /* more than one visit sends */
#define LARGE_BYTES 100000
#define HANDS       20

struct work {
    uint64_t sends, bytes, requests, opened, delivered, shaken;
};

static struct tickcast_broker *broker;
static int peers[MOST_PEERS], peer_count;
static _Atomic bool watched; /* what is done now counts */
static _Atomic bool leaps;   /* the worker's clock, at each look */
static _Atomic bool frozen;  /* it stands, but for steps of TLS handshakes */
static struct work whole;    /* what there is to do, all before the worker may; 0: not looked at */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER; /* who has it holds the worker up */
static _Atomic bool at_gate;                             /* it waits */

/* the worker's */
static struct work before, most_in_loop, most_outside;
static uint64_t sleeps; /* with a part of the work done */
static _Thread_local bool is_worker;
static uint64_t leapt_ns, frozen_ns;
static uint64_t steps, steps_before, steps_beside; /* of handshakes; beside messages that wait */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    if (!is_worker || clock != CLOCK_MONOTONIC) return result;
    if (atomic_load(&leaps)) leapt_ns += 2 * SHARD_FLUSH_NS;
    uint64_t now_ns = (uint64_t)now->tv_sec * NS_PER_S + (uint64_t)now->tv_nsec + leapt_ns;
    if (atomic_load(&frozen)) {
        if (frozen_ns == 0) frozen_ns = now_ns - leapt_ns;
        now_ns = frozen_ns + leapt_ns;
    }
    *now = (struct timespec){.tv_sec = (time_t)(now_ns / NS_PER_S), .tv_nsec = now_ns % NS_PER_S};
    return result;
}

int __real_SSL_do_handshake(SSL *ssl);
int __wrap_SSL_do_handshake(SSL *ssl);
int __wrap_SSL_do_handshake(SSL *ssl) {
    if (is_worker && atomic_load(&frozen)) {
        steps++;
        leapt_ns += 10 * SHARD_SLICE_NS; /* as with an RSA key */
    }
    return __real_SSL_do_handshake(ssl);
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
    note(&most->shaken, stats.tls_handshakes, before.shaken);
    before = (struct work){stats.sends,           stats.sent_bytes, stats.requests,
                           stats.connections_now, stats.deliveries, stats.tls_handshakes};
}

static bool is_part(uint64_t done, uint64_t all) {
    return done > 0 && done < all;
}

int __real_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags) {
    is_worker = true;
    note_work(&most_outside);
    if ((flags & EVLOOP_NONBLOCK) == 0 &&
        (is_part(before.opened, whole.opened) || is_part(before.delivered, whole.delivered)))
        sleeps++;
    if (is_part(before.delivered, whole.delivered)) steps_beside += steps - steps_before;
    steps_before = steps;
    atomic_store(&at_gate, true);
    pthread_mutex_lock(&gate);
    atomic_store(&at_gate, false);
    pthread_mutex_unlock(&gate);
    int result = __real_event_base_loop(base, flags);
    note_work(&most_in_loop);
    return result;
}

static struct tickcast_options usual_options(void) {
    struct tickcast_options options;
    tickcast_options_init(&options);
    options.workers = 1;
    options.ping_interval_ms = options.slow_time_ms = options.handshake_timeout_ms = 600000;
    options.dead_time_ms = 2 * options.ping_interval_ms;
    return options;
}

static void begin_with(const struct tickcast_options *options,
                       const struct tickcast_listener *listener) {
    cr_assert(tickcast_broker_new(options, &broker) == TICKCAST_OK);
    if (listener != NULL) cr_assert(tickcast_broker_listen(broker, listener) == 0);
    cr_assert(tickcast_broker_start(broker) == TICKCAST_OK);
}

static void begin(uint32_t message_rate) {
    struct tickcast_options options = usual_options();
    options.message_rate = message_rate;
    options.message_burst = 1;
    begin_with(&options, NULL);
}

static void end(void) {
    atomic_store(&leaps, false);
    atomic_store(&frozen, false); /* a stop has deadlines */
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

/* The other end of a connection of the listener, or -1: one without TLS. */
static int add_peer(int listener) {
    int pair[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    cr_assert(tickcast_broker_adopt(broker, pair[0], listener, NULL, 0) == TICKCAST_OK);
    peers[peer_count++] = pair[1];
    return pair[1];
}

static void add_peers(int count) {
    static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    for (int i = 0; i < count; i++) {
        int fd = add_peer(-1);
        send_all(fd, upgrade, sizeof upgrade - 1);
        send_request(fd);
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

/* What is done from now on is what the test is about; the worker waits at the gate. */
static void watch(void) {
    pthread_mutex_lock(&gate);
    while (!atomic_load(&at_gate)) usleep(1000); /* until its next tick */
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
    whole.opened = PEERS;
    add_peers(PEERS);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.subscribers_now == PEERS);
    cr_assert(most_outside.opened <= 1, "%lu connections", most_outside.opened);
    cr_assert_eq(most_in_loop.opened, 0);
    cr_assert_eq(sleeps, 0, "the next turn comes at once");
    end();
}

Test(turn, a_message_to_all_of_a_set_leaves_in_slices) {
    begin(0);
    add_peers(MOST_PEERS);
    WAIT_FOR(stats.subscribers_now == MOST_PEERS);
    watch();
    whole.delivered = MOST_PEERS;
    cr_assert(push(broker, "a/b/c", NIL, sizeof NIL) == TICKCAST_OK);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.deliveries == MOST_PEERS);
    cr_assert(most_outside.sends <= SHARD_FLUSH_SENDS, "%lu sends", most_outside.sends);
    cr_assert_eq(sleeps, 0, "the next turn comes at once");
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

static void *stop(void *arg) {
    (void)arg;
    cr_assert(tickcast_broker_stop(broker) == TICKCAST_OK);
    return NULL;
}

/* The time of a stop is over when the worker sees it; of the connections it opens one. */
Test(turn, connections_that_a_stop_leaves_unopened_are_counted) {
    enum { PEERS = 40 };
    pthread_t stopping;
    struct tickcast_stats stats;
    begin(0);
    watch();
    add_peers(PEERS);
    cr_assert(pthread_create(&stopping, NULL, stop, NULL) == 0);
    while (atomic_load(&broker->shared.phase) != PHASE_DRAINING) usleep(1000);
    leapt_ns += 2 * broker->shared.options.stop_timeout_ms * NS_PER_MS;
    atomic_store(&leaps, true);
    pthread_mutex_unlock(&gate);
    pthread_join(stopping, NULL);
    tickcast_broker_stats(broker, &stats);
    cr_assert_eq(stats.ended_stopped, PEERS);
    cr_assert_eq(stats.connections_now, 0);
    end();
}

/* Handshakes over TLS, and their server. */
struct hands {
    char folder[ISSUE_FOLDER_BYTES];
    SSL_CTX *context;
    SSL *ssls[HANDS];
};

/* Each sends what it can without an answer. */
static void shake(const struct hands *hands) {
    for (int i = 0; i < HANDS; i++) {
        int result = SSL_do_handshake(hands->ssls[i]);
        cr_assert(result == 1 || SSL_get_error(hands->ssls[i], result) == SSL_ERROR_WANT_READ);
    }
}

/* The server has sent its part, now they can send their last. */
static void begin_hands(struct hands *hands, uint32_t max_handshakes) {
    char cert[ISSUE_PATH_BYTES], key[ISSUE_PATH_BYTES];
    issue_folder(hands->folder);
    issue_cert(hands->folder, (struct issue){.name = "a", .subject = "a"});
    const struct tickcast_certificate certificate = {issue_path(hands->folder, "a", "pem", cert),
                                                     issue_path(hands->folder, "a", "key", key)};
    const struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
    struct tickcast_options options = usual_options();
    options.max_handshakes = max_handshakes;
    begin_with(&options, &(struct tickcast_listener){.host = "127.0.0.1", .tls = &tls});
    hands->context = SSL_CTX_new(TLS_client_method());
    for (int i = 0; i < HANDS; i++) {
        int fd = add_peer(0);
        cr_assert(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
        hands->ssls[i] = SSL_new(hands->context);
        cr_assert(SSL_set_fd(hands->ssls[i], fd) == 1);
        SSL_set_connect_state(hands->ssls[i]);
    }
    shake(hands);
    for (int i = 0; i < HANDS; i++) {
        struct pollfd ready = {.fd = SSL_get_fd(hands->ssls[i]), .events = POLLIN};
        cr_assert(poll(&ready, 1, WAIT_MS) == 1);
    }
}

static void end_hands(struct hands *hands) {
    end();
    for (int i = 0; i < HANDS; i++) SSL_free(hands->ssls[i]);
    SSL_CTX_free(hands->context);
    issue_remove(hands->folder);
}

Test(turn, TLS_handshakes_that_go_on_at_once_do_so_a_few_in_a_turn) {
    struct hands hands;
    begin_hands(&hands, HANDS + 1);
    watch();
    atomic_store(&leaps, true);
    shake(&hands);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.tls_handshakes == HANDS);
    cr_assert(most_outside.shaken <= 1, "%lu handshakes", most_outside.shaken);
    end_hands(&hands);
}

/* Those have no time at all, so handshakes that have had theirs wait until all are delivered. */
Test(turn, TLS_handshakes_give_messages_as_much_time_as_they_have_had) {
    enum { MESSAGES = 4 * SHARD_TAKE_MESSAGES };
    struct hands hands;
    begin_hands(&hands, HANDS + 1);
    add_peers(1);
    WAIT_FOR(stats.requests == 1);
    watch();
    atomic_store(&frozen, true);
    whole.delivered = MESSAGES;
    for (int i = 0; i < MESSAGES; i++)
        cr_assert(push(broker, "a/b/c", NIL, sizeof NIL) == TICKCAST_OK);
    shake(&hands);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.tls_handshakes == HANDS);
    cr_assert(steps_beside <= 1, "%lu steps", steps_beside);
    end_hands(&hands);
}

Test(turn, a_TLS_handshake_that_waits_for_its_turn_makes_no_room_for_a_new_one) {
    struct hands hands;
    begin_hands(&hands, HANDS);
    watch();
    atomic_store(&frozen, true);
    shake(&hands);
    add_peer(0);
    pthread_mutex_unlock(&gate);
    WAIT_FOR(stats.ended_handshakes_full == 1 && stats.tls_handshakes == HANDS);
    end_hands(&hands);
}
