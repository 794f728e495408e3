#include "sub/index.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sub/buckets.h"
#include "sub/keys.h"

#define JOURNAL_ENTRIES 4096 /* a key that is further behind looks its patterns up anew */
#define MANY_DEAD       65536

struct sub_index {
    struct table texts; /* living patterns by text */
    struct buckets buckets;
    struct keys keys;
    struct pattern *journal[JOURNAL_ENTRIES]; /* new patterns with wildcards, by number */
    uint64_t journal_end;
    uint64_t stamp; /* of the message that is being matched */
    struct sub_limits limits;
    uint64_t text_seed;
    uint64_t subscriptions;
    uint64_t wildcards; /* patterns that are no literals */
    uint32_t dead;      /* patterns that died while held, since the keys were last forgotten */
};

struct sub_index *sub_index_new(const struct sub_limits *limits) {
    struct sub_index *index = calloc(1, sizeof *index);
    if (index == NULL) return NULL;
    index->limits = *limits;
    index->text_seed = hash_seed();
    index->journal_end = 1; /* so that the mark 0 means: nothing is known */
    if (table_init(&index->texts) && buckets_init(&index->buckets, index->text_seed) &&
        keys_init(&index->keys, limits->max_keys))
        return index;
    sub_index_free(index);
    return NULL;
}

void sub_index_free(struct sub_index *index) {
    if (index == NULL) return;
    keys_fini(&index->keys);
    for (int i = 0; i < JOURNAL_ENTRIES; i++)
        if (index->journal[i] != NULL) pattern_drop(index->journal[i]);
    buckets_fini(&index->buckets);
    table_fini(&index->texts);
    free(index);
}

/* --- patterns by text --- */

static struct pattern *find_text(const struct sub_index *index, const char *text, uint32_t bytes,
                                 uint64_t hash) {
    struct table_item *item = *table_place(&index->texts, hash);
    for (; item != NULL; item = item->next) {
        struct pattern *pattern = TABLE_OF(item, struct pattern, item);
        if (item->hash == hash && pattern->bytes == bytes &&
            memcmp(pattern->text, text, bytes) == 0)
            return pattern;
    }
    return NULL;
}

static void tell(const struct sub_index *index, const char *key, uint32_t bytes, uint64_t hash) {
    if (index->limits.wanted != NULL) index->limits.wanted(index->limits.arg, key, bytes, hash);
}

/* A new literal concerns one key, if that is known. False without memory. */
static bool correct_key(struct sub_index *index, struct pattern *literal) {
    uint64_t hash = hash_bytes(literal->text, literal->bytes, index->limits.key_seed);
    tell(index, literal->text, literal->bytes, hash);
    struct key_entry *entry = keys_find(&index->keys, literal->text, literal->bytes, hash);
    if (entry == NULL) return true;
    for (uint32_t i = 0; i < entry->count;)
        if (entry->patterns[i]->dead)
            key_entry_remove(entry, i);
        else
            i++;
    return key_entry_add(entry, literal);
}

/* A new pattern with wildcards may concern any key: each will test it when it is met. */
static void note(struct sub_index *index, struct pattern *pattern) {
    struct pattern **place = &index->journal[index->journal_end % JOURNAL_ENTRIES];
    if (*place != NULL) pattern_drop(*place);
    *place = pattern;
    pattern->holds++;
    index->journal_end++;
    tell(index, NULL, 0, 0);
}

static struct pattern *make_pattern(struct sub_index *index, struct sub_stream stream,
                                    uint64_t hash) {
    struct pattern *pattern = pattern_new(stream, hash);
    if (pattern == NULL) return NULL;
    bool literal = pattern->shape.kind == STREAM_LITERAL;
    if (literal ? !correct_key(index, pattern) : !buckets_add(&index->buckets, pattern)) {
        pattern_drop(pattern);
        return NULL;
    }
    if (!literal) {
        note(index, pattern);
        index->wildcards++;
    }
    table_add(&index->texts, &pattern->item);
    return pattern;
}

/* Keys hold the dead until they are met. Those that never are would hold any number: above a bound
 * all keys are forgotten, which is as much work as the dying was. */
