/*
 * Large sets go into the index and out of it in pieces. The worker makes one turn at a time, when
 * told, and its clock leaps at each look, so that each slice ends after one piece: nothing depends
 * on how fast the machine is.
 */
#include <event2/event.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker/stage.h"
#include "base/clock.h"
#include "broker/broker.h"

#define STREAMS     4096
#define PIECE       64  /* streams of one turn */
#define FEW         128 /* streams of a small set */
#define PUSHES      320
#define TAKEN       16 /* messages of one turn */
#define MOST_TURNS  2000
#define FRAME_BYTES (256 * 1024)
#define TEXT_BYTES  24
#define PING_MS     600000

static struct tickcast_broker *broker;
static _Atomic bool leaps, stepping;
static sem_t go, arrived; /* into the next turn; at its begin */
static bool waits;        /* the worker does, for `go` */
static bool idle;         /* then it would sleep */
static _Thread_local bool is_worker;
static uint64_t leapt_ns;

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    if (!is_worker || clock != CLOCK_MONOTONIC) return result;
    if (atomic_load(&leaps)) leapt_ns += SHARD_SLICE_NS;
    uint64_t now_ns = (uint64_t)now->tv_sec * NS_PER_S + (uint64_t)now->tv_nsec + leapt_ns;
    *now = (struct timespec){.tv_sec = (time_t)(now_ns / NS_PER_S), .tv_nsec = now_ns % NS_PER_S};
    return result;
}

int __real_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags);
int __wrap_event_base_loop(struct event_base *base, int flags) {
    is_worker = true;
    if (!atomic_load(&stepping)) return __real_event_base_loop(base, flags);
    idle = (flags & EVLOOP_NONBLOCK) == 0;
    sem_post(&arrived);
    sem_wait(&go);
    return __real_event_base_loop(base, flags | EVLOOP_NONBLOCK);
}

static struct tickcast_stats stats(void) {
    struct tickcast_stats now;
    tickcast_broker_stats(broker, &now);
    return now;
}

/* One whole turn. */
static void turn(void) {
    if (!waits) sem_wait(&arrived);
    sem_post(&go);
    sem_wait(&arrived);
    waits = true;
}

