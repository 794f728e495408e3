/* The table of keys that nobody wants, and what a push and a worker make of it; many threads are in
 * tests/stress/unwanted.c. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "ring/protocol.h"

#define SLOTS 8

static struct unwanted table;
static _Atomic uint64_t changes;

static struct ring_key key_of(const char *text, uint64_t hash) {
    return (struct ring_key){text, (uint32_t)strlen(text), hash};
}

static bool has(const char *text, uint64_t hash) {
    struct ring_key key = key_of(text, hash);
    return unwanted_has(&table, &key);
}

static bool put(const char *text, uint64_t hash, uint64_t head, uint64_t tail) {
    struct ring_key key = key_of(text, hash);
    return unwanted_put(&table, &key, head, tail);
}

static bool drop(const char *text, uint64_t hash) {
    struct ring_key key = key_of(text, hash);
    return unwanted_drop(&table, &key);
}

static bool before_fence(const char *text, uint64_t hash, uint64_t position) {
    struct ring_key key = key_of(text, hash);
    return unwanted_before_fence(&table, &key, position);
}

static void open_table(void) {
    cr_assert_eq(unwanted_init(&table, 64, &changes), 0);
}

static void close_table(void) {
    unwanted_fini(&table);
}

TestSuite(unwanted, .init = open_table, .fini = close_table);

Test(unwanted, a_key_is_there_once_put_until_dropped) {
    cr_assert(!has("A/1D/X", 5));
    cr_assert(put("A/1D/X", 5, 0, 0));
    cr_assert(has("A/1D/X", 5));
    cr_assert(!has("B/1D/X", 6));
    cr_assert(drop("A/1D/X", 5));
    cr_assert(!has("A/1D/X", 5));
    cr_assert(!drop("B/1D/X", 6), "it never was there");
    cr_assert(put("A/1D/X", 5, 0, 0));
    cr_assert(has("A/1D/X", 5));
}

Test(unwanted, keys_of_one_hash_are_different_keys) {
    static const char *const other[] = {"BAPL/1Min/OHLCV", "AAPL/1Min/OHLCW", "AAPL/1Mio/OHLCV",
                                        "AAPL/1Mi/OHLCV", "AAPL/1Min/OHLCVV"};
    cr_assert(put("AAPL/1Min/OHLCV", 99, 0, 0));
    for (int i = 0; i < 5; i++) cr_assert(!has(other[i], 99), "%s", other[i]);
    for (int i = 0; i < 3; i++) cr_assert(put(other[i], 99, 0, 0));
    for (int i = 0; i < 3; i++) cr_assert(has(other[i], 99), "%s", other[i]);
    cr_assert(drop(other[1], 99));
    cr_assert(!has(other[1], 99));
    cr_assert(has("AAPL/1Min/OHLCV", 99));
    cr_assert(has(other[0], 99));
    cr_assert(has(other[2], 99));
}

/* Each length is a key, and each byte of it counts. */
Test(unwanted, keys_of_every_length_are_compared_byte_by_byte) {
    char text[UNWANTED_KEY_BYTES + 2];
    for (uint32_t bytes = 1; bytes <= UNWANTED_KEY_BYTES; bytes++) {
        memset(text, 'a', sizeof text);
        struct ring_key key = {text, bytes, bytes * 7919};
        cr_assert(unwanted_put(&table, &key, 0, 0));
        cr_assert(unwanted_has(&table, &key));
        for (uint32_t i = 0; i < bytes; i++) {
            text[i] = 'b';
            cr_assert(!unwanted_has(&table, &key), "byte %u of %u", i, bytes);
            text[i] = 'a';
        }
        text[bytes] = 'b';
        cr_assert(unwanted_has(&table, &key), "what follows a key is not looked at");
    }
    struct ring_key too_long = {text, UNWANTED_KEY_BYTES + 1, 7919};
    cr_assert(!unwanted_put(&table, &too_long, 0, 0));
    cr_assert(!unwanted_has(&table, &too_long));
    cr_assert(!unwanted_drop(&table, &too_long));
}

