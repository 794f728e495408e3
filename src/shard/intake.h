/* From a publication to a frame on the rings: what in-process pushes and network publishers share.
 */
#ifndef SHARD_INTAKE_H
#define SHARD_INTAKE_H

#include "group/frame.h"
#include "ring/rings.h"
#include "tickcast/options.h"

/** Checks the key of a publication, cuts its category part off and hashes it. NULL, or what is
 *  wrong with it: a static sentence. `checked` points into `key`. */
const char *intake_key(const struct tickcast_options *options, uint64_t seed, const char *key,
                       size_t key_bytes, struct ring_key *checked);

/** Encodes a message of a key that somebody wants, and makes it an item of the rings. `data` is
 *  exactly one msgpack object, checked by the caller; `cache` is frame_new's. NULL without memory.
 */
struct frame *intake_frame(struct frame_cache *cache, const struct ring_key *key, const void *data,
                           size_t data_bytes);

/** The frame as an item of the rings. */
struct ring_item intake_item(struct frame *frame);

/** The key of a frame; points into it. */
static inline struct ring_key intake_frame_key(const struct frame *frame) {
    return (struct ring_key){frame_key(frame), frame->key_bytes, frame->hash};
}

/** struct rings_options.number for frames: the rings' references beside the caller's own. */
void intake_number(void *item, uint64_t seq, uint32_t uses);

#endif
