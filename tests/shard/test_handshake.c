/* The time of an opening handshake, which begins before a shard has the connection. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker/stage.h"
#include "base/clock.h"
#include "broker/broker.h"

#define TIMEOUT_MS 600000 /* the longest: what ends sooner had a part of it before */

Test(handshake, its_time_is_that_since_the_connection_was_accepted) {
    struct tickcast_options options;
    struct timeval patience = {.tv_sec = WAIT_MS / 1000};
    int port, pair[2];
    char byte;
    tickcast_options_init(&options);
    options.workers = 1;
    options.handshake_timeout_ms = TIMEOUT_MS;
    struct tickcast_broker *broker = start(&options, &port);
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    cr_assert(fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0);
    setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    /* as broker_assign does it; then the shard was busy for a long time */
    struct handover *handover = calloc(1, sizeof *handover);
    handover->fd = pair[1];
    handover->since_ns = clock_now_ns() - TIMEOUT_MS * NS_PER_MS;
    atomic_fetch_add(&broker->shards[0]->load, 1);
    atomic_fetch_add(&broker->shared.connections, 1);
    cr_assert(shard_hand_over(broker->shards[0], handover) == 0);
    cr_assert(recv(pair[0], &byte, 1, 0) == 0, "it is not over");
    struct tickcast_stats stats;
    tickcast_broker_stats(broker, &stats);
    cr_assert_eq(stats.ended_handshake_late, 1);
    close(pair[0]);
    tickcast_broker_free(broker);
}
