/* The index where the n-th allocation fails: malloc and its kin are wrapped by the linker. */
#include "model.h"

static uint64_t until_failure = UINT64_MAX;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static bool fails(void) {
    return until_failure != UINT64_MAX && until_failure-- == 0;
}

void *__wrap_malloc(size_t bytes) {
    return fails() ? NULL : __real_malloc(bytes);
}
void *__wrap_calloc(size_t count, size_t bytes) {
    return fails() ? NULL : __real_calloc(count, bytes);
}
void *__wrap_realloc(void *block, size_t bytes) {
    return fails() ? NULL : __real_realloc(block, bytes);
}

static struct model model;

Test(memory, a_match_finds_all_targets_whatever_allocation_fails) {
    model_init(&model, 1000, 1);
    unsigned failed = 0;
    for (int i = 0; i < 20000; i++) {
        unsigned number = roll(&model, MODEL_TARGETS);
        until_failure = roll(&model, 4);
        if (roll(&model, 2))
            model_match(&model, roll(&model, model.keys));
        else if (model.living[number])
            model_remove(&model, number);
        else
            failed += !model_add(&model, number);
        until_failure = UINT64_MAX;
        if (roll(&model, 3) == 0) model_turn(&model);
    }
    cr_assert(gt(uint, failed, 500));
    cr_assert(gt(uint, model.hits, 1000));
    model_fini(&model);
}

Test(memory, each_allocation_of_a_new_index_may_fail) {
    struct sub_limits limits = {.max_keys = 10};
    struct sub_index *index = NULL;
    uint64_t allocation = 0;
    for (; index == NULL; allocation++) {
        until_failure = allocation;
        index = sub_index_new(&limits);
        until_failure = UINT64_MAX;
    }
    cr_assert(gt(u64, allocation, 3));
    sub_index_free(index);
}
