/*
 * The subscription index as a sequence of operations, against a model that knows only which target
 * wants which streams. The input is a byte (keys remembered), lines of text up to a zero byte, each
 * of which is a key and, where it is valid, a stream; then the operations.
 */
#include <string.h>

#include "base/hash.h"
#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "key/stream.h"
#include "sub/index.h"
#include "tickcast/messages.h"

#define TEXTS      24
#define TARGETS    8
#define SET_MAX    6
#define TEXT_MAX   4096 /* the longest that options allow */
#define KEY_SEED   7
#define CROWD_MOST 255  /* targets of one run that come and go together: tables begin with 64 */
#define CHURN_MOST 4200 /* streams that come and go in one run: more than the journal holds */
#define STANDING   4200 /* patterns that select no key of the input: so many keys look far back */

struct text {
    const char *at;
    uint32_t bytes;
    bool key, stream; /* what it can be; as a key it has three elements */
    enum stream_kind kind;
    uint32_t wanted_by; /* targets that are in the index under it */
};

struct target {
    struct sub_target target;
    bool living;                  /* it gets messages */
    bool leaving;                 /* it has got some */
    uint32_t set[SET_MAX], count; /* numbers of texts, each once */
    uint32_t held;                /* of these, the first ones, in the index */
    unsigned visits;
};

struct world {
    struct sub_index *index;
    uint32_t max_keys;
    struct text texts[TEXTS];
    uint32_t text_count;
    int8_t selects[TEXTS][TEXTS]; /* stream, key: 0 is not yet known, 1 yes, -1 no */
    struct target targets[TARGETS];
    uint32_t told[SET_MAX], told_count; /* what `wanted` was called for */
    uint32_t churned, crowded;
    struct sub_target standing; /* has STANDING patterns, or none */
};

static bool has_two_slashes(const char *text, size_t bytes) {
    unsigned slashes = 0;
    for (size_t i = 0; i < bytes; i++) slashes += text[i] == '/';
    return slashes == 2;
}

static bool selects(struct world *world, uint32_t stream, uint32_t key) {
    int8_t *known = &world->selects[stream][key];
    const struct text *s = &world->texts[stream], *k = &world->texts[key];
    if (*known == 0)
        *known = k->key && tickcast_stream_match(s->at, s->bytes, k->at, k->bytes) ? 1 : -1;
    return *known > 0;
}

/* Each text once: streams of a set must differ. */
static void read_texts(struct world *world, struct fuzz_input *input) {
    while (world->text_count < TEXTS && fuzz_left(input) > 0 && *input->at != '\0') {
        const uint8_t *begin = input->at;
        while (input->at < input->end && *input->at != '\n' && *input->at != '\0') input->at++;
        struct text text = {.at = (const char *)begin, .bytes = (uint32_t)(input->at - begin)};
        if (input->at < input->end && *input->at == '\n') input->at++;
        bool known = text.bytes > TEXT_MAX;
        for (uint32_t i = 0; i < world->text_count && !known; i++)
            known = world->texts[i].bytes == text.bytes &&
                    memcmp(world->texts[i].at, text.at, text.bytes) == 0;
        if (known) continue;
        struct stream_shape shape;
        text.key = has_two_slashes(text.at, text.bytes);
        text.kind = stream_shape(text.at, text.bytes, &shape);
        text.stream = text.kind != STREAM_INVALID;
        CHECK(text.stream == text.key);
        world->texts[world->text_count++] = text;
    }
    (void)fuzz_byte(input); /* the zero */
}

/* --- what the index must tell --- */

static void on_wanted(void *arg, const char *key, uint32_t key_bytes, uint64_t hash) {
    struct world *world = arg;
    if (world->told_count > SET_MAX) return; /* of the standing ones */
    if (key != NULL) CHECK(hash == hash_bytes(key, key_bytes, KEY_SEED));
    uint32_t number = TEXTS;
    for (uint32_t i = 0; i < world->text_count && key != NULL; i++)
        if (world->texts[i].bytes == key_bytes && memcmp(world->texts[i].at, key, key_bytes) == 0)
            number = i;
    CHECK(key == NULL || number < TEXTS);
    CHECK(world->told_count < SET_MAX);
    world->told[world->told_count++] = number;
}

