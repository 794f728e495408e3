#include "shard/intake.h"

#include "base/hash.h"
#include "key/key.h"

struct frame *intake_frame(const struct tickcast_options *options, uint64_t seed,
                           struct frame_cache *cache, const char *key, size_t key_bytes,
                           const void *data, size_t data_bytes, const char **error) {
    size_t item_bytes = key_item_bytes(key, key_bytes);
    *error = key_check(key, item_bytes, options->max_key_bytes);
    if (*error != NULL) return NULL;
    return frame_new(cache, key, item_bytes, hash_bytes(key, item_bytes, seed), data, data_bytes);
}

struct ring_item intake_item(struct frame *frame) {
    return (struct ring_item){
        .item = frame,
        .hash = frame->hash,
        .bytes = (uint32_t)sizeof *frame + frame->bytes,
    };
}

void intake_number(void *item, uint64_t seq, uint32_t uses) {
    frame_number(item, seq, uses + 1);
}
