/* The index beside a model that knows nothing but which target wants which streams. */
#ifndef TEST_SUB_MODEL_H
#define TEST_SUB_MODEL_H

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "sub/index.h"
#include "tickcast/messages.h"

#define MODEL_TARGETS 32
#define MODEL_STREAMS 128
#define MODEL_KEYS    32
#define MODEL_TEXT    32
#define MODEL_SET     6
#define MODEL_SEED    7

struct model {
    struct sub_index *index;
    unsigned dice;
    unsigned streams, keys;
    char stream[MODEL_STREAMS][MODEL_TEXT], key[MODEL_KEYS][MODEL_TEXT];
    bool selects[MODEL_STREAMS][MODEL_KEYS];
    struct sub_target target[MODEL_TARGETS];
    bool living[MODEL_TARGETS], wants[MODEL_TARGETS][MODEL_STREAMS];
    bool begun[MODEL_TARGETS], leaving[MODEL_TARGETS]; /* in pieces: it has no messages */
    struct sub_stream set[MODEL_TARGETS][MODEL_SET];
    uint32_t set_count[MODEL_TARGETS];
    unsigned visits[MODEL_TARGETS];
    unsigned hits; /* targets that a match found, over all */
};

static inline unsigned roll(struct model *model, unsigned sides) {
    return (unsigned)rand_r(&model->dice) % sides;
}

static inline void model_texts(struct model *model) {
    static const char *const first[] = {"A", "B", "*", "**", "A*", "[AB]", "{A,C}", "?"};
    static const char *const second[] = {"1D", "1M", "*", "1*"};
    static const char *const third[] = {"X", "*", "{X,Y}"};
    static const char *const others[] = {"{A/1D,B}/X",     "{A,B/1M}/X",   "A[/]1D/X", "{A/1D/X,C}",
                                         "{*,A/1D}/{X,Y}", "[A/1D/X",      "//",       "[Z-A]/1D/X",
                                         "A/1D\\/X",       "\xC3\xA9/1D/X"};
    static const char *const symbols[] = {"A", "B", "C", "AB", "\xC3\xA9"};
    static const char *const frames[] = {"1D", "1M", "x"};
    for (unsigned i = 0; i < 8 * 4 * 3; i++)
        snprintf(model->stream[model->streams++], MODEL_TEXT, "%s/%s/%s", first[i / 12],
                 second[i / 3 % 4], third[i % 3]);
    for (unsigned i = 0; i < sizeof others / sizeof others[0]; i++)
        strcpy(model->stream[model->streams++], others[i]);
    for (unsigned i = 0; i < 5 * 3 * 2; i++)
        snprintf(model->key[model->keys++], MODEL_TEXT, "%s/%s/%c", symbols[i / 6],
                 frames[i / 2 % 3], "XY"[i % 2]);
}

static inline void model_init(struct model *model, uint32_t max_keys, unsigned dice) {
    memset(model, 0, sizeof *model);
    model->dice = dice;
    model->index =
        sub_index_new(&(struct sub_limits){.max_keys = max_keys, .key_seed = MODEL_SEED});
    cr_assert(model->index != NULL);
    model_texts(model);
    for (unsigned i = 0; i < model->streams; i++)
        for (unsigned j = 0; j < model->keys; j++)
            model->selects[i][j] = tickcast_stream_match(model->stream[i], strlen(model->stream[i]),
                                                         model->key[j], strlen(model->key[j]));
}

/* 1 to 6 streams for a target. */
static inline void model_choose(struct model *model, unsigned number) {
    struct sub_stream *list = model->set[number];
    uint32_t count = 0;
    memset(model->wants[number], 0, sizeof model->wants[number]);
    for (unsigned i = 1 + roll(model, MODEL_SET); i > 0; i--) {
        unsigned stream = roll(model, model->streams);
        if (model->wants[number][stream]) continue;
        model->wants[number][stream] = true;
        const char *text = model->stream[stream];
        list[count++] = (struct sub_stream){.text = text, .bytes = (uint32_t)strlen(text)};
    }
    model->set_count[number] = count;
}

