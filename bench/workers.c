/*
 * What a second worker brings: the wall time that one worker, and two on two cores, need to match
 * and append the same messages; and what two workers need that share nothing, which is the most
 * that this machine's cores give. The shards are those of a broker whose workers were not started:
 * rings, index, groups and logs are the real ones; members have no socket, what is written for
 * them counts as sent.
 *
 *     workers ROUNDS    prints a line of JSON: [{"one_ns": n, "two_ns": n, "apart_ns": n}, ...];
 *                      of a message
 *
 * Each round fills the rings first. Worker i runs on core i.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "kit/cpu.h"
#include "kit/plan.h"
#include "shard/groups.h"
#include "shard/turn.h"

#define SETS        1000 /* all want the symbol that is published */
#define STREAMS     50   /* of a set, of SYMBOLS */
#define SYMBOLS     5000
#define MESSAGES    4000 /* of a round: below the slots of a ring */
#define WORKERS_MAX 2

struct side {
    struct tickcast_broker *brokers[WORKERS_MAX];
    struct shard *shards[WORKERS_MAX]; /* of all brokers */
    uint32_t broker_count, shard_count;
    struct member members[SETS]; /* set i is on shard i % shard_count */
    struct group *groups[SETS];
    uint64_t appends; /* that must have been made so far */
};

struct round {
    struct shard *shard;
    int core;
    pthread_barrier_t *begin;
    uint64_t from_ns, to_ns;
};

static void die(const char *what) {
    fprintf(stderr, "workers: %s\n", what);
    exit(1);
}

/* As if the socket had taken all. */
static void catch_up(struct group *group) {
    struct log_tail tail = log_tail(group->log);
    struct member *member = LIST_ITEM(group->ready.next, struct member, link);
    group->to_visit = 0;
    group->log->quick_end = 0;
    if (cursor_to_end(&member->now, &tail) > 0) {
        cursor_to_head(&member->now, &tail);
        log_reached(group->log, 1);
        return;
    }
    struct iovec pieces[8];
    for (int count; (count = member_range(member, pieces, 8)) > 0;)
        for (int i = 0; i < count; i++) member_sent(member, pieces[i].iov_len);
}

static void *work(void *arg) {
    struct round *round = arg;
    struct shard *shard = round->shard;
    if (cpu_pin(round->core)) die("cannot run on its core");
    pthread_barrier_wait(round->begin);
    round->from_ns = clock_now_ns();
    while (rings_waiting(shard->shared->rings, shard->number)) {
        fanout_take(shard);
        while (!list_empty(&shard->dirty)) {
            struct group *group = LIST_ITEM(shard->dirty.next, struct group, dirty);
            catch_up(group);
            list_remove(&group->dirty);
        }
    }
    round->to_ns = clock_now_ns();
    return NULL;
}

static void brokers_open(struct side *side, uint32_t brokers, uint32_t workers) {
    struct tickcast_options options;
    tickcast_options_init(&options);
    options.workers = workers;
    for (uint32_t i = 0; i < brokers; i++) {
        struct tickcast_broker **broker = &side->brokers[side->broker_count++];
        if (tickcast_broker_new(&options, broker)) die("no broker");
        for (uint32_t j = 0; j < workers; j++)
            side->shards[side->shard_count++] = (*broker)->shards[j];
    }
}

static void subscribe(struct side *side, const struct plan *plan) {
    char texts[STREAMS][PLAN_KEY_BYTES];
    struct proto_text streams[STREAMS];
    for (uint32_t i = 0; i < SETS; i++) {
        for (uint32_t j = 0; j < STREAMS; j++) {
            plan_key(plan->sets[i * STREAMS + j], texts[j]);
            streams[j] = (struct proto_text){texts[j], PLAN_KEY_BYTES};
        }
        struct shard *shard = side->shards[i % side->shard_count];
        if (groups_get(shard, streams, STREAMS, &side->groups[i])) die("no group");
        member_join(&side->members[i], side->groups[i]);
        group_dirty(shard, side->groups[i]);
    }
}