static void bound_the_dead(struct sub_index *index) {
    uint32_t most = index->keys.count > MANY_DEAD ? index->keys.count : MANY_DEAD;
    if (++index->dead <= most) return;
    keys_clear(&index->keys);
    index->dead = 0;
}

/* It has lost its last target; keys and journal drop it when they meet it. */
static void kill(struct sub_index *index, struct pattern *pattern) {
    table_remove(&index->texts, &pattern->item);
    if (pattern->bucket != NULL) {
        buckets_remove(&index->buckets, pattern);
        index->wildcards--;
    }
    if (pattern->holds > 1) bound_the_dead(index);
    pattern_die(pattern);
}

/* --- targets --- */

static bool add_stream(struct sub_index *index, struct sub_target *target,
                       struct sub_stream stream) {
    uint64_t hash = hash_bytes(stream.text, stream.bytes, index->text_seed);
    struct pattern *pattern = find_text(index, stream.text, stream.bytes, hash);
    if (pattern == NULL) pattern = make_pattern(index, stream, hash);
    if (pattern == NULL) return false;
    int64_t place = pattern_add(pattern, target, target->ref_count);
    if (place < 0) {
        if (pattern->target_count == 0) kill(index, pattern);
        return false;
    }
    target->refs[target->ref_count++] = (struct sub_ref){pattern, (uint32_t)place};
    index->subscriptions++;
    return true;
}

int sub_target_begin(struct sub_target *target, uint32_t count) {
    *target = (struct sub_target){.stamp = UINT64_MAX};
    target->refs = malloc(count * sizeof target->refs[0]);
    return target->refs != NULL ? 0 : -1;
}

int sub_target_extend(struct sub_index *index, struct sub_target *target,
                      const struct sub_stream *streams, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        if (!add_stream(index, target, streams[i])) return -1;
    return 0;
}

void sub_target_open(struct sub_target *target) {
    target->stamp = 0;
}

int sub_target_add(struct sub_index *index, struct sub_target *target,
                   const struct sub_stream *streams, uint32_t count) {
    if (sub_target_begin(target, count) < 0) return -1;
    if (sub_target_extend(index, target, streams, count) < 0) {
        sub_target_remove(index, target);
        return -1;
    }
    sub_target_open(target);
    return 0;
}

bool sub_target_has(const struct sub_target *target, const struct sub_stream *streams,
                    uint32_t count) {
    if (target->ref_count != count) return false;
    for (uint32_t i = 0; i < count; i++) {
        const struct pattern *pattern = target->refs[i].pattern;
        if (pattern->bytes != streams[i].bytes ||
            memcmp(pattern->text, streams[i].text, streams[i].bytes) != 0)
            return false;
    }
    return true;
}

bool sub_target_reduce(struct sub_index *index, struct sub_target *target, uint32_t most) {
    target->stamp = UINT64_MAX;
    for (; most > 0 && target->ref_count > 0; most--) {
        struct sub_ref ref = target->refs[--target->ref_count];
        pattern_remove(ref.pattern, ref.place);
        if (ref.pattern->target_count == 0) kill(index, ref.pattern);
        index->subscriptions--;
    }
    if (target->ref_count > 0) return false;
    free(target->refs);
    target->refs = NULL;
    return true;
}

void sub_target_remove(struct sub_index *index, struct sub_target *target) {
    (void)sub_target_reduce(index, target, UINT32_MAX);
}

/* --- matching --- */

static bool take_into_entry(void *entry, struct pattern *pattern) {
    return key_entry_add(entry, pattern);
}

/* Looks up all patterns of a key. False without memory: the entry is then empty and not current. */
static bool look_up(struct sub_index *index, struct key_entry *entry) {
    struct key_parts key;
    key_entry_clear(entry);
    if (key_cut(&key, entry->text, entry->bytes)) {
        uint64_t hash = hash_bytes(entry->text, entry->bytes, index->text_seed);
        struct pattern *literal = find_text(index, entry->text, entry->bytes, hash);
        if ((literal != NULL && literal->shape.kind == STREAM_LITERAL &&
             !key_entry_add(entry, literal)) ||
            !buckets_find(&index->buckets, &key, take_into_entry, entry)) {
            key_entry_clear(entry);
            entry->mark = 0;
            return false;
        }
    }
    entry->mark = index->journal_end;
    return true;
}

