/*
 * The subscription index alone, without rings, logs and sockets: what it costs a shard to find who
 * wants a message. Each line is for one operation of its name; the numbers in the names say how
 * many targets (sets of streams) a message reaches.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "kit/micro.h"
#include "kit/plan.h"
#include "sub/index.h"

#define TARGETS  1000
#define STREAMS  50
#define SYMBOLS  5000
#define MESSAGES 1000

struct match {
    struct sub_index *index;
    struct sub_target *targets;
    uint32_t target_count;
    uint32_t first_key, keys; /* messages go round these */
    uint64_t seen;
};

static void visit(void *arg, struct sub_target *target) {
    (void)target;
    ++*(uint64_t *)arg;
}

static uint32_t visit_list(void *arg, const struct sub_list *list) {
    return sub_list_take(list, visit, arg);
}

static void match_step(void *arg) {
    struct match *match = arg;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        char key[PLAN_KEY_BYTES];
        plan_key(match->first_key + i % match->keys, key);
        sub_index_match(match->index, key, sizeof key, hash_bytes(key, sizeof key, 1), visit_list,
                        &match->seen);
    }
    micro_keep(match->seen);
}

static int match_open(struct match *match, uint32_t targets) {
    struct sub_limits limits = {.max_keys = 1000000};
    match->index = sub_index_new(&limits);
    match->targets = calloc(targets, sizeof *match->targets);
    match->target_count = targets;
    return match->index && match->targets ? 0 : -1;
}

static void match_close(struct match *match) {
    for (uint32_t i = 0; i < match->target_count; i++)
        sub_target_remove(match->index, &match->targets[i]);
    sub_index_free(match->index);
    free(match->targets);
}

/* All targets want the same `count` streams of the one key that is published. */
static void measure_reach(const char *name, uint32_t targets, const char *const *texts,
                          uint32_t count) {
    struct match match = {.keys = 1};
    struct sub_stream streams[8];
    if (match_open(&match, targets)) exit(1);
    for (uint32_t i = 0; i < count; i++)
        streams[i] = (struct sub_stream){texts[i], (uint32_t)strlen(texts[i])};
    for (uint32_t i = 0; i < targets; i++)
        if (sub_target_add(match.index, &match.targets[i], streams, count)) exit(1);
    micro_run(name, MESSAGES, match_step, &match);
    match_close(&match);
}

/* Distinct sets of literals drawn from all symbols. */
static void open_distinct(struct match *match, uint32_t targets) {
    struct plan plan;
    struct plan_options options = {.connections = targets,
                                   .streams = STREAMS,
                                   .symbols = SYMBOLS,
                                   .seed = 1,
                                   .distinct = true,
                                   .keys = PLAN_KEYS_DRAWN};
    if (match_open(match, targets) || plan_init(&plan, &options)) exit(1);
    char texts[STREAMS][PLAN_KEY_BYTES];
    struct sub_stream streams[STREAMS];
    for (uint32_t i = 0; i < targets; i++) {
        for (uint32_t j = 0; j < STREAMS; j++) {
            plan_key(plan.sets[i * STREAMS + j], texts[j]);
            streams[j] = (struct sub_stream){texts[j], PLAN_KEY_BYTES};
        }
        if (sub_target_add(match->index, &match->targets[i], streams, STREAMS)) exit(1);
    }
    plan_fini(&plan);
}

/* Replaces the set of one target by itself: what a re-subscribe costs. */
static void resubscribe_step(void *arg) {
    struct match *match = arg;
    static const char *const texts[] = {"AAAB/*/TRADE", "AAAC/Tick/TRADE", "AAA?/Tick/QUOTE"};
    struct sub_stream streams[3];
    for (int i = 0; i < 3; i++)
        streams[i] = (struct sub_stream){texts[i], (uint32_t)strlen(texts[i])};
    struct sub_target *target = &match->targets[0];
    sub_target_remove(match->index, target);
    memset(target, 0, sizeof *target);
    if (sub_target_add(match->index, target, streams, 3)) exit(1);
}

int main(void) {
    static const char *const texts[] = {"AAAA/Tick/TRADE", "AAAA/*/TRADE", "A*A/Tick/*",
                                        "**/TRADE"};
    measure_reach("match: reaches nobody", 0, texts, 0);
    measure_reach("match: one stream, 1 target", 1, texts, 1);
    measure_reach("match: one stream, 10 targets", 10, texts, 1);
    measure_reach("match: one stream, 1000 targets", 1000, texts, 1);
    measure_reach("match: three streams each, 1000 targets", 1000, texts, 3);

    struct match match = {.keys = MESSAGES};
    open_distinct(&match, TARGETS);
    micro_run("match: 1000 distinct sets of 50, 10 reached, keys known", MESSAGES, match_step,
              &match);
    match.first_key = SYMBOLS;
    micro_run("match: 1000 distinct sets of 50, nobody wants the key", MESSAGES, match_step,
              &match);
    micro_run("match: remove and add a set of 3 streams", 1, resubscribe_step, &match);
    match_close(&match);
    return 0;
}
