/* What a connection is owed. Where an order matters, all orders are tried. */
#include <criterion/criterion.h>

#include "load/account.h"

#define KEY 7

static const uint32_t SYMBOLS[] = {3, KEY, 12};

static struct account account;
static uint32_t place;

static void begin(void) {
    cr_assert_eq(account_init(&account, SYMBOLS, 3, 2), 0);
    place = account_place(&account, KEY);
}

static void end(void) {
    account_fini(&account);
}

TestSuite(account, .init = begin, .fini = end);

static enum account_event take(uint64_t number) {
    return account_take(&account, place, number, 0, number, 0);
}

Test(account, knows_its_symbols) {
    cr_assert_eq(account_place(&account, 3), 0);
    cr_assert_eq(account_place(&account, 12), 2);
    cr_assert_eq(account_place(&account, 4), account.count);
    cr_assert_eq(account_place(&account, 0), account.count);
    cr_assert_eq(account_place(&account, 99), account.count);
}

Test(account, is_content_when_all_comes_in_order) {
    account_owe(&account, place, 0);
    for (uint64_t i = 0; i < 10; i++) cr_assert_eq(take(i), ACCOUNT_NEW);
    cr_assert_eq(account.received, 10);
    cr_assert_eq(account.missing + account.duplicated + account.reordered, 0);
    cr_assert_eq(account_tail(&account, place, 10, 0), 0);
    cr_assert_eq(account_tail(&account, place, 14, 0), 4, "four were published and have not come");
}

Test(account, a_gap_is_missing_until_it_comes_late) {
    account_owe(&account, place, 0);
    take(0);
    take(4);
    cr_assert_eq(account.missing, 3);
    cr_assert_eq(take(2), ACCOUNT_NEW);
    cr_assert_eq(account.missing, 2);
    cr_assert_eq(account.reordered, 1);
    cr_assert_eq(take(2), ACCOUNT_DUPLICATE);
    take(1);
    take(3);
    cr_assert_eq(account.missing, 0);
    cr_assert_eq(account.reordered, 3);
    cr_assert_eq(account.duplicated, 1);
    cr_assert_eq(account.received, 5);
    cr_assert_eq(account.hole_count, 0);
}

/* Every order of six messages, each of them perhaps not coming or coming twice: compared with sets.
 */
static void try_order(const int *order, int count, int lost, int twice) {
    unsigned seen = 0;
    uint64_t highest = 0, received = 0, duplicated = 0, reordered = 0;
    account_fini(&account);
    begin();
    account_owe(&account, place, 0);
    for (int i = 0; i < count; i++) {
        int number = order[i];
        if (number == lost) continue;
        for (int again = 0; again < (number == twice ? 2 : 1); again++) {
            bool before = seen & 1U << number;
            cr_assert_eq(take((uint64_t)number), before ? ACCOUNT_DUPLICATE : ACCOUNT_NEW);
            duplicated += before;
            received += !before;
            reordered += !before && (uint64_t)number < highest;
            if ((uint64_t)number + 1 > highest) highest = (uint64_t)number + 1;
            seen |= 1U << number;
        }
    }
    cr_assert_eq(account.received, received);
    cr_assert_eq(account.duplicated, duplicated);
    cr_assert_eq(account.reordered, reordered);
    uint64_t lost_in_all = account.missing + account_tail(&account, place, (uint64_t)count, 0);
    cr_assert_eq(lost_in_all, (uint64_t)count - received);
}

static void permute(int *order, int from, int count) {
    if (from == count) {
        for (int lost = -1; lost < count; lost++)
            for (int twice = -1; twice < count; twice++) try_order(order, count, lost, twice);
        return;
    }
    for (int i = from; i < count; i++) {
        int first = order[from];
        order[from] = order[i];
        order[i] = first;
        permute(order, from + 1, count);
        order[i] = order[from];
        order[from] = first;
    }
}

Test(account, is_exact_for_every_order_of_six_messages) {
    int order[] = {0, 1, 2, 3, 4, 5};
    permute(order, 0, 6);
}

Test(account, duplicates_are_known_however_late_they_are) {
    account_owe(&account, place, 0);
    for (uint64_t i = 0; i < 100000; i++) take(i);
    cr_assert_eq(take(0), ACCOUNT_DUPLICATE);
    cr_assert_eq(take(54321), ACCOUNT_DUPLICATE);
    cr_assert_eq(account.duplicated, 2);
    cr_assert_eq(account.reordered, 0, "a duplicate is not reordered as well");
}

Test(account, the_order_of_a_publisher_holds_over_its_keys) {
    for (uint32_t i = 0; i < 3; i++) account_owe(&account, i, 0);
    account_take(&account, 0, 0, 0, 1, 0);
    account_take(&account, 1, 0, 0, 0, 0);
    cr_assert_eq(account.reordered, 1, "its message 0 came after its message 1");
    account_take(&account, 2, 0, 1, 0, 0);
    cr_assert_eq(account.reordered, 1, "another publisher has numbers of its own");
}

Test(account, older_messages_may_come_after_the_echo_and_from_there_none_may_be_missing) {
    account_owe(&account, place, 10);
    take(8); /* was under way when the subscription came into force */
    take(9);
    take(10);
    cr_assert_eq(account.missing, 0);
    take(12);
    cr_assert_eq(account.missing, 1);
}