static bool is_first_of_its_kind(const struct world *world, uint32_t text) {
    return world->texts[text].wanted_by == 0;
}

/* Of an add of `count` more: all streams that nobody wanted were told, in their order. If it
 * failed, some. */
static void check_told(const struct world *world, const struct target *target, uint32_t count,
                       bool added) {
    uint32_t at = 0;
    for (uint32_t i = target->held; i < target->held + count; i++) {
        uint32_t text = target->set[i];
        if (!is_first_of_its_kind(world, text)) continue;
        if (at == world->told_count && !added) return;
        CHECK(at < world->told_count);
        CHECK(world->told[at++] == (world->texts[text].kind == STREAM_LITERAL ? text : TEXTS));
    }
    CHECK(at == world->told_count);
}

static void check_stats(const struct world *world) {
    struct sub_stats stats;
    uint64_t patterns = world->standing.ref_count, subscriptions = patterns;
    sub_index_stats(world->index, &stats);
    for (uint32_t i = 0; i < world->text_count; i++) {
        patterns += world->texts[i].wanted_by > 0;
        subscriptions += world->texts[i].wanted_by;
    }
    CHECK(stats.patterns == patterns);
    CHECK(stats.subscriptions == subscriptions);
    CHECK(stats.keys <= (world->max_keys > 0 ? world->max_keys : 1));
}

/* --- operations --- */

static void choose_set(struct world *world, struct fuzz_input *input, struct target *target) {
    uint32_t most = 1 + fuzz_byte(input) % SET_MAX;
    target->count = 0;
    for (uint32_t i = 0; i < most; i++) {
        uint32_t number = (uint32_t)fuzz_number(input, world->text_count - 1);
        bool twice = !world->texts[number].stream;
        for (uint32_t j = 0; j < target->count; j++) twice = twice || target->set[j] == number;
        if (!twice) target->set[target->count++] = number;
    }
}

static void streams_of(const struct world *world, const struct target *target,
                       struct sub_stream *streams) {
    for (uint32_t i = 0; i < target->count; i++)
        streams[i] = (struct sub_stream){world->texts[target->set[i]].at,
                                         world->texts[target->set[i]].bytes};
}

static void hold(struct world *world, struct target *target, uint32_t held) {
    for (; target->held < held; target->held++) world->texts[target->set[target->held]].wanted_by++;
    for (; target->held > held; target->held--)
        world->texts[target->set[target->held - 1]].wanted_by--;
}

static void check_set(const struct target *target, const struct sub_stream *streams) {
    CHECK(sub_target_has(&target->target, streams, target->count));
    CHECK(!sub_target_has(&target->target, streams, target->count - 1));
}

/* Allocation number `fails` fails (0: none). */
static void add(struct world *world, struct target *target, uint32_t fails) {
    struct sub_stream streams[SET_MAX];
    streams_of(world, target, streams);
    world->told_count = 0;
    allocations_begin(fails);
    target->living = sub_target_add(world->index, &target->target, streams, target->count) == 0;
    CHECK(target->living || allocations_end());
    (void)allocations_end();
    check_told(world, target, target->count, target->living);
    if (!target->living) return;
    hold(world, target, target->count);
    check_set(target, streams);
}

/* The same in pieces, of which this is one: with the last it gets messages. */
static void add_some(struct world *world, struct target *target, uint32_t count, uint32_t fails) {
    struct sub_stream streams[SET_MAX];
    streams_of(world, target, streams);
    if (target->target.refs == NULL && sub_target_begin(&target->target, target->count) < 0) return;
    if (count > target->count - target->held) count = target->count - target->held;
    world->told_count = 0;
    allocations_begin(fails);
    bool added =
        sub_target_extend(world->index, &target->target, streams + target->held, count) == 0;
    CHECK(added || allocations_end());
    (void)allocations_end();
    check_told(world, target, count, added);
    hold(world, target, target->target.ref_count);
    if (target->held < target->count) return;
    CHECK(added);
    check_set(target, streams);
    sub_target_open(&target->target);
    target->living = true;
}

