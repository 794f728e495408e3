/* The rings as one thread sees them; tests/stress/ring_stress.c has many. */
#include <criterion/criterion.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "ring/protocol.h"

#define SLOTS 8
#define BYTES 800

struct item {
    uint64_t seq;
    uint32_t uses, numbered;
};

static struct rings *rings;
static struct item items[64];
static uint32_t dropped;

static void number(void *arg, uint64_t seq, uint32_t uses) {
    struct item *item = arg;
    item->seq = seq;
    item->uses = uses;
    item->numbered++;
}

static void drop(void *item) {
    (void)item;
    dropped++;
}

static struct ring_item sized(uint32_t i, uint32_t bytes) {
    return (struct ring_item){.item = &items[i], .key.hash = 7, .bytes = bytes};
}

static int push(uint32_t i) {
    struct ring_item item = sized(i, 1);
    return rings_push(rings, &item);
}

static int place(uint32_t self, uint32_t i, struct ring_parking *parking) {
    struct ring_item item = sized(i, 1);
    return rings_place(rings, self, &item, parking);
}

static void open_rings(uint32_t count, uint32_t wanted) {
    struct rings_options options = {
        .count = count, .slots = SLOTS, .bytes = BYTES, .number = number};
    cr_assert_eq(rings_new(&options, &rings), 0);
    for (uint32_t i = 0; i < wanted; i++) rings_want(rings, i, true);
}

static void fill(void) {
    for (uint32_t i = 0; i < SLOTS; i++) cr_assert_eq(push(i), RINGS_OK);
}

/* Pops `count` items of ring `self` and gives them back. */
static void take(uint32_t self, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) cr_assert_not_null(rings_pop(rings, self));
    rings_give_back(rings, self, count, count);
}

static bool signalled(uint32_t worker) {
    struct pollfd event = {.fd = rings_eventfd(rings, worker), .events = POLLIN};
    return poll(&event, 1, 0) == 1;
}

static void free_rings(void) {
    rings_free(rings, NULL);
}

TestSuite(rings, .fini = free_rings);

Test(rings, an_item_reaches_every_ring_that_wants_it_and_no_other) {
    open_rings(3, 2);
    cr_assert_eq(push(0), RINGS_OK);
    cr_assert_eq(items[0].uses, 2);
    cr_assert_eq(items[0].numbered, 1);
    cr_assert_eq(rings_pop(rings, 0), &items[0]);
    cr_assert_eq(rings_pop(rings, 1), &items[0]);
    cr_assert_null(rings_pop(rings, 2));
    cr_assert(!signalled(2));
}

Test(rings, what_no_ring_wants_is_accepted_with_no_uses) {
    open_rings(2, 0);
    items[0].uses = 9;
    cr_assert_eq(push(0), RINGS_OK);
    cr_assert_eq(items[0].uses, 0);
    cr_assert_eq(items[0].numbered, 1);
}

Test(rings, a_ring_that_wants_no_longer_gets_nothing_until_it_wants_again) {
    open_rings(1, 1);
    rings_want(rings, 0, false);
    push(0);
    rings_want(rings, 0, true);
    push(1);
    cr_assert_eq(rings_pop(rings, 0), &items[1]);
    cr_assert_null(rings_pop(rings, 0));
}

Test(rings, items_come_in_order_of_their_seq_round_and_round) {
    open_rings(1, 1);
    uint64_t pushed = 0;
    for (uint32_t round = 0; round < 100; round++) {
        uint32_t count = 1 + round % SLOTS;
        for (uint32_t i = 0; i < count; i++) cr_assert_eq(push(i), RINGS_OK);
        for (uint32_t i = 0; i < count; i++) {
            struct item *item = rings_pop(rings, 0);
            cr_assert_eq(item, &items[i]);
            cr_assert(i == 0 || item->seq == items[i - 1].seq + 1);
        }
        cr_assert(!rings_waiting(rings, 0));
        rings_give_back(rings, 0, count, count);
        pushed += count;
        cr_assert_eq(rings_pushed(rings), pushed);
    }
}

