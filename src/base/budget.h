/* A shard's part of a memory budget: what is used and what is allowed. Written by one thread. */
#ifndef BASE_BUDGET_H
#define BASE_BUDGET_H

#include <stdbool.h>

#include "base/count.h"

struct budget {
    count_t used; /**< bytes */
    uint64_t limit;
};

static inline void budget_take(struct budget *budget, uint64_t bytes) {
    count_add(&budget->used, bytes);
}

static inline void budget_give(struct budget *budget, uint64_t bytes) {
    count_sub(&budget->used, bytes);
}

static inline bool budget_over(const struct budget *budget) {
    return count_get(&budget->used) > budget->limit;
}

#endif
