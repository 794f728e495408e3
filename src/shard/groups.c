#include "shard/groups.h"

#include <stdlib.h>

struct stream_group *groups_find(const struct shard *shard, const struct stream_set *set) {
    struct table_item *item = *table_place(&shard->groups, set->hash);
    for (; item != NULL; item = item->next) {
        struct stream_group *group = TABLE_OF(item, struct stream_group, item);
        if (item->hash == set->hash && sub_target_has(&group->target, set->streams, set->count))
            return group;
    }
    return NULL;
}

static void count_groups(struct shard *shard) {
    struct sub_stats stats;
    sub_index_stats(shard->index, &stats);
    uint64_t groups = count_get(&shard->stats.groups_now);
    count_add(&shard->stats.groups_now, shard->groups.count - groups);
    uint64_t before = count_get(&shard->stats.subscriptions_now);
    count_add(&shard->stats.subscriptions_now, stats.subscriptions - before);
    before = count_get(&shard->stats.patterns_now);
    count_add(&shard->stats.patterns_now, stats.patterns - before);
    if (shard->groups.count == 0 && groups > 0)
        rings_want(shard->shared->rings, shard->number, false);
    if (shard->groups.count > 0 && groups == 0)
        rings_want(shard->shared->rings, shard->number, true);
}

int groups_begin(struct shard *shard, const struct stream_set *set, struct stream_group **begun) {
    struct stream_group *group = calloc(1, sizeof *group);
    if (group == NULL || !group_init(&group->group, &shard->pool)) {
        free(group);
        return GROUPS_NOMEM;
    }
    if (sub_target_begin(&group->target, set->count) < 0) {
        group_fini(&group->group);
        free(group);
        return GROUPS_NOMEM;
    }
    list_init(&group->dead);
    list_init(&group->slow);
    group->item.hash = set->hash;
    *begun = group;
    return GROUPS_OK;
}

int groups_extend(struct shard *shard, struct stream_group *group, const struct stream_set *set,
                  uint32_t most) {
    uint32_t done = group->target.ref_count, left = set->count - done;
    if (most > left) most = left;
    bool added = sub_target_extend(shard->index, &group->target, set->streams + done, most) == 0;
    if (added && most == left) {
        sub_target_open(&group->target);
        table_add(&shard->groups, &group->item);
    }
    count_groups(shard);
    return !added ? GROUPS_NOMEM : most == left ? GROUPS_OK : GROUPS_LARGE;
}

static int make(struct shard *shard, const struct stream_set *set, struct stream_group **made) {
    struct stream_group *group;
    int result = groups_begin(shard, set, &group);
    if (result != GROUPS_OK) return result;
    result = groups_extend(shard, group, set, set->count);
    if (result == GROUPS_OK)
        *made = group;
    else
        groups_discard(shard, group);
    return result;
}

bool groups_have_room(const struct shard *shard, const struct stream_set *set) {
    return count_get(&shard->stats.subscriptions_now) + shard->streams_to_come + set->count <=
           shard->shared->options.max_subscriptions;
}

int groups_get(struct shard *shard, const struct proto_text *streams, uint32_t count,
               struct group **group) {
    struct stream_set set;
    if (!stream_set_init(&set, streams, count, shard->shared->seed)) return GROUPS_NOMEM;
    struct stream_group *found = groups_find(shard, &set);
    int result = found != NULL                      ? GROUPS_OK
                 : !groups_have_room(shard, &set)   ? GROUPS_FULL
                 : set.count > GROUPS_SMALL_STREAMS ? GROUPS_LARGE
                                                    : make(shard, &set, &found);
    stream_set_fini(&set);
    if (result == GROUPS_OK) *group = &found->group;
    return result;
}

void groups_discard(struct shard *shard, struct stream_group *group) {
    bool large = group->target.ref_count > GROUPS_SMALL_STREAMS;
    bool gone = sub_target_reduce(shard->index, &group->target, large ? 0 : UINT32_MAX);
    count_groups(shard);
    group_fini(&group->group);
    list_insert(gone ? &shard->dead_groups : &shard->leaving_groups, &group->dead);
}

void groups_released(struct shard *shard, struct group *group) {
    if (group == &shard->lobby || group->members > 0) return;
    struct stream_group *empty = STREAM_GROUP_OF(group);
    if (!list_empty(&empty->dead)) return;
    if (group->lagging) shard->lagging--;
    list_remove(&empty->slow);
    table_remove(&shard->groups, &empty->item);
    groups_discard(shard, empty);
}

void groups_take_out(struct shard *shard, uint32_t most) {
    struct list *oldest = shard->leaving_groups.next;
    struct stream_group *group = LIST_ITEM(oldest, struct stream_group, dead);
    bool gone = sub_target_reduce(shard->index, &group->target, most);
    count_groups(shard);
    if (!gone) return;
    list_remove(oldest);
    list_insert(&shard->dead_groups, oldest);
}

void groups_bury(struct shard *shard) {
    while (!list_empty(&shard->dead_groups)) {
        struct stream_group *dead = LIST_ITEM(shard->dead_groups.next, struct stream_group, dead);
        list_remove(&dead->dead);
        free(dead);
    }
}
