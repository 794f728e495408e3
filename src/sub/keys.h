/* The cache of keys: what each key that was seen is wanted by. */
#ifndef SUB_KEYS_H
#define SUB_KEYS_H

#include <string.h>

#include "sub/pattern.h"

/** A key and its patterns, each held once. */
struct key_entry {
    uint64_t hash;
    uint64_t mark; /**< journal entries before it are known */
    struct pattern **patterns;
    uint32_t count, room;
    uint32_t bytes;
    char text[];
};

struct key_slot {
    uint64_t hash;
    struct key_entry *entry;
};

struct keys {
    struct key_slot *slots; /**< open addressing, at most half full */
    uint32_t room, count, max;
};

/** False without memory. */
bool keys_init(struct keys *keys, uint32_t max);
/** Forgets all keys. */
void keys_clear(struct keys *keys);
void keys_fini(struct keys *keys);

static inline uint64_t word_at(const char *bytes) {
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

/* Without a call, which would be a third of the price of a key that nobody wants. */
static inline bool same_bytes(const char *one, const char *other, size_t bytes) {
    const char *end = one + bytes;
    if (bytes < sizeof(uint64_t)) {
        for (; one < end; one++, other++)
            if (*one != *other) return false;
        return true;
    }
    const char *last = end - sizeof(uint64_t); /* the last words overlap */
    const char *other_last = other + bytes - sizeof(uint64_t);
    if (word_at(last) != word_at(other_last)) return false;
    for (; one < last; one += sizeof(uint64_t), other += sizeof(uint64_t))
        if (word_at(one) != word_at(other)) return false;
    return true;
}

/** NULL if the key is not known. */
static inline struct key_entry *keys_find(const struct keys *keys, const char *key, uint32_t bytes,
                                          uint64_t hash) {
    for (uint32_t at = (uint32_t)hash & (keys->room - 1);; at = (at + 1) & (keys->room - 1)) {
        const struct key_slot *slot = &keys->slots[at];
        if (slot->entry == NULL) return NULL;
        if (slot->hash == hash && slot->entry->bytes == bytes &&
            same_bytes(slot->entry->text, key, bytes))
            return slot->entry;
    }
}

/** A new entry without patterns; the key must not be known. All others are forgotten when there are
 *  too many. NULL without memory. */
struct key_entry *keys_add(struct keys *keys, const char *key, uint32_t bytes, uint64_t hash);

/** Adds a pattern and holds it. False without memory. */
bool key_entry_add(struct key_entry *entry, struct pattern *pattern);
/** Drops the pattern at `place`; another takes it. */
void key_entry_remove(struct key_entry *entry, uint32_t place);
void key_entry_clear(struct key_entry *entry);

#endif