static void side_close(struct side *side) {
    for (uint32_t i = 0; i < SETS; i++) {
        struct shard *shard = side->shards[i % side->shard_count];
        member_leave(&side->members[i]);
        groups_released(shard, side->groups[i]);
        groups_bury(shard);
    }
    for (uint32_t i = 0; i < side->broker_count; i++) tickcast_broker_free(side->brokers[i]);
}

static void fill(struct tickcast_broker *broker) {
    static const char data[] = "\x81\xa5Price\xcb\x40\x5e\xdd\x2f\x1a\x9f\xbe\x77";
    char key[PLAN_KEY_BYTES];
    plan_key(0, key);
    for (int i = 0; i < MESSAGES; i++)
        if (tickcast_push(broker, key, sizeof key, data, sizeof data - 1))
            die("a message was refused");
}

/* Nothing was lost, and nobody else appended. */
static void check(struct side *side) {
    side->appends += (uint64_t)MESSAGES * SETS;
    uint64_t appends = 0;
    for (uint32_t i = 0; i < side->broker_count; i++) {
        struct tickcast_stats stats;
        tickcast_broker_stats(side->brokers[i], &stats);
        appends += stats.appends;
    }
    if (appends != side->appends) die("appends were lost");
    for (uint32_t i = 0; i < SETS; i++)
        if (member_pending(&side->members[i])) die("a member is behind");
}

/* Wall time of a message, from the first worker's begin to the last one's end. */
static double run(struct side *side) {
    pthread_barrier_t begin;
    pthread_t threads[WORKERS_MAX];
    struct round rounds[WORKERS_MAX];
    for (uint32_t i = 0; i < side->broker_count; i++) fill(side->brokers[i]);
    pthread_barrier_init(&begin, NULL, side->shard_count);
    for (uint32_t i = 0; i < side->shard_count; i++) {
        rounds[i] = (struct round){.shard = side->shards[i], .core = (int)i, .begin = &begin};
        if (pthread_create(&threads[i], NULL, work, &rounds[i])) die("no thread");
    }
    uint64_t from = UINT64_MAX, to = 0;
    for (uint32_t i = 0; i < side->shard_count; i++) {
        pthread_join(threads[i], NULL);
        if (rounds[i].from_ns < from) from = rounds[i].from_ns;
        if (rounds[i].to_ns > to) to = rounds[i].to_ns;
    }
    pthread_barrier_destroy(&begin);
    check(side);
    return (double)(to - from) / MESSAGES;
}

int main(int argc, char **argv) {
    static const char *const names[] = {"one_ns", "two_ns", "apart_ns"};
    static struct side sides[3];
    int rounds = argc == 2 ? atoi(argv[1]) : 0;
    if (rounds < 1) {
        fprintf(stderr, "usage: workers ROUNDS\n");
        return 2;
    }
    struct plan plan;
    struct plan_options options = {
        .connections = SETS, .streams = STREAMS, .symbols = SYMBOLS, .seed = 1, .distinct = true};
    if (plan_init(&plan, &options)) die("no memory");
    brokers_open(&sides[0], 1, 1);
    brokers_open(&sides[1], 1, 2);
    brokers_open(&sides[2], 2, 1);
    for (int i = 0; i < 3; i++) {
        subscribe(&sides[i], &plan);
        run(&sides[i]); /* warm */
    }
    plan_fini(&plan);
    for (int round = 0; round < rounds; round++) {
        double ns[3];
        for (int i = 0; i < 3; i++) ns[(round + i) % 3] = run(&sides[(round + i) % 3]);
        printf("%s{", round ? ", " : "[");
        for (int i = 0; i < 3; i++) printf("%s\"%s\": %.1f", i ? ", " : "", names[i], ns[i]);
        printf("}");
    }
    printf("]\n");
    for (int i = 0; i < 3; i++) side_close(&sides[i]);
    return 0;
}
