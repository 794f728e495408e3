/* Who wants what. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load/load.h"
#include "load/plan.h"
#include "tickcast/messages.h"

static char error[LOAD_ERROR_BYTES];

static struct load_config config(void) {
    return (struct load_config){.connections = 40,
                                .publishers = 1,
                                .streams = 10,
                                .symbols = 500,
                                .size = 64,
                                .seed = 1,
                                .rate = 1000};
}

/* Readers of each symbol, counted from the sets. */
static void check_readers(const struct plan *plan) {
    uint32_t *readers = calloc(plan->symbols, sizeof *readers);
    for (uint32_t i = 0; i < plan->config->connections; i++) {
        struct plan_set set = plan_set(plan, i);
        for (uint32_t s = 0; s < set.count; s++) {
            if (s) cr_assert_lt(set.symbols[s - 1], set.symbols[s], "rising, each once");
            if (plan->roles[i] == PLAN_READER) readers[set.symbols[s]]++;
        }
    }
    cr_assert_arr_eq(readers, plan->readers, plan->symbols * sizeof *readers);
    free(readers);
}

/* What a connection subscribes to selects exactly the keys that its set has. */
static void check_streams(const struct plan *plan, uint32_t connection) {
    struct plan_set set = plan_set(plan, connection);
    uint32_t found = 0;
    for (uint32_t s = 0; s < plan->symbols; s++) {
        const char *key = plan_key(plan, s);
        bool wanted = false;
        for (uint32_t i = 0; i < plan_streams(plan, connection) && !wanted; i++) {
            const char *stream = plan_stream(plan, connection, i);
            wanted = tickcast_stream_match(stream, strlen(stream), key, strlen(key));
        }
        bool has = found < set.count && set.symbols[found] == s;
        cr_assert_eq(wanted, has, "%s", key);
        found += has;
    }
    cr_assert_eq(found, set.count);
}

static void check(const struct load_config *c) {
    struct plan plan;
    cr_assert_eq(plan_init(&plan, c, error), 0, "%s", error);
    check_readers(&plan);
    check_streams(&plan, 0);
    check_streams(&plan, c->connections - 1);
    plan_fini(&plan);
}

Test(plan, shared_sets) {
    struct load_config c = config();
    c.sets = LOAD_SETS_SHARED;
    check(&c);
}

Test(plan, distinct_sets) {
    struct load_config c = config();
    c.sets = LOAD_SETS_DISTINCT;
    c.keys = LOAD_KEYS_UNIFORM;
    check(&c);
}

Test(plan, a_pattern) {
    struct load_config c = config();
    c.sets = LOAD_SETS_PATTERN;
    c.pattern = "AA[A-F]*/1Min/*";
    check(&c);
}

Test(plan, sets_of_globs) {
    struct load_config c = config();
    c.sets = LOAD_SETS_GLOBS;
    c.keys = LOAD_KEYS_UNIFORM;
    check(&c);
}

Test(plan, all_distinct_sets_have_the_hot_keys) {
    struct load_config c = config();
    struct plan plan;
    c.sets = LOAD_SETS_DISTINCT;
    c.publishers = 2;
    cr_assert_eq(plan_init(&plan, &c, error), 0);
    cr_assert_eq(plan.readers[0], c.connections);
    cr_assert_eq(plan.readers[1], c.connections);
    for (uint32_t i = 0; i < c.connections; i++) cr_assert_eq(plan_set(&plan, i).count, c.streams);
    plan_fini(&plan);
}

Test(plan, throttled_and_frozen_readers_are_not_accounted) {
    struct load_config c = config();
    struct plan plan;
    uint32_t roles[3] = {0};
    c.slow_share = 0.1;
    c.frozen_share = 0.25;
    cr_assert_eq(plan_init(&plan, &c, error), 0);
    for (uint32_t i = 0; i < c.connections; i++) roles[plan.roles[i]]++;
    cr_assert_eq(roles[PLAN_SLOW], 4);
    cr_assert_eq(roles[PLAN_FROZEN], 10);
    cr_assert_eq(plan.accounted, 26);
    cr_assert_eq(plan.readers[0], 26);
    plan_fini(&plan);
}