Test(rings, a_full_ring_refuses_for_all_and_nothing_is_spent) {
    open_rings(2, 1);
    fill();
    rings_want(rings, 0, false);
    rings_want(rings, 1, true);
    rings_want(rings, 0, true);
    uint64_t pushed = rings_pushed(rings);
    for (uint32_t i = 0; i < 3 * SLOTS; i++) cr_assert_eq(push(SLOTS), RINGS_AGAIN);
    cr_assert_eq(items[SLOTS].numbered, 0);
    cr_assert_eq(rings_pushed(rings), pushed);
    cr_assert(!rings_waiting(rings, 1));
    cr_assert(!signalled(1));
    rings_want(rings, 0, false);
    fill(); /* all credits of the other are still there */
}

Test(rings, the_last_ring_refuses_for_the_first) {
    open_rings(2, 0);
    rings_want(rings, 1, true);
    fill();
    rings_want(rings, 0, true);
    for (uint32_t i = 0; i < 3 * SLOTS; i++) cr_assert_eq(push(SLOTS), RINGS_AGAIN);
    cr_assert(!rings_waiting(rings, 0));
    rings_want(rings, 1, false);
    fill();
}

Test(rings, credits_are_popped_items_given_back_and_not_before) {
    open_rings(1, 1);
    fill();
    cr_assert_eq(push(SLOTS), RINGS_AGAIN);
    cr_assert_not_null(rings_pop(rings, 0));
    cr_assert_eq(push(SLOTS), RINGS_AGAIN);
    rings_give_back(rings, 0, 1, 1);
    cr_assert_eq(push(SLOTS), RINGS_OK);
    cr_assert_eq(push(SLOTS), RINGS_AGAIN);
}

Test(rings, bytes_are_credits_too) {
    open_rings(1, 1);
    struct ring_item large = sized(0, BYTES - 1), small = sized(1, 2), fits = sized(2, 1);
    cr_assert_eq(rings_push(rings, &large), RINGS_OK);
    cr_assert_eq(rings_push(rings, &small), RINGS_AGAIN);
    cr_assert_eq(rings_push(rings, &fits), RINGS_OK);
    cr_assert_not_null(rings_pop(rings, 0));
    rings_give_back(rings, 0, 1, BYTES - 1);
    cr_assert_eq(rings_push(rings, &small), RINGS_OK);
}

Test(rings, a_ring_of_its_whole_bytes_holds_one_item) {
    open_rings(1, 1);
    struct ring_item whole = sized(0, BYTES);
    for (int i = 0; i < 5; i++) {
        cr_assert_eq(rings_push(rings, &whole), RINGS_OK);
        cr_assert_eq(push(1), RINGS_AGAIN);
        cr_assert_not_null(rings_pop(rings, 0));
        rings_give_back(rings, 0, 1, BYTES);
    }
}

Test(rings, many_pushes_write_the_eventfd_once_until_it_is_cleared) {
    open_rings(1, 1);
    uint64_t writes;
    fill();
    cr_assert_eq(read(rings_eventfd(rings, 0), &writes, sizeof writes), sizeof writes);
    cr_assert_eq(writes, 1);
    take(0, SLOTS);
    push(0);
    cr_assert(!signalled(0), "the flag still stands");
    rings_clear(rings, 0);
    push(1);
    cr_assert(signalled(0));
    rings_clear(rings, 0);
    cr_assert(!signalled(0));
}

Test(rings, a_parked_worker_goes_before_threads_outside) {
    open_rings(2, 1);
    struct ring_parking parking = {0};
    fill();
    cr_assert_eq(place(1, SLOTS, &parking), RINGS_AGAIN);
    take(0, SLOTS);
    cr_assert_eq(push(SLOTS + 1), RINGS_AGAIN, "refused beside a free ring");
    cr_assert(signalled(1));
    cr_assert_eq(place(1, SLOTS, &parking), RINGS_OK);
    cr_assert_eq(parking.waits, 0);
    cr_assert_eq(push(SLOTS + 1), RINGS_OK);
    cr_assert_eq(rings_pop(rings, 0), &items[SLOTS]);
}

