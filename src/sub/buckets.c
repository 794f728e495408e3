#include "sub/buckets.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

#define SIGNATURE_BYTES (KEY_MAX_BYTES + 4) /* a longest text, and a slash at its end */

/* Kinds of element; a form is one of them for each element, as digits to the base 3. */
enum { LITERAL, ANY, GLOB };
static const char marks[] = {0, 1, 2};

struct signature {
    uint64_t hash;
    uint32_t form, bytes;
    char text[SIGNATURE_BYTES];
};

static void add_element(struct signature *signature, unsigned kind, const char *text,
                        uint32_t bytes) {
    if (kind == LITERAL) {
        memcpy(signature->text + signature->bytes, text, bytes);
        signature->bytes += bytes;
    } else {
        signature->text[signature->bytes++] = marks[kind];
    }
    signature->text[signature->bytes++] = '/';
}

static unsigned kind_in(uint32_t form, int element) {
    static const unsigned power[3] = {1, 3, 9};
    return form / power[element] % 3;
}

static void sign(struct signature *signature, uint32_t form, const struct key_parts *parts,
                 uint64_t seed) {
    signature->form = form;
    signature->bytes = 0;
    for (int i = 0; i < 3; i++)
        add_element(signature, kind_in(form, i), parts->text + parts->begin[i],
                    parts->end[i] - parts->begin[i]);
    signature->hash = hash_bytes(signature->text, signature->bytes, seed + form);
}

static void sign_pattern(struct signature *signature, const struct pattern *pattern,
                         uint64_t seed) {
    const struct stream_shape *shape = &pattern->shape;
    uint32_t first = (uint32_t)shape->cut[0], second = (uint32_t)shape->cut[1];
    struct key_parts parts = {
        pattern->text, pattern->bytes, {0, first + 1, second + 1}, {first, second, pattern->bytes}};
    uint32_t form = 0;
    for (int i = 2; i >= 0; i--)
        form = form * 3 + (shape->any[i] ? ANY : shape->glob[i] ? GLOB : LITERAL);
    sign(signature, form, &parts, seed);
}

static struct bucket *find(const struct buckets *buckets, const struct signature *signature) {
    struct table_item *item = *table_place(&buckets->table, signature->hash);
    for (; item != NULL; item = item->next) {
        struct bucket *bucket = TABLE_OF(item, struct bucket, item);
        if (item->hash == signature->hash && bucket->form == signature->form &&
            bucket->bytes == signature->bytes &&
            memcmp(bucket->signature, signature->text, signature->bytes) == 0)
            return bucket;
    }
    return NULL;
}

static struct bucket *bucket_new(const struct signature *signature) {
    struct bucket *bucket = calloc(1, sizeof *bucket + signature->bytes);
    if (bucket == NULL) return NULL;
    bucket->patterns = &bucket->one;
    bucket->room = 1;
    bucket->item.hash = signature->hash;
    bucket->form = signature->form;
    bucket->bytes = signature->bytes;
    memcpy(bucket->signature, signature->text, signature->bytes);
    return bucket;
}

static void bucket_free(struct bucket *bucket) {
    if (bucket == NULL) return;
    if (bucket->patterns != &bucket->one) free(bucket->patterns);
    free(bucket);
}

bool buckets_init(struct buckets *buckets, uint64_t seed) {
    struct signature none = {.form = UINT32_MAX};
    *buckets = (struct buckets){.seed = seed};
    buckets->crossing = bucket_new(&none);
    return table_init(&buckets->table) && buckets->crossing != NULL;
}

void buckets_fini(struct buckets *buckets) {
    table_fini(&buckets->table);
    bucket_free(buckets->crossing);
}

static bool push(struct bucket *bucket, struct pattern *pattern) {
    if (bucket->count == bucket->room) {
        uint32_t room = bucket->room * 2;
        bool first = bucket->patterns == &bucket->one;
        struct pattern **patterns =
            realloc(first ? NULL : bucket->patterns, room * sizeof patterns[0]);
        if (patterns == NULL) return false;
        if (first) patterns[0] = bucket->one;
        bucket->patterns = patterns;
        bucket->room = room;
    }
    pattern->bucket = bucket;
    pattern->bucket_place = bucket->count;
    bucket->patterns[bucket->count++] = pattern;
    return true;
}

bool buckets_add(struct buckets *buckets, struct pattern *pattern) {
    if (pattern->shape.kind == STREAM_CROSSING) return push(buckets->crossing, pattern);
    struct signature signature;
    sign_pattern(&signature, pattern, buckets->seed);
    struct bucket *bucket = find(buckets, &signature);
    if (bucket != NULL) return push(bucket, pattern);
    bucket = bucket_new(&signature);
    if (bucket == NULL || !push(bucket, pattern)) {
        bucket_free(bucket);
        return false;
    }
    table_add(&buckets->table, &bucket->item);
    buckets->forms[bucket->form]++;
    return true;
}

void buckets_remove(struct buckets *buckets, struct pattern *pattern) {
    struct bucket *bucket = pattern->bucket;
    struct pattern *last = bucket->patterns[--bucket->count];
    bucket->patterns[pattern->bucket_place] = last;
    last->bucket_place = pattern->bucket_place;
    pattern->bucket = NULL;
    if (bucket->count > 0 || bucket == buckets->crossing) return;
    table_remove(&buckets->table, &bucket->item);
    buckets->forms[bucket->form]--;
    bucket_free(bucket);
}

static bool test_bucket(const struct bucket *bucket, const struct key_parts *key,
                        bool (*take)(void *arg, struct pattern *pattern), void *arg) {
    for (uint32_t i = 0; i < bucket->count; i++)
        if (pattern_globs_match(bucket->patterns[i], key) && !take(arg, bucket->patterns[i]))
            return false;
    return true;
}

bool buckets_find(const struct buckets *buckets, const struct key_parts *key,
                  bool (*take)(void *arg, struct pattern *pattern), void *arg) {
    struct signature signature;
    for (uint32_t form = 1; form < BUCKET_FORMS; form++) {
        if (buckets->forms[form] == 0) continue;
        sign(&signature, form, key, buckets->seed);
        const struct bucket *bucket = find(buckets, &signature);
        if (bucket != NULL && !test_bucket(bucket, key, take, arg)) return false;
    }
    return test_bucket(buckets->crossing, key, take, arg);
}
