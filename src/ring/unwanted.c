/*
 * The argument. tests/ring/model/unwanted.pml is a model of it, checked exhaustively in small
 * sizes; each rule left out is caught there and by tests/stress/unwanted*.c.
 *
 * (1) What a reader finds was written. One thread writes: head to 0, the words, the new head. Words
 * are stored with release and loaded with acquire: who has read a word of the next writing reads
 * the head that was 0 before it, or a later one, and no two writings have the same head. So the
 * head that is read twice is that of all words between. No fences, which the thread sanitizer does
 * not know. A key is unwanted while its head is there and above the floor; a new glob lifts the
 * floor over all heads.
 *
 * (2) Who has its echo misses nothing. The worker drops a key (or lifts the floor) when it makes
 * the pattern, and sends the echo afterwards. Who pushes after reading the echo has it from the
 * kernel, which has taken and given locks in between: the store is seen. A push that finds the key
 * here has therefore begun before the echo of anybody who wants it was read.
 *
 * (3) Nothing is missing in between. Without more than (2) a subscriber could get a message and
 * miss the one after it: the first is on the ring when the key is put here, the second finds it
 * here and is skipped, the key is wanted again, the first is popped and delivered. Therefore:
 * - The worker puts a key under the key's stripe, and a push decides on its rings under the stripe:
 *   no message of the key is placed on the ring between the put and the drop. Those that are on the
 *   ring at the put are before its tail, which is the key's fence.
 * - Messages of the key before its fence are for nobody, whoever wants the key when they are
 *   popped: nobody of the shard wanted it when it was put, so all of these were pushed before the
 *   subscription of whoever wants it later was read.
 * So of two pushes in a row, where the second is skipped for a shard, the first is popped already
 * or is before the fence. A place is given to another key only when its fence has been passed, and
 * a key that has been dropped keeps its place and fence until then.
 *
 * (4) The same for a shard that wanted nothing at all: what was claimed on its ring before it said
 * that it wants again is for nobody (`since`). The worker says so, then reads the tail by a
 * read-modify-write: a claim that comes later has seen it, and so has the next push of that thread.
 *
 * (5) A push need not look again under the stripe if nothing has changed since it looked: all
 * tables share a word (`changes`) that tells of each change before it begins, and again once it is
 * over: a put's still under the stripe. A push whose turn on the stripe comes after the put, or
 * after a push that has seen a drop (perhaps one that is not over), finds another number than the
 * one that it read before it looked. What it found while a table was being changed it does not
 * trust at all: the drop may come after its look and before the end of the change. A push that no
 * ring takes holds no stripe: it is as if it had been made when it looked, and nobody has a message
 * of its key after that time and an echo before it.
 */
#include "ring/unwanted.h"

#include <stdlib.h>

#include "ring/protocol.h"

/* Of so many keys that find their set full one takes a place: more keys than places would else
 * drive each other out all the time. */
#define FULL_SET_TURNS 16

/* --- the table --- */

int unwanted_init(struct unwanted *table, uint32_t keys, _Atomic uint64_t *changes) {
    uint32_t sets = 1;
    while (sets * UNWANTED_WAYS < keys) sets *= 2;
    *table = (struct unwanted){.set_mask = sets - 1, .changes = changes, .version = 1};
    /* calloc, not zeroed_lines: pages that are never used are never touched */
    table->block = calloc(1, sets * sizeof table->sets[0] + RING_LINE - 1);
    table->notes = calloc((size_t)sets * UNWANTED_WAYS, sizeof table->notes[0]);
    uintptr_t first = ((uintptr_t)table->block + RING_LINE - 1) & ~(uintptr_t)(RING_LINE - 1);
    table->sets = (struct unwanted_set *)first;
    return table->block == NULL || table->notes == NULL ? -1 : 0;
}

void unwanted_fini(struct unwanted *table) {
    free(table->block);
    free(table->notes);
}

/* Around each change: (5). */
static void change_begins(struct unwanted *table) {
    atomic_fetch_add(table->changes, 1);
}

static void change_over(struct unwanted *table) {
    atomic_fetch_add(table->changes, UNWANTED_CHANGE - 1);
}

static struct unwanted_note *notes_of(const struct unwanted *table, const struct ring_key *key) {
    return &table->notes[(key->hash >> 8 & table->set_mask) * UNWANTED_WAYS];
}

/* The way that has the key's text, be it unwanted or not; UNWANTED_WAYS if none has. */
static int find(const struct unwanted *table, const struct ring_key *key) {
    const struct unwanted_note *notes = notes_of(table, key);
    const struct unwanted_set *set = unwanted_set_of(table, key);
    int way = 0;
    while (way < UNWANTED_WAYS &&
           (notes[way].bytes != key->bytes || !unwanted_same(set->texts[way], key)))
        way++;
    return way;
}

/* A way for a new key: one that holds none, else now and then one that does; never one whose fence
 * has yet to be passed. */
