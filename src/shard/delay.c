/*
 * flush_delay_us: a group waits for more messages before its members are visited (again), in a
 * queue of its own. What is appended while they are being visited goes along to those that are
 * left; for the others the wait begins when this round is over, and counts from the append.
 *
 * All wait equally long, so the queue is in the order in which they are due, and one timer is
 * enough. It is a timerfd: timeouts of epoll are milliseconds.
 */
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

static void on_due(evutil_socket_t fd, short what, void *arg) {
    (void)what, (void)arg; /* it only ends the sleep: the turn looks at the clock */
    uint64_t times;
    (void)!read(fd, &times, sizeof times);
}

int delay_open(struct shard *shard) {
    shard->delay_ns = shard->shared->options.flush_delay_us * NS_PER_US;
    if (shard->delay_ns == 0) return 0;
    shard->delay_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (shard->delay_fd < 0) return -1;
    shard->delay_event =
        event_new(shard->base, shard->delay_fd, EV_READ | EV_PERSIST, on_due, NULL);
    return shard->delay_event == NULL ? -1 : event_add(shard->delay_event, NULL);
}

void delay_close(struct shard *shard) {
    if (shard->delay_event != NULL) event_free(shard->delay_event);
    if (shard->delay_fd >= 0) close(shard->delay_fd);
}

/* In the order of due_ns: not before the last one. */
static void enter(struct shard *shard, struct group *group) {
    const struct list *last = shard->delayed.prev;
    if (last != &shard->delayed) {
        uint64_t last_ns = LIST_ITEM(last, struct group, dirty)->due_ns;
        if (last_ns > group->due_ns) group->due_ns = last_ns;
    }
    list_insert(&shard->delayed, &group->dirty);
}

void delay_group(struct shard *shard, struct group *group, uint32_t bytes) {
    bool queued = !list_empty(&group->dirty);
    if (group_delayed(group) || group->ready_count == 0) return;
    if (queued && group->to_visit == group->ready_count) return; /* nobody was visited yet */
    group->due_ns = shard->now_ns + shard->delay_ns;
    group->full_at = group->log->head - bytes + SHARD_DELAY_BYTES;
    group_watch(group);
    if (queued) return; /* being sent to: it waits once that is over */
    group_wake(group);
    enter(shard, group);
}

void delay_begin(struct shard *shard, struct group *group) {
    group->floor = group->full_at - SHARD_DELAY_BYTES; /* there the first ones visited may be */
    group_wake(group);
    if (shard->delay_ns == 0 || group->due_ns <= shard->now_ns || group->to_visit == 0)
        delay_end(shard, group);
    else
        enter(shard, group);
    group_watch(group);
}

void delay_end(struct shard *shard, struct group *group) {
    if (!group_delayed(group)) return;
    group->full_at = UINT64_MAX;
    group_watch(group);
    list_remove(&group->dirty);
    group_wake(group);
    group_dirty(shard, group);
}

void delay_end_due(struct shard *shard) {
    while (!list_empty(&shard->delayed)) {
        struct group *group = LIST_ITEM(shard->delayed.next, struct group, dirty);
        if (group->due_ns > shard->now_ns && shard->delay_ns > 0) return;
        delay_end(shard, group);
    }
}

void delay_wake_when_due(struct shard *shard) {
    if (list_empty(&shard->delayed)) return;
    uint64_t due_ns = LIST_ITEM(shard->delayed.next, struct group, dirty)->due_ns;
    if (due_ns == shard->delay_until_ns) return;
    struct itimerspec at = {
        .it_value = {.tv_sec = (time_t)(due_ns / NS_PER_S), .tv_nsec = (long)(due_ns % NS_PER_S)}};
    (void)timerfd_settime(shard->delay_fd, TFD_TIMER_ABSTIME, &at, NULL);
    shard->delay_until_ns = due_ns;
}
