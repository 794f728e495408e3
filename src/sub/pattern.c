#include "sub/pattern.h"

#include <stdlib.h>
#include <string.h>

#define FEW_TARGETS 8 /* a shorter list is not made smaller */

/* Where element `i` of a pattern is in its text. */
static size_t element(const struct pattern *pattern, int i, size_t *bytes) {
    const size_t *cut = pattern->shape.cut;
    size_t begin = i == 0 ? 0 : cut[i - 1] + 1;
    *bytes = (i == 2 ? pattern->bytes : cut[i]) - begin;
    return begin;
}

static bool compile(struct pattern *pattern) {
    if (pattern->shape.kind == STREAM_CROSSING) {
        pattern->globs[0] = glob_new(pattern->text, pattern->bytes);
        return pattern->globs[0] != NULL;
    }
    for (int i = 0; i < 3; i++) {
        size_t bytes, begin = element(pattern, i, &bytes);
        if (!pattern->shape.glob[i]) continue;
        pattern->globs[i] = glob_new(pattern->text + begin, bytes);
        if (pattern->globs[i] == NULL) return false;
    }
    return true;
}

struct pattern *pattern_new(struct sub_stream stream, uint64_t hash) {
    struct pattern *pattern = calloc(1, sizeof *pattern + stream.bytes);
    if (pattern == NULL) return NULL;
    pattern->holds = 1;
    pattern->item.hash = hash;
    pattern->targets = &pattern->one;
    pattern->target_room = 1;
    pattern->bytes = stream.bytes;
    memcpy(pattern->text, stream.text, stream.bytes);
    stream_shape(pattern->text, stream.bytes, &pattern->shape);
    if (compile(pattern)) return pattern;
    pattern_drop(pattern);
    return NULL;
}

static void release(struct pattern *pattern) {
    for (int i = 0; i < 3; i++) {
        glob_free(pattern->globs[i]);
        pattern->globs[i] = NULL;
    }
    if (pattern->targets != &pattern->one) free(pattern->targets);
    pattern->targets = NULL;
}

void pattern_drop(struct pattern *pattern) {
    if (--pattern->holds > 0) return;
    release(pattern);
    free(pattern);
}

void pattern_die(struct pattern *pattern) {
    pattern->dead = true;
    release(pattern);
    pattern_drop(pattern);
}

int64_t pattern_add(struct pattern *pattern, struct sub_target *target, uint32_t ref) {
    if (pattern->target_count == pattern->target_room) {
        uint32_t room = pattern->target_room + pattern->target_room / 4 + 1;
        bool first = pattern->targets == &pattern->one;
        struct sub_listed *targets =
            realloc(first ? NULL : pattern->targets, room * sizeof targets[0]);
        if (targets == NULL) return -1;
        if (first) targets[0] = pattern->one;
        pattern->targets = targets;
        pattern->target_room = room;
    }
    pattern->targets[pattern->target_count] = (struct sub_listed){target, ref};
    return pattern->target_count++;
}

/* A list that was long once does not stay so. */
static void shrink(struct pattern *pattern) {
    uint32_t room = pattern->target_room / 2;
    if (room < FEW_TARGETS || pattern->target_count > room / 2) return;
    struct sub_listed *targets = realloc(pattern->targets, room * sizeof targets[0]);
    if (targets == NULL) return;
    pattern->targets = targets;
    pattern->target_room = room;
}

void pattern_remove(struct pattern *pattern, uint32_t place) {
    struct sub_listed last = pattern->targets[--pattern->target_count];
    if (place != pattern->target_count) {
        pattern->targets[place] = last;
        last.target->refs[last.ref].place = place;
    }
    shrink(pattern);
}

bool key_cut(struct key_parts *key, const char *text, uint32_t bytes) {
    if (bytes > KEY_MAX_BYTES) return false;
    const char *first = memchr(text, '/', bytes);
    if (first == NULL) return false;
    uint32_t cut = (uint32_t)(first - text);
    const char *second = memchr(first + 1, '/', bytes - cut - 1);
    if (second == NULL) return false;
    uint32_t cut2 = (uint32_t)(second - text);
    if (memchr(second + 1, '/', bytes - cut2 - 1) != NULL) return false;
    *key = (struct key_parts){text, bytes, {0, cut + 1, cut2 + 1}, {cut, cut2, bytes}};
    return true;
}

bool pattern_globs_match(const struct pattern *pattern, const struct key_parts *key) {
    if (pattern->shape.kind == STREAM_CROSSING)
        return glob_match(pattern->globs[0], key->text, key->bytes);
    for (int i = 0; i < 3; i++) {
        uint32_t begin = key->begin[i];
        if (pattern->globs[i] != NULL &&
            !glob_match(pattern->globs[i], key->text + begin, key->end[i] - begin))
            return false;
    }
    return true;
}

bool pattern_match(const struct pattern *pattern, const struct key_parts *key) {
    for (int i = 0; i < 3 && pattern->shape.kind != STREAM_CROSSING; i++) {
        if (pattern->shape.any[i] || pattern->shape.glob[i]) continue;
        size_t bytes, begin = element(pattern, i, &bytes);
        if (bytes != key->end[i] - key->begin[i] ||
            memcmp(pattern->text + begin, key->text + key->begin[i], bytes) != 0)
            return false;
    }
    return pattern_globs_match(pattern, key);
}
