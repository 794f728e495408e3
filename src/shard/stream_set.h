/* A set of streams as the index takes it: in one order, each once. Any thread. */
#ifndef SHARD_STREAM_SET_H
#define SHARD_STREAM_SET_H

#include "proto/subscribe.h"
#include "sub/index.h"

struct stream_set {
    struct sub_stream *streams; /**< heap; the texts are the caller's */
    uint32_t count;
    uint64_t hash;
};

/** Of valid streams, duplicates allowed, in any order. False without memory. */
bool stream_set_init(struct stream_set *set, const struct proto_text *streams, uint32_t count,
                     uint64_t seed);
/** Gives back what only the sorting needed. */
void stream_set_fit(struct stream_set *set);
void stream_set_fini(struct stream_set *set);

#endif