Test(unwanted, all_keys_are_forgotten_at_once_and_may_come_back) {
    for (int round = 0; round < 3; round++) {
        cr_assert(put("A/1D/X", 5, 0, 0));
        cr_assert(put("B/1D/X", 1000, 0, 0));
        cr_assert(has("A/1D/X", 5) && has("B/1D/X", 1000));
        unwanted_drop_all(&table);
        cr_assert(!has("A/1D/X", 5) && !has("B/1D/X", 1000));
    }
}

Test(unwanted, messages_before_the_fence_are_for_nobody_also_once_the_key_is_wanted) {
    cr_assert(put("A/1D/X", 5, 3, 10));
    cr_assert(put("B/1D/X", 5, 4, 20));
    for (int wanted = 0; wanted < 2; wanted++) {
        cr_assert(before_fence("A/1D/X", 5, 9));
        cr_assert(!before_fence("A/1D/X", 5, 10));
        cr_assert(before_fence("B/1D/X", 5, 19));
        cr_assert(!before_fence("B/1D/X", 5, 20));
        cr_assert(!before_fence("C/1D/X", 5, 9));
        drop("A/1D/X", 5);
        unwanted_drop_all(&table);
    }
}

static void fill_set(uint64_t head, uint64_t tail) {
    static const char *const texts[] = {"A/1D/X", "B/1D/X", "C/1D/X", "D/1D/X"};
    for (int i = 0; i < UNWANTED_WAYS; i++) cr_assert(put(texts[i], 5, head, tail));
}

Test(unwanted, a_place_is_given_away_only_when_its_fence_has_been_passed) {
    fill_set(0, 10);
    drop("B/1D/X", 5);
    cr_assert(!put("E/1D/X", 5, 9, 30), "a message of B may still be on the ring");
    cr_assert(before_fence("B/1D/X", 5, 9));
    cr_assert(put("E/1D/X", 5, 10, 30));
    cr_assert(has("E/1D/X", 5));
    cr_assert(has("A/1D/X", 5) && has("C/1D/X", 5) && has("D/1D/X", 5));
    cr_assert(!before_fence("B/1D/X", 5, 9));
    cr_assert(put("A/1D/X", 5, 9, 40), "its own place a key may have at any time");
}

Test(unwanted, one_key_too_many_seldom_drives_another_out) {
    fill_set(0, 10);
    unsigned put_at_last = 0;
    for (unsigned i = 0; i < 1000; i++) {
        cr_assert(!put("E/1D/X", 5, 9, 30), "no fence has been passed");
        put_at_last += put("E/1D/X", 5, 10, 10) && !has("A/1D/X", 5);
        if (has("E/1D/X", 5)) break;
    }
    cr_assert(has("E/1D/X", 5));
    cr_assert_eq(has("A/1D/X", 5) + has("B/1D/X", 5) + has("C/1D/X", 5) + has("D/1D/X", 5),
                 UNWANTED_WAYS - 1);
}

Test(unwanted, what_changes_is_told_and_what_does_not_is_not) {
    uint64_t expected = changes;
    cr_assert(put("A/1D/X", 5, 0, 10));
    cr_assert_eq(changes, expected += UNWANTED_CHANGE);
    cr_assert(drop("A/1D/X", 5));
    cr_assert_eq(changes, expected += UNWANTED_CHANGE);
    cr_assert(!drop("A/1D/X", 5));
    cr_assert_eq(changes, expected);
    fill_set(0, 10);
    unwanted_drop_all(&table);
    cr_assert_eq(changes, expected += (UNWANTED_WAYS + 1) * UNWANTED_CHANGE);
    cr_assert(!drop("A/1D/X", 5), "it is void already");
    cr_assert(!put("E/1D/X", 5, 9, 30));
    cr_assert_eq(changes, expected);
}

