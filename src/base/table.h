/*
 * A hash table of chains that grows by one place at a time (linear hashing), so that no insertion
 * pays for all those before it. What is put in embeds a table_item; it is not owned. One thread.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define TABLE_FIRST_PLACES 64

struct table_item {
    struct table_item *next; /**< of the same place */
    uint64_t hash;
};

/** The struct of `type` whose member `field` is `item`. */
#define TABLE_OF(item, type, field) ((type *)(void *)((char *)(item)-offsetof(type, field)))

struct table {
    struct table_item **places;
    uint32_t used; /**< places in use, more than half of mask + 1 */
    uint32_t mask; /**< mask + 1 are allocated */
    uint32_t count;
};

/** False without memory. */
static inline bool table_init(struct table *table) {
    *table = (struct table){.used = TABLE_FIRST_PLACES, .mask = TABLE_FIRST_PLACES - 1};
    table->places = calloc(TABLE_FIRST_PLACES, sizeof table->places[0]);
    return table->places != NULL;
}

static inline void table_fini(struct table *table) {
    free(table->places);
}

/** Where the items of a hash begin, beside others. */
static inline struct table_item **table_place(const struct table *table, uint64_t hash) {
    uint32_t place = (uint32_t)hash & table->mask;
    return &table->places[place < table->used ? place : place & table->mask >> 1];
}

/** Another place takes its part of the items of an older one. Without memory the table stays as it
 * is, slower but right. */
static inline void table_grow(struct table *table) {
    if (table->used == table->mask + 1) {
        uint32_t places = table->used * 2;
        struct table_item **grown = realloc(table->places, places * sizeof grown[0]);
        if (grown == NULL) return;
        table->places = grown;
        table->mask = places - 1;
    }
    uint32_t made = table->used++;
    struct table_item **old = &table->places[made & table->mask >> 1], *moved = NULL;
    while (*old != NULL) {
        struct table_item *item = *old;
        if ((item->hash & table->mask) == made) {
            *old = item->next;
            item->next = moved;
            moved = item;
        } else {
            old = &item->next;
        }
    }
    table->places[made] = moved;
}

/** Its hash is set. */
static inline void table_add(struct table *table, struct table_item *item) {
    if (table->count++ >= table->used) table_grow(table);
    struct table_item **place = table_place(table, item->hash);
    item->next = *place;
    *place = item;
}

/** The item is in the table. */
static inline void table_remove(struct table *table, struct table_item *item) {
    struct table_item **place = table_place(table, item->hash);
    while (*place != item) place = &(*place)->next;
    *place = item->next;
    table->count--;
}

#endif
