#include "shard/intake.h"

#include "base/hash.h"
#include "key/key.h"

const char *intake_key(const struct tickcast_options *options, uint64_t seed, const char *key,
                       size_t key_bytes, struct ring_key *checked) {
    size_t item_bytes;
    const char *error = key_take(key, key_bytes, options->max_key_bytes, &item_bytes);
    if (error == NULL)
        *checked = (struct ring_key){key, (uint32_t)item_bytes, hash_bytes(key, item_bytes, seed)};
    return error;
}

struct frame *intake_frame(struct frame_cache *cache, const struct ring_key *key, const void *data,
                           size_t data_bytes) {
    return frame_new(cache, key->text, key->bytes, key->hash, data, data_bytes);
}

struct ring_item intake_item(struct frame *frame) {
    return (struct ring_item){
        .item = frame,
        .key = intake_frame_key(frame),
        .bytes = (uint32_t)sizeof *frame + frame->bytes,
    };
}

void intake_number(void *item, uint64_t seq, uint32_t uses) {
    frame_number(item, seq, uses + 1);
}