/* Brings an entry that is behind the journal up to date. False without memory. */
static bool catch_up(struct sub_index *index, struct key_entry *entry) {
    struct key_parts key;
    uint64_t behind = index->journal_end - entry->mark;
    if (entry->mark == 0 || behind > JOURNAL_ENTRIES || behind > index->wildcards + BUCKET_FORMS)
        return look_up(index, entry);
    if (!key_cut(&key, entry->text, entry->bytes)) return true;
    for (; entry->mark < index->journal_end; entry->mark++) {
        struct pattern *pattern = index->journal[entry->mark % JOURNAL_ENTRIES];
        if (pattern->dead || !pattern_match(pattern, &key)) continue;
        if (!key_entry_add(entry, pattern)) return false;
    }
    return true;
}

struct visitor {
    uint32_t (*visit)(void *arg, const struct sub_list *list);
    void *arg;
    uint64_t stamp;
    uint32_t targets;
};

static inline void visit_targets(struct visitor *visitor, const struct pattern *pattern) {
    struct sub_list list = {pattern->targets, pattern->targets + pattern->target_count,
                            visitor->stamp};
    visitor->targets += visitor->visit(visitor->arg, &list);
}

static bool visit_pattern(void *arg, struct pattern *pattern) {
    visit_targets(arg, pattern);
    return true;
}

/* Without memory for the cache: straight from the tables. */
static void match_uncached(struct sub_index *index, const char *text, uint32_t bytes,
                           struct visitor *visitor) {
    struct key_parts key;
    if (!key_cut(&key, text, bytes)) return;
    const struct pattern *literal =
        find_text(index, text, bytes, hash_bytes(text, bytes, index->text_seed));
    if (literal != NULL && literal->shape.kind == STREAM_LITERAL) visit_targets(visitor, literal);
    (void)buckets_find(&index->buckets, &key, visit_pattern, visitor);
}

/* The entry of a key, up to date; NULL without memory. */
static struct key_entry *bring_up(struct sub_index *index, struct key_entry *entry, const char *key,
                                  uint32_t key_bytes, uint64_t hash) {
    if (entry != NULL) return catch_up(index, entry) ? entry : NULL;
    entry = keys_add(&index->keys, key, key_bytes, hash);
    return entry != NULL && look_up(index, entry) ? entry : NULL;
}

struct query {
    const char *key;
    uint32_t key_bytes;
    uint64_t hash;
    struct visitor visitor;
};

/* Apart from the way of a key that nobody wants, which saves no registers then. */
__attribute__((noinline)) static uint32_t
match_entry(struct sub_index *index, struct key_entry *entry, struct query *query) {
    struct visitor *visitor = &query->visitor;
    visitor->stamp = ++index->stamp;
    if (entry == NULL || entry->mark != index->journal_end)
        entry = bring_up(index, entry, query->key, query->key_bytes, query->hash);
    if (entry == NULL) {
        match_uncached(index, query->key, query->key_bytes, visitor);
        return visitor->targets;
    }
    for (uint32_t i = 0; i < entry->count;) {
        if (entry->patterns[i]->dead) {
            key_entry_remove(entry, i);
        } else {
            visit_targets(visitor, entry->patterns[i]);
            i++;
        }
    }
    return visitor->targets;
}

uint32_t sub_index_match(struct sub_index *index, const char *key, uint32_t key_bytes,
                         uint64_t hash, uint32_t (*visit)(void *arg, const struct sub_list *list),
                         void *arg) {
    struct key_entry *entry = keys_find(&index->keys, key, key_bytes, hash);
    if (entry != NULL && entry->count == 0 && entry->mark == index->journal_end) return 0;
    struct query query = {key, key_bytes, hash, {.visit = visit, .arg = arg}};
    return match_entry(index, entry, &query);
}

void sub_index_stats(const struct sub_index *index, struct sub_stats *stats) {
    *stats = (struct sub_stats){
        .patterns = index->texts.count,
        .subscriptions = index->subscriptions,
        .keys = index->keys.count,
    };
}
