/*
 * The ring alone: an item pushed and popped again, beside ck_ring (Concurrency Kit, many producers
 * and one consumer), which has neither credits nor an order over several rings nor a wake-up. The
 * flag of the consumer stays set, as under load: no system call is made.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "kit/counting.h"
#include "kit/micro.h"
#include "ring/ring.h"
#include "ring/rings.h"

#ifdef BENCH_CK
#include <ck_ring.h>
#endif

#define SLOTS     4096
#define BATCH     64 /* popped before credits are given back */
#define BATCHES   16
#define ITEMS     (BATCH * BATCHES)
#define BYTES     200 /* of an item */
#define PRODUCERS 2

struct bench {
    struct rings *rings;
    uint32_t count; /* rings */
    struct ring bare;
    uint64_t item;
    bool (*push)(struct bench *bench, uint64_t hash);
    void (*pop)(struct bench *bench); /* a batch */
    _Atomic bool over;
#ifdef BENCH_CK
    ck_ring_t ck __attribute__((aligned(RING_LINE)));
    ck_ring_buffer_t ck_slots[SLOTS];
#endif
};

struct producer {
    struct bench *bench;
    uint64_t hash;
    pthread_t thread;
};

static void number(void *item, uint64_t seq, uint32_t uses) {
    *(volatile uint64_t *)item = seq + uses;
}

/* --- ours --- */

static bool push_ours(struct bench *bench, uint64_t hash) {
    struct ring_item item = {.item = &bench->item, .key.hash = hash, .bytes = BYTES};
    return rings_push(bench->rings, &item) == RINGS_OK;
}

static void pop_ours(struct bench *bench) {
    for (uint32_t self = 0; self < bench->count; self++) {
        for (uint32_t i = 0; i < BATCH; i++)
            while (rings_pop(bench->rings, self) == NULL) sched_yield();
        rings_give_back(bench->rings, self, BATCH, BATCH * BYTES);
    }
}

static bool push_bare(struct bench *bench, uint64_t hash) {
    (void)hash;
    if (!ring_reserve(&bench->bare, BYTES)) return false;
    ring_enqueue(&bench->bare, &bench->item);
    return true;
}

static void pop_bare(struct bench *bench) {
    for (uint32_t i = 0; i < BATCH; i++)
        while (ring_pop(&bench->bare) == NULL) sched_yield();
    ring_give_back(&bench->bare, BATCH, BATCH * BYTES);
}

/* --- ck_ring --- */

#ifdef BENCH_CK
static bool push_ck(struct bench *bench, uint64_t hash) {
    (void)hash;
    return ck_ring_enqueue_mpsc(&bench->ck, bench->ck_slots, &bench->item);
}

static void pop_ck(struct bench *bench) {
    void *item;
    for (uint32_t i = 0; i < BATCH; i++)
        while (!ck_ring_dequeue_mpsc(&bench->ck, bench->ck_slots, &item)) sched_yield();
}
#endif

/* --- measuring --- */

static void step_alone(void *arg) {
    struct bench *bench = arg;
    for (uint32_t batch = 0; batch < BATCHES; batch++) {
        for (uint32_t i = 0; i < BATCH; i++)
            if (!bench->push(bench, i)) abort();
        bench->pop(bench);
    }
}

static void step_beside_producers(void *arg) {
    struct bench *bench = arg;
    for (uint32_t batch = 0; batch < BATCHES; batch++) bench->pop(bench);
}

static void *produce(void *arg) {
    struct producer *producer = arg;
    struct bench *bench = producer->bench;
    while (!atomic_load_explicit(&bench->over, memory_order_relaxed))
        if (!bench->push(bench, producer->hash)) sched_yield();
    return NULL;
}

static void run_beside_producers(struct bench *bench, const char *name) {
    struct producer producers[PRODUCERS];
    if (counting_on()) return; /* what they do while they wait is not worth counting */
    for (uint64_t i = 0; i < PRODUCERS; i++) {
        producers[i] = (struct producer){.bench = bench, .hash = i};
        if (pthread_create(&producers[i].thread, NULL, produce, &producers[i])) abort();
    }
    micro_run(name, ITEMS, step_beside_producers, bench);
    atomic_store(&bench->over, true);
    for (uint64_t i = 0; i < PRODUCERS; i++) pthread_join(producers[i].thread, NULL);
}

static struct bench *bench_new(uint32_t count) {
    struct bench *bench = aligned_alloc(RING_LINE, sizeof *bench);
    struct rings_options options = {
        .count = count, .slots = SLOTS, .bytes = (uint64_t)SLOTS * BYTES, .number = number};
    if (bench == NULL) exit(1);
    *bench = (struct bench){.count = count};
    if (rings_new(&options, &bench->rings) || ring_init(&bench->bare, SLOTS, options.bytes))
        exit(1);
    for (uint32_t i = 0; i < count; i++) rings_want(bench->rings, i, true);
    return bench;
}

static void bench_free(struct bench *bench) {
    ring_fini(&bench->bare);
    rings_free(bench->rings, NULL);
    free(bench);
}

static void measure(const char *name, uint32_t count, bool beside,
                    bool (*push)(struct bench *, uint64_t), void (*pop)(struct bench *)) {
    struct bench *bench = bench_new(count);
    bench->push = push;
    bench->pop = pop;
#ifdef BENCH_CK
    ck_ring_init(&bench->ck, SLOTS);
#endif
    if (beside)
        run_beside_producers(bench, name);
    else
        micro_run(name, ITEMS, step_alone, bench);
    bench_free(bench);
}

int main(void) {
    measure("ring: push and pop, 1 ring, one thread", 1, false, push_ours, pop_ours);
    measure("ring: push and pop, 4 rings, one thread", 4, false, push_ours, pop_ours);
    measure("ring: without stripe, masks and wake-up, one thread", 1, false, push_bare, pop_bare);
    measure("ring: push and pop, 1 ring, 2 producers and a consumer", 1, true, push_ours, pop_ours);
#ifdef BENCH_CK
    measure("ck_ring: push and pop, one thread", 1, false, push_ck, pop_ck);
    measure("ck_ring: push and pop, 2 producers and a consumer", 1, true, push_ck, pop_ck);
#else
    puts("built without Concurrency Kit (libck-dev): ck_ring is left out");
#endif
    return 0;
}
