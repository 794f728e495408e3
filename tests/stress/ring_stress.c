/*
 * The rings under load: `ring_stress [COUNT]`. Four workers consume and publish, eight threads push
 * from outside on the same four keys, one of these never rests and ends only when everybody else is
 * done: who starves or misses a wake-up does not end. Then again with one slot a
 * ring, and with closes in the middle.
 *
 * Asserted: each item once on each ring, in the producer's order; one order per key on all rings,
 * that of `seq`; what was answered is what was delivered; at the end all credits are back, no bit
 * and no parking is left.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ring/protocol.h"
#include "stress.h"

#define WORKER_COUNT   4
#define PUBLISHERS     3 /* of each worker */
#define OUTSIDE_COUNT  8 /* the first of them never rests */
#define PRODUCERS      (OUTSIDE_COUNT + WORKER_COUNT * PUBLISHERS)
#define KEYS           4
#define SLOTS          32
#define CLOSES         20
#define SLOTS_TIGHT    1
#define BYTES          (SLOTS * 64)
#define ITEM_BYTES_MAX (BYTES / 4)
#define BATCH          24
#define COUNT_STANDARD 1000000

struct item {
    uint64_t n, seq; /* of its producer; of its key */
    uint32_t producer, key, bytes;
    _Atomic uint32_t uses;
};

/* Who makes items: a thread outside, or a publisher of a worker. */
struct producer {
    struct run *run;
    uint32_t number;
    uint32_t dice;
    uint64_t sent, limit;
    uint64_t refused; /* EAGAIN, parked */
    /* publishers of workers */
    struct item *item; /* parked */
    bool busy;         /* ... on the retry list */
    struct ring_parking parking;
};

struct consumer {
    struct run *run;
    uint32_t number;
    uint32_t dice;
    uint64_t got[PRODUCERS];
    uint64_t last_seq[KEYS], order[KEYS]; /* `order`: a hash of who came in which order */
    struct producer publishers[PUBLISHERS];
};

struct run {
    struct rings *rings;
    uint32_t slots;
    struct producer outside[OUTSIDE_COUNT];
    struct consumer consumers[WORKER_COUNT];
    _Atomic uint32_t left; /* producers that have not sent all, the one that never rests aside */
    _Atomic bool draining;
};

static uint32_t roll(uint32_t *dice) {
    *dice = *dice * 1664525 + 1013904223;
    return *dice >> 8;
}

static void number(void *arg, uint64_t seq, uint32_t uses) {
    struct item *item = arg;
    item->seq = seq;
    atomic_store_explicit(&item->uses, uses, memory_order_relaxed);
}

static struct item *item_new(struct producer *producer) {
    struct item *item = malloc(sizeof *item);
    CHECK_TRUE(item != NULL);
    *item = (struct item){.n = producer->sent,
                          .producer = producer->number,
                          .key = roll(&producer->dice) % KEYS,
                          .bytes = 1 + roll(&producer->dice) % 128};
    if (roll(&producer->dice) % 64 == 0) item->bytes = ITEM_BYTES_MAX;
    return item;
}

static struct ring_item placed(struct item *item) {
    return (struct ring_item){.item = item, .key.hash = 1000 + item->key, .bytes = item->bytes};
}

/* --- outside --- */

static bool rests(const struct producer *producer) {
    return producer->number != 0;
}

static bool sent_all(struct producer *producer) {
    return rests(producer) ? producer->sent == producer->limit
                           : atomic_load(&producer->run->left) == 0;
}

static void *push_from_outside(void *arg) {
    struct producer *producer = arg;
    struct run *run = producer->run;
    int result = RINGS_OK;
    while (!sent_all(producer) && result != RINGS_CLOSED) {
        struct item *item = item_new(producer);
        struct ring_item ring_item = placed(item);
        while ((result = rings_push(run->rings, &ring_item)) == RINGS_AGAIN) {
            producer->refused++;
            if (rests(producer) && (result = rings_wait(run->rings, -1)) == RINGS_CLOSED) break;
        }
        if (result == RINGS_OK)
            producer->sent++;
        else
            free(item);
    }
    if (rests(producer)) atomic_fetch_sub(&run->left, 1);
    return NULL;
}

/* --- workers --- */

