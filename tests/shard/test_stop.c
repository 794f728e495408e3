/* A stop at the level of shards: what no caller of the API can time. */
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker/stage.h"
#include "base/clock.h"
#include "broker/broker.h"

#define STOP_MS 60000

static void *stop(void *broker) {
    cr_assert(tickcast_broker_stop(broker) == TICKCAST_OK);
    return NULL;
}

/* As broker_assign does it, whose caller was interrupted before the last step. */
static int hand_over(struct tickcast_broker *broker) {
    int pair[2];
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    cr_assert(fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0);
    struct handover *handover = calloc(1, sizeof *handover);
    handover->fd = pair[1];
    handover->since_ns = clock_now_ns();
    atomic_fetch_add(&broker->shards[0]->load, 1);
    atomic_fetch_add(&broker->shared.connections, 1);
    cr_assert(shard_hand_over(broker->shards[0], handover) == 0);
    return pair[0];
}

static void wait_for_closing(const struct tickcast_broker *broker) {
    struct tickcast_stats stats = {0};
    for (int i = 0; i < WAIT_MS && stats.ended_stopped == 0; i++) {
        usleep(1000);
        tickcast_broker_stats(broker, &stats);
    }
    cr_assert_eq(stats.ended_stopped, 1);
}

Test(stop, a_connection_that_comes_after_all_others_were_closed_does_not_hold_it_up) {
    struct tickcast_options options;
    pthread_t stopping;
    char byte;
    int port;
    tickcast_options_init(&options);
    options.workers = 1;
    options.stop_timeout_ms = options.close_timeout_ms = options.handshake_timeout_ms = STOP_MS;
    struct tickcast_broker *broker = start(&options, &port);
    struct client *client = subscribe(port, "a/b/c");
    uint64_t begin_ns = clock_now_ns();
    cr_assert(pthread_create(&stopping, NULL, stop, broker) == 0);
    wait_for_closing(broker); /* of the client, which does not look, and so does not end */
    int late = hand_over(broker);
    cr_assert(recv(late, &byte, 1, 0) <= 0, "it is closed without a word: it has asked nothing");
    close(late);
    client_free(client);
    pthread_join(stopping, NULL);
    cr_assert(clock_now_ns() - begin_ns < STOP_MS * NS_PER_MS / 2);
    tickcast_broker_free(broker);
}

/* A stop that is seen with the next tick only takes about SHARD_TICK_MS each time; a busy machine
 * may hold up many, but not all. */
Test(stop, it_takes_no_time_with_nothing_to_do) {
    enum { ROUNDS = 300, IN_A_ROW = 3, QUICK_MS = SHARD_TICK_MS / 5 };
    int port, quick = 0;
    for (int i = 0; i < ROUNDS && quick < IN_A_ROW; i++) {
        struct tickcast_broker *broker = start(NULL, &port);
        uint64_t begin_ns = clock_now_ns();
        tickcast_broker_free(broker);
        quick = clock_now_ns() - begin_ns < QUICK_MS * NS_PER_MS ? quick + 1 : 0;
    }
    cr_assert(quick == IN_A_ROW, "never %d in a row within %d ms", IN_A_ROW, QUICK_MS);
}