Test(account, from_the_echo_on_messages_are_owed) {
    account_owe(&account, place, 10);
    cr_assert_eq(account_tail(&account, place, 10, 0), 0);
    cr_assert_eq(account_tail(&account, place, 13, 0), 3);
    take(12);
    cr_assert_eq(account.missing, 2);
}

Test(account, what_comes_before_the_echo_begins_the_count) {
    take(5);
    take(6);
    account_owe(&account, place, 9);
    cr_assert_eq(account_tail(&account, place, 9, 0), 2, "7 and 8 were published behind it");
    take(8);
    cr_assert_eq(account.missing, 1);
}

Test(account, nothing_is_owed_before_it_is_subscribed) {
    cr_assert_eq(account_tail(&account, place, 100, 0), 0);
}

Test(account, what_is_published_while_it_is_away_is_excused) {
    account_owe(&account, place, 0);
    take(0);
    account_pause(&account);
    cr_assert_eq(account_tail(&account, place, 50, 0), 0);
    account_owe(&account, place, 50);
    cr_assert_eq(account.excused, 49);
    take(50);
    cr_assert_eq(account.missing, 0);
    cr_assert_eq(account_tail(&account, place, 51, 0), 0);
}

Test(account, what_came_all_the_same_needs_no_excuse) {
    account_owe(&account, place, 0);
    take(0);
    account_pause(&account);
    account_owe(&account, place, 50);
    take(40); /* was under way when the subscription came into force again */
    cr_assert_eq(account.excused, 39);
    for (uint64_t i = 41; i < 60; i++) take(i);
    cr_assert_eq(account.excused + account.received, 60);
    cr_assert_eq(account.missing, 0);
}

Test(account, a_hole_before_it_left_stays_lost) {
    account_owe(&account, place, 0);
    take(0);
    take(2);
    account_pause(&account);
    account_owe(&account, place, 7);
    take(7);
    cr_assert_eq(account.missing, 1);
    cr_assert_eq(account.excused, 4);
}

Test(account, a_change_of_the_set_leaves_what_is_in_both) {
    static const uint32_t next[] = {KEY, 20};
    for (uint32_t i = 0; i < 3; i++) account_owe(&account, i, 0);
    take(0);
    take(1);
    cr_assert_eq(account_change(&account, next, 2), 0);
    place = account_place(&account, KEY);
    cr_assert_eq(place, 0);
    cr_assert_eq(account_tail(&account, 0, 3, 0), 1, "number 2 of the kept key is owed");
    cr_assert_eq(account_tail(&account, 1, 100, 0), 0, "the new key is not yet");
    account_owe(&account, 1, 100);
    cr_assert_eq(account_tail(&account, 1, 101, 0), 1);
    take(2);
    cr_assert_eq(account.missing, 0);
}

Test(account, ranges_of_holes_split_and_end) {
    account_owe(&account, place, 0);
    take(100);
    for (uint64_t i = 1; i < 100; i += 2) cr_assert_eq(take(i), ACCOUNT_NEW);
    cr_assert_eq(account.missing, 50);
    cr_assert_eq(account.hole_count, 50);
    for (uint64_t i = 98; i < 100; i -= 2) cr_assert_eq(take(i), ACCOUNT_NEW);
    cr_assert_eq(account.missing, 0);
    cr_assert_eq(account.hole_count, 0);
}

Test(account, beyond_its_limit_of_holes_loss_is_still_counted) {
    account_owe(&account, place, 0);
    uint64_t holes = ACCOUNT_HOLES_MAX + 100;
    for (uint64_t i = 0; i < holes; i++) take(2 * i + 1);
    cr_assert_eq(account.missing, holes);
    cr_assert_leq(account.hole_count, ACCOUNT_HOLES_MAX);
}

static void counts(uint64_t missing, uint64_t duplicated, uint64_t reordered) {
    cr_assert_eq(account.missing, missing);
    cr_assert_eq(account.duplicated, duplicated);
    cr_assert_eq(account.reordered, reordered);
}

static enum account_event take_counted(uint64_t number) {
    return account_take(&account, place, number, 0, number, 3);
}

Test(account, what_is_wrong_with_messages_of_the_warm_up_is_not_counted) {
    account_owe(&account, place, 0);
    take_counted(0);
    take_counted(0);
    counts(0, 0, 0);
    take_counted(6); /* 1 and 2 are of the warm-up; 3, 4 and 5 are not */
    counts(3, 0, 0);
    take_counted(2);
    counts(3, 0, 0);
    take_counted(3);
    counts(2, 0, 1);
    cr_assert_eq(take_counted(2), ACCOUNT_DUPLICATE);
    cr_assert_eq(take_counted(3), ACCOUNT_DUPLICATE);
    counts(2, 1, 1);
}

Test(account, of_the_end_only_what_is_counted_is_owed) {
    account_owe(&account, place, 0);
    take(0);
    cr_assert_eq(account_tail(&account, place, 5, 5), 0);
    cr_assert_eq(account_tail(&account, place, 8, 5), 3);
}