static void place(struct consumer *worker, struct producer *publisher) {
    struct ring_item ring_item = placed(publisher->item);
    int result = rings_place(worker->run->rings, worker->number, &ring_item, &publisher->parking);
    publisher->busy = result == RINGS_BUSY;
    if (result == RINGS_BUSY || result == RINGS_AGAIN) {
        publisher->refused++;
        return;
    }
    CHECK_TRUE(publisher->parking.waits == 0);
    if (result == RINGS_OK)
        publisher->sent++;
    else
        free(publisher->item);
    publisher->item = NULL;
    if (result == RINGS_CLOSED) publisher->limit = publisher->sent;
    if (publisher->sent == publisher->limit) atomic_fetch_sub(&worker->run->left, 1);
}

/* True if a publisher has more to send and need not wait. */
static bool publish(struct consumer *worker, bool signalled) {
    bool more = false;
    for (uint32_t i = 0; i < PUBLISHERS; i++) {
        struct producer *publisher = &worker->publishers[i];
        bool sends = publisher->item == NULL && publisher->sent < publisher->limit;
        if (sends) publisher->item = item_new(publisher);
        if (sends || (publisher->item != NULL && (signalled || publisher->busy)))
            place(worker, publisher);
        more = more || (publisher->item == NULL && publisher->sent < publisher->limit);
    }
    return more;
}

static void take(struct consumer *worker, struct item *item) {
    CHECK_TRUE(item->n == worker->got[item->producer]);
    CHECK_TRUE(item->seq == worker->last_seq[item->key] + 1);
    worker->got[item->producer]++;
    worker->last_seq[item->key]++;
    worker->order[item->key] = worker->order[item->key] * 31 + item->producer;
    if (atomic_fetch_sub(&item->uses, 1) == 1) free(item);
}

static void take_batch(struct consumer *worker) {
    uint32_t slots = 0, most = 1 + roll(&worker->dice) % BATCH;
    uint64_t bytes = 0;
    struct item *item;
    while (slots < most && (item = rings_pop(worker->run->rings, worker->number)) != NULL) {
        slots++;
        bytes += item->bytes;
        take(worker, item);
    }
    if (slots > 0) rings_give_back(worker->run->rings, worker->number, slots, bytes);
}

static bool any_busy(const struct consumer *worker) {
    for (uint32_t i = 0; i < PUBLISHERS; i++)
        if (worker->publishers[i].busy) return true;
    return false;
}

static void *work(void *arg) {
    struct consumer *worker = arg;
    struct rings *rings = worker->run->rings;
    bool again = true;
    for (;;) {
        struct pollfd event = {.fd = rings_eventfd(rings, worker->number), .events = POLLIN};
        int ready = poll(&event, 1, again ? 0 : any_busy(worker) ? 1 : -1);
        if (ready > 0) rings_clear(rings, worker->number);
        bool last = atomic_load(&worker->run->draining); /* before the last pop */
        again = publish(worker, ready > 0);
        take_batch(worker);
        if (rings_waiting(rings, worker->number))
            again = true;
        else if (last)
            return NULL;
    }
}

/* --- a run --- */

static struct producer producer_of(struct run *run, uint32_t number, uint64_t limit) {
    return (struct producer){
        .run = run, .number = number, .dice = number * 7919 + 1, .limit = limit};
}

static struct run *run_new(uint32_t slots, uint64_t each) {
    struct run *run = calloc(1, sizeof *run);
    struct rings_options options = {
        .count = WORKER_COUNT, .slots = slots, .bytes = BYTES, .number = number};
    CHECK_TRUE(run != NULL && rings_new(&options, &run->rings) == 0);
    run->slots = slots;
    for (uint32_t i = 0; i < OUTSIDE_COUNT; i++) run->outside[i] = producer_of(run, i, each);
    for (uint32_t i = 0; i < WORKER_COUNT; i++) {
        struct consumer *worker = &run->consumers[i];
        worker->run = run;
        worker->number = i;
        worker->dice = i;
        rings_want(run->rings, i, true);
        for (uint32_t j = 0; j < PUBLISHERS; j++)
            worker->publishers[j] = producer_of(run, OUTSIDE_COUNT + i * PUBLISHERS + j, each);
    }
    atomic_store(&run->left, PRODUCERS - 1);
    return run;
}

