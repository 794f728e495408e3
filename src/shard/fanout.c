/* From the ring to the logs: each message once to each group that wants it. */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/groups.h"
#include "shard/turn.h"

#define CLOCK_MESSAGES 16 /* the clock is read once in so many messages */

struct fanout {
    struct shard *shard;
    struct frame *frame;
    struct hold *hold; /* of a frame too large to copy: made for the first group */
    uint32_t appends;
};

static bool append(struct fanout *fanout, struct log_chain *log) {
    struct frame *frame = fanout->frame;
    if (frame->bytes <= LOG_INLINE_BYTES) return log_append(log, frame->wire, frame->bytes);
    if (fanout->hold == NULL) {
        fanout->hold = hold_new(&fanout->shard->pool, frame);
        if (fanout->hold == NULL) return false;
        atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
    }
    return log_append_hold(log, fanout->hold);
}

static void on_match(void *arg, struct sub_target *target) {
    struct fanout *fanout = arg;
    struct shard *shard = fanout->shard;
    struct stream_group *owner = LIST_ITEM(target, struct stream_group, target);
    struct group *group = &owner->group;
    if (!append(fanout, group->log)) owner->broken = true;
    fanout->appends++;
    group_wake(group);
    if (list_empty(&group->dirty)) group_dirty(shard, group);
    uint64_t head = group->log->head;
    if ((head > group->slow_at || owner->broken) && list_empty(&owner->slow))
        list_insert(&shard->slow_groups, &owner->slow);
    if (head - group->floor > SHARD_LAG_BYTES && group->ready_count > 0 && !group->lagging) {
        group->lagging = true;
        shard->lagging++;
    }
}

static uint32_t deliver(struct shard *shard, struct frame *frame) {
    struct fanout fanout = {.shard = shard, .frame = frame};
    sub_index_match(shard->index, frame_key(frame), frame->key_bytes, frame->hash, on_match,
                    &fanout);
    if (fanout.hold != NULL) hold_unref(&shard->pool, fanout.hold);
    frame_unref(frame);
    if (fanout.appends > 0) {
        count_add(&shard->stats.matched, 1);
        count_add(&shard->stats.appends, fanout.appends);
    }
    return fanout.appends;
}

void fanout_take(struct shard *shard) {
    struct rings *rings = shard->shared->rings;
    uint32_t messages = 0, appends = 0;
    uint64_t bytes = 0, until_ns = 0;
    while (messages < SHARD_TAKE_MESSAGES && bytes < SHARD_TAKE_BYTES &&
           appends < SHARD_TAKE_APPENDS) {
        struct frame *frame = rings_pop(rings, shard->number);
        if (frame == NULL) break;
        bytes += sizeof *frame + frame->bytes;
        messages++;
        appends += deliver(shard, frame);
        if (messages % CLOCK_MESSAGES != 0) continue;
        uint64_t now_ns = clock_now_ns();
        if (until_ns == 0) until_ns = now_ns + SHARD_SLICE_NS;
        if (now_ns >= until_ns) break;
    }
    if (messages > 0) rings_give_back(rings, shard->number, messages, bytes);
}