/* Adds a target that lives not. False without memory. */
static inline bool model_add(struct model *model, unsigned number) {
    model_choose(model, number);
    model->living[number] = sub_target_add(model->index, &model->target[number], model->set[number],
                                           model->set_count[number]) == 0;
    return model->living[number];
}

static inline void model_remove(struct model *model, unsigned number) {
    sub_target_remove(model->index, &model->target[number]);
    model->living[number] = model->begun[number] = model->leaving[number] = false;
}

/* Begins a target that lives not. False without memory. */
static inline bool model_begin(struct model *model, unsigned number) {
    model_choose(model, number);
    model->begun[number] = sub_target_begin(&model->target[number], model->set_count[number]) == 0;
    return model->begun[number];
}

/* A further stream of one that has begun, which lives with the last. False without memory. */
static inline bool model_extend(struct model *model, unsigned number) {
    struct sub_target *target = &model->target[number];
    if (sub_target_extend(model->index, target, &model->set[number][target->ref_count], 1) < 0)
        return false;
    if (target->ref_count < model->set_count[number]) return true;
    sub_target_open(target);
    model->begun[number] = false;
    model->living[number] = true;
    return true;
}

/* Some of its streams go, and it gets nothing from now on. */
static inline void model_reduce(struct model *model, unsigned number) {
    uint32_t had = model->target[number].ref_count, most = roll(model, 3);
    model->living[number] = model->begun[number] = false;
    model->leaving[number] = !sub_target_reduce(model->index, &model->target[number], most);
    cr_assert(model->leaving[number] == (had > most));
}

static inline bool model_wanted(const struct model *model, unsigned number, unsigned key) {
    if (!model->living[number]) return false;
    for (unsigned i = 0; i < model->streams; i++)
        if (model->wants[number][i] && model->selects[i][key]) return true;
    return false;
}

static inline void model_visit(void *arg, struct sub_target *target) {
    struct model *model = arg;
    model->visits[target - model->target]++;
}

static inline uint32_t model_visit_list(void *arg, const struct sub_list *list) {
    return sub_list_take(list, model_visit, arg);
}

static inline void model_ignore_one(void *arg, struct sub_target *target) {
    (void)arg;
    (void)target;
}

/* For sub_index_match, where only the number counts. */
static inline uint32_t model_ignore(void *arg, const struct sub_list *list) {
    return sub_list_take(list, model_ignore_one, arg);
}

/* Each target that wants the key is visited once and no other. */
static inline void model_match(struct model *model, unsigned key) {
    const char *text = model->key[key];
    uint32_t bytes = (uint32_t)strlen(text), expected = 0;
    memset(model->visits, 0, sizeof model->visits);
    uint32_t found = sub_index_match(model->index, text, bytes, hash_bytes(text, bytes, MODEL_SEED),
                                     model_visit_list, model);
    for (unsigned i = 0; i < MODEL_TARGETS; i++) {
        bool wanted = model_wanted(model, i, key);
        expected += wanted;
        if (model->visits[i] != wanted)
            cr_assert(false, "key %s target %u: %u visits", text, i, model->visits[i]);
    }
    cr_assert(eq(u32, found, expected));
    model->hits += found;
}

static inline void model_turn(struct model *model) {
    unsigned number = roll(model, MODEL_TARGETS);
    if (roll(model, 10) < 6) {
        model_match(model, roll(model, model->keys));
    } else if (model->leaving[number] ||
               (roll(model, 2) && (model->living[number] || model->begun[number]))) {
        model_reduce(model, number);
    } else if (model->begun[number]) {
        model_extend(model, number);
    } else if (model->living[number]) {
        model_remove(model, number);
    } else if (roll(model, 2)) {
        model_begin(model, number);
    } else {
        model_add(model, number);
    }
}

static inline void model_fini(struct model *model) {
    for (unsigned i = 0; i < MODEL_TARGETS; i++)
        if (model->target[i].refs != NULL) model_remove(model, i);
    struct sub_stats stats;
    sub_index_stats(model->index, &stats);
    cr_assert(zero(u64, stats.patterns));
    cr_assert(zero(u64, stats.subscriptions));
    sub_index_free(model->index);
}

#endif
