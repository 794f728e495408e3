/* Bytes that many connections get alike. */
#include <criterion/criterion.h>

#include "load/account.h"
#include "load/alike.h"

static struct alike alike;
static uint8_t bytes[2 * ALIKE_BYTES_MIN];

static void begin(void) {
    cr_assert_eq(alike_init(&alike), 0);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (uint8_t)(i * 31);
}

static void end(void) {
    alike_fini(&alike);
}

TestSuite(alike, .init = begin, .fini = end);

static void note(uint32_t symbol, uint64_t number, uint64_t total) {
    const struct stamp stamp = {.symbol = symbol, .number = number, .total = total};
    alike_note(&alike, &stamp);
}

Test(alike, messages_of_one_key_are_a_run) {
    alike_begin(&alike, sizeof bytes);
    note(1, 5, 20);
    note(1, 6, 21);
    note(2, 6, 22); /* another key */
    note(2, 8, 23); /* a number is missing */
    note(2, 9, 25); /* the publisher sent something else between */
    alike_end(&alike, bytes, sizeof bytes);
    cr_assert_eq(alike.run_count, 4);
    cr_assert_eq(alike.runs[0].count, 2);
    cr_assert_eq(alike.runs[0].first.number, 5);
    cr_assert_eq(alike.runs[1].count + alike.runs[2].count + alike.runs[3].count, 3);
}

Test(alike, only_the_same_bytes_are_the_same) {
    alike_begin(&alike, sizeof bytes);
    note(1, 5, 20);
    alike_end(&alike, bytes, sizeof bytes);
    cr_assert(alike_same(&alike, bytes, sizeof bytes));
    cr_assert_not(alike_same(&alike, bytes, sizeof bytes - 1), "not all of it has come");
    bytes[sizeof bytes - 1]++;
    cr_assert_not(alike_same(&alike, bytes, sizeof bytes));
}

Test(alike, what_holds_something_else_is_not_remembered) {
    alike_begin(&alike, sizeof bytes);
    note(1, 5, 20);
    alike_spoil(&alike);
    note(1, 6, 21);
    alike_end(&alike, bytes, sizeof bytes);
    cr_assert_not(alike_same(&alike, bytes, sizeof bytes));
}

Test(alike, short_ones_leave_what_is_remembered) {
    alike_begin(&alike, sizeof bytes);
    note(1, 5, 20);
    alike_end(&alike, bytes, sizeof bytes);
    alike_begin(&alike, ALIKE_BYTES_MIN - 1);
    note(1, 6, 21);
    alike_end(&alike, bytes, ALIKE_BYTES_MIN - 1);
    cr_assert(alike_same(&alike, bytes, sizeof bytes));
    cr_assert_eq(alike.run_count, 1);
}

Test(alike, more_runs_than_there_is_room_for_are_not_remembered) {
    alike_begin(&alike, sizeof bytes);
    for (uint32_t i = 0; i <= ALIKE_RUNS_MAX; i++) note(i, 0, i);
    alike_end(&alike, bytes, sizeof bytes);
    cr_assert_not(alike_same(&alike, bytes, sizeof bytes));
}

Test(alike, a_run_is_taken_whole_only_if_it_is_what_comes_next) {
    static const uint32_t symbols[] = {1};
    struct account account;
    cr_assert_eq(account_init(&account, symbols, 1, 1), 0);
    cr_assert_not(account_take_run(&account, 0, 0, 5, 0, 0), "nothing is owed yet");
    account_owe(&account, 0, 0);
    account_take(&account, 0, 0, 0, 0, 0);
    cr_assert(account_take_run(&account, 0, 1, 5, 0, 1));
    cr_assert_not(account_take_run(&account, 0, 1, 5, 0, 1), "it came before");
    cr_assert_not(account_take_run(&account, 0, 7, 5, 0, 7), "one is missing");
    cr_assert_not(account_take_run(&account, 0, 6, 5, 0, 3), "it is out of order");
    cr_assert_eq(account.received, 6);
    cr_assert_eq(account_tail(&account, 0, 6, 0), 0);
    account_fini(&account);
}