static void drop_some(struct world *world, struct target *target, uint32_t most) {
    if (target->target.refs == NULL) return;
    uint32_t left = target->held > most ? target->held - most : 0;
    bool gone = sub_target_reduce(world->index, &target->target, most);
    CHECK(gone == (left == 0));
    CHECK((target->target.refs == NULL) == gone && target->target.ref_count == left);
    target->living = false;
    target->leaving = !gone;
    hold(world, target, left);
}

static void drop(struct world *world, struct target *target) {
    drop_some(world, target, SET_MAX);
}

static bool wants(struct world *world, const struct target *target, uint32_t key) {
    for (uint32_t i = 0; i < target->count && target->living; i++)
        if (selects(world, target->set[i], key)) return true;
    return false;
}

static void on_target(void *arg, struct sub_target *visited) {
    (void)arg;
    ((struct target *)(void *)((char *)visited - offsetof(struct target, target)))->visits++;
}

static uint32_t on_list(void *arg, const struct sub_list *list) {
    return sub_list_take(list, on_target, arg);
}

/* Allocation number `fails` fails (0: none). */
static uint32_t find(struct world *world, const char *key, uint32_t bytes, uint32_t fails) {
    for (int i = 0; i < TARGETS; i++) world->targets[i].visits = 0;
    uint8_t *copy = fuzz_copy(key, bytes);
    allocations_begin(fails);
    uint32_t found = sub_index_match(world->index, (const char *)copy, bytes,
                                     hash_bytes(copy, bytes, KEY_SEED), on_list, NULL);
    (void)allocations_end();
    fuzz_free(copy);
    return found;
}

static void match(struct world *world, uint32_t key, uint32_t fails) {
    const struct text *text = &world->texts[key];
    uint32_t found = find(world, text->at, text->bytes, fails), expected = 0;
    for (int i = 0; i < TARGETS; i++) {
        bool wanted = wants(world, &world->targets[i], key);
        expected += wanted;
        CHECK(world->targets[i].visits == wanted);
    }
    CHECK(found == expected);
}

/* A key that is behind reads the journal only while there are about as many patterns as entries. */
static void add_standing(struct world *world) {
    static char texts[STANDING][20];
    static struct sub_stream streams[STANDING];
    for (unsigned i = 0; i < STANDING; i++) {
        int bytes = snprintf(texts[i], sizeof texts[i], "standing%u/*/", i);
        streams[i] = (struct sub_stream){texts[i], (uint32_t)bytes};
    }
    world->told_count = SET_MAX + 1;
    CHECK(sub_target_add(world->index, &world->standing, streams, STANDING) == 0);
}

/* A set comes and goes so often that keys fall behind the journal. */
static void churn(struct world *world, struct target *target, uint32_t times) {
    for (uint32_t i = 0; i < times && world->churned < CHURN_MOST; i++) {
        drop(world, target);
        add(world, target, 0);
        world->churned += target->count;
    }
}

/* Keys of three elements that have nothing in common with texts but what wildcards select. */
static void flood(struct world *world, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        char key[32];
        int bytes = snprintf(key, sizeof key, "S%u/%u/X", i, i % 3);
        uint32_t found = find(world, key, (uint32_t)bytes, 0), visits = 0;
        for (int j = 0; j < TARGETS; j++) {
            CHECK(world->targets[j].visits <= world->targets[j].living);
            visits += world->targets[j].visits;
        }
        CHECK(found == visits);
        if (i > 0) continue; /* to compile the globs for each would take all the time */
        for (int j = 0; j < TARGETS; j++) {
            const struct target *target = &world->targets[j];
            bool wanted = false;
            for (uint32_t k = 0; k < target->count && target->living; k++) {
                const struct text *text = &world->texts[target->set[k]];
                wanted = wanted || tickcast_stream_match(text->at, text->bytes, key, (size_t)bytes);
            }
            CHECK(target->visits == wanted);
        }
    }
}

