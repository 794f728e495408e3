/*
 * From the logs to the sockets, in slices: a group that is not finished goes to the end of the
 * queue and on at its cursor, so nobody waits for ten thousand others.
 */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

#define CLOCK_VISITS 32 /* the clock is read once in so many visits */

struct slice {
    uint64_t until_ns;
    uint32_t visits;
    uint64_t sends, bytes, frames; /* of usual visits; conn_out.c counts its own */
};

/* To be asked after each row of visits, of which none goes beyond the next look at the clock. */
static inline bool slice_over(const struct slice *slice) {
    if (slice->visits % CLOCK_VISITS != 0) return false;
    return slice->visits >= SHARD_FLUSH_SENDS || clock_now_ns() >= slice->until_ns;
}

/* What a usual visit sends: a plain socket gets the end of the newest chunk. 0: it is another case.
 */
static inline size_t usual_bytes(const struct member *member, const struct log_tail *tail) {
    if (member->splice != NULL || CONN_OF(member)->transport.ssl != NULL) return 0;
    return cursor_to_end(&member->now, tail);
}

/* Another case, or a socket that took less than it was offered. */
__attribute__((noinline)) static void flush_otherwise(struct member *member, const uint8_t *at,
                                                      size_t bytes, ssize_t taken) {
    if (bytes == 0)
        conn_flush(CONN_OF(member));
    else
        conn_flush_on(CONN_OF(member), at, bytes, taken);
}

/* A row of usual visits, which the first one ends that is not. By itself: it needs all registers.
 */
__attribute__((noinline)) static void flush_row(struct group *group, struct slice *slice) {
    const struct log_tail tail = log_tail(group->log);
    uint32_t most = CLOCK_VISITS - slice->visits % CLOCK_VISITS;
    if (most > group->to_visit) most = group->to_visit;
    uint32_t left = most;
    uint64_t sent = 0, frames = 0;
    struct list *next = group->next;
    struct member *member;
    size_t bytes;
    ssize_t taken = 0;
    do {
        member = group_step(group, &next);
        __builtin_prefetch(LIST_ITEM(next, struct member, link));
        bytes = usual_bytes(member, &tail);
        if (bytes == 0) break;
        taken = transport_send(&CONN_OF(member)->transport, tail.end - bytes, bytes);
        if (taken != (ssize_t)bytes) break;
        sent += bytes;
        frames += cursor_to_head(&member->now, &tail);
    } while (--left > 0);
    uint32_t sends = most - left;
    slice->sends += sends;
    slice->bytes += sent;
    slice->frames += frames;
    log_reached(group->log, sends);
    uint32_t visits = left > 0 ? sends + 1 : sends;
    slice->visits += visits;
    group_visited(group, next, visits);
    if (left > 0) flush_otherwise(member, tail.end - bytes, bytes, taken);
}

/* False when the slice is over. */
static bool flush_group(struct group *group, struct slice *slice) {
    while (group->to_visit > 0) {
        flush_row(group, slice);
        if (group->log == NULL) break; /* its last member ended */
        if (slice_over(slice)) return false;
    }
    return true;
}

/* The same for a group of one: no circle, no fairness. */
static inline bool flush_only_member(struct group *group, struct slice *slice) {
    const struct log_tail tail = log_tail(group->log);
    struct member *member = LIST_ITEM(group->ready.next, struct member, link);
    size_t bytes = usual_bytes(member, &tail);
    ssize_t taken = 0;
    group->to_visit = 0;
    slice->visits++;
    if (bytes > 0) taken = transport_send(&CONN_OF(member)->transport, tail.end - bytes, bytes);
    if (bytes > 0 && taken == (ssize_t)bytes) {
        slice->sends++;
        slice->bytes += bytes;
        slice->frames += cursor_to_head(&member->now, &tail);
        log_reached(group->log, 1);
    } else {
        group->log->quick_end = 0;
        flush_otherwise(member, tail.end - bytes, bytes, taken);
    }
    return !slice_over(slice);
}

__attribute__((noinline)) static void settle_lag(struct shard *shard, struct group *group) {
    if (group->to_visit > 0 && group->log->head - group->floor > GROUP_LAG_BYTES) return;
    group->lagging = false;
    shard->lagging--;
    group_watch(group);
}

void flush_slice(struct shard *shard) {
    if (list_empty(&shard->dirty)) return;
    struct slice slice = {.until_ns = shard->now_ns + SHARD_SLICE_NS};
    bool going = true;
    while (going && !list_empty(&shard->dirty)) {
        struct group *group = LIST_ITEM(shard->dirty.next, struct group, dirty);
        bool one = group->members == 1 && group->ready_count == 1;
        going = one ? flush_only_member(group, &slice) : flush_group(group, &slice);
        if (group->log == NULL) continue; /* its last member ended */
        list_remove(&group->dirty);
        if (group->lagging) settle_lag(shard, group);
        if (group->to_visit > 0) list_insert(&shard->dirty, &group->dirty);
    }
    count_add(&shard->stats.sends, slice.sends);
    count_add(&shard->stats.sent_bytes, slice.bytes);
    count_add(&shard->stats.deliveries, slice.frames);
}
