#include "sub/index.h"

#include "model.h"

#define TURNS 20000

static struct model model; /* each test is a process of its own */

/* One index with few targets, written by hand. */
static struct sub_index *made;
static unsigned visited[8];
static struct sub_target targets[8];

static void make(uint32_t max_keys) {
    made = sub_index_new(&(struct sub_limits){.max_keys = max_keys, .key_seed = MODEL_SEED});
}

static void add(unsigned target, const char *stream) {
    struct sub_stream list = {.text = stream, .bytes = (uint32_t)strlen(stream)};
    cr_assert(zero(int, sub_target_add(made, &targets[target], &list, 1)));
}

static void drop(unsigned target) {
    sub_target_remove(made, &targets[target]);
}

static void visit(void *arg, struct sub_target *target) {
    (void)arg;
    visited[target - targets]++;
}

static uint32_t visit_list(void *arg, const struct sub_list *list) {
    return sub_list_take(list, visit, arg);
}

static uint32_t match(const char *key) {
    uint32_t bytes = (uint32_t)strlen(key);
    memset(visited, 0, sizeof visited);
    return sub_index_match(made, key, bytes, hash_bytes(key, bytes, MODEL_SEED), visit_list, NULL);
}

static struct sub_stats stats(void) {
    struct sub_stats now;
    sub_index_stats(made, &now);
    return now;
}

static void free_all(void) {
    for (int i = 0; i < 8; i++)
        if (targets[i].ref_count > 0) drop((unsigned)i);
    sub_index_free(made);
}

Test(index, finds_what_the_model_finds_in_any_order_of_operations) {
    for (unsigned dice = 1; dice <= 10; dice++) {
        model_init(&model, 1000, dice);
        for (int i = 0; i < TURNS; i++) model_turn(&model);
        cr_assert(gt(uint, model.hits, TURNS));
        model_fini(&model);
    }
}

Test(index, finds_the_same_when_it_forgets_keys_all_the_time) {
    for (uint32_t max_keys = 0; max_keys < 12; max_keys++) {
        model_init(&model, max_keys, max_keys + 1);
        for (int i = 0; i < TURNS / 4; i++) model_turn(&model);
        model_fini(&model);
    }
}

/* Target 0 comes and goes far more often than the journal is long, between the matches of a key. */
Test(index, finds_the_same_where_keys_fall_behind_the_journal) {
    model_init(&model, 1000, 3);
    for (int i = 0; i < 600; i++) {
        unsigned times = roll(&model, 10) == 0 ? 6000 : roll(&model, 80);
        for (unsigned j = 0; j < times; j++) {
            if (model.target[0].refs != NULL)
                model_remove(&model, 0);
            else
                model_add(&model, 0);
        }
        for (int j = 0; j < 20; j++) model_turn(&model);
    }
    model_fini(&model);
}

Test(index, a_literal_corrects_a_key_that_nobody_wanted) {
    make(100);
    cr_assert(eq(u32, match("A/1D/X"), 0));
    add(0, "A/1D/X");
    cr_assert(eq(u32, match("A/1D/X"), 1));
    drop(0);
    cr_assert(eq(u32, match("A/1D/X"), 0));
    add(1, "A/1D/X");
    add(2, "A/1D/X");
    cr_assert(eq(u32, match("A/1D/X"), 2));
    cr_assert(eq(u64, stats().patterns, 1));
    cr_assert(eq(u64, stats().subscriptions, 2));
    free_all();
}

Test(index, a_target_is_visited_once_however_many_of_its_streams_match) {
    make(100);
    struct sub_stream list[] = {{"A/1D/X", 6}, {"*/1D/X", 6}, {"{A/1D,B}/X", 10}, {"A*/*/?", 6}};
    cr_assert(zero(int, sub_target_add(made, &targets[0], list, 4)));
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(u32, match("A/1D/X"), 1));
        cr_assert(eq(uint, visited[0], 1));
    }
    cr_assert(eq(u32, match("AA/1D/X"), 1));
    cr_assert(eq(u32, match("B/1M/X"), 0));
    free_all();
}

