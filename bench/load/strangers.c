#include "load/strangers.h"

#include <stdlib.h>

#include "base/hash.h"

void strangers_init(struct strangers *strangers, void (*over)(void *arg, uint64_t skew_ns),
                    void *arg) {
    *strangers = (struct strangers){.seed = hash_seed(), .over = over, .arg = arg};
}

void strangers_fini(struct strangers *strangers) {
    free(strangers->slots);
    strangers->slots = NULL;
}

static void tell(struct strangers *strangers, struct strangers_slot *slot) {
    if (slot->count > 1) strangers->over(strangers->arg, slot->last - slot->first);
    slot->count = 0;
}

void strangers_take(struct strangers *strangers, const void *key, size_t key_bytes,
                    const void *data, size_t data_bytes, uint64_t now, uint32_t readers) {
    if (!strangers->slots) {
        strangers->slots = calloc(STRANGERS_SLOTS, sizeof *strangers->slots);
        if (!strangers->slots) return;
    }
    uint64_t hash = hash_bytes(data, data_bytes, hash_bytes(key, key_bytes, strangers->seed));
    struct strangers_slot *slot = &strangers->slots[hash & (STRANGERS_SLOTS - 1)];
    if (slot->count && (slot->hash != hash || now - slot->first > STRANGERS_NS))
        tell(strangers, slot);
    if (!slot->count) *slot = (struct strangers_slot){.hash = hash, .first = now};
    slot->last = now;
    if (++slot->count == readers) tell(strangers, slot);
}

void strangers_end(struct strangers *strangers) {
    for (uint32_t i = 0; strangers->slots && i < STRANGERS_SLOTS; i++)
        tell(strangers, &strangers->slots[i]);
}
