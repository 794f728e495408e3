#include "group/spares.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

#define ROOM    8
#define THREADS 4
#define ROUNDS  100000

static struct spares *spares;

static void make(void) {
    spares = spares_new(ROOM);
    cr_assert_not_null(spares);
}

static void finish(void) {
    spares_free(spares);
}

TestSuite(spares, .init = make, .fini = finish);

Test(spares, what_is_put_is_taken_once_and_there_is_room_for_so_many) {
    void *blocks[ROOM + 1];
    for (int i = 0; i <= ROOM; i++) blocks[i] = malloc(1);
    for (int round = 0; round < 5; round++) {
        cr_assert_null(spares_take(spares));
        for (int i = 0; i < ROOM; i++) cr_assert(spares_put(spares, blocks[i]));
        cr_assert(!spares_put(spares, blocks[ROOM]));
        for (int i = 0; i < ROOM; i++) cr_assert_eq(spares_take(spares), blocks[i]);
    }
    for (int i = 0; i <= ROOM; i++) free(blocks[i]);
}

Test(spares, what_is_left_is_freed) {
    for (int i = 0; i < 3; i++) cr_assert(spares_put(spares, malloc(100)));
}

/* Each thread marks one block and exchanges another: two that hold the same one would see it. */
static void *exchange(void *arg) {
    uint64_t *held = malloc(sizeof *held), *block = malloc(sizeof *block);
    for (uint64_t i = 0; i < ROUNDS; i++) {
        uint64_t mark = *held = i << 8 | (uintptr_t)arg;
        *block = 0;
        if (spares_put(spares, block)) {
            block = spares_take(spares);
            if (block == NULL) block = malloc(sizeof *block);
        }
        *block = 1;
        cr_assert_eq(*held, mark);
        uint64_t *other = held;
        held = block;
        block = other;
    }
    free(held);
    free(block);
    return NULL;
}

Test(spares, many_threads_never_hold_the_same_block) {
    pthread_t threads[THREADS];
    for (uintptr_t i = 0; i < THREADS; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, exchange, (void *)i), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}
