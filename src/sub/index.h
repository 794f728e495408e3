/*
 * The subscription index of a shard: which targets (sets of streams) want a key.
 *
 * Two steps, key -> patterns -> targets. Each different stream is one pattern, compiled once, with
 * the list of its targets; each key that was seen remembers its patterns. A change of subscription
 * to a living pattern edits that pattern's list and touches no key. A pattern that has lost its
 * last target is dead for good and is dropped from a key when met. A new literal corrects its one
 * key; a new glob goes into a journal of which a key tests only the part since its own mark.
 *
 * One thread. A target is embedded in what it stands for and owned by the caller.
 */
#ifndef SUB_INDEX_H
#define SUB_INDEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sub_index;

/** A stream as bytes; not terminated. */
struct sub_stream {
    const char *text;
    uint32_t bytes;
};

/** Embed this in a set of streams. */
struct sub_target {
    struct sub_ref *refs; /**< one for each stream: pattern and place in its list of targets */
    uint32_t ref_count;
    uint64_t stamp; /**< the last message that took this target; UINT64_MAX: none takes it */
};

/** A target in the list of a pattern, and which of its references leads there. */
struct sub_listed {
    struct sub_target *target;
    uint32_t ref;
} __attribute__((packed, aligned(4)));

/** All that want one pattern which selects the key of a message. */
struct sub_list {
    const struct sub_listed *at, *end;
    uint64_t stamp; /**< of the message: who has it was taken by another pattern */
};

struct sub_limits {
    uint32_t max_keys; /**< keys remembered; the cache is thrown away above */
    uint64_t key_seed; /**< the hash of a key is hash_bytes(key, key_bytes, key_seed) */

    /** Called with each stream that nobody wanted and that is about to be: with its one key, or
     * with NULL, if it has wildcards: any key may be wanted now. NULL: nobody is told. */
    void (*wanted)(void *arg, const char *key, uint32_t key_bytes, uint64_t hash);
    void *arg;
};

/** NULL without memory. */
struct sub_index *sub_index_new(const struct sub_limits *limits);
/** All targets must have been removed. */
void sub_index_free(struct sub_index *index);

/** Adds `target` under `count` different valid streams. All or nothing: 0, or -1 without memory. */
int sub_target_add(struct sub_index *index, struct sub_target *target,
                   const struct sub_stream *streams, uint32_t count);

/** The same in pieces. Begins a target of `count` streams, which no message takes before it is
 * opened; -1 without memory. */
int sub_target_begin(struct sub_target *target, uint32_t count);
/** Adds it under the next `count` of its streams; -1 without memory: under some of them. */
int sub_target_extend(struct sub_index *index, struct sub_target *target,
                      const struct sub_stream *streams, uint32_t count);
/** It has all its streams: the next message may take it. */
void sub_target_open(struct sub_target *target);
/** No message takes it any more. Removes it from at most `most` of its streams, the last one first;
 * true once it has none, and its references are freed. Cannot fail. */
bool sub_target_reduce(struct sub_index *index, struct sub_target *target, uint32_t most);

/** True if `target` was added with just these streams in this order. */
bool sub_target_has(const struct sub_target *target, const struct sub_stream *streams,
                    uint32_t count);

/** Removes `target` from all its streams and frees its references. Cannot fail. */
void sub_target_remove(struct sub_index *index, struct sub_target *target);

/** Calls `visit`, which must not change the index, for each pattern that selects `key`; it answers
 * by sub_list_take. `hash` is that of the key by `key_seed`. Returns the number of targets taken. A
 * key of not exactly three elements is wanted by nobody. Without memory for the cache the answer is
 * the same, slower. */
uint32_t sub_index_match(struct sub_index *index, const char *key, uint32_t key_bytes,
                         uint64_t hash, uint32_t (*visit)(void *arg, const struct sub_list *list),
                         void *arg);

/** Calls `each` for the open targets of the list that this message has not met yet: so that it is
 * inlined, one call serves a list of thousands. Returns their number. */
static inline __attribute__((always_inline)) uint32_t
sub_list_take(const struct sub_list *list, void (*each)(void *arg, struct sub_target *target),
              void *arg) {
    const struct sub_listed *at = list->at, *end = list->end;
    uint64_t stamp = list->stamp;
    uint32_t met = 0;
    for (; at < end; at++) {
        struct sub_target *target = at->target;
        if (target->stamp >= stamp) { /* stamps only rise */
            met++;
            continue;
        }
        target->stamp = stamp;
        each(arg, target);
    }
    return (uint32_t)(end - list->at) - met;
}

struct sub_stats {
    uint64_t patterns;      /**< living patterns */
    uint64_t subscriptions; /**< (target, stream) pairs */
    uint64_t keys;          /**< keys remembered */
};
void sub_index_stats(const struct sub_index *index, struct sub_stats *stats);

#endif
