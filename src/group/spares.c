/*
 * The argument. Each place has a turn: it may be filled in turn `at` when its turn is `at`, and
 * emptied when it is `at + 1`; emptying makes it `at` of the next round. Who moves `filled` or
 * `emptied` past a position owns the place until it stores the next turn, with release: whoever
 * loads that turn, with acquire, has what was stored before. A place whose owner is slow looks full
 * to those who fill and empty to those who take: they go to the allocator instead of waiting.
 */
#include "group/spares.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#define LINE 64 /* bytes of a cache line */

struct place {
    _Atomic uint64_t turn;
    void *block;
};

struct spares {
    uint64_t mask;
    _Atomic uint64_t filled __attribute__((aligned(LINE)));
    _Atomic uint64_t emptied __attribute__((aligned(LINE)));
    struct place places[] __attribute__((aligned(LINE)));
};

struct spares *spares_new(uint32_t count) {
    assert(count > 1 && (count & (count - 1)) == 0);
    size_t bytes = sizeof(struct spares) + count * sizeof(struct place);
    struct spares *spares = aligned_alloc(LINE, (bytes + LINE - 1) / LINE * LINE);
    if (spares == NULL) return NULL;
    spares->mask = count - 1;
    atomic_init(&spares->filled, 0);
    atomic_init(&spares->emptied, 0);
    for (uint32_t i = 0; i < count; i++) {
        atomic_init(&spares->places[i].turn, i);
        spares->places[i].block = NULL;
    }
    return spares;
}

void spares_free(struct spares *spares) {
    if (spares == NULL) return;
    for (void *block; (block = spares_take(spares)) != NULL;) free(block);
    free(spares);
}

/* Moves `mark` past the first position whose place has turn `position + ahead`; NULL if it has an
 * older one. */
static inline struct place *claim(struct spares *spares, _Atomic uint64_t *mark, uint64_t ahead,
                                  uint64_t *position) {
    uint64_t at = atomic_load_explicit(mark, memory_order_relaxed);
    for (;;) {
        struct place *place = &spares->places[at & spares->mask];
        uint64_t turn = atomic_load_explicit(&place->turn, memory_order_acquire);
        if (turn == at + ahead) {
            *position = at;
            if (atomic_compare_exchange_weak_explicit(mark, &at, at + 1, memory_order_relaxed,
                                                      memory_order_relaxed))
                return place;
        } else if ((int64_t)(turn - at - ahead) < 0) {
            return NULL;
        } else {
            at = atomic_load_explicit(mark, memory_order_relaxed);
        }
    }
}

bool spares_put(struct spares *spares, void *block) {
    uint64_t at;
    struct place *place = claim(spares, &spares->filled, 0, &at);
    if (place == NULL) return false;
    place->block = block;
    atomic_store_explicit(&place->turn, at + 1, memory_order_release);
    return true;
}

void *spares_take(struct spares *spares) {
    uint64_t at;
    struct place *place = claim(spares, &spares->emptied, 1, &at);
    if (place == NULL) return NULL;
    void *block = place->block;
    atomic_store_explicit(&place->turn, at + spares->mask + 1, memory_order_release);
    return block;
}
