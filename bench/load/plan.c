#include "load/plan.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "load/load.h"
#include "load/sets.h"
#include "load/stamp.h"
#include "tickcast/messages.h"

#define NAME_BYTES     8 /* of a symbol without a file: letters, and the end */
#define LETTERS        4
#define SUFFIX_DEFAULT "1Min/OHLCV"

static int fail(char *error, const char *what) {
    snprintf(error, LOAD_ERROR_BYTES, "%s", what);
    return -1;
}

static void letters(uint32_t symbol, char name[NAME_BYTES]) {
    int count = symbol < SETS_LETTERS_ALL ? LETTERS : LETTERS + 1;
    for (int i = count - 1; i >= 0; i--, symbol /= 26) name[i] = (char)('A' + symbol % 26);
    name[count] = 0;
}

static int make_keys(struct plan *plan, char *error) {
    const char *suffix = plan->config->suffix ? plan->config->suffix : SUFFIX_DEFAULT;
    size_t name_bytes = NAME_BYTES;
    for (uint32_t i = 0; i < plan->replay.symbol_count; i++) {
        size_t bytes = strlen(plan->replay.symbols[i]) + 1;
        if (bytes > name_bytes) name_bytes = bytes;
    }
    plan->key_bytes = name_bytes + 1 + strlen(suffix);
    plan->keys = malloc(plan->symbols * plan->key_bytes);
    if (!plan->keys) return fail(error, "no memory for the keys");
    for (uint32_t i = 0; i < plan->symbols; i++) {
        char name[NAME_BYTES];
        letters(i, name);
        snprintf(plan->keys + i * plan->key_bytes, plan->key_bytes, "%s/%s",
                 i < plan->replay.symbol_count ? plan->replay.symbols[i] : name, suffix);
    }
    return 0;
}

static void make_roles(struct plan *plan) {
    const struct load_config *config = plan->config;
    uint32_t count = config->connections;
    uint32_t frozen = (uint32_t)(config->frozen_share * count + 0.5);
    uint32_t slow = (uint32_t)(config->slow_share * count + 0.5);
    uint64_t random = random_part(config->seed, 2);
    for (uint32_t i = 0; i < count; i++)
        plan->roles[i] = i < frozen ? PLAN_FROZEN : i - frozen < slow ? PLAN_SLOW : PLAN_READER;
    for (uint32_t i = count; i > 1; i--) { /* shuffled: they are among the others */
        uint32_t other = random_below(&random, i);
        uint8_t role = plan->roles[i - 1];
        plan->roles[i - 1] = plan->roles[other];
        plan->roles[other] = role;
    }
    for (uint32_t i = 0; i < count; i++) plan->accounted += plan->roles[i] == PLAN_READER;
}

static void count_readers(struct plan *plan) {
    for (uint32_t i = 0; i < plan->config->connections; i++) {
        if (plan->roles[i] != PLAN_READER) continue;
        if (plan->sets == 1) break;
        struct plan_set set = plan_set(plan, i);
        for (uint32_t s = 0; s < set.count; s++) plan->readers[set.symbols[s]]++;
    }
    if (plan->sets > 1) return;
    for (size_t s = 0; s < plan->set_from[1]; s++)
        plan->readers[plan->set_symbols[s]] = plan->accounted;
}

static int index_shared(struct plan *plan, char *error) {
    if (plan->sets != 1) return 0;
    plan->place_of = malloc(plan->symbols * sizeof *plan->place_of);
    if (!plan->place_of) return fail(error, "no memory for the sets");
    uint32_t count = (uint32_t)plan->set_from[1];
    for (uint32_t s = 0; s < plan->symbols; s++) plan->place_of[s] = count;
    for (uint32_t i = 0; i < count; i++) plan->place_of[plan->set_symbols[i]] = i;
    return 0;
}