Test(rings, a_parked_worker_does_not_refuse_others_that_wait_nor_itself) {
    open_rings(3, 1);
    struct ring_parking first = {0}, other = {0}, second = {0};
    fill();
    cr_assert_eq(place(1, SLOTS, &first), RINGS_AGAIN);
    take(0, 2);
    cr_assert_eq(place(2, SLOTS + 1, &other), RINGS_OK);
    cr_assert_eq(place(1, SLOTS + 2, &second), RINGS_OK);
    cr_assert_eq(push(SLOTS + 3), RINGS_AGAIN);
    cr_assert_eq(place(1, SLOTS, &first), RINGS_AGAIN);
}

Test(rings, a_worker_that_parks_on_its_own_ring_signals_itself) {
    open_rings(1, 1);
    struct ring_parking parking = {0};
    fill();
    cr_assert_eq(place(0, SLOTS, &parking), RINGS_AGAIN);
    rings_clear(rings, 0);
    take(0, SLOTS / 4);
    cr_assert(signalled(0));
}

Test(rings, who_waits_is_woken_at_a_quarter_free_and_not_before) {
    open_rings(2, 1);
    struct ring_parking parking = {0};
    fill();
    cr_assert_eq(place(1, SLOTS, &parking), RINGS_AGAIN);
    take(0, SLOTS / 4 - 1);
    cr_assert(!signalled(1));
    take(0, 1);
    cr_assert(signalled(1));
}

Test(rings, who_waits_is_woken_when_the_ring_is_empty_whatever_is_free) {
    open_rings(2, 1);
    struct ring_parking parking = {0};
    fill();
    struct ring_item item = sized(SLOTS, BYTES);
    cr_assert_eq(rings_place(rings, 1, &item, &parking), RINGS_AGAIN);
    for (uint32_t i = 0; i < SLOTS; i++) rings_pop(rings, 0);
    rings_give_back(rings, 0, 1, 1);
    cr_assert(signalled(1));
}

Test(rings, a_quarter_of_the_slots_is_not_enough_without_a_quarter_of_the_bytes) {
    open_rings(2, 1);
    struct ring_parking parking = {0};
    struct ring_item large = sized(SLOTS, BYTES - 3), small = sized(0, 1);
    for (int i = 0; i < 3; i++) rings_push(rings, &small);
    rings_push(rings, &large);
    cr_assert_eq(rings_place(rings, 1, &small, &parking), RINGS_AGAIN);
    take(0, 3);
    cr_assert(!signalled(1));
    rings_pop(rings, 0);
    rings_give_back(rings, 0, 1, BYTES - 3);
    cr_assert(signalled(1));
}

Test(rings, the_bit_stays_until_the_last_message_of_the_worker_waits_no_longer) {
    open_rings(2, 1);
    struct ring_parking first = {0}, second = {0};
    fill();
    cr_assert_eq(place(1, SLOTS, &first), RINGS_AGAIN);
    cr_assert_eq(place(1, SLOTS + 1, &second), RINGS_AGAIN);
    take(0, SLOTS);
    cr_assert_eq(place(1, SLOTS, &first), RINGS_OK);
    cr_assert_eq(push(SLOTS + 2), RINGS_AGAIN);
    rings_unpark(rings, 1, &second);
    cr_assert_eq(push(SLOTS + 2), RINGS_OK);
    rings_unpark(rings, 1, &second); /* a second time changes nothing */
    cr_assert_eq(push(SLOTS + 2), RINGS_OK);
}

