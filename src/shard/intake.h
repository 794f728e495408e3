/* From a publication to a frame on the rings: what in-process pushes and network publishers share.
 */
#ifndef SHARD_INTAKE_H
#define SHARD_INTAKE_H

#include "base/hash.h"
#include "group/frame.h"
#include "key/key.h"
#include "ring/rings.h"
#include "tickcast/options.h"

/** Checks the key of a publication, cuts its category part off and hashes it. NULL, or what is
 *  wrong with it: a static sentence. `checked` points into `key`. */
static inline const char *intake_key(const struct tickcast_options *options, uint64_t seed,
                                     const char *key, size_t key_bytes, struct ring_key *checked) {
    size_t bytes;
    const char *error = key_take(key, key_bytes, options->max_key_bytes, &bytes);
    if (error == NULL)
        *checked = (struct ring_key){key, (uint32_t)bytes, hash_bytes(key, bytes, seed)};
    return error;
}

/** Encodes a message of a key that somebody wants. `data` is exactly one msgpack object, checked by
 *  the caller; `cache` is frame_new's. NULL without memory. */
static inline struct frame *intake_frame(struct frame_cache *cache, const struct ring_key *key,
                                         const void *data, size_t data_bytes) {
    return frame_new(cache, key->text, key->bytes, key->hash, data, data_bytes);
}

/** The key of a frame; points into it. */
static inline struct ring_key intake_frame_key(const struct frame *frame) {
    return (struct ring_key){frame_key(frame), frame->key_bytes, frame->hash};
}

/** The frame as an item of the rings; `takers` as rings_skip found them, or all zero. */
static inline struct ring_item intake_item(struct frame *frame, struct ring_key key,
                                           struct ring_takers takers) {
    return (struct ring_item){
        .item = frame,
        .key = key,
        .takers = takers,
        .bytes = (uint32_t)sizeof *frame + frame->bytes,
    };
}

/** struct rings_options.number for frames: the rings' references beside the caller's own. */
static inline void intake_number(void *item, uint64_t seq, uint32_t uses) {
    frame_number(item, seq, uses + 1);
}

#endif
