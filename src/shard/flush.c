/*
 * From the logs to the sockets, in slices: a group that is not finished goes to the end of the
 * queue and on at its cursor, so nobody waits for ten thousand others.
 */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

#define CLOCK_SENDS 16 /* the clock is read once in so many visits */

struct slice {
    uint64_t sends_end;
    uint64_t until_ns;
    uint32_t visits;
};

static bool slice_over(struct shard *shard, struct slice *slice) {
    if (count_get(&shard->stats.sends) >= slice->sends_end) return true;
    if (++slice->visits % CLOCK_SENDS != 0) return false;
    return clock_now_ns() >= slice->until_ns;
}

/* False when the slice is over. */
static bool flush_group(struct shard *shard, struct group *group, struct slice *slice) {
    struct member *member;
    while ((member = group_visit(group)) != NULL) {
        __builtin_prefetch(LIST_ITEM(group->next, struct member, link));
        conn_flush(CONN_OF(member));
        if (slice_over(shard, slice)) return false;
    }
    return true;
}

static void settle_lag(struct shard *shard, struct group *group) {
    if (!group->lagging) return;
    if (group->to_visit > 0 && group->log->head - group->floor > SHARD_LAG_BYTES) return;
    group->lagging = false;
    shard->lagging--;
}

void flush_slice(struct shard *shard) {
    if (list_empty(&shard->dirty)) return;
    struct slice slice = {
        .sends_end = count_get(&shard->stats.sends) + SHARD_FLUSH_SENDS,
        .until_ns = shard->now_ns + SHARD_SLICE_NS,
    };
    bool going = true;
    while (going && !list_empty(&shard->dirty)) {
        struct group *group = LIST_ITEM(shard->dirty.next, struct group, dirty);
        going = flush_group(shard, group, &slice);
        if (group->log == NULL) continue; /* its last member ended */
        list_remove(&group->dirty);
        settle_lag(shard, group);
        group_dirty(shard, group);
    }
}
