/*
 * A circular doubly linked list whose nodes are members of what they link. A node that is in no
 * list points at itself. No allocation; one thread.
 */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct list {
    struct list *next, *prev;
};

/** The struct of `type` whose member `field` is at `node`. */
#define LIST_ITEM(node, type, field) ((type *)(void *)((char *)(node)-offsetof(type, field)))

static inline void list_init(struct list *list) {
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list) {
    return list->next == list;
}

/** Puts `node` before `place`: with the list's head that is the end of the list. */
static inline void list_insert(struct list *place, struct list *node) {
    node->prev = place->prev;
    node->next = place;
    place->prev->next = node;
    place->prev = node;
}

/** Takes `node` out of its list, if it is in one. */
static inline void list_remove(struct list *node) {
    node->prev->next = node->next;
    node->next->prev = node->prev;
    list_init(node);
}

/** Takes the first node out of a list that is not empty. */
static inline struct list *list_pop(struct list *list) {
    struct list *node = list->next;
    list->next = node->next;
    node->next->prev = list;
    list_init(node);
    return node;
}

#endif
