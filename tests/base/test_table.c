#include "base/table.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#define ITEMS 10000

static struct table table;
static struct table_item items[ITEMS];

static uint64_t hash_of(uint64_t number) {
    return number * UINT64_C(0x9e3779b97f4a7c15) >> 16;
}

static bool has(const struct table_item *item) {
    const struct table_item *at = *table_place(&table, item->hash);
    while (at != NULL && at != item) at = at->next;
    return at != NULL;
}

static void add(int i) {
    items[i].hash = hash_of((uint64_t)i);
    table_add(&table, &items[i]);
}

static uint32_t longest_chain(void) {
    uint32_t most = 0;
    for (uint32_t place = 0; place < table.used; place++) {
        uint32_t length = 0;
        for (struct table_item *at = table.places[place]; at != NULL; at = at->next) length++;
        if (length > most) most = length;
    }
    return most;
}

Test(table, finds_what_is_in_it_at_every_size_and_nothing_else) {
    cr_assert(table_init(&table));
    for (int i = 0; i < ITEMS; i++) {
        add(i);
        for (int j = 0; j < ITEMS; j += 97) cr_assert(has(&items[j]) == (j <= i));
    }
    cr_assert(eq(u32, table.count, ITEMS));
    for (int i = 0; i < ITEMS; i += 2) table_remove(&table, &items[i]);
    for (int i = 0; i < ITEMS; i++) cr_assert(has(&items[i]) == (i % 2 == 1));
    cr_assert(eq(u32, table.count, ITEMS / 2));
    table_fini(&table);
}

Test(table, grows_by_one_place_at_a_time_and_keeps_its_chains_short) {
    cr_assert(table_init(&table));
    for (int i = 0; i < ITEMS; i++) {
        uint32_t before = table.used;
        add(i);
        cr_assert(le(u32, table.used - before, 1));
        cr_assert(ge(u32, table.used, table.count));
    }
    cr_assert(le(u32, longest_chain(), 12));
    table_fini(&table);
}