static void check_delivered(const struct run *run, const struct producer *producer) {
    CHECK_TRUE(producer->item == NULL && producer->parking.waits == 0);
    for (uint32_t i = 0; i < WORKER_COUNT; i++)
        CHECK_TRUE(run->consumers[i].got[producer->number] == producer->sent);
}

static void check_returned(const struct run *run, uint32_t i) {
    const struct ring *ring = &run->rings->worker[i].ring;
    CHECK_TRUE(atomic_load(&ring->credit) == run->slots * RING_SLOT_CREDIT + BYTES);
    CHECK_TRUE((atomic_load(&ring->waiters) & WORKERS) == 0);
    for (uint32_t j = 0; j < RINGS_MAX; j++) CHECK_TRUE(run->rings->worker[i].waiting[j] == 0);
}

static void check(const struct run *run) {
    uint64_t sent = 0, outside = 0, parked = 0;
    for (uint32_t i = 0; i < OUTSIDE_COUNT; i++) {
        check_delivered(run, &run->outside[i]);
        sent += run->outside[i].sent;
        outside += run->outside[i].refused;
    }
    for (uint32_t i = 0; i < WORKER_COUNT; i++) {
        const struct consumer *worker = &run->consumers[i];
        for (uint32_t j = 0; j < PUBLISHERS; j++) {
            check_delivered(run, &worker->publishers[j]);
            sent += worker->publishers[j].sent;
            parked += worker->publishers[j].refused;
        }
        check_returned(run, i);
        CHECK_TRUE(memcmp(worker->order, run->consumers[0].order, sizeof worker->order) == 0);
        CHECK_TRUE(memcmp(worker->last_seq, run->consumers[0].last_seq, sizeof worker->last_seq) ==
                   0);
    }
    CHECK_TRUE(rings_pushed(run->rings) == sent);
    printf("%llu items (%llu of the producer that never rests) on %d rings, refused outside %llu, "
           "of workers %llu\n",
           (unsigned long long)sent, (unsigned long long)run->outside[0].sent, WORKER_COUNT,
           (unsigned long long)outside, (unsigned long long)parked);
}

/* Each producer sends `each` items; or, with `close_after`, all send until the rings are closed. */
static void run_once(uint32_t slots, uint64_t each, uint64_t close_after) {
    struct run *run = run_new(slots, each);
    pthread_t workers[WORKER_COUNT], outside[OUTSIDE_COUNT];
    uint64_t pushed = 0;
    for (uint32_t i = 0; i < WORKER_COUNT; i++)
        CHECK_TRUE(pthread_create(&workers[i], NULL, work, &run->consumers[i]) == 0);
    for (uint32_t i = 0; i < OUTSIDE_COUNT; i++)
        CHECK_TRUE(pthread_create(&outside[i], NULL, push_from_outside, &run->outside[i]) == 0);
    if (close_after > 0) {
        while (rings_pushed(run->rings) < close_after) sched_yield();
        rings_close(run->rings);
        pushed = rings_pushed(run->rings);
        for (uint32_t i = 0; i < WORKER_COUNT; i++) rings_signal(run->rings, i);
    }
    for (uint32_t i = 0; i < OUTSIDE_COUNT; i++) pthread_join(outside[i], NULL);
    if (close_after == 0) rings_close(run->rings);
    atomic_store(&run->draining, true);
    for (uint32_t i = 0; i < WORKER_COUNT; i++) rings_signal(run->rings, i);
    for (uint32_t i = 0; i < WORKER_COUNT; i++) pthread_join(workers[i], NULL);
    CHECK_TRUE(close_after == 0 || pushed == rings_pushed(run->rings)); /* none was in flight */
    check(run);
    rings_free(run->rings, NULL);
    free(run);
}

int main(int count, char **arguments) {
    uint64_t items = count > 1 ? strtoull(arguments[1], NULL, 10) : COUNT_STANDARD;
    run_once(SLOTS, items / (PRODUCERS - 1) + 1, 0);
    run_once(SLOTS_TIGHT, items / (PRODUCERS - 1) / 20 + 1, 0);
    for (int i = 0; i < CLOSES; i++) run_once(SLOTS, UINT64_MAX, items / 10 / CLOSES + 1);
    return 0;
}
