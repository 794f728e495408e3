/* From the first to the last receiver of a message. */
#include <criterion/criterion.h>

#include "load/skew.h"
#include "load/strangers.h"

static struct skew skew;
static uint64_t told[64];
static uint32_t told_count;

static void over(void *arg, uint32_t publisher, const struct skew_slot *slot) {
    (void)arg, (void)publisher;
    told[told_count++] = slot->last - slot->first;
}

static void begin(void) {
    cr_assert_eq(skew_init(&skew, 2, over, NULL), 0);
    told_count = 0;
}

static void end(void) {
    skew_fini(&skew);
}

TestSuite(skew, .init = begin, .fini = end);

Test(skew, is_told_when_the_last_reader_has_it) {
    cr_assert_eq(skew_take(&skew, 0, 0, 100, 3), 0);
    cr_assert_eq(skew_take(&skew, 0, 0, 150, 3), 1);
    cr_assert_eq(told_count, 0);
    cr_assert_eq(skew_take(&skew, 0, 0, 190, 3), 2);
    cr_assert_eq(told_count, 1);
    cr_assert_eq(told[0], 90);
    skew_end(&skew);
    cr_assert_eq(told_count, 1, "once");
}

Test(skew, messages_under_way_do_not_mix) {
    skew_take(&skew, 0, 1, 100, 2);
    skew_take(&skew, 0, 2, 110, 2);
    skew_take(&skew, 1, 1, 120, 2);
    skew_take(&skew, 0, 2, 115, 2);
    skew_take(&skew, 0, 1, 170, 2);
    cr_assert_eq(told_count, 2);
    cr_assert_eq(told[0], 5);
    cr_assert_eq(told[1], 70);
}

Test(skew, an_incomplete_message_is_told_when_its_place_is_needed) {
    skew_take(&skew, 0, 5, 100, 3);
    skew_take(&skew, 0, 5, 130, 3);
    skew_take(&skew, 0, 5 + SKEW_SLOTS, 200, 3);
    cr_assert_eq(told_count, 1);
    cr_assert_eq(told[0], 30);
    cr_assert_eq(skew_take(&skew, 0, 5, 300, 3), -1, "it is too late for that one");
    skew_end(&skew);
    cr_assert_eq(told_count, 2);
}

static void spread(void *arg, uint64_t skew_ns) {
    (void)arg;
    told[told_count++] = skew_ns;
}

Test(skew, parts_of_threads_are_joined) {
    struct skew_join *join = skew_join_new(1, 2, spread, NULL);
    const struct skew_slot a = {.name = 8, .first = 100, .last = 120, .count = 2};
    const struct skew_slot b = {.name = 8, .first = 90, .last = 95, .count = 1};
    const struct skew_slot later = {.name = 9, .first = 200, .last = 201, .count = 2};
    skew_join_add(join, 0, &a);
    skew_join_add(join, 0, &later);
    cr_assert_eq(told_count, 0);
    skew_join_add(join, 0, &b);
    cr_assert_eq(told_count, 1);
    cr_assert_eq(told[0], 30);
    skew_join_end(join);
    cr_assert_eq(told_count, 2);
    cr_assert_eq(told[1], 1);
    skew_join_free(join);
}

Test(skew, strangers_are_known_by_what_they_are) {
    struct strangers strangers;
    strangers_init(&strangers, spread, NULL);
    strangers_take(&strangers, "a", 1, "one", 3, 1000, 2);
    strangers_take(&strangers, "b", 1, "one", 3, 1010, 2);
    strangers_take(&strangers, "a", 1, "one", 3, 1040, 2);
    cr_assert_eq(told_count, 1);
    cr_assert_eq(told[0], 40);
    strangers_take(&strangers, "a", 1, "one", 3, 5000, 0);
    strangers_take(&strangers, "a", 1, "one", 3, 5000 + STRANGERS_NS + 1, 0);
    cr_assert_eq(told_count, 1, "the same again is another message");
    strangers_take(&strangers, "a", 1, "one", 3, 5007 + STRANGERS_NS + 1, 0);
    strangers_end(&strangers);
    cr_assert_eq(told_count, 2);
    cr_assert_eq(told[1], 7);
    strangers_fini(&strangers);
}
