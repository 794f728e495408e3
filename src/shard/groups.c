#include "shard/groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define GROUPS_FIRST_ROOM 64 /* places of the hash table; doubled when it is full */

static int compare(const void *a, const void *b) {
    const struct proto_text *left = a, *right = b;
    uint32_t common = left->bytes < right->bytes ? left->bytes : right->bytes;
    int order = memcmp(left->at, right->at, common);
    if (order != 0) return order;
    return (left->bytes > right->bytes) - (left->bytes < right->bytes);
}

static uint32_t canonical(struct proto_text *streams, uint32_t count, uint32_t *text_bytes) {
    qsort(streams, count, sizeof streams[0], compare);
    uint32_t unique = 0;
    *text_bytes = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (unique > 0 && compare(&streams[unique - 1], &streams[i]) == 0) continue;
        streams[unique++] = streams[i];
        *text_bytes += (uint32_t)sizeof(uint16_t) + streams[i].bytes;
    }
    return unique;
}

static struct stream_group **find(struct shard *shard, const struct stream_group *like) {
    struct stream_group **place = &shard->groups[like->hash & (shard->groups_room - 1)];
    while (*place != NULL &&
           ((*place)->hash != like->hash || (*place)->text_bytes != like->text_bytes ||
            memcmp((*place)->text, like->text, like->text_bytes) != 0))
        place = &(*place)->next;
    return place;
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

static struct stream_group *make(struct shard *shard, const struct proto_text *streams,
                                 uint32_t count, uint32_t text_bytes) {
    struct stream_group *made = malloc(sizeof *made + text_bytes);
    if (made == NULL) return NULL;
    memset(made, 0, sizeof *made);
    list_init(&made->dead);
    list_init(&made->slow);
    made->streams = count;
    made->text_bytes = text_bytes;
    char *at = made->text;
    for (uint32_t i = 0; i < count; i++) {
        uint16_t bytes = (uint16_t)streams[i].bytes;
        memcpy(at, &bytes, sizeof bytes);
        memcpy(at + sizeof bytes, streams[i].at, bytes);
        at += sizeof bytes + bytes;
    }
    made->hash = hash_bytes(made->text, text_bytes, shard->shared->seed);
    return made;
}

static int index_add(struct shard *shard, struct stream_group *made,
                     const struct proto_text *streams) {
    struct sub_stream *list = malloc(made->streams * sizeof list[0]);
    if (list == NULL) return -1;
    for (uint32_t i = 0; i < made->streams; i++)
        list[i] = (struct sub_stream){.text = streams[i].at, .bytes = streams[i].bytes};
    int result = sub_target_add(shard->index, &made->target, list, made->streams);
    free(list);
    return result;
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

int groups_get(struct shard *shard, struct proto_text *streams, uint32_t count,
               struct group **group) {
    uint32_t text_bytes;
    uint32_t unique = canonical(streams, count, &text_bytes);
    struct stream_group *made = make(shard, streams, unique, text_bytes);
    if (made == NULL || !grow(shard)) {
        free(made);
        return GROUPS_NOMEM;
    }
    struct stream_group **place = find(shard, made);
    if (*place != NULL) {
        free(made);
        *group = &(*place)->group;
        return GROUPS_OK;
    }
    uint64_t subscriptions = count_get(&shard->stats.subscriptions_now);
    if (subscriptions + unique > shard->shared->options.max_subscriptions) {
        free(made);
        return GROUPS_FULL;
    }
    if (!group_init(&made->group, &shard->pool)) {
        free(made);
        return GROUPS_NOMEM;
    }
    if (index_add(shard, made, streams) < 0) {
        group_fini(&made->group);
        free(made);
        return GROUPS_NOMEM;
    }
    *place = made;
    shard->groups_count++;
    count_groups(shard);
    *group = &made->group;
    return GROUPS_OK;
}

void groups_released(struct shard *shard, struct group *group) {
    if (group == &shard->lobby || group->members > 0) return;
    struct stream_group *empty = STREAM_GROUP_OF(group);
    if (!list_empty(&empty->dead)) return;
    struct stream_group **place = find(shard, empty);
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
