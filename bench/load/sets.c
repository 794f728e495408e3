#include "load/sets.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "load/load.h"
#include "tickcast/messages.h"

/* A set while it is made: symbols in any order, each once. */
struct making {
    struct plan *plan;
    uint8_t *taken; /* by symbol */
    size_t count, room;
    uint64_t random;
};

static bool add(struct making *making, uint32_t symbol) {
    struct plan *plan = making->plan;
    if (symbol >= plan->symbols || making->taken[symbol]) return true;
    if (making->count == making->room) {
        size_t room = making->room ? 2 * making->room : 1024;
        uint32_t *grown =
            room > PLAN_CELLS_MAX ? NULL : realloc(plan->set_symbols, room * sizeof *grown);
        if (!grown) return false;
        plan->set_symbols = grown;
        making->room = room;
    }
    making->taken[symbol] = 1;
    plan->set_symbols[making->count++] = symbol;
    return true;
}

static int compare(const void *a, const void *b) {
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

static void end_set(struct making *making, uint32_t set) {
    struct plan *plan = making->plan;
    size_t from = plan->set_from[set], count = making->count - from;
    for (size_t i = from; i < making->count; i++) making->taken[plan->set_symbols[i]] = 0;
    if (count) qsort(plan->set_symbols + from, count, sizeof *plan->set_symbols, compare);
    plan->set_from[set + 1] = making->count;
}

static bool make_shared(struct making *making) {
    for (uint32_t s = 0; s < making->plan->domain; s++)
        if (!add(making, s)) return false;
    return true;
}

static bool make_distinct(struct making *making) {
    const struct load_config *config = making->plan->config;
    size_t wanted = making->count + config->streams;
    for (uint32_t s = 0; config->keys == LOAD_KEYS_HOT && s < config->publishers; s++)
        if (!add(making, s)) return false;
    while (making->count < wanted)
        if (!add(making, random_below(&making->random, making->plan->symbols))) return false;
    return true;
}

static bool make_pattern(struct making *making) {
    struct plan *plan = making->plan;
    const char *pattern = plan->config->pattern;
    plan->stream_count = 1;
    plan->stream_bytes = strlen(pattern) + 1;
    plan->streams = strdup(pattern);
    if (!plan->streams) return false;
    for (uint32_t s = 0; s < plan->symbols; s++) {
        const char *key = plan_key(plan, s);
        if (tickcast_stream_match(pattern, strlen(pattern), key, strlen(key)) && !add(making, s))
            return false;
    }
    return true;
}

/* One stream: a drawn symbol with one of its letters left open, as "A?CD" or "ABC*". A set has as
 * many different ones as there are tries for. */
static bool make_glob(struct making *making, uint32_t set, uint32_t number) {
    static const uint32_t power[] = {17576, 676, 26, 1};
    struct plan *plan = making->plan;
    const struct load_config *config = plan->config;
    bool hot = config->keys == LOAD_KEYS_HOT && number < config->publishers;
    uint32_t symbol = hot ? number : random_below(&making->random, plan->symbols);
    uint32_t open = random_below(&making->random, 4);
    char *stream = plan->streams + ((size_t)set * plan->stream_count + number) * plan->stream_bytes;
    snprintf(stream, plan->stream_bytes, "%s", plan_key(plan, symbol));
    stream[open] = open == 3 ? '*' : '?';
    uint32_t first = symbol - symbol / power[open] % 26 * power[open];
    for (uint32_t letter = 0; letter < 26; letter++)
        if (!add(making, first + letter * power[open])) return false;
    return true;
}

static bool make_globs(struct making *making, uint32_t set) {
    struct plan *plan = making->plan;
    if (!plan->streams) {
        plan->stream_count = plan->config->streams;
        plan->stream_bytes = plan->key_bytes;
        plan->streams = calloc((size_t)plan->sets * plan->stream_count, plan->stream_bytes);
        if (!plan->streams) return false;
    }
    for (uint32_t i = 0; i < plan->stream_count; i++)
        if (!make_glob(making, set, i)) return false;
    return true;
}

static bool make_one(struct making *making, uint32_t set) {
    switch (making->plan->config->sets) {
    case LOAD_SETS_SHARED:
        return make_shared(making);
    case LOAD_SETS_DISTINCT:
        return make_distinct(making);
    case LOAD_SETS_PATTERN:
        return make_pattern(making);
    case LOAD_SETS_GLOBS:
        return make_globs(making, set);
    }
    return false;
}

int sets_make(struct plan *plan, char *error) {
    const struct load_config *config = plan->config;
    bool own = config->sets == LOAD_SETS_DISTINCT || config->sets == LOAD_SETS_GLOBS;
    plan->sets = own ? config->connections : 1;
    plan->set_from = calloc((size_t)plan->sets + 1, sizeof *plan->set_from);
    struct making making = {.plan = plan, .random = random_part(config->seed, 1)};
    making.taken = calloc(plan->symbols, 1);
    bool good = plan->set_from && making.taken;
    for (uint32_t set = 0; good && set < plan->sets; set++) {
        good = make_one(&making, set);
        if (good) end_set(&making, set);
    }
    free(making.taken);
    if (good && (making.count || config->publisher == LOAD_PUBLISHER_NONE)) return 0;
    snprintf(error, LOAD_ERROR_BYTES,
             good ? "the pattern selects none of the keys, which are such as %s"
                  : "the sets of all connections have more than 104857600 symbols, or there is no "
                    "memory (%s)",
             good ? plan_key(plan, 0) : "fewer connections or streams need less");
    return -1;
}
