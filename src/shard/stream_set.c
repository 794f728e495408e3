#include "shard/stream_set.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define FEW_STREAMS 64 /* so few are sorted as they come */

/* A stream and its hash, by which sets are sorted: texts are compared where hashes are equal. */
struct hashed {
    uint64_t hash;
    struct sub_stream stream;
};

static int compare(const void *a, const void *b) {
    const struct hashed *left = a, *right = b;
    if (left->hash != right->hash) return left->hash < right->hash ? -1 : 1;
    if (left->stream.bytes != right->stream.bytes)
        return left->stream.bytes < right->stream.bytes ? -1 : 1;
    return memcmp(left->stream.text, right->stream.text, left->stream.bytes);
}

static void sort(struct hashed *streams, uint32_t count) {
    if (count > 1) qsort(streams, count, sizeof streams[0], compare);
}

/* Hashes are even, so almost all of many are in order once each is in the place that its first bits
 * give it. False without memory: nothing is done. */
static bool sort_many(struct hashed *streams, uint32_t count) {
    unsigned shift = (unsigned)__builtin_clz(count) + 32;
    uint32_t places = (uint32_t)(UINT64_MAX >> shift) + 1; /* more than `count`, at most twice */
    struct hashed *sorted = malloc(count * sizeof sorted[0]);
    uint32_t *ends = calloc(places + 1, sizeof ends[0]);
    bool good = sorted != NULL && ends != NULL;
    for (uint32_t i = 0; i < count && good; i++) ends[(streams[i].hash >> shift) + 1]++;
    for (uint32_t i = 0; i < places && good; i++) ends[i + 1] += ends[i];
    /* what was the begin of a place is its end then */
    for (uint32_t i = 0; i < count && good; i++)
        sorted[ends[streams[i].hash >> shift]++] = streams[i];
    for (uint32_t i = 0, begin = 0; i < places && good; begin = ends[i++])
        sort(sorted + begin, ends[i] - begin);
    if (good) memcpy(streams, sorted, count * sizeof sorted[0]);
    free(sorted);
    free(ends);
    return good;
}

bool stream_set_init(struct stream_set *set, const struct proto_text *streams, uint32_t count,
                     uint64_t seed) {
    struct hashed *sorted; /* behind the streams */
    *set = (struct stream_set){.hash = seed};
    set->streams = malloc(count * (sizeof set->streams[0] + sizeof sorted[0]));
    if (set->streams == NULL) return false;
    sorted = (struct hashed *)(set->streams + count);
    for (uint32_t i = 0; i < count; i++)
        sorted[i] = (struct hashed){hash_bytes(streams[i].at, streams[i].bytes, seed),
                                    {streams[i].at, streams[i].bytes}};
    if (count <= FEW_STREAMS || !sort_many(sorted, count)) sort(sorted, count);
    for (uint32_t i = 0; i < count; i++) {
        if (i > 0 && compare(&sorted[i - 1], &sorted[i]) == 0) continue;
        set->streams[set->count++] = sorted[i].stream;
        set->hash = (set->hash ^ sorted[i].hash) * UINT64_C(0x9e3779b97f4a7c15);
        set->hash ^= set->hash >> 32;
    }
    return true;
}

void stream_set_fit(struct stream_set *set) {
    struct sub_stream *streams = realloc(set->streams, set->count * sizeof streams[0]);
    if (streams != NULL) set->streams = streams;
}

void stream_set_fini(struct stream_set *set) {
    free(set->streams);
    set->streams = NULL;
}