#define TURNS_UNTIL(condition)                                                                     \
    for (int turns = 0; !(condition); turns++) {                                                   \
        cr_assert(turns < MOST_TURNS, #condition);                                                 \
        turn();                                                                                    \
    }

static void begin_limited(uint32_t max_subscriptions, uint32_t message_burst) {
    struct tickcast_options options;
    tickcast_options_init(&options);
    options.workers = 1;
    options.max_subscriptions = max_subscriptions;
    options.message_rate = 1;
    options.message_burst = message_burst;
    options.ping_interval_ms = options.slow_time_ms = options.handshake_timeout_ms = PING_MS;
    options.dead_time_ms = 2 * PING_MS;
    sem_init(&go, 0, 0);
    sem_init(&arrived, 0, 0);
    atomic_store(&stepping, true);
    atomic_store(&leaps, true);
    cr_assert(tickcast_broker_new(&options, &broker) == TICKCAST_OK);
    cr_assert(tickcast_broker_start(broker) == TICKCAST_OK);
}

static void begin(void) {
    begin_limited(1000000, 10000);
}

/* The worker runs freely from now on. */
static void let_run(void) {
    atomic_store(&leaps, false);
    atomic_store(&stepping, false);
    sem_post(&go);
}

static void check_base(void) {
    struct tickcast_stats now = stats();
    cr_assert_eq(now.groups_now, 0);
    cr_assert_eq(now.subscriptions_now, 0);
    cr_assert_eq(now.patterns_now, 0);
    cr_assert_eq(now.inbound_now, 0);
    cr_assert_eq(now.outbound_now, 0);
}

static void end(void) {
    let_run();
    cr_assert(tickcast_broker_stop(broker) == TICKCAST_OK);
    check_base();
    tickcast_broker_free(broker);
}

/* --- peers --- */

struct subscriber {
    int fd;
    uint8_t *request; /* sent last */
    size_t request_bytes;
    uint8_t got[FRAME_BYTES];
    size_t got_bytes, given;
};

static void send_all(int fd, const void *bytes, size_t count) {
    for (size_t sent = 0; sent < count;) {
        ssize_t taken =
            send(fd, (const uint8_t *)bytes + sent, count - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (taken > 0)
            sent += (size_t)taken;
        else
            turn();
    }
}

/* Of the whole frame at the begin of what was got; 0: it is not there. */
static size_t frame_bytes(const struct subscriber *peer, size_t *header) {
    *header = peer->got_bytes < 2 ? 2 : peer->got[1] < 126 ? 2 : peer->got[1] == 126 ? 4 : 10;
    if (peer->got_bytes < *header) return 0;
    size_t bytes = ws_frame_bytes(peer->got);
    return bytes <= peer->got_bytes ? bytes : 0;
}

/* The payload of the next frame of the broker, with as many turns as that takes. */
static const uint8_t *receive(struct subscriber *peer, size_t *bytes) {
    size_t header;
    peer->got_bytes -= peer->given;
    memmove(peer->got, peer->got + peer->given, peer->got_bytes);
    for (int turns = 0; (peer->given = frame_bytes(peer, &header)) == 0; turns++) {
        cr_assert(turns < MOST_TURNS, "no answer");
        ssize_t got = recv(peer->fd, peer->got + peer->got_bytes,
                           sizeof peer->got - peer->got_bytes, MSG_DONTWAIT);
        if (got > 0)
            peer->got_bytes += (size_t)got;
        else
            turn();
    }
    *bytes = peer->given - header;
    return peer->got + header;
}

static bool nothing_comes(const struct subscriber *peer) {
    uint8_t byte;
    return peer->got_bytes == peer->given && recv(peer->fd, &byte, 1, MSG_DONTWAIT | MSG_PEEK) < 0;
}

static struct subscriber *connect_peer(void) {
    static const char upgrade[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    struct subscriber *peer = calloc(1, sizeof *peer);
    char response[1024];
    int pair[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    cr_assert(tickcast_broker_adopt(broker, pair[0], -1, NULL, 0) == TICKCAST_OK);
    peer->fd = pair[1];
    send_all(peer->fd, upgrade, sizeof upgrade - 1);
    TURNS_UNTIL(recv(peer->fd, response, sizeof response, MSG_DONTWAIT) > 0);
    return peer;
}

static void leave(struct subscriber *peer) {
    close(peer->fd);
    free(peer->request);
    free(peer);
}

static void name(char *text, const char *prefix, int i) {
    snprintf(text, TEXT_BYTES, "%s%d/1D/X", prefix, i);
}

/* Asks for `count` streams; of sets "L" each fourth has a wildcard, which the key of the same name
 * matches. */
static void ask_from(struct subscriber *peer, const char *prefix, int first, int count) {
    static char texts[STREAMS][TEXT_BYTES];
    static const char *list[STREAMS];
    static const uint8_t mask[4] = {0};
    uint8_t header[WS_HEADER_BYTES + 4];
    void *request;
    for (int i = 0; i < count; i++) {
        name(texts[i], prefix, first + i);
        if (*prefix == 'L' && (first + i) % 4 == 0) *strrchr(texts[i], 'X') = '*';
        list[i] = texts[i];
    }
    free(peer->request);
    peer->request_bytes = tickcast_subscribe_encode(list, (size_t)count, &request);
    peer->request = request;
    send_all(peer->fd, header,
             ws_header_write_masked(WS_BINARY, peer->request_bytes, mask, header));
    send_all(peer->fd, request, peer->request_bytes);
}

static void ask(struct subscriber *peer, const char *prefix, int count) {
    ask_from(peer, prefix, 0, count);
}

static void expect_echo(struct subscriber *peer) {
    size_t bytes;
    const uint8_t *payload = receive(peer, &bytes);
    cr_assert(bytes == peer->request_bytes && memcmp(payload, peer->request, bytes) == 0,
              "not the echo");
}

static bool is_refused(struct subscriber *peer) {
    size_t bytes;
    const uint8_t *payload = receive(peer, &bytes);
    return memmem(payload, bytes, "too many subscriptions", 22) != NULL;
}

static void expect_key(struct subscriber *peer, const char *prefix, int i) {
    char key[TEXT_BYTES];
    size_t bytes;
    name(key, prefix, i);
    const uint8_t *payload = receive(peer, &bytes);
    cr_assert(memmem(payload, bytes, key, strlen(key)) != NULL, "not %s", key);
}

static void push_key(const char *prefix, int i) {
    char key[TEXT_BYTES];
    name(key, prefix, i);
    cr_assert(push(broker, key, NIL, sizeof NIL) == TICKCAST_OK);
}

/* Pushes messages of many keys of a large set, which are taken over many turns. */
static void push_many(const char *prefix) {
    for (int i = 0; i < PUSHES; i++) push_key(prefix, i);
    for (int i = 0; i < PUSHES / TAKEN; i++) turn();
}

static struct subscriber *subscribed(const char *prefix, int count) {
    struct subscriber *peer = connect_peer();
    ask(peer, prefix, count);
    expect_echo(peer);
    return peer;
}

/* A peer with a small set, and some of a large one in the index. */
static struct subscriber *partly_subscribed(const char *old, const char *prefix) {
    struct subscriber *peer = subscribed(old, 1);
    uint64_t before = stats().subscriptions_now;
    ask(peer, prefix, STREAMS);
    TURNS_UNTIL(stats().subscriptions_now >= before + STREAMS / 4);
    cr_assert(stats().subscriptions_now < before + STREAMS);
    return peer;
}

/* --- tests --- */

Test(large_sets, one_goes_into_the_index_and_out_of_it_a_piece_a_turn) {
    begin();
    struct subscriber *peer = connect_peer();
    ask(peer, "L", STREAMS);
    for (uint64_t before = 0, now = 0; now < STREAMS; before = now) {
        turn();
        now = stats().subscriptions_now;
        cr_assert(now - before <= PIECE, "%lu streams in one turn", now - before);
        cr_assert(now == 0 || now == STREAMS || !idle);
    }
    expect_echo(peer);
    leave(peer);
    for (uint64_t before = STREAMS, now = STREAMS; now > 0; before = now) {
        turn();
        now = stats().subscriptions_now;
        cr_assert(before - now <= PIECE, "%lu streams in one turn", before - now);
        cr_assert(now == 0 || now == STREAMS || !idle);
    }
    check_base();
    end();
}

Test(large_sets, those_of_many_share_the_turns) {
    enum { PEERS = 5 };
    struct subscriber *peers[PEERS];
    char prefix[2] = "A";
    begin();
    for (int i = 0; i < PEERS; i++) peers[i] = connect_peer();
    for (int i = 0; i < PEERS; i++, prefix[0]++) ask(peers[i], prefix, STREAMS / 4);
    for (uint64_t before = stats().subscriptions_now, now; before < PEERS * STREAMS / 4;
         before = now) {
        turn();
        now = stats().subscriptions_now;
        cr_assert(now - before <= PIECE, "%lu streams in one turn", now - before);
    }
    for (int i = 0; i < PEERS; i++) expect_echo(peers[i]);
    cr_assert_eq(stats().groups_now, PEERS);
    for (int i = 0; i < PEERS; i++) leave(peers[i]);
    TURNS_UNTIL(stats().subscriptions_now == 0);
    check_base();
    end();
}

Test(large_sets, the_old_set_is_delivered_until_the_echo_and_the_new_one_from_then_on) {
    begin();
    struct subscriber *peer = partly_subscribed("old", "new");
    push_key("old", 0);
    expect_key(peer, "old", 0);
    push_many("new"); /* some of them are in the index */
    cr_assert(nothing_comes(peer));
    push_key("old", 0);
    expect_key(peer, "old", 0);
    cr_assert(stats().subscriptions_now < STREAMS, "the set is whole too early");
    expect_echo(peer);
    for (int first = 0; first < STREAMS; first += FEW) {
        for (int i = first; i < first + FEW; i++) push_key("new", i);
        for (int i = first; i < first + FEW; i++) expect_key(peer, "new", i);
    }
    leave(peer);
    end();
}

Test(large_sets, the_keys_of_one_that_is_going_are_not_taken_for_unwanted) {
    begin();
    struct subscriber *leaving = subscribed("k", STREAMS);
    leave(leaving);
    TURNS_UNTIL(stats().subscriptions_now <= STREAMS / 2);
    struct subscriber *other = subscribed("other", 1); /* else the shard wants nothing at all */
    push_many("k");
    cr_assert(stats().subscriptions_now > PIECE, "it has gone too early");
    for (int first = 0; first < STREAMS; first += FEW) {
        ask_from(other, "k", first, FEW);
        expect_echo(other);
        for (int i = first; i < first + FEW; i++) push_key("k", i);
        for (int i = first; i < first + FEW; i++) expect_key(other, "k", i);
    }
    leave(other);
    end();
}

Test(large_sets, one_that_is_going_gets_no_message_and_its_place_is_taken_by_a_new_one) {
    begin();
    struct subscriber *first = subscribed("L", STREAMS);
    leave(first);
    TURNS_UNTIL(stats().subscriptions_now <= STREAMS / 2);
    struct subscriber *second = connect_peer();
    ask(second, "L", STREAMS);
    push_many("L");
    cr_assert_eq(stats().appends, 0);
    expect_echo(second);
    push_key("L", 7);
    expect_key(second, "L", 7);
    TURNS_UNTIL(stats().subscriptions_now == STREAMS);
    cr_assert_eq(stats().groups_now, 1);
    cr_assert_eq(stats().appends, 1);
    leave(second);
    end();
}

Test(large_sets, two_that_ask_for_the_same_are_one_group) {
    begin();
    struct subscriber *peers[2] = {connect_peer(), connect_peer()};
    for (int i = 0; i < 2; i++) ask(peers[i], "L", STREAMS);
    for (int i = 0; i < 2; i++) expect_echo(peers[i]);
    cr_assert_eq(stats().groups_now, 1);
    cr_assert_eq(stats().subscriptions_now, STREAMS);
    push_key("L", 9);
    for (int i = 0; i < 2; i++) expect_key(peers[i], "L", 9);
    for (int i = 0; i < 2; i++) leave(peers[i]);
    end();
}

Test(large_sets, the_one_that_waits_builds_when_the_first_has_gone) {
    begin();
    struct subscriber *first = partly_subscribed("old", "L"), *second = connect_peer();
    ask(second, "L", STREAMS);
    turn();
    close(first->fd);
    first->fd = dup(second->fd); /* something to close */
    push_key("old", 0);          /* what cannot be sent ends it */
    expect_echo(second);
    push_key("L", 9);
    expect_key(second, "L", 9);
    TURNS_UNTIL(stats().subscriptions_now == STREAMS);
    cr_assert_eq(stats().groups_now, 1);
    leave(first);
    leave(second);
    end();
}

Test(large_sets, a_connection_that_ends_in_the_middle_leaves_nothing) {
    begin();
    struct subscriber *peer = partly_subscribed("old", "L");
    leave(peer);
    push_key("old", 0); /* what cannot be sent ends it */
    TURNS_UNTIL(stats().connections_now == 0);
    cr_assert(stats().subscriptions_now > 0 && stats().subscriptions_now < STREAMS);
    TURNS_UNTIL(stats().subscriptions_now == 0);
    check_base();
    end();
}

Test(large_sets, a_request_that_follows_at_once_is_handled_after_it) {
    begin();
    struct subscriber *peer = partly_subscribed("old", "L");
    uint8_t *large = peer->request;
    size_t bytes = peer->request_bytes;
    peer->request = NULL;
    ask(peer, "small", 3);
    turn();
    cr_assert(nothing_comes(peer));
    uint8_t *small = peer->request;
    size_t small_bytes = peer->request_bytes;
    peer->request = large;
    peer->request_bytes = bytes;
    expect_echo(peer);
    free(large);
    peer->request = small;
    peer->request_bytes = small_bytes;
    expect_echo(peer);
    push_key("L", 1);
    push_key("small", 1);
    expect_key(peer, "small", 1);
    TURNS_UNTIL(stats().subscriptions_now == 3);
    leave(peer);
    end();
}

Test(large_sets, a_request_counts_against_message_rate_once) {
    enum { COST = 1 + STREAMS / 256 };
    begin_limited(1000000, COST + 3);
    struct subscriber *peer = connect_peer();
    ask(peer, "L", STREAMS);
    expect_echo(peer);
    ask(peer, "small", 1);
    expect_echo(peer);
    cr_assert_eq(stats().throttled, 0);
    ask(peer, "L", STREAMS);
    expect_echo(peer);
    TURNS_UNTIL(stats().throttled > 0);
    leave(peer);
    end();
}

/* While the worker waits for `go`: time passes, and it sees that. */
static void pass_time(void) {
    leapt_ns += PING_MS * NS_PER_MS;
    event_active(broker->shards[0]->tick_event, EV_TIMEOUT, 0);
    turn();
}

Test(large_sets, who_waits_for_one_is_neither_pinged_nor_dead) {
    begin();
    struct subscriber *peer = partly_subscribed("old", "L");
    for (int i = 0; i < 5; i++) pass_time();
    cr_assert(stats().subscriptions_now < STREAMS, "the set is whole too early");
    cr_assert(nothing_comes(peer));
    expect_echo(peer);
    pass_time();
    TURNS_UNTIL(!nothing_comes(peer));
    leave(peer);
    end();
}

Test(large_sets, max_subscriptions_counts_what_is_still_to_come_and_what_has_not_gone_yet) {
    begin_limited(STREAMS + 100, 10000);
    struct subscriber *peers[3] = {partly_subscribed("old", "L"), connect_peer(), connect_peer()};
    ask(peers[1], "M", STREAMS); /* another large one */
    cr_assert(is_refused(peers[1]));
    ask(peers[1], "m", 100); /* and a small one: with "old" it is one too many */
    cr_assert(is_refused(peers[1]));
    ask(peers[2], "n", 99);
    expect_echo(peers[2]);
    cr_assert(stats().subscriptions_now < STREAMS, "the set is whole too early");
    expect_echo(peers[0]);
    leave(peers[0]);
    TURNS_UNTIL(stats().subscriptions_now < STREAMS);
    cr_assert(stats().subscriptions_now > STREAMS / 2);
    ask(peers[1], "M", STREAMS);
    cr_assert(is_refused(peers[1]));
    TURNS_UNTIL(stats().subscriptions_now == 99);
    ask(peers[1], "M", STREAMS);
    expect_echo(peers[1]);
    leave(peers[1]);
    leave(peers[2]);
    end();
}

Test(large_sets, one_that_waits_is_refused_when_its_turn_comes_and_there_is_no_room) {
    begin_limited(2 * STREAMS, 10000);
    struct subscriber *peers[3] = {connect_peer(), connect_peer(), connect_peer()};
    int refused = 0;
    for (int i = 0; i < 3; i++) ask(peers[i], i == 0 ? "L" : i == 1 ? "M" : "N", STREAMS);
    for (int i = 0; i < 3; i++) refused += is_refused(peers[i]);
    cr_assert_eq(refused, 1);
    cr_assert_eq(stats().subscriptions_now, 2 * STREAMS);
    for (int i = 0; i < 3; i++) leave(peers[i]);
    end();
}

Test(large_sets, a_stop_in_the_middle_leaves_nothing) {
    begin();
    struct subscriber *leaving = subscribed("M", STREAMS);
    leave(leaving);
    TURNS_UNTIL(stats().subscriptions_now <= STREAMS * 3 / 4);
    struct subscriber *peer = subscribed("old", 1), *waiting = connect_peer();
    ask(peer, "L", STREAMS);
    ask(waiting, "N", STREAMS);
    for (int i = 0; i < 100; i++) turn();
    cr_assert(stats().inbound_now > peer->request_bytes + waiting->request_bytes);
    end();
    leave(peer);
    leave(waiting);
}
