/*
 * The keys that nobody of a shard wants: a bounded table that its worker writes and pushing threads
 * read, so that they need not make, place and wake for what the worker would throw away.
 *
 * Sets of UNWANTED_WAYS keys, found by hash and compared by all bytes: two keys of one hash are two
 * keys. A key that is longer than UNWANTED_KEY_BYTES, or finds no place, is not remembered, and its
 * messages go the usual way. The argument why no message is lost is in unwanted.c.
 */
#ifndef RING_UNWANTED_H
#define RING_UNWANTED_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "ring/ring.h"

#define UNWANTED_WAYS      4  /**< keys of a set; their heads share a cache line */
#define UNWANTED_KEY_BYTES 56 /**< longest key that is remembered: what fills four lines */
#define UNWANTED_WORDS     (UNWANTED_KEY_BYTES / 8)

/** A key as rings know it. `hash` is by the seed of the broker. */
struct ring_key {
    const char *text;
    uint32_t bytes;
    uint64_t hash;
};

/*
 * A head is the version of what was written (48 bits, above), ten bits of the hash and the length:
 * no two writings have the same one. 0: nothing.
 */
struct unwanted_set {
    _Atomic uint64_t heads[UNWANTED_WAYS] __attribute__((aligned(RING_LINE)));
    _Atomic uint64_t texts[UNWANTED_WAYS][UNWANTED_WORDS];
};

/** What the worker alone knows of a key's place. */
struct unwanted_note {
    uint64_t fence; /**< messages of the key before this position of the ring are for nobody */
    uint32_t bytes; /**< of the key, also once it is wanted; 0: never used */
};

struct unwanted {
    /* fixed */
    struct unwanted_set *sets __attribute__((aligned(RING_LINE)));
    uint64_t set_mask;
    _Atomic uint64_t *changes; /* of all tables that have it in common; see unwanted.c, (5) */
    /* written by the worker: heads up to this one are void */
    _Atomic uint64_t floor;
    /* the worker's own */
    struct unwanted_note *notes __attribute__((aligned(RING_LINE)));
    void *block; /* of the sets */
    uint64_t version;
    uint64_t last_fence; /* the highest: positions from here on need no look */
    uint64_t since;      /* all messages before this position are for nobody */
    uint32_t refused;    /* keys that found their set full */
};

/** `changes` has the tables that are being changed in these bits, and above them counts changes. */
#define UNWANTED_CHANGING UINT64_C(0xff)
#define UNWANTED_CHANGE   (UNWANTED_CHANGING + 1)

/** Room for at least `keys` keys, a power of two. 0; -1 without memory. */
int unwanted_init(struct unwanted *table, uint32_t keys, _Atomic uint64_t *changes);
void unwanted_fini(struct unwanted *table);

/** Remembers a key, of which no message is on the ring at `tail` or later. False: no place for it
 *  while messages of others are between `head` and their fences. The worker. */
bool unwanted_put(struct unwanted *table, const struct ring_key *key, uint64_t head, uint64_t tail);
/** Forgets a key; false if it was not unwanted. The worker. */
bool unwanted_drop(struct unwanted *table, const struct ring_key *key);
/** Forgets all keys, at once. The worker. */
void unwanted_drop_all(struct unwanted *table);
/** All messages before `tail` are for nobody. The worker. */
void unwanted_fence_all(struct unwanted *table, uint64_t tail);
/** True if a message of `key` at `position` came before the key's fence. The worker. */
bool unwanted_before_fence(const struct unwanted *table, const struct ring_key *key,
                           uint64_t position);

#define UNWANTED_MARK_BITS 16
#define UNWANTED_MARK(key) ((key)->hash >> 54 << 6 | (key)->bytes) /* below the version */

static inline uint64_t unwanted_word(const char *at) {
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/** The last word overlaps the one before it; a shorter key is one word, filled with zeros. */
static inline uint64_t unwanted_last_word(const struct ring_key *key) {
    if (key->bytes >= 8) return unwanted_word(key->text + key->bytes - 8);
    uint64_t word = 0;
    for (uint32_t i = 0; i < key->bytes; i++) word = word << 8 | (uint8_t)key->text[i];
    return word;
}

static inline bool unwanted_same(const _Atomic uint64_t *words, const struct ring_key *key) {
    uint32_t i = 0;
    /* acquire, with the writer's release: see unwanted.c, (1) */
    for (; (i + 1) * 8 < key->bytes; i++)
        if (atomic_load_explicit(&words[i], memory_order_acquire) !=
            unwanted_word(key->text + (size_t)i * 8))
            return false;
    return atomic_load_explicit(&words[i], memory_order_acquire) == unwanted_last_word(key);
}

static inline struct unwanted_set *unwanted_set_of(const struct unwanted *table,
                                                   const struct ring_key *key) {
    return &table->sets[key->hash >> 8 & table->set_mask]; /* the bits of the stripe are below */
}

/** True if nobody of the shard wants the key. Any thread; some 25 instructions. */
static inline bool unwanted_has(const struct unwanted *table, const struct ring_key *key) {
    if (key->bytes > UNWANTED_KEY_BYTES) return false;
    const struct unwanted_set *set = unwanted_set_of(table, key);
    const uint64_t mark = UNWANTED_MARK(key);
    uint64_t floor = atomic_load_explicit(&table->floor, memory_order_acquire);
#pragma GCC unroll 4
    for (int way = 0; way < UNWANTED_WAYS; way++) {
        uint64_t head = atomic_load_explicit(&set->heads[way], memory_order_acquire);
        if ((uint16_t)head != mark || head <= floor) continue;
        if (!unwanted_same(set->texts[way], key)) continue;
        /* the same head again: what was compared is what was written with it */
        if (atomic_load_explicit(&set->heads[way], memory_order_relaxed) == head) return true;
    }
    return false;
}

#endif
