#include "load/skew.h"

#include <pthread.h>
#include <stdlib.h>

int skew_init(struct skew *skew, uint32_t publishers,
              void (*over)(void *arg, uint32_t publisher, const struct skew_slot *slot),
              void *arg) {
    *skew = (struct skew){.publishers = publishers, .over = over, .arg = arg};
    skew->slots = calloc((size_t)publishers * SKEW_SLOTS, sizeof *skew->slots);
    return skew->slots ? 0 : -1;
}

void skew_fini(struct skew *skew) {
    free(skew->slots);
    skew->slots = NULL;
}

/* `readers` 0: it was told. */
void skew_complete(struct skew *skew, uint32_t publisher, struct skew_slot *slot) {
    slot->readers = 0;
    skew->over(skew->arg, publisher, slot);
}

bool skew_begin(struct skew *skew, uint32_t publisher, struct skew_slot *slot, uint64_t name,
                uint64_t now, uint32_t readers) {
    if (name < slot->name) return false;
    if (slot->name && slot->readers) skew_complete(skew, publisher, slot);
    *slot = (struct skew_slot){.name = name + 1, .first = now, .readers = readers};
    if (!readers) slot->readers = UINT32_MAX; /* not known: over when the slot is needed again */
    return true;
}

void skew_end(struct skew *skew) {
    for (uint32_t i = 0; i < skew->publishers * SKEW_SLOTS; i++) {
        struct skew_slot *slot = &skew->slots[i];
        if (slot->name && slot->readers) skew_complete(skew, i / SKEW_SLOTS, slot);
    }
}

struct part {
    uint64_t name, first, last;
    uint32_t count, parts; /* parts 0: it was told */
};

struct skew_join {
    pthread_mutex_t lock;
    uint32_t publishers, parts;
    void (*over)(void *arg, uint64_t skew_ns);
    void *arg;
    struct part *all; /* SKEW_SLOTS for each publisher */
};

struct skew_join *skew_join_new(uint32_t publishers, uint32_t parts,
                                void (*over)(void *arg, uint64_t skew_ns), void *arg) {
    struct skew_join *join = calloc(1, sizeof *join);
    if (!join) return NULL;
    *join = (struct skew_join){.publishers = publishers, .parts = parts, .over = over, .arg = arg};
    join->all = calloc((size_t)publishers * SKEW_SLOTS, sizeof *join->all);
    if (join->all && !pthread_mutex_init(&join->lock, NULL)) return join;
    free(join->all);
    free(join);
    return NULL;
}

void skew_join_free(struct skew_join *join) {
    if (!join) return;
    pthread_mutex_destroy(&join->lock);
    free(join->all);
    free(join);
}

static void tell(struct skew_join *join, struct part *part) {
    if (part->count > 1) join->over(join->arg, part->last - part->first);
    part->parts = 0;
}

void skew_join_add(struct skew_join *join, uint32_t publisher, const struct skew_slot *slot) {
    pthread_mutex_lock(&join->lock);
    size_t at = (size_t)publisher * SKEW_SLOTS + ((slot->name - 1) & (SKEW_SLOTS - 1));
    struct part *part = &join->all[at];
    bool same = part->name == slot->name && part->parts;
    if (!same && slot->name > part->name) {
        if (part->parts) tell(join, part);
        *part = (struct part){slot->name, slot->first, slot->last, slot->count, 1};
    } else if (same) {
        if (slot->first < part->first) part->first = slot->first;
        if (slot->last > part->last) part->last = slot->last;
        part->count += slot->count;
        part->parts++;
    }
    if (part->name == slot->name && part->parts == join->parts) tell(join, part);
    pthread_mutex_unlock(&join->lock);
}

void skew_join_end(struct skew_join *join) {
    for (size_t i = 0; i < (size_t)join->publishers * SKEW_SLOTS; i++)
        if (join->all[i].parts) tell(join, &join->all[i]);
}