Test(index, a_target_in_pieces_gets_messages_from_its_last_stream_until_its_first_goes) {
    make(100);
    struct sub_stream list[] = {{"A/1D/X", 6}, {"*/1D/X", 6}, {"B/1D/X", 6}};
    add(1, "A/1D/X");
    cr_assert(zero(int, sub_target_begin(&targets[0], 3)));
    for (int i = 0; i < 3; i++) {
        cr_assert(eq(u64, stats().subscriptions, 1 + i));
        cr_assert(eq(u32, match("A/1D/X"), 1));
        cr_assert(zero(uint, visited[0]));
        cr_assert(zero(int, sub_target_extend(made, &targets[0], &list[i], 1)));
    }
    cr_assert(eq(u32, match("B/1D/X"), 0));
    sub_target_open(&targets[0]);
    cr_assert(eq(u32, match("A/1D/X"), 2));
    cr_assert(eq(u32, match("B/1D/X"), 1));
    cr_assert(sub_target_has(&targets[0], list, 3));
    for (int i = 0; i < 3; i++) {
        cr_assert(not(sub_target_reduce(made, &targets[0], i > 0)));
        cr_assert(eq(u64, stats().subscriptions, 1 + 3 - i));
        cr_assert(eq(u32, match("A/1D/X"), 1));
        cr_assert(zero(uint, visited[0]));
        cr_assert(eq(u32, match("B/1D/X"), 0));
    }
    cr_assert(sub_target_reduce(made, &targets[0], 1));
    cr_assert(eq(u64, stats().patterns, 1));
    free_all();
}

Test(index, keys_without_three_elements_are_wanted_by_nobody) {
    make(100);
    add(0, "**/**/**");
    add(1, "[!x]/[!x]/*");
    cr_assert(eq(u32, match("A/B"), 0));
    cr_assert(eq(u32, match("A/B/C/D"), 0));
    cr_assert(eq(u32, match(""), 0));
    cr_assert(eq(u32, match("A/B/C"), 2));
    free_all();
}

Test(index, the_cache_stays_within_its_bound) {
    make(100);
    add(0, "*/1D/X");
    for (int i = 0; i < 5000; i++) {
        char key[32];
        snprintf(key, sizeof key, "S%d/1D/X", i);
        cr_assert(eq(u32, match(key), 1));
        cr_assert(le(u64, stats().keys, 100));
    }
    free_all();
}

Test(index, the_longest_texts_are_taken) {
    static char stream[4097], key[4097];
    make(100);
    memset(stream, 'a', 4096);
    memset(key, 'a', 4096);
    memcpy(stream, "*/b/", 4);
    memcpy(key, "c/b/", 4);
    add(0, stream);
    add(1, key);
    stream[4095] = '*';
    add(2, stream);
    cr_assert(eq(u32, match(key), 3));
    free_all();
}

/* A million subscriptions over a hundred thousand patterns; each target has 50. */
Test(index, holds_a_million_subscriptions, .timeout = 60) {
    enum { SETS = 20000, EACH = 50, TEXTS = 100000 };
    static char text[TEXTS][24];
    struct sub_target *sets = calloc(SETS, sizeof sets[0]);
    make(1000000);
    for (int i = 0; i < TEXTS; i++)
        snprintf(text[i], sizeof text[i], i % 10 ? "S%d/1Min/OHLCV" : "S%d/*/OHLCV", i);
    for (int i = 0; i < SETS; i++) {
        struct sub_stream list[EACH];
        for (int j = 0; j < EACH; j++) {
            const char *stream = text[(i * 5 + j * 2000) % TEXTS];
            list[j] = (struct sub_stream){.text = stream, .bytes = (uint32_t)strlen(stream)};
        }
        cr_assert(zero(int, sub_target_add(made, &sets[i], list, EACH)));
    }
    cr_assert(eq(u64, stats().subscriptions, 1000000));
    uint32_t found = 0;
    for (int i = 0; i < TEXTS; i++) {
        char key[32];
        uint32_t bytes = (uint32_t)snprintf(key, sizeof key, "S%d/1Min/OHLCV", i);
        found += sub_index_match(made, key, bytes, hash_bytes(key, bytes, MODEL_SEED), model_ignore,
                                 NULL);
    }
    cr_assert(eq(u32, found, 1000000));
    for (int i = 0; i < SETS; i++) sub_target_remove(made, &sets[i]);
    cr_assert(zero(u64, stats().patterns));
    free(sets);
    sub_index_free(made);
}
