/* flush_delay_us. No test measures time: that a delay of LONG_US ends before a few pushes are done
 * is possible, if seldom, so what should be seen has to be seen in one of ROUNDS. */
#include <sched.h>

#include "stage.h"

#define LONG_US  100000
#define ROUNDS   50
#define MESSAGES 20
#define READERS  3

struct stage {
    struct tickcast_broker *broker;
    struct client *readers[READERS];
    struct tickcast_stats before;
};

static void open_stage(struct stage *stage) {
    struct tickcast_options options;
    int port;
    tickcast_options_init(&options);
    options.workers = 1;
    options.flush_delay_us = LONG_US;
    options.notsent_lowat = 64 * TICKCAST_MIB;
    stage->broker = start(&options, &port);
    for (int i = 0; i < READERS; i++) stage->readers[i] = subscribe(port, "A/B/*");
}

static void close_stage(struct stage *stage) {
    for (int i = 0; i < READERS; i++) client_free(stage->readers[i]);
    tickcast_broker_free(stage->broker);
}

static struct tickcast_stats stats_of(const struct stage *stage) {
    struct tickcast_stats stats;
    tickcast_broker_stats(stage->broker, &stats);
    return stats;
}

/* Pushes, and waits until the message is in the log: without a delay it is sent in the same turn.
 */
static void push_matched(const struct stage *stage, const void *data, size_t bytes) {
    uint64_t matched = stats_of(stage).matched;
    cr_assert(push(stage->broker, "A/B/C", data, bytes) == TICKCAST_OK);
    while (stats_of(stage).matched == matched) sched_yield();
}

static void receive(struct client *client, int count) {
    struct client_message message;
    for (int i = 0; i < count; i++)
        cr_assert(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE);
}

/* All `messages` of a round are received and counted; returns the sends that it took. */
static uint64_t sends_of_round(const struct stage *stage, int messages) {
    for (int i = 0; i < READERS; i++) receive(stage->readers[i], messages);
    uint64_t all = stage->before.deliveries + (uint64_t)messages * READERS;
    while (stats_of(stage).deliveries < all) sched_yield();
    return stats_of(stage).sends - stage->before.sends;
}

Test(delay, messages_that_come_one_by_one_leave_in_one_send_for_each_reader) {
    struct stage stage;
    open_stage(&stage);
    uint64_t sends = 0;
    for (int round = 0; round < ROUNDS && sends != READERS; round++) {
        stage.before = stats_of(&stage);
        for (int i = 0; i < MESSAGES; i++) push_matched(&stage, NIL, 1);
        sends = sends_of_round(&stage, MESSAGES);
    }
    cr_assert(sends == READERS, "%llu sends", (unsigned long long)sends);
    close_stage(&stage);
}

Test(delay, a_group_with_much_to_send_does_not_wait_for_more) {
    static uint8_t large[66 * 1024] = {0xc6, 0, 1, 7, 0xfb}; /* bin 32 of the rest */
    static uint8_t small[2048] = {0xc5, 7, 0xfd};            /* bin 16 */
    struct stage stage;
    open_stage(&stage);
    for (int round = 0; round < 5; round++) {
        stage.before = stats_of(&stage);
        push_matched(&stage, large, sizeof large);
        push_matched(&stage, NIL, 1);
        cr_assert(sends_of_round(&stage, 2) >= 2 * READERS, "one message of 66 KiB");
        stage.before = stats_of(&stage);
        for (int i = 0; i < 40; i++) push_matched(&stage, small, sizeof small);
        cr_assert(sends_of_round(&stage, 40) >= 2 * READERS, "40 messages of 2 KiB");
    }
    close_stage(&stage);
}

/* If the echo waited with its group, the first message would be on its way to all before it. */
Test(delay, an_echo_does_not_wait) {
    static const uint8_t no_streams[] = {0x80};
    struct stage stage;
    open_stage(&stage);
    uint64_t sends = 0, wanted = READERS + 2; /* the echo and the message behind it by themselves */
    for (int round = 0; round < ROUNDS && sends != wanted; round++) {
        stage.before = stats_of(&stage);
        push_matched(&stage, NIL, 1);
        cr_assert(client_queue(stage.readers[0], WS_BINARY, no_streams, 1) == CLIENT_OK);
        receive(stage.readers[0], 1);
        push_matched(&stage, NIL, 1);
        sends = sends_of_round(&stage, 2);
    }
    cr_assert(sends == wanted, "%llu sends", (unsigned long long)sends);
    close_stage(&stage);
}

/* The visits of so many readers are interrupted to take more messages. */
Test(delay, what_comes_while_a_group_is_sent_to_reaches_all_of_it) {
    enum { MANY = 300, BURSTS = 10, BURST = 1000 };
    struct client *many[MANY];
    struct tickcast_options options;
    int port;
    tickcast_options_init(&options);
    options.workers = 1;
    options.flush_delay_us = 100;
    options.ping_interval_ms = 3600000; /* what waits goes along with a ping */
    options.dead_time_ms = 7200000;
    struct tickcast_broker *broker = start(&options, &port);
    for (int i = 0; i < MANY; i++) many[i] = subscribe(port, "A/B/*");
    for (int burst = 0; burst < BURSTS; burst++) {
        for (int i = 0; i < BURST; i++) {
            cr_assert(push(broker, "A/B/C", NIL, 1) == TICKCAST_OK);
            sched_yield();
        }
        for (int i = 0; i < MANY; i++) receive(many[i], BURST);
    }
    for (int i = 0; i < MANY; i++) client_free(many[i]);
    tickcast_broker_free(broker);
}

Test(delay, a_stop_sends_what_waits) {
    struct stage stage;
    struct client_message message;
    open_stage(&stage);
    push_matched(&stage, NIL, 1);
    cr_assert(tickcast_broker_stop(stage.broker) == TICKCAST_OK);
    for (int i = 0; i < READERS; i++) {
        receive(stage.readers[i], 1);
        cr_assert(client_receive(stage.readers[i], WAIT_MS, -1, &message) == CLIENT_CLOSED);
    }
    close_stage(&stage);
}