Test(rings, bits_stay_on_each_ring_until_the_message_is_on_all) {
    open_rings(3, 2);
    struct ring_parking parking = {0};
    fill();
    cr_assert_eq(place(2, SLOTS, &parking), RINGS_AGAIN);
    take(0, SLOTS);
    cr_assert_eq(place(2, SLOTS, &parking), RINGS_AGAIN);
    cr_assert_eq(parking.waits, 3);
    rings_want(rings, 1, false);
    cr_assert_eq(push(SLOTS + 1), RINGS_AGAIN, "ring 0 is kept for the parked message");
    rings_want(rings, 1, true);
    take(1, SLOTS);
    cr_assert_eq(place(2, SLOTS, &parking), RINGS_OK);
    cr_assert_eq(push(SLOTS + 1), RINGS_OK);
}

Test(rings, a_retry_that_must_fail_wakes_nobody) {
    open_rings(4, 2);
    struct ring_parking parking = {0}, other = {0};
    fill();
    cr_assert_eq(place(2, SLOTS, &parking), RINGS_AGAIN);
    cr_assert_eq(place(3, SLOTS + 1, &other), RINGS_AGAIN);
    take(0, SLOTS);
    cr_assert_eq(place(2, SLOTS, &parking), RINGS_AGAIN);
    cr_assert_eq(place(3, SLOTS + 1, &other), RINGS_AGAIN);
    for (int i = 0; i < 3; i++) {
        rings_clear(rings, 2);
        rings_clear(rings, 3);
        cr_assert_eq(place(2, SLOTS, &parking), RINGS_AGAIN);
        cr_assert_eq(place(3, SLOTS + 1, &other), RINGS_AGAIN);
        cr_assert(!signalled(2));
        cr_assert(!signalled(3));
    }
}

/* Called with the stripe held. */
static void place_meanwhile(void *item, uint64_t seq, uint32_t uses) {
    struct ring_parking parking = {0};
    struct ring_item same = sized(1, 1), another = {.item = &items[2], .key.hash = 8, .bytes = 1};
    number(item, seq, uses);
    if (item != &items[0]) return;
    cr_assert_eq(rings_place(rings, 0, &same, &parking), RINGS_BUSY);
    cr_assert_eq(parking.waits, 0);
    cr_assert_eq(rings_place(rings, 0, &another, &parking), RINGS_OK);
}

Test(rings, a_busy_stripe_is_told_to_workers_and_other_keys_go_on) {
    struct rings_options options = {
        .count = 1, .slots = SLOTS, .bytes = BYTES, .number = place_meanwhile};
    cr_assert_eq(rings_new(&options, &rings), 0);
    rings_want(rings, 0, true);
    cr_assert_eq(push(0), RINGS_OK);
    cr_assert_eq(push(1), RINGS_OK, "the stripe is free again");
}

Test(rings, a_wait_ends_at_once_where_a_push_may_succeed) {
    open_rings(2, 1);
    cr_assert_eq(rings_wait(rings, -1), RINGS_OK);
    fill();
    cr_assert_eq(rings_wait(rings, 0), RINGS_TIMEDOUT);
    cr_assert_eq(rings_wait(rings, 5), RINGS_TIMEDOUT);
    take(0, SLOTS / 4);
    cr_assert_eq(rings_wait(rings, -1), RINGS_OK);
}

Test(rings, threads_outside_refuse_nobody) {
    open_rings(1, 1);
    struct ring_parking parking = {0};
    fill();
    cr_assert_eq(rings_wait(rings, 0), RINGS_TIMEDOUT);
    take(0, 1);
    cr_assert_eq(push(0), RINGS_OK);
    cr_assert_eq(place(0, 1, &parking), RINGS_AGAIN);
}

/* A thread that waits without end, and what it was answered. */
static void *wait_outside(void *arg) {
    *(int *)arg = rings_wait(rings, -1);
    return NULL;
}

/* Until a thread waits; then a little more, so that it most likely sleeps. */
static void until_somebody_waits(void) {
    while ((atomic_load(&rings->worker[0].ring.waiters) & OUTSIDE) == 0) sched_yield();
    for (int i = 0; i < 100; i++) sched_yield();
}

