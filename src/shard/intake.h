/* From a publication to a frame on the rings: what in-process pushes and network publishers share.
 */
#ifndef SHARD_INTAKE_H
#define SHARD_INTAKE_H

#include "group/frame.h"
#include "ring/rings.h"
#include "tickcast/options.h"

/** Checks the key (its category part is cut off) and encodes the message. NULL: *error is NULL
 * without memory, else a static sentence. `cache` is
 *  frame_new's. `data` is exactly one msgpack object, checked by the
 * caller. */
struct frame *intake_frame(const struct tickcast_options *options, uint64_t seed,
                           struct frame_cache *cache, const char *key, size_t key_bytes,
                           const void *data, size_t data_bytes, const char **error);

/** The frame as an item of the rings. */
struct ring_item intake_item(struct frame *frame);

/** struct rings_options.number for frames: the rings' references beside the caller's own. */
void intake_number(void *item, uint64_t seq, uint32_t uses);

#endif
