#include "sub/keys.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 64

bool keys_init(struct keys *keys, uint32_t max) {
    *keys = (struct keys){.room = FIRST_ROOM, .max = max};
    keys->slots = calloc(keys->room, sizeof keys->slots[0]);
    return keys->slots != NULL;
}

void key_entry_clear(struct key_entry *entry) {
    for (uint32_t i = 0; i < entry->count; i++) pattern_drop(entry->patterns[i]);
    entry->count = 0;
}

void keys_clear(struct keys *keys) {
    for (uint32_t i = 0; i < keys->room; i++) {
        struct key_entry *entry = keys->slots[i].entry;
        if (entry == NULL) continue;
        key_entry_clear(entry);
        free(entry->patterns);
        free(entry);
        keys->slots[i] = (struct key_slot){0};
    }
    keys->count = 0;
}

void keys_fini(struct keys *keys) {
    if (keys->slots != NULL) keys_clear(keys);
    free(keys->slots);
}

static void place(struct key_slot *slots, uint32_t room, struct key_slot slot) {
    uint32_t at = (uint32_t)slot.hash & (room - 1);
    while (slots[at].entry != NULL) at = (at + 1) & (room - 1);
    slots[at] = slot;
}

static bool grow(struct keys *keys) {
    if (keys->count < keys->room / 2) return true;
    struct key_slot *slots = calloc((size_t)keys->room * 2, sizeof slots[0]);
    if (slots == NULL) return false;
    for (uint32_t i = 0; i < keys->room; i++)
        if (keys->slots[i].entry != NULL) place(slots, keys->room * 2, keys->slots[i]);
    free(keys->slots);
    keys->slots = slots;
    keys->room *= 2;
    return true;
}

struct key_entry *keys_add(struct keys *keys, const char *key, uint32_t bytes, uint64_t hash) {
    if (keys->count >= keys->max) keys_clear(keys);
    struct key_entry *entry = malloc(sizeof *entry + bytes);
    if (entry == NULL || !grow(keys)) {
        free(entry);
        return NULL;
    }
    *entry = (struct key_entry){.hash = hash, .bytes = bytes};
    memcpy(entry->text, key, bytes);
    place(keys->slots, keys->room, (struct key_slot){hash, entry});
    keys->count++;
    return entry;
}

bool key_entry_add(struct key_entry *entry, struct pattern *pattern) {
    if (entry->count == entry->room) {
        uint32_t room = entry->room == 0 ? 2 : entry->room * 2;
        struct pattern **patterns = realloc(entry->patterns, room * sizeof patterns[0]);
        if (patterns == NULL) return false;
        entry->patterns = patterns;
        entry->room = room;
    }
    entry->patterns[entry->count++] = pattern;
    pattern->holds++;
    return true;
}

void key_entry_remove(struct key_entry *entry, uint32_t place) {
    pattern_drop(entry->patterns[place]);
    entry->patterns[place] = entry->patterns[--entry->count];
}
