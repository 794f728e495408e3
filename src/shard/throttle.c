/*
 * message_rate: a bucket of message_burst messages for each subscriber, into which one comes back
 * with every step of time, 1/message_rate seconds. Steps are the same for all of a shard: whoever
 * has used up its bucket gets a message back at the next one, so those that wait need no order and
 * no timer each. The shard has one, in milliseconds: with more steps in one, several come back.
 */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

static uint64_t step_now(const struct shard *shard) {
    return shard->now_ns / shard->throttle_step_ns;
}

bool conn_throttled(const struct conn *conn) {
    const struct shard *shard = conn->shard;
    if (shard->throttle_step_ns == 0 || conn->publisher != NULL) return false;
    uint64_t now = step_now(shard);
    return conn->whole_at > now && conn->whole_at - now >= shard->shared->options.message_burst;
}

void conn_count_messages(struct conn *conn, uint32_t count) {
    const struct shard *shard = conn->shard;
    if (shard->throttle_step_ns == 0 || conn->publisher != NULL) return;
    uint64_t now = step_now(shard);
    conn->whole_at = (conn->whole_at > now ? conn->whole_at : now) + count;
}

void conn_throttle(struct conn *conn) {
    struct shard *shard = conn->shard;
    list_remove(&conn->turn);
    if (list_empty(&shard->throttled)) {
        uint64_t left_ns = shard->throttle_step_ns - shard->now_ns % shard->throttle_step_ns;
        struct timeval left = {.tv_sec = (time_t)(left_ns / NS_PER_S),
                               .tv_usec = (suseconds_t)(left_ns % NS_PER_S / NS_PER_US)};
        event_add(shard->throttle_event, &left);
    }
    list_insert(&shard->throttled, &conn->turn);
    count_add(&shard->stats.throttled, 1);
}

static void on_step(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct shard *shard = arg;
    shard->now_ns = clock_now_ns();
    while (!list_empty(&shard->throttled))
        list_insert(&shard->resumed, list_pop(&shard->throttled));
}

int throttle_open(struct shard *shard) {
    uint32_t rate = shard->shared->options.message_rate;
    if (rate == 0) return 0;
    shard->throttle_step_ns = NS_PER_S / rate;
    shard->throttle_event = event_new(shard->base, -1, 0, on_step, shard);
    return shard->throttle_event != NULL ? 0 : -1;
}

void throttle_close(struct shard *shard) {
    if (shard->throttle_event != NULL) event_free(shard->throttle_event);
}