Test(plan, the_same_seed_makes_the_same_sets) {
    struct load_config c = config();
    struct plan a, b;
    c.sets = LOAD_SETS_DISTINCT;
    cr_assert_eq(plan_init(&a, &c, error), 0);
    cr_assert_eq(plan_init(&b, &c, error), 0);
    cr_assert_arr_eq(a.set_symbols, b.set_symbols, 400 * sizeof *a.set_symbols);
    plan_fini(&b);
    c.seed = 2;
    cr_assert_eq(plan_init(&b, &c, error), 0);
    cr_assert_arr_neq(a.set_symbols, b.set_symbols, 400 * sizeof *a.set_symbols);
    plan_fini(&a);
    plan_fini(&b);
}

static void refused(const struct load_config *c, const char *why) {
    struct plan plan;
    cr_assert_eq(plan_init(&plan, c, error), -1);
    cr_assert(strstr(error, why), "%s", error);
    plan_fini(&plan);
}

Test(plan, contradictions_are_told) {
    struct load_config c = config();
    c.symbols = 100;
    c.publishers = 101;
    refused(&c, "more publishers than symbols");
    c = config();
    c.sets = LOAD_SETS_DISTINCT;
    c.streams = 501;
    refused(&c, "more streams than there are symbols");
    c = config();
    c.sets = LOAD_SETS_PATTERN;
    c.pattern = "*/1Min";
    refused(&c, "exactly two /");
    c.pattern = "*/5Min/*";
    refused(&c, "selects none of the keys");
    c = config();
    c.size = 47;
    refused(&c, "at least 48");
    c = config();
    c.arrivals = LOAD_REPLAY;
    c.replay = "/nonexistent.csv";
    refused(&c, "/nonexistent.csv");
}

/* A file with these lines; the caller removes it. */
static const char *file_of(const char *text) {
    static char path[] = "/tmp/tickcast-bench-XXXXXX";
    strcpy(path + sizeof path - 7, "XXXXXX");
    int fd = mkstemp(path);
    cr_assert_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

Test(plan, a_replay_names_the_symbols) {
    struct load_config c = config();
    struct plan plan;
    c.arrivals = LOAD_REPLAY;
    c.replay = file_of("epoch_ms,symbol,price\n1000,SPY,1\n1000,IBM,2\n\n1007,SPY,3\n");
    c.sets = LOAD_SETS_PATTERN;
    c.pattern = "*/Tick/*";
    c.suffix = "Tick/TRADE";
    cr_assert_eq(plan_init(&plan, &c, error), 0, "%s", error);
    unlink(c.replay);
    cr_assert_eq(plan.symbols, 2);
    cr_assert_str_eq(plan_key(&plan, 0), "SPY/Tick/TRADE");
    cr_assert_str_eq(plan_key(&plan, 1), "IBM/Tick/TRADE");
    cr_assert_eq(plan.replay.count, 3);
    cr_assert_eq(plan.replay.at_ns[2], 7000000);
    cr_assert_eq(plan.replay.symbol[2], 0);
    plan_fini(&plan);
}

Test(plan, a_bad_file_is_told_with_its_line) {
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "there is no row"},
        {"symbol,price\nA,1\n", "epoch_ms"},
        {"epoch_ms,symbol\n1,A\nsoon,A\n", ":3: the time is not a whole number"},
        {"epoch_ms,symbol\n1,A/B\n", ":2: the symbol"},
        {"epoch_ms,price,symbol\n1,2\n", ":2: the row has fewer columns"},
    };
    struct load_config c = config();
    c.arrivals = LOAD_REPLAY;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        c.replay = file_of(cases[i].text);
        refused(&c, cases[i].why);
        unlink(c.replay);
    }
}