/* --- on rings --- */

struct item {
    uint64_t seq;
    uint32_t uses;
};

static struct rings *rings;
static struct item items[SLOTS + 2];
static const struct ring_key apple = {"AAPL/1Min/OHLCV", 15, 7};
static const struct ring_key other = {"MSFT/1Min/OHLCV", 15, 7};

static void number(void *arg, uint64_t seq, uint32_t uses) {
    *(struct item *)arg = (struct item){seq, uses};
}

static void open_rings(void) {
    struct rings_options options = {
        .count = 2, .slots = SLOTS, .bytes = 1000, .number = number, .unwanted = 64};
    cr_assert_eq(rings_new(&options, &rings), 0);
    rings_want(rings, 0, true);
    rings_want(rings, 1, true);
}

static void free_rings(void) {
    rings_free(rings, NULL);
}

static struct ring_item item_of(uint32_t i, const struct ring_key *key) {
    return (struct ring_item){.item = &items[i], .key = *key, .bytes = 1};
}

/* Pushes as a program does; returns on how many rings it was placed. */
static uint32_t push(const struct ring_key *key) {
    struct ring_item item = item_of(0, key);
    if (rings_skip(rings, key, &item.takers) == RINGS_OK) return 0;
    cr_assert_eq(rings_push(rings, &item), RINGS_OK);
    return items[0].uses;
}

static void *pop(uint32_t self) {
    void *item = rings_pop(rings, self);
    if (item != NULL) rings_give_back(rings, self, 1, 1);
    return item;
}

/* As after a message of each key that nobody wants. */
static void unwant(const struct ring_key *key) {
    for (uint32_t i = 0; i < 2; i++) rings_unwant_key(rings, i, key);
}

TestSuite(skipping, .init = open_rings, .fini = free_rings);

Test(skipping, a_push_that_nobody_wants_takes_no_slot_and_no_number_and_is_counted) {
    unwant(&apple);
    struct ring_takers takers;
    for (int i = 0; i < 3 * SLOTS; i++) cr_assert_eq(rings_skip(rings, &apple, &takers), RINGS_OK);
    cr_assert_null(rings_pop(rings, 0));
    cr_assert_null(rings_pop(rings, 1));
    cr_assert_eq(rings_pushed(rings), 3 * SLOTS);
    cr_assert_eq(push(&other), 2);
    cr_assert_eq(items[0].seq, 1, "both are of one stripe");
}

Test(skipping, a_push_passes_by_the_rings_that_do_not_want_the_key) {
    rings_unwant_key(rings, 1, &apple);
    cr_assert_eq(push(&apple), 1);
    cr_assert_eq(pop(0), &items[0]);
    cr_assert_null(pop(1));
    cr_assert_eq(push(&other), 2);
}

/* A worker takes a key out and is preempted; a push finds that, and one that looked before follows
 * it. Whoever gets the first must get the second. */
static void push_beside_a_change(bool looked_before) {
    struct ring_item late = item_of(1, &apple);
    struct unwanted *of = &rings->worker[1].unwanted;
    rings_unwant_key(rings, 1, &apple);
    if (looked_before) cr_assert_eq(rings_skip(rings, &apple, &late.takers), RINGS_WANTED);
    atomic_fetch_add(&rings->changes, 1); /* as unwanted_drop does, up to its last step */
    if (!looked_before) cr_assert_eq(rings_skip(rings, &apple, &late.takers), RINGS_WANTED);
    cr_assert_eq(late.takers.rings, 1);
    for (int way = 0; way < UNWANTED_WAYS; way++)
        atomic_store(&unwanted_set_of(of, &apple)->heads[way], 0);
    cr_assert_eq(push(&apple), 2);
    cr_assert_eq(rings_push(rings, &late), RINGS_OK);
    cr_assert_eq(items[1].uses, 2);
    atomic_fetch_add(&rings->changes, UNWANTED_CHANGE - 1);
}

