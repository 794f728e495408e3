/* The index where the n-th allocation fails: malloc and its kin are wrapped by the linker. */
#include "model.h"

static uint64_t until_failure = UINT64_MAX;
static int64_t blocks; /* allocated now */

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);
void __wrap_free(void *block);

static bool fails(void) {
    if (until_failure == UINT64_MAX) return false;
    return until_failure-- == 0; /* once: then it is UINT64_MAX */
}

void *__wrap_malloc(size_t bytes) {
    if (fails()) return NULL;
    blocks++;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    if (fails()) return NULL;
    blocks++;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *block, size_t bytes) {
    if (fails()) return NULL;
    blocks += block == NULL;
    return __real_realloc(block, bytes);
}

void __wrap_free(void *block) {
    blocks -= block != NULL;
    __real_free(block);
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
        else if (model.living[number] || model.leaving[number])
            model_remove(&model, number);
        else if (model.begun[number])
            failed += !model_extend(&model, number);
        else
            failed += roll(&model, 2) ? !model_add(&model, number) : !model_begin(&model, number);
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

/* Each of 600 keys is met once, while it is wanted by 256 patterns that die before the next is met.
 */
Test(memory, dead_patterns_do_not_pile_up_in_keys_that_are_never_met_again) {
    enum { GLOBS = 256, KEYS = 600 };
    struct sub_index *index =
        sub_index_new(&(struct sub_limits){.max_keys = 1000000, .key_seed = MODEL_SEED});
    static char text[GLOBS][32];
    struct sub_stream list[GLOBS];
    for (int i = 0; i < GLOBS; i++) {
        int bytes = snprintf(text[i], sizeof text[i], "{*,%d}/1Min/OHLCV", i);
        list[i] = (struct sub_stream){.text = text[i], .bytes = (uint32_t)bytes};
    }
    int64_t most = 0;
    for (int i = 0; i < KEYS; i++) {
        char key[32];
        uint32_t bytes = (uint32_t)snprintf(key, sizeof key, "S%d/1Min/OHLCV", i);
        uint64_t hash = hash_bytes(key, bytes, MODEL_SEED);
        struct sub_target target = {0};
        cr_assert(zero(int, sub_target_add(index, &target, list, GLOBS)));
        cr_assert(eq(u32, sub_index_match(index, key, bytes, hash, model_ignore, NULL), 1));
        sub_target_remove(index, &target);
        if (blocks > most) most = blocks;
    }
    cr_assert(lt(i64, most, 80000));
    sub_index_free(index);
    cr_assert(zero(i64, blocks));
}
