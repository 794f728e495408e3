#include "group/pool.h"

#include <stdlib.h>
#include <string.h>

/* Whole blocks, header included: what the allocator is asked for. */
static const uint32_t block_bytes[POOL_SIZES] = {512, 4096, 65536};

static uint32_t room_of(uint32_t size) {
    return block_bytes[size] - (uint32_t)sizeof(struct chunk) - POOL_SLACK_BYTES;
}

void pool_init(struct pool *pool, struct budget *budget) {
    memset(pool, 0, sizeof *pool);
    list_init(&pool->warm);
    pool->budget = budget;
}

void pool_fini(struct pool *pool) {
    for (uint32_t size = 0; size < POOL_SIZES; size++) {
        while (pool->kept[size] != NULL) {
            struct chunk *chunk = pool->kept[size];
            pool->kept[size] = chunk->next;
            free(chunk);
        }
    }
}

struct chunk *pool_take(struct pool *pool, uint32_t size, uint32_t bytes) {
    while (room_of(size) < bytes) size++;
    struct chunk *chunk = pool->kept[size];
    if (chunk != NULL) {
        pool->kept[size] = chunk->next;
        pool->kept_count[size]--;
    } else {
        chunk = malloc(block_bytes[size]);
        if (chunk == NULL) return NULL;
    }
    *chunk = (struct chunk){.room = room_of(size), .size = size};
    chunk->data = chunk->own;
    budget_take(pool->budget, block_bytes[size]);
    return chunk;
}

struct chunk *pool_take_hold(struct pool *pool, struct hold *hold) {
    struct chunk *chunk = malloc(sizeof *chunk);
    if (chunk == NULL) return NULL;
    *chunk = (struct chunk){.hold = hold, .data = hold->frame->wire, .bytes = hold->frame->bytes};
    hold->uses++;
    budget_take(pool->budget, sizeof *chunk);
    return chunk;
}

void pool_give(struct pool *pool, struct chunk *chunk) {
    if (chunk->hold != NULL) {
        hold_unref(pool, chunk->hold);
        budget_give(pool->budget, sizeof *chunk);
        free(chunk);
        return;
    }
    uint32_t size = chunk->size;
    budget_give(pool->budget, block_bytes[size]);
    if ((uint64_t)pool->kept_count[size] * block_bytes[size] >= POOL_KEPT_BYTES) {
        free(chunk);
        return;
    }
    chunk->next = pool->kept[size];
    pool->kept[size] = chunk;
    pool->kept_count[size]++;
}

struct hold *hold_new(struct pool *pool, struct frame *frame) {
    struct hold *hold = malloc(sizeof *hold);
    if (hold == NULL) return NULL;
    *hold = (struct hold){.frame = frame, .uses = 1};
    budget_take(pool->budget, sizeof *hold + sizeof *frame + frame->bytes);
    return hold;
}

void hold_unref(struct pool *pool, struct hold *hold) {
    if (--hold->uses > 0) return;
    budget_give(pool->budget, sizeof *hold + sizeof *hold->frame + hold->frame->bytes);
    frame_unref(NULL, hold->frame);
    free(hold);
}