/* Sentences about what cannot go together, NULL if all is well. */
static const char *contradiction(const struct plan *plan) {
    const struct load_config *config = plan->config;
    if (!config->connections || config->connections > PLAN_CONNECTIONS_MAX)
        return "connections must be from 1 to 1000000";
    if (!plan->symbols || plan->symbols > PLAN_SYMBOLS_MAX)
        return "symbols must be from 1 to 1000000";
    if (!config->publishers || config->publishers > 256) return "publishers must be from 1 to 256";
    if (config->publishers > plan->domain)
        return "there are more publishers than symbols: each symbol belongs to one";
    if (config->sets != LOAD_SETS_PATTERN && !config->streams) return "streams must be at least 1";
    if (config->sets == LOAD_SETS_DISTINCT && config->streams > plan->symbols)
        return "a set cannot have more streams than there are symbols";
    if (config->keys == LOAD_KEYS_HOT && config->sets == LOAD_SETS_DISTINCT &&
        config->publishers > config->streams)
        return "hot keys: there are more publishers than streams of a set";
    if (config->sets == LOAD_SETS_PATTERN &&
        !tickcast_stream_valid(config->pattern, strlen(config->pattern)))
        return "the pattern is no stream: it must have exactly two /";
    if (config->sets == LOAD_SETS_GLOBS && (plan->symbols > SETS_LETTERS_ALL || config->replay))
        return "sets of globs go with at most 456976 symbols, and not with a replay";
    bool wild = config->sets == LOAD_SETS_PATTERN || config->sets == LOAD_SETS_GLOBS;
    if (config->churn > 0 && (wild || config->streams >= plan->symbols))
        return "churn replaces symbols of sets: there must be more symbols than streams of a set, "
               "and no patterns";
    if (config->size < STAMP_BYTES) return "size must be at least 48: each message has a stamp";
    return NULL;
}

int plan_init(struct plan *plan, const struct load_config *config, char *error) {
    *plan = (struct plan){.config = config, .symbols = config->symbols};
    if (config->arrivals == LOAD_REPLAY) {
        if (!config->replay) return fail(error, "replayed arrivals need the name of a file");
        if (replay_read(&plan->replay, config->replay, error)) return -1;
        plan->symbols = plan->replay.symbol_count;
    }
    bool shared = config->sets == LOAD_SETS_SHARED;
    plan->domain = shared && config->streams < plan->symbols ? config->streams : plan->symbols;
    const char *wrong = contradiction(plan);
    if (wrong) return fail(error, wrong);
    plan->roles = malloc(config->connections);
    plan->readers = calloc(plan->symbols, sizeof *plan->readers);
    if (!plan->roles || !plan->readers) return fail(error, "no memory for the plan");
    make_roles(plan);
    if (make_keys(plan, error) || sets_make(plan, error) || index_shared(plan, error)) return -1;
    count_readers(plan);
    return 0;
}

void plan_fini(struct plan *plan) {
    replay_free(&plan->replay);
    free(plan->keys);
    free(plan->set_from);
    free(plan->set_symbols);
    free(plan->place_of);
    free(plan->streams);
    free(plan->roles);
    free(plan->readers);
    *plan = (struct plan){0};
}

uint32_t plan_streams(const struct plan *plan, uint32_t connection) {
    return plan->streams ? plan->stream_count : plan_set(plan, connection).count;
}

const char *plan_stream(const struct plan *plan, uint32_t connection, uint32_t i) {
    if (!plan->streams) return plan_key(plan, plan_set(plan, connection).symbols[i]);
    size_t set = plan->sets == 1 ? 0 : connection;
    return plan->streams + (set * plan->stream_count + i) * plan->stream_bytes;
}

double plan_fanout(const struct plan *plan) {
    double sum = 0;
    uint32_t count = plan->config->keys == LOAD_KEYS_HOT ? plan->config->publishers : plan->domain;
    for (uint32_t s = 0; s < count; s++) sum += plan->readers[s];
    return sum / count;
}
