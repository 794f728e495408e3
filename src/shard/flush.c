/*
 * From the logs to the sockets, in slices: a group that is not finished goes to the end of the
 * queue and on at its cursor, so nobody waits for ten thousand others.
 */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

#define CLOCK_VISITS 32 /* the clock is read once in so many visits, */
#define CLOCK_BYTES                                                                                \
    (64 * 1024) /* and after so much of the others, and of usual ones that send more */

struct slice {
    uint64_t until_ns;
    uint32_t left;          /* visits until the clock is looked at */
    uint32_t looks;         /* after which it went on */
    uint32_t others;        /* visits that are no usual ones */
    uint64_t bytes, frames; /* of usual visits; conn_out.c counts its own */
    uint64_t other_bytes;   /* since the clock was read for CLOCK_BYTES */
};

/* To be asked after each row of visits, of which none goes beyond the next look at the clock. Once
 * it is over it stays so, whoever asks. */
static inline bool slice_over(struct slice *slice) {
    if (slice->left > 0) return false;
    if (slice->looks + 1 >= SHARD_FLUSH_SENDS / CLOCK_VISITS || clock_now_ns() >= slice->until_ns)
        return true;
    slice->left = CLOCK_VISITS;
    slice->looks++;
    return false;
}

static uint32_t usual_visits(const struct slice *slice) {
    return (slice->looks + 1) * CLOCK_VISITS - slice->left - slice->others;
}

/* The usual visit: a plain socket takes all of the end of the newest chunk. */
static inline bool usual(const struct member *member) {
    return member->splice == NULL && CONN_OF(member)->transport.ssl == NULL;
}

/* After another visit, which may have sent as much as hundreds of usual ones. If the time is over,
 * no visit is left until the clock is looked at. */
static void look_after(struct slice *slice, uint64_t sent_bytes) {
    slice->other_bytes += sent_bytes;
    if (slice->other_bytes < CLOCK_BYTES) return;
    slice->other_bytes = 0;
    if (clock_now_ns() < slice->until_ns) return;
    slice->others += slice->left;
    slice->left = 0;
}

/* Another visit: what the socket has taken is less than the `bytes` before `end` that it was
 * offered, or nothing was offered. */
__attribute__((noinline)) static void visit_otherwise(struct member *member, struct slice *slice,
                                                      const uint8_t *end, size_t bytes,
                                                      ssize_t taken) {
    const count_t *sent = &CONN_OF(member)->shard->stats.sent_bytes;
    uint64_t before = count_get(sent);
    slice->others++;
    if (bytes == 0)
        conn_flush(CONN_OF(member));
    else
        conn_flush_on(CONN_OF(member), end - bytes, bytes, taken);
    look_after(slice, count_get(sent) - before);
}

/* A row of usual visits, and the one that ends it. By itself, since it needs all registers. */
__attribute__((noinline)) static void visit_row(struct group *group, struct slice *slice) {
    struct log_tail tail = {0};
    if (group->log->newest != NULL) tail = log_tail(group->log);
    uint32_t most = slice->left < group->to_visit ? slice->left : group->to_visit;
    if (tail.bytes > CLOCK_BYTES) most = 1;
    uint32_t left = most;
    uint64_t sent = 0, frames = 0;
    struct list *next = group->next;
    struct member *member;
    size_t bytes;
    ssize_t taken = 0;
    do {
        member = group_step(group, &next);
        __builtin_prefetch(LIST_ITEM(next, struct member, link));
        bytes = usual(member) ? cursor_to_end(&member->now, &tail) : 0;
        if (bytes == 0) break;
        taken = transport_send(&CONN_OF(member)->transport, tail.end - bytes, bytes);
        if (taken != (ssize_t)bytes) break;
        sent += bytes;
        frames += cursor_to_head(&member->now, &tail);
    } while (--left > 0);
    slice->bytes += sent;
    slice->frames += frames;
    log_reached(group->log, most - left);
    uint32_t visits = left > 0 ? most - left + 1 : most;
    slice->left -= visits;
    group_visited(group, next, visits);
    if (left > 0)
        visit_otherwise(member, slice, tail.end, bytes, taken);
    else if (sent > CLOCK_BYTES && most == 1)
        look_after(slice, sent);
}

__attribute__((noinline)) static void settle_lag(struct shard *shard, struct group *group) {
    if (group->to_visit > 0 && group->log->head - group->floor > GROUP_LAG_BYTES) return;
    group->lagging = false;
    shard->lagging--;
    group_watch(group);
}

/* Any group; it was taken out of the queue. */
__attribute__((noinline)) static void flush_group(struct shard *shard, struct group *group,
                                                  struct slice *slice) {
    while (group->to_visit > 0) {
        visit_row(group, slice);
        if (group->log == NULL) return; /* its last member ended */
        if (slice_over(slice)) break;
    }
    if (group->lagging) settle_lag(shard, group);
    if (group->to_visit == 0 && group_delayed(group))
        delay_begin(shard, group);
    else
        group_dirty(shard, group);
}

/* The same for a group of one, and a usual visit: no circle, no fairness. False if it is another
 * case. */
static inline bool flush_only_member(struct group *group, struct slice *slice) {
    struct log_chain *log = group->log;
    if (log->readers != 1 || group->ready_count != 1 || group->lagging || group_delayed(group))
        return false;
    struct member *member = LIST_ITEM(group->ready.next, struct member, link);
    /* no chunk: all is sent, or it is the lobby, where who has closed has no cursor any more */
    if (!usual(member) || log->newest == NULL) return false;
    const struct log_tail before = log_tail(log);
    size_t bytes = cursor_to_end(&member->now, &before);
    if (bytes == 0 || bytes > CLOCK_BYTES) return false;
    ssize_t taken = transport_send(&CONN_OF(member)->transport, before.end - bytes, bytes);
    group->to_visit = 0;
    slice->left--;
    if (taken != (ssize_t)bytes) {
        log->quick_end = 0;
        visit_otherwise(member, slice, before.end, bytes, taken);
        return true;
    }
    const struct log_tail tail = log_tail(log); /* again: fewer registers */
    slice->bytes += bytes;
    slice->frames += cursor_to_head(&member->now, &tail);
    log_reached_by_only(log);
    return true;
}

/* By itself: the loop of visits needs all registers. */
__attribute__((noinline)) void flush_slice(struct shard *shard) {
    if (list_empty(&shard->dirty)) return;
    struct slice slice = {.until_ns = shard->now_ns + SHARD_FLUSH_NS, .left = CLOCK_VISITS};
    do {
        /* out of the queue first: a visit may put it in again */
        struct group *group = LIST_ITEM(list_pop(&shard->dirty), struct group, dirty);
        if (!flush_only_member(group, &slice)) flush_group(shard, group, &slice);
    } while (!slice_over(&slice) && !list_empty(&shard->dirty));
    count_add(&shard->stats.sends, usual_visits(&slice));
    count_add(&shard->stats.sent_bytes, slice.bytes);
    count_add(&shard->stats.deliveries, slice.frames);
}
