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
    uint64_t sends, bytes, frames; /* of usual visits; conn_flush counts its own */
};

static bool slice_over(struct slice *slice) {
    if (++slice->visits % CLOCK_VISITS != 0) return false;
    return slice->visits >= SHARD_FLUSH_SENDS || clock_now_ns() >= slice->until_ns;
}

/* The newest chunk of a log: what nearly every member wants the end of. */
struct newest {
    const struct log_chain *log;
    const uint8_t *data;
    uint64_t base, head;
};

static struct newest newest_of(const struct log_chain *log) {
    const struct chunk *chunk = log->newest;
    if (chunk == NULL) return (struct newest){.log = log, .base = UINT64_MAX, .head = log->head};
    return (struct newest){log, chunk->data, chunk->base, log->head};
}

/* One range of the newest chunk to a plain socket. False: it is another case, or not all was taken.
 */
static inline bool deliver(struct member *member, const struct newest *newest,
                           struct slice *slice) {
    struct cursor *now = &member->now;
    const struct transport *transport = &CONN_OF(member)->transport;
    if (now->log != newest->log || member->splice != NULL || transport->ssl != NULL) return false;
    if (now->at < newest->base) return now->at == newest->head;
    size_t bytes = newest->head - now->at;
    if (bytes == 0) return true;
    ssize_t taken = transport_send(transport, newest->data + (now->at - newest->base), bytes);
    if (taken != (ssize_t)bytes) {
        if (taken > 0) {
            slice->sends++;
            slice->bytes += (uint64_t)taken;
            (void)cursor_advance(now, (uint64_t)taken);
        }
        return false;
    }
    slice->sends++;
    slice->bytes += bytes;
    slice->frames += cursor_reach_head(now);
    return true;
}

/* False when the slice is over. */
static bool flush_group(struct group *group, struct slice *slice) {
    struct newest newest = newest_of(group->log);
    struct member *member;
    while ((member = group_visit(group)) != NULL) {
        __builtin_prefetch(LIST_ITEM(group->next, struct member, link));
        if (!deliver(member, &newest, slice)) {
            conn_flush(CONN_OF(member));
            if (group->log == NULL) return true; /* its last member ended */
            newest = newest_of(group->log);
        }
        if (slice_over(slice)) return false;
        if (group->to_visit == 0) break;
    }
    return true;
}

/* The same for a group of one: no circle, no fairness. */
static bool flush_only_member(struct group *group, struct slice *slice) {
    struct newest newest = newest_of(group->log);
    struct member *member = LIST_ITEM(group->ready.next, struct member, link);
    group->to_visit = 0;
    group->log->quick_end = 0;
    if (!deliver(member, &newest, slice)) conn_flush(CONN_OF(member));
    return !slice_over(slice);
}

static void settle_lag(struct shard *shard, struct group *group) {
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