Test(skipping, a_push_that_looked_before_a_change_follows_one_that_has_seen_it) {
    push_beside_a_change(true);
}

Test(skipping, a_push_that_looked_in_the_middle_of_a_change_follows_one_that_has_seen_it) {
    push_beside_a_change(false);
}

Test(skipping, a_full_ring_does_not_refuse_what_it_does_not_want) {
    for (int i = 0; i < SLOTS; i++) cr_assert_eq(push(&other), 2);
    struct ring_item item = item_of(0, &apple);
    cr_assert_eq(rings_push(rings, &item), RINGS_AGAIN);
    unwant(&apple);
    cr_assert_eq(push(&apple), 0);
    cr_assert_eq(rings_push(rings, &item), RINGS_OK, "what was found before is asked again");
    cr_assert_eq(items[0].uses, 0);
}

Test(skipping, a_key_that_is_wanted_again_is_placed_also_by_who_found_otherwise) {
    unwant(&apple);
    struct ring_item item = item_of(0, &apple);
    rings_want_key(rings, 0, &apple);
    cr_assert_eq(rings_skip(rings, &apple, &item.takers), RINGS_WANTED);
    rings_want_key(rings, 1, &apple);
    cr_assert_eq(rings_push(rings, &item), RINGS_OK);
    cr_assert_eq(items[0].uses, 2);
    unwant(&apple);
    unwant(&other);
    rings_want_any_key(rings, 0);
    cr_assert_eq(push(&apple), 1);
    cr_assert_eq(push(&other), 1);
}

Test(skipping, a_closed_broker_refuses_also_what_nobody_wants) {
    unwant(&apple);
    rings_close(rings);
    struct ring_takers takers;
    cr_assert_eq(rings_skip(rings, &apple, &takers), RINGS_CLOSED);
    rings_want(rings, 0, false);
    rings_want(rings, 1, false);
    cr_assert_eq(rings_skip(rings, &other, &takers), RINGS_CLOSED);
    cr_assert_eq(rings_pushed(rings), 0);
}

/* Three messages; the first finds nobody; somebody comes before the others are popped. */
Test(skipping, what_was_on_the_ring_when_the_key_was_unwanted_is_for_nobody) {
    for (int i = 0; i < 3; i++) cr_assert_eq(push(&apple), 2);
    cr_assert_not_null(pop(0));
    cr_assert(!rings_too_early(rings, 0, &apple));
    rings_unwant_key(rings, 0, &apple);
    cr_assert_eq(push(&apple), 1, "this one is skipped for ring 0 ...");
    rings_want_key(rings, 0, &apple);
    cr_assert_eq(push(&apple), 2);
    for (int i = 0; i < 2; i++) {
        cr_assert_not_null(pop(0));
        cr_assert(rings_too_early(rings, 0, &apple), "... so those before it must be too");
        cr_assert(!rings_too_early(rings, 0, &other));
    }
    cr_assert_not_null(pop(0));
    cr_assert(!rings_too_early(rings, 0, &apple));
}

Test(skipping, what_was_on_the_ring_when_the_shard_wanted_nothing_is_for_nobody) {
    cr_assert_eq(push(&apple), 2);
    rings_want(rings, 0, false);
    cr_assert_eq(push(&apple), 1);
    rings_want(rings, 0, true);
    cr_assert_eq(push(&apple), 2);
    cr_assert_not_null(pop(0));
    cr_assert(rings_too_early(rings, 0, &apple));
    cr_assert_not_null(pop(0));
    cr_assert(!rings_too_early(rings, 0, &apple));
}

Test(skipping, a_worker_does_not_wait_for_the_stripe_of_a_key) {
    struct stripe *stripe = stripe_of(rings, &apple);
    cr_assert(stripe_try(stripe));
    rings_unwant_key(rings, 0, &apple);
    stripe_give(stripe);
    cr_assert_eq(push(&apple), 2, "a push that holds it may be about to place");
}
