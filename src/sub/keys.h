/* The cache of keys: what each key that was seen is wanted by. */
#ifndef SUB_KEYS_H
#define SUB_KEYS_H

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

/** NULL if the key is not known. */
static inline struct key_entry *keys_find(const struct keys *keys, const char *key, uint32_t bytes,
                                          uint64_t hash) {
    for (uint32_t at = (uint32_t)hash & (keys->room - 1);; at = (at + 1) & (keys->room - 1)) {
        const struct key_slot *slot = &keys->slots[at];
        if (slot->entry == NULL) return NULL;
        if (slot->hash == hash && slot->entry->bytes == bytes &&
            __builtin_memcmp(slot->entry->text, key, bytes) == 0)
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
