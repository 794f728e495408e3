/*
 * Patterns with wildcards by signature, so that a key that is seen for the first time tests only
 * those that may select it.
 *
 * The signature of a pattern is its text with each element that is `*` replaced by one mark and
 * each glob by another: patterns of one signature differ in their globs alone. A key looks up the
 * signatures that it can have, of the at most 26 forms that exist, and tests the patterns in their
 * buckets. Patterns with a '/' inside braces or brackets have no such form and share one bucket.
 */
#ifndef SUB_BUCKETS_H
#define SUB_BUCKETS_H

#include "sub/pattern.h"

#define BUCKET_FORMS 27 /**< three kinds of element, three times */

struct bucket {
    struct table_item item;
    struct pattern **patterns; /**< &one, or heap */
    struct pattern *one;
    uint32_t count, room;
    uint32_t form;
    uint32_t bytes;
    char signature[];
};

struct buckets {
    struct table table;
    uint32_t forms[BUCKET_FORMS]; /**< buckets of each form */
    struct bucket *crossing;
    uint64_t seed;
};

/** False without memory. */
bool buckets_init(struct buckets *buckets, uint64_t seed);
void buckets_fini(struct buckets *buckets);

/** Puts a pattern with wildcards in its bucket. False without memory. */
bool buckets_add(struct buckets *buckets, struct pattern *pattern);
void buckets_remove(struct buckets *buckets, struct pattern *pattern);

/** Calls `take` with each pattern that selects the key. False as soon as `take` answers false. */
bool buckets_find(const struct buckets *buckets, const struct key_parts *key,
                  bool (*take)(void *arg, struct pattern *pattern), void *arg);

#endif
