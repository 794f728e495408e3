/*
 * The groups of a shard: one for each different set of streams that its connections want. A group
 * joins a target of the index (what it wants) with a log and its members (who gets it). Worker's
 * thread.
 */
#ifndef SHARD_GROUPS_H
#define SHARD_GROUPS_H

#include "group/member.h"
#include "proto/subscribe.h"
#include "shard/shard.h"

struct stream_group {
    struct sub_target target;
    struct group group;
    struct list dead;          /**< in the shard's list once it has no members */
    struct list slow;          /**< in the shard's list when a blocked member is too far behind */
    struct stream_group *next; /**< of the same place in the hash table */
    uint64_t hash;
    bool broken; /**< a message could not be appended: its members must go */
};

#define STREAM_GROUP_OF(group_pointer) LIST_ITEM(group_pointer, struct stream_group, group)

enum groups_result { GROUPS_OK = 0, GROUPS_NOMEM = -1, GROUPS_FULL = -2 };

/** Finds or makes the group of a set of valid streams (duplicates allowed, any order). A new one
 * has no members yet: join it in the same turn or call groups_released. */
int groups_get(struct shard *shard, const struct proto_text *streams, uint32_t count,
               struct group **group);

/** To be called after a member has left `group`: one without members goes out of index and table at
 *  once and is freed by groups_bury. The lobby stays. */
void groups_released(struct shard *shard, struct group *group);

/** Frees the dead; end of the turn. */
void groups_bury(struct shard *shard);

#endif