Test(rings, a_wait_is_woken_by_what_is_given_back) {
    open_rings(1, 1);
    for (int i = 0; i < 50; i++) {
        int answer = 1;
        pthread_t waiter;
        fill();
        pthread_create(&waiter, NULL, wait_outside, &answer);
        until_somebody_waits();
        take(0, SLOTS);
        pthread_join(waiter, NULL);
        cr_assert_eq(answer, RINGS_OK);
        cr_assert_eq(atomic_load(&rings->worker[0].ring.waiters), 0);
    }
}

Test(rings, a_wait_is_woken_when_the_last_parked_message_is_given_up) {
    open_rings(2, 1);
    for (int i = 0; i < 50; i++) {
        int answer = 1;
        pthread_t waiter;
        struct ring_parking parking = {0};
        fill();
        cr_assert_eq(place(1, SLOTS, &parking), RINGS_AGAIN);
        take(0, SLOTS);
        pthread_create(&waiter, NULL, wait_outside, &answer);
        until_somebody_waits();
        rings_unpark(rings, 1, &parking);
        pthread_join(waiter, NULL);
        cr_assert_eq(answer, RINGS_OK);
    }
}

Test(rings, a_close_ends_waits) {
    open_rings(1, 1);
    int answer = 1;
    pthread_t waiter;
    fill();
    pthread_create(&waiter, NULL, wait_outside, &answer);
    until_somebody_waits();
    rings_close(rings);
    pthread_join(waiter, NULL);
    cr_assert_eq(answer, RINGS_CLOSED);
    cr_assert_eq(rings_wait(rings, 0), RINGS_CLOSED);
}

static _Atomic bool close_returned;
static pthread_t closer;

static void *close_rings(void *arg) {
    (void)arg;
    rings_close(rings);
    atomic_store(&close_returned, true);
    return NULL;
}

/* Called with the stripe held, while another thread closes. */
static void close_meanwhile(void *item, uint64_t seq, uint32_t uses) {
    number(item, seq, uses);
    pthread_create(&closer, NULL, close_rings, NULL);
    while (!atomic_load(&rings->closed)) sched_yield();
    for (int i = 0; i < 1000; i++) sched_yield();
    cr_assert(!atomic_load(&close_returned));
}

Test(rings, a_close_returns_when_no_push_is_in_flight) {
    struct rings_options options = {
        .count = 1, .slots = SLOTS, .bytes = BYTES, .number = close_meanwhile};
    cr_assert_eq(rings_new(&options, &rings), 0);
    rings_want(rings, 0, true);
    cr_assert_eq(push(0), RINGS_OK);
    pthread_join(closer, NULL);
    cr_assert_eq(rings_pop(rings, 0), &items[0]);
}

Test(rings, after_a_close_nothing_is_placed_and_what_was_is_still_there) {
    open_rings(2, 1);
    struct ring_parking parking = {0};
    fill();
    cr_assert_eq(place(1, SLOTS, &parking), RINGS_AGAIN);
    rings_close(rings);
    cr_assert_eq(push(SLOTS + 1), RINGS_CLOSED);
    cr_assert_eq(place(1, SLOTS, &parking), RINGS_CLOSED);
    cr_assert_eq(parking.waits, 0, "the parking is over");
    cr_assert_eq(items[SLOTS].numbered, 0);
    take(0, SLOTS);
    cr_assert_null(rings_pop(rings, 0));
    cr_assert_eq(push(SLOTS + 1), RINGS_CLOSED, "also with room");
    cr_assert_eq(place(1, SLOTS, &parking), RINGS_CLOSED);
    cr_assert_eq(rings_pushed(rings), SLOTS);
}

Test(rings, what_is_left_is_dropped_by_free) {
    open_rings(2, 2);
    fill();
    take(1, 3);
    rings_free(rings, drop);
    rings = NULL;
    cr_assert_eq(dropped, SLOTS + SLOTS - 3);
}
