/*
 * A pattern: one stream that at least one target wants, compiled once, with the list of its
 * targets.
 *
 * `holds` counts the keys and journal entries that refer to it, and one while it lives. Once dead
 * it never lives again; it is freed when nothing refers to it any more.
 */
#ifndef SUB_PATTERN_H
#define SUB_PATTERN_H

#include <stdbool.h>

#include "base/table.h"
#include "key/glob.h"
#include "key/stream.h"
#include "sub/index.h"

/** A target's reference: a pattern, and the place in its list. */
struct sub_ref {
    struct pattern *pattern;
    uint32_t place;
} __attribute__((packed, aligned(4)));

struct pattern {
    struct table_item item;     /**< of the table of texts, whose hash it is */
    struct bucket *bucket;      /**< whose list it is in; NULL for a literal */
    struct glob *globs[3];      /**< of its elements; a crossing one has [0] alone */
    struct sub_listed *targets; /**< &one, or heap */
    struct sub_listed one;
    uint32_t target_count, target_room;
    uint32_t holds;
    uint32_t bucket_place;
    struct stream_shape shape;
    bool dead;
    uint32_t bytes;
    char text[];
};

/** A key with the places of its slashes. */
struct key_parts {
    const char *text;
    uint32_t bytes;
    uint32_t begin[3], end[3]; /**< of its elements */
};

/** Compiles a valid stream; it has one hold. NULL without memory. */
struct pattern *pattern_new(struct sub_stream stream, uint64_t hash);
void pattern_drop(struct pattern *pattern);
/** Drops a pattern without targets for good: those who still hold it find it dead, and small. */
void pattern_die(struct pattern *pattern);

/** Adds a target, whose reference number `ref` it is. Returns the place, -1 without memory. */
int64_t pattern_add(struct pattern *pattern, struct sub_target *target, uint32_t ref);
/** Removes the target at `place`; the one that takes its place learns of it. */
void pattern_remove(struct pattern *pattern, uint32_t place);

#define KEY_MAX_BYTES 4096u /**< the most that an option allows */

/** Cuts a key into its elements; false if it has not three or is longer than KEY_MAX_BYTES. */
bool key_cut(struct key_parts *key, const char *text, uint32_t bytes);

/** True if the pattern's globs match the elements of the key; the others are not looked at. */
bool pattern_globs_match(const struct pattern *pattern, const struct key_parts *key);

/** True if the pattern selects the key. */
bool pattern_match(const struct pattern *pattern, const struct key_parts *key);

#endif