/* Many targets, each with a stream of its own and one of all, so that tables and lists grow; then
 * each key is for its target, and they leave again. */
static void crowd(struct world *world, uint32_t count) {
    if (world->crowded + count > CROWD_MOST) return;
    world->crowded += count;
    struct target *members = calloc(CROWD_MOST, sizeof *members);
    CHECK(members != NULL);
    for (uint32_t i = 0; i < count; i++) {
        char own[32];
        int bytes = snprintf(own, sizeof own, "C%u*/C%u/C", i, i);
        struct sub_stream streams[2] = {{own, (uint32_t)bytes}, {"*/all/C", 7}};
        world->told_count = 0;
        CHECK(sub_target_add(world->index, &members[i].target, streams, 2) == 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        char key[32];
        int bytes = snprintf(key, sizeof key, "C%ux/C%u/C", i, i);
        (void)find(world, key, (uint32_t)bytes, 0);
        for (uint32_t j = 0; j < count; j++) {
            CHECK(members[j].visits == (i == j));
            members[j].visits = 0;
        }
    }
    (void)find(world, "A/all/C", 7, 0);
    for (uint32_t i = 0; i < count; i++) CHECK(members[i].visits == 1);
    for (uint32_t i = 0; i < count; i++) sub_target_remove(world->index, &members[i].target);
    free(members);
}

enum {
    MATCH,
    ADD,
    DROP,
    CHURN,
    FLOOD,
    ADD_FAILS,
    MATCH_FAILS,
    CROWD,
    ADD_SOME,
    ADD_SOME_FAILS,
    DROP_SOME,
    OPERATIONS
};

static void step(struct world *world, struct fuzz_input *input) {
    unsigned operation = fuzz_byte(input) % OPERATIONS;
    struct target *target = &world->targets[fuzz_byte(input) % TARGETS];
    bool may_fail =
        operation == ADD_FAILS || operation == MATCH_FAILS || operation == ADD_SOME_FAILS;
    uint32_t fails = may_fail ? 1 + fuzz_byte(input) % 32u : 0;
    switch (operation) {
    case ADD:
    case ADD_FAILS:
        drop(world, target);
        choose_set(world, input, target);
        if (target->count > 0) add(world, target, fails);
        break;
    case ADD_SOME:
    case ADD_SOME_FAILS:
        if (target->living || target->leaving) drop(world, target);
        if (target->target.refs == NULL) choose_set(world, input, target);
        if (target->count > 0) add_some(world, target, fuzz_byte(input) % SET_MAX, fails);
        break;
    case DROP:
        drop(world, target);
        break;
    case DROP_SOME:
        drop_some(world, target, fuzz_byte(input) % SET_MAX);
        break;
    case CHURN:
        if (target->count > 0) churn(world, target, (uint32_t)fuzz_number(input, CHURN_MOST));
        break;
    case FLOOD:
        flood(world, fuzz_byte(input));
        break;
    case CROWD:
        crowd(world, (uint32_t)fuzz_number(input, CROWD_MOST));
        break;
    case MATCH:
    case MATCH_FAILS:
        match(world, (uint32_t)fuzz_number(input, world->text_count - 1), fails);
        break;
    }
    check_stats(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct fuzz_input input = {bytes, bytes + count};
    static struct world world;
    world = (struct world){.max_keys = fuzz_byte(&input)};
    read_texts(&world, &input);
    if (world.text_count == 0) return 0;
    struct sub_limits limits = {
        .max_keys = world.max_keys, .key_seed = KEY_SEED, .wanted = on_wanted, .arg = &world};
    world.index = sub_index_new(&limits);
    CHECK(world.index != NULL);
    if (world.max_keys == UINT8_MAX) add_standing(&world);
    while (fuzz_left(&input) > 0) step(&world, &input);
    for (uint32_t i = 0; i < world.text_count; i++) match(&world, i, 0);
    for (int i = 0; i < TARGETS; i++) drop(&world, &world.targets[i]);
    if (world.standing.ref_count > 0) sub_target_remove(world.index, &world.standing);
    check_stats(&world);
    sub_index_free(world.index);
    return 0;
}
