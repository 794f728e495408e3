#include "shard/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define GROUPS_FIRST_ROOM 64 /* places of the hash table; doubled when it is full */

/* A stream and its hash, by which sets are sorted: texts are compared where hashes are equal. */
struct hashed {
    uint64_t hash;
    struct sub_stream stream;
};

static int compare(const void *a, const void *b) {
    const struct hashed *left = a, *right = b;
    if (left->hash != right->hash) return left->hash < right->hash ? -1 : 1;
    if (left->stream.bytes != right->stream.bytes)
        return left->stream.bytes < right->stream.bytes ? -1 : 1;
    return memcmp(left->stream.text, right->stream.text, left->stream.bytes);
}

/* A set as the index takes it: in one order, each once. Its hash finds the group. */
struct set {
    struct sub_stream *streams; /* heap */
    uint32_t count;
    uint64_t hash;
};

static bool set_init(struct set *set, const struct proto_text *streams, uint32_t count,
                     uint64_t seed) {
    struct hashed *sorted; /* behind the streams */
    *set = (struct set){.hash = seed};
    set->streams = malloc(count * (sizeof set->streams[0] + sizeof sorted[0]));
    if (set->streams == NULL) return false;
    sorted = (struct hashed *)(set->streams + count);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = (struct hashed){hash_bytes(streams[i].at, streams[i].bytes, seed),
                                    {streams[i].at, streams[i].bytes}};
    if (count > 1) qsort(sorted, count, sizeof sorted[0], compare);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && compare(&sorted[i - 1], &sorted[i]) == 0) continue;
        set->streams[set->count++] = sorted[i].stream;
        set->hash = (set->hash ^ sorted[i].hash) * UINT64_C(0x9e3779b97f4a7c15);
        set->hash ^= set->hash >> 32;
    }
    return true;
}

static struct stream_group *find(const struct shard *shard, const struct set *set) {
    if (shard->groups_room == 0) return NULL;
    struct stream_group *group = shard->groups[set->hash & (shard->groups_room - 1)];
    while (group != NULL &&
           (group->hash != set->hash || !sub_target_has(&group->target, set->streams, set->count)))
        group = group->next;
    return group;
}

static bool grow(struct shard *shard) {
    if (shard->groups_count < shard->groups_room) return true;
    uint32_t room = shard->groups_room == 0 ? GROUPS_FIRST_ROOM : shard->groups_room * 2;
    struct stream_group **groups = calloc(room, sizeof groups[0]);
    if (groups == NULL) return shard->groups_room > 0;
    for (uint32_t i = 0; i < shard->groups_room; i++) {
        while (shard->groups[i] != NULL) {
            struct stream_group *group = shard->groups[i];
            shard->groups[i] = group->next;
            group->next = groups[group->hash & (room - 1)];
            groups[group->hash & (room - 1)] = group;
        }
    }
    free(shard->groups);
    shard->groups = groups;
    shard->groups_room = room;
    return true;
}

static void count_groups(struct shard *shard) {
    struct sub_stats stats;
    sub_index_stats(shard->index, &stats);
    uint64_t groups = count_get(&shard->stats.groups_now);
    count_add(&shard->stats.groups_now, shard->groups_count - groups);
    uint64_t before = count_get(&shard->stats.subscriptions_now);
    count_add(&shard->stats.subscriptions_now, stats.subscriptions - before);
    before = count_get(&shard->stats.patterns_now);
    count_add(&shard->stats.patterns_now, stats.patterns - before);
    if (shard->groups_count == 0 && groups > 0)
        rings_want(shard->shared->rings, shard->number, false);
    if (shard->groups_count > 0 && groups == 0)
        rings_want(shard->shared->rings, shard->number, true);
}

static int make(struct shard *shard, const struct set *set, struct stream_group **made) {
    uint64_t subscriptions = count_get(&shard->stats.subscriptions_now);
    if (subscriptions + set->count > shard->shared->options.max_subscriptions) return GROUPS_FULL;
    struct stream_group *group = calloc(1, sizeof *group);
    if (group == NULL || !grow(shard) || !group_init(&group->group, &shard->pool)) {
        free(group);
        return GROUPS_NOMEM;
    }
    if (sub_target_add(shard->index, &group->target, set->streams, set->count) < 0) {
        group_fini(&group->group);
        free(group);
        return GROUPS_NOMEM;
    }
    list_init(&group->dead);
    list_init(&group->slow);
    group->hash = set->hash;
    struct stream_group **place = &shard->groups[set->hash & (shard->groups_room - 1)];
    group->next = *place;
    *place = group;
    shard->groups_count++;
    count_groups(shard);
    *made = group;
    return GROUPS_OK;
}

int groups_get(struct shard *shard, const struct proto_text *streams, uint32_t count,
               struct group **group) {
    struct set set;
    if (!set_init(&set, streams, count, shard->shared->seed)) return GROUPS_NOMEM;
    struct stream_group *found = find(shard, &set);
    int result = found != NULL ? GROUPS_OK : make(shard, &set, &found);
    free(set.streams);
    if (result == GROUPS_OK) *group = &found->group;
    return result;
}

void groups_released(struct shard *shard, struct group *group) {
    if (group == &shard->lobby || group->members > 0) return;
    struct stream_group *empty = STREAM_GROUP_OF(group);
    if (!list_empty(&empty->dead)) return;
    struct stream_group **place = &shard->groups[empty->hash & (shard->groups_room - 1)];
    while (*place != empty) place = &(*place)->next;
    *place = empty->next;
    shard->groups_count--;
    sub_target_remove(shard->index, &empty->target);
    count_groups(shard);
    if (group->lagging) shard->lagging--;
    list_remove(&empty->slow);
    group_fini(group);
    list_insert(&shard->dead_groups, &empty->dead);
}

void groups_bury(struct shard *shard) {
    while (!list_empty(&shard->dead_groups)) {
        struct stream_group *dead = LIST_ITEM(shard->dead_groups.next, struct stream_group, dead);
        list_remove(&dead->dead);
        free(dead);
    }
}