static int choose(struct unwanted *table, const struct ring_key *key, uint64_t head) {
    const struct unwanted_note *notes = notes_of(table, key);
    const struct unwanted_set *set = unwanted_set_of(table, key);
    uint64_t floor = atomic_load_explicit(&table->floor, memory_order_relaxed);
    for (int way = 0; way < UNWANTED_WAYS; way++)
        if (notes[way].fence <= head &&
            atomic_load_explicit(&set->heads[way], memory_order_relaxed) <= floor)
            return way;
    int victim = (int)(++table->refused / FULL_SET_TURNS % UNWANTED_WAYS);
    if (table->refused % FULL_SET_TURNS != 0 || notes[victim].fence > head) return UNWANTED_WAYS;
    return victim;
}

static void write_text(_Atomic uint64_t *words, const struct ring_key *key) {
    uint32_t i = 0;
    for (; (i + 1) * 8 < key->bytes; i++)
        atomic_store_explicit(&words[i], unwanted_word(key->text + (size_t)i * 8),
                              memory_order_release);
    atomic_store_explicit(&words[i], unwanted_last_word(key), memory_order_release);
}

bool unwanted_put(struct unwanted *table, const struct ring_key *key, uint64_t head,
                  uint64_t tail) {
    if (key->bytes > UNWANTED_KEY_BYTES) return false;
    int way = find(table, key);
    if (way == UNWANTED_WAYS) way = choose(table, key, head);
    if (way == UNWANTED_WAYS) return false;
    struct unwanted_set *set = unwanted_set_of(table, key);
    notes_of(table, key)[way] = (struct unwanted_note){.fence = tail, .bytes = key->bytes};
    table->last_fence = tail;
    change_begins(table); /* the place may be another key's */
    atomic_store_explicit(&set->heads[way], 0, memory_order_relaxed);
    write_text(set->texts[way], key);
    atomic_store_explicit(&set->heads[way],
                          table->version++ << UNWANTED_MARK_BITS | UNWANTED_MARK(key),
                          memory_order_release);
    change_over(table);
    return true;
}

bool unwanted_drop(struct unwanted *table, const struct ring_key *key) {
    if (!unwanted_has(table, key)) return false;
    change_begins(table);
    atomic_store_explicit(&unwanted_set_of(table, key)->heads[find(table, key)], 0,
                          memory_order_release);
    change_over(table);
    return true;
}

void unwanted_drop_all(struct unwanted *table) {
    change_begins(table);
    /* the mark of the highest head there is has at most all bits set */
    atomic_store_explicit(&table->floor, (table->version << UNWANTED_MARK_BITS) - 1,
                          memory_order_release);
    change_over(table);
}

void unwanted_fence_all(struct unwanted *table, uint64_t tail) {
    table->since = table->last_fence = tail;
}

bool unwanted_before_fence(const struct unwanted *table, const struct ring_key *key,
                           uint64_t position) {
    if (position >= table->last_fence) return false;
    if (position < table->since) return true;
    if (key->bytes > UNWANTED_KEY_BYTES) return false;
    int way = find(table, key);
    return way != UNWANTED_WAYS && position < notes_of(table, key)[way].fence;
}

/* --- the tables of a broker's rings --- */

/* After a change of `wanted`, so that whoever reads the new number finds it; before it is over
 * nothing need be told: see (4). */
static void changed(struct rings *rings) {
    atomic_fetch_add(&rings->changes, UNWANTED_CHANGE);
}

void rings_want(struct rings *rings, uint32_t self, bool wanted) {
    struct worker *worker = &rings->worker[self];
    if (!wanted) {
        atomic_fetch_and(&rings->wanted, ~BIT(self));
        changed(rings);
        return;
    }
    atomic_fetch_or(&rings->wanted, BIT(self));
    changed(rings);
    /* release, with the acquire of later claims: (4) */
    uint64_t tail = atomic_fetch_add_explicit(&worker->ring.tail, 0, memory_order_acq_rel);
    unwanted_fence_all(&worker->unwanted, tail);
}

void rings_unwant_key(struct rings *rings, uint32_t self, const struct ring_key *key) {
    struct worker *worker = &rings->worker[self];
    struct stripe *stripe = stripe_of(rings, key);
    if (unwanted_has(&worker->unwanted, key) || !stripe_try(stripe)) return;
    /* relaxed: claims of this key are under the stripe */
    uint64_t tail = atomic_load_explicit(&worker->ring.tail, memory_order_relaxed);
    (void)unwanted_put(&worker->unwanted, key, worker->ring.head, tail);
    stripe_give(stripe);
}

void rings_want_key(struct rings *rings, uint32_t self, const struct ring_key *key) {
    (void)unwanted_drop(&rings->worker[self].unwanted, key);
}

void rings_want_any_key(struct rings *rings, uint32_t self) {
    unwanted_drop_all(&rings->worker[self].unwanted);
}

bool rings_too_early(const struct rings *rings, uint32_t self, const struct ring_key *key) {
    const struct worker *worker = &rings->worker[self];
    return unwanted_before_fence(&worker->unwanted, key, worker->ring.head - 1);
}
