/* From the ring to the logs: each message once to each group that wants it. */
#include "base/clock.h"
#include "shard/conn.h"
#include "shard/groups.h"
#include "shard/intake.h"
#include "shard/turn.h"

#define CLOCK_MESSAGES 16 /* the clock is read once in so many messages */

struct fanout {
    struct shard *shard;
    struct frame *frame;
    struct hold *hold; /* of a frame too large to copy: made for the first group */
};

/* Slow parts of an append, out of the way of the usual one. */

__attribute__((noinline)) static bool append_hold(struct fanout *fanout, struct log_chain *log) {
    struct frame *frame = fanout->frame;
    if (fanout->hold == NULL) {
        fanout->hold = hold_new(&fanout->shard->pool, frame);
        if (fanout->hold == NULL) return false;
        atomic_fetch_add_explicit(&frame->refs, 1, memory_order_relaxed);
    }
    return log_append_hold(log, fanout->hold);
}

__attribute__((noinline)) static void look_at_readers(struct shard *shard,
                                                      struct stream_group *owner) {
    struct group *group = &owner->group;
    uint64_t head = group->log->head;
    if (head > group->full_at) delay_end(shard, group);
    group_find_floor(group);
    if ((head > group->slow_at || owner->broken) && list_empty(&owner->slow))
        list_insert(&shard->slow_groups, &owner->slow);
    if (head - group->floor > GROUP_LAG_BYTES && !group->lagging) {
        group->lagging = true;
        if (group->ready_count > 0)
            shard->lagging++;
        else
            group->lagging = false, group->floor = head;
    }
    group_watch(group);
}

/* Everything that an append may need: room, a reference, a look at slow readers. */
__attribute__((noinline)) static void append_slowly(struct fanout *fanout,
                                                    struct stream_group *owner) {
    const struct frame *frame = fanout->frame;
    struct group *group = &owner->group;
    struct log_chain *log = group->log;
    if (!(frame->bytes <= LOG_INLINE_BYTES ? log_append(log, frame->wire, frame->bytes)
                                           : append_hold(fanout, log)))
        owner->broken = true;
    if (fanout->shard->delay_ns == 0) {
        group_wake(group);
        group_dirty(fanout->shard, group);
    } else {
        delay_group(fanout->shard, group, frame->bytes);
    }
    if (log->head > group->watch_at || owner->broken) look_at_readers(fanout->shard, owner);
    if (!owner->broken) group_allow_quick(group);
}

/* A small frame, with what all its copies have in common. */
struct small {
    struct fanout *fanout;
    struct shard *shard;
    const uint8_t *wire;
    uint32_t bytes, blocks;
};

/* The group does not yet wait in the queue, or it is not known what more may be appended. False: it
 * is not that easy. */
static inline bool append_first(const struct small *small, struct group *group) {
    struct log_chain *log = group->log;
    if (!log_fits(log, small->bytes) || log->head + small->bytes > group->watch_at) return false;
    log_put(log, small->wire, small->bytes, small->blocks);
    log->at_head = 0;
    group_wake(group);
    if (!list_empty(&group->dirty))
        group_allow_quick(group); /* the second message: there may be many */
    else if (group->to_visit > 0)
        list_insert(&small->shard->dirty, &group->dirty);
    return true;
}

/* Mostly all that is written to: the group waits in the queue already, and there is room. */
static inline void append_quickly(void *arg, struct sub_target *target) {
    const struct small *small = arg;
    struct stream_group *owner = LIST_ITEM(target, struct stream_group, target);
    struct log_chain *log = owner->group.log;
    if (log->head + small->bytes <= log->quick_end)
        log_put(log, small->wire, small->bytes, small->blocks);
    else if (!append_first(small, &owner->group))
        append_slowly(small->fanout, owner);
}

static inline __attribute__((always_inline)) uint32_t
append_blocks(struct small small, const struct sub_list *list, uint32_t blocks) {
    small.blocks = blocks;
    return sub_list_take(list, append_quickly, &small);
}

/* With the number of blocks as a constant the copy is a few moves. */
static uint32_t append_small(void *arg, const struct sub_list *list) {
    struct fanout *fanout = arg;
    const struct frame *frame = fanout->frame;
    struct small small = {fanout, fanout->shard, frame->wire, frame->bytes, 0};
    switch (log_blocks(frame->bytes)) {
    case 1:
        return append_blocks(small, list, 1);
    case 2:
        return append_blocks(small, list, 2);
    case 3:
        return append_blocks(small, list, 3);
    case 4:
        return append_blocks(small, list, 4);
    case 5:
        return append_blocks(small, list, 5);
    default:
        return append_blocks(small, list, log_blocks(frame->bytes));
    }
}

/* Any frame, and groups that wait for more before they go to the queue. */
static void append_one(void *arg, struct sub_target *target) {
    struct stream_group *owner = LIST_ITEM(target, struct stream_group, target);
    const struct frame *frame = ((struct fanout *)arg)->frame;
    struct log_chain *log = owner->group.log;
    if (frame->bytes <= LOG_INLINE_BYTES && log->head + frame->bytes <= log->quick_end)
        log_put(log, frame->wire, frame->bytes, log_blocks(frame->bytes));
    else
        append_slowly(arg, owner);
}

static uint32_t append_any(void *arg, const struct sub_list *list) {
    return sub_list_take(list, append_one, arg);
}

/* To the logs of all groups that want it; returns how many these are. */
static uint32_t append_to_all(struct shard *shard, struct frame *frame) {
    struct fanout fanout = {.shard = shard, .frame = frame};
    bool small = frame->bytes <= LOG_INLINE_BYTES && shard->delay_ns == 0;
    uint32_t appends = sub_index_match(shard->index, frame_key(frame), frame->key_bytes,
                                       frame->hash, small ? append_small : append_any, &fanout);
    if (fanout.hold != NULL) hold_unref(&shard->pool, fanout.hold);
    return appends;
}

static uint32_t see(void *arg, const struct sub_list *list) {
    (void)list;
    *(bool *)arg = true;
    return 0;
}

/* A pattern that selects the key may be that of groups which take no message yet, or no more. It
 * lives, so that nobody tells when it is wanted again. */
static bool is_selected(struct shard *shard, const struct ring_key *key) {
    if (shard->streams_to_come == 0 && list_empty(&shard->leaving_groups)) return false;
    bool selected = false;
    (void)sub_index_match(shard->index, key->text, key->bytes, key->hash, see, &selected);
    return selected;
}

static uint32_t deliver(struct shard *shard, struct frame *frame) {
    struct rings *rings = shard->shared->rings;
    struct ring_key key = intake_frame_key(frame);
    uint32_t appends = 0;
    if (!rings_too_early(rings, shard->number, &key)) {
        appends = append_to_all(shard, frame);
        if (appends == 0 && !is_selected(shard, &key)) rings_unwant_key(rings, shard->number, &key);
    }
    frame_unref(&shard->frames, frame);
    if (appends > 0) {
        count_add(&shard->stats.matched, 1);
        count_add(&shard->stats.appends, appends);
    }
    return appends;
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
