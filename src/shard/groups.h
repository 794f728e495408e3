/*
 * The groups of a shard: one for each different set of streams that its connections want. A group
 * joins a target of the index (what it wants) with a log and its members (who gets it). Worker's
 * thread.
 */
#ifndef SHARD_GROUPS_H
#define SHARD_GROUPS_H

#include "group/member.h"
#include "shard/shard.h"
#include "shard/stream_set.h"

/** A larger set goes into the index and out of it in pieces (large_sets.c): so many streams take
 * about a slice. */
#define GROUPS_SMALL_STREAMS 256

struct stream_group {
    struct sub_target target;
    struct group group;
    struct list dead; /**< in a list of the shard once it has no members */
    struct list slow; /**< in the shard's list when a blocked member is too far behind */
    struct table_item item;
    bool broken; /**< a message could not be appended: its members must go */
};

#define STREAM_GROUP_OF(group_pointer) LIST_ITEM(group_pointer, struct stream_group, group)

enum groups_result { GROUPS_OK = 0, GROUPS_LARGE = 1, GROUPS_NOMEM = -1, GROUPS_FULL = -2 };

/** Finds or makes the group of a set of valid streams (duplicates allowed, any order). A new one
 * has no members yet: join it in the same turn or call groups_released. LARGE: it would be new, and
 * has more than GROUPS_SMALL_STREAMS streams. */
int groups_get(struct shard *shard, const struct proto_text *streams, uint32_t count,
               struct group **group);

/** To be called after a member has left `group`: one without members goes out of the table at once,
 *  is given no more messages, and is freed by groups_bury: a large one once groups_take_out has
 *  taken it out of the index. The lobby stays. */
void groups_released(struct shard *shard, struct group *group);

/* In pieces. */

/** NULL if no connection has this set. */
struct stream_group *groups_find(const struct shard *shard, const struct stream_set *set);
/** True if max_subscriptions allows it beside all that is or will be in the index. */
bool groups_have_room(const struct shard *shard, const struct stream_set *set);
/** A group that nobody finds and that gets no messages until it is whole. OK or NOMEM. */
int groups_begin(struct shard *shard, const struct stream_set *set, struct stream_group **begun);
/** Puts at most `most` further streams of its set into the index. OK: it is whole, as a new one of
 *  groups_get; LARGE: go on; NOMEM: discard it. */
int groups_extend(struct shard *shard, struct stream_group *group, const struct stream_set *set,
                  uint32_t most);
/** Ends a group that is not whole. */
void groups_discard(struct shard *shard, struct stream_group *group);
/** Takes the oldest of leaving_groups, which is not empty, out of at most `most` streams. */
void groups_take_out(struct shard *shard, uint32_t most);

/** Frees the dead; end of the turn. */
void groups_bury(struct shard *shard);

#endif
