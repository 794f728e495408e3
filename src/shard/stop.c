/* The last phase of a stop: the ring is drained, logs are flushed, everybody gets 1001. */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

/* True once all that was accepted has left, or the time for it is over. */
static bool delivered(const struct shard *shard) {
    const struct tickcast_options *options = &shard->shared->options;
    uint64_t stop_ns = atomic_load_explicit(&shard->shared->stop_ns, memory_order_relaxed);
    uint64_t close_ns = options->close_timeout_ms * NS_PER_MS;
    uint64_t half_ns = options->stop_timeout_ms * NS_PER_MS / 2;
    if (shard->now_ns + (close_ns < half_ns ? close_ns : half_ns) >= stop_ns) return true;
    return !rings_waiting(shard->shared->rings, shard->number) && list_empty(&shard->dirty) &&
           list_empty(&shard->blocked);
}

static void close_all(struct shard *shard) {
    struct list *node = shard->conns.next;
    while (node != &shard->conns) {
        struct conn *conn = LIST_ITEM(node, struct conn, all);
        node = node->next; /* ending one connection takes no other out of the list */
        conn_fail(conn, END_STOPPED, NULL);
    }
    shard->closing_all = true;
}

bool stop_turn(struct shard *shard) {
    if (!shard->closing_all && delivered(shard)) close_all(shard);
    if (shard->closing_all && list_empty(&shard->conns)) return false;
    uint64_t stop_ns = atomic_load_explicit(&shard->shared->stop_ns, memory_order_relaxed);
    if (shard->now_ns < stop_ns) return true;
    while (!list_empty(&shard->conns))
        conn_doom(LIST_ITEM(shard->conns.next, struct conn, all), END_STOPPED, true);
    return false;
}
