#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "load/account.h"

static const uint32_t symbols[] = {3, 7};

/* One publisher, whose messages are all of the symbol 7; numbers of key and publisher are equal. */
static enum account_event take(struct account *account, uint64_t number, uint64_t counted) {
    return account_take(account, 1, number, 0, number, counted);
}

static void start(struct account *account) {
    cr_assert(eq(int, account_init(account, symbols, 2, 1), 0));
    account_owe(account, 0, 0);
    account_owe(account, 1, 0);
}

static void assert_counts(const struct account *account, uint64_t missing, uint64_t duplicated,
                          uint64_t reordered) {
    cr_assert(eq(u64, account->missing, missing));
    cr_assert(eq(u64, account->duplicated, duplicated));
    cr_assert(eq(u64, account->reordered, reordered));
}

Test(account, a_hole_is_loss_until_it_comes) {
    struct account account;
    start(&account);
    take(&account, 0, 0);
    take(&account, 4, 0);
    assert_counts(&account, 3, 0, 0);
    cr_assert(eq(int, take(&account, 2, 0), ACCOUNT_NEW));
    assert_counts(&account, 2, 0, 1);
    cr_assert(eq(int, take(&account, 2, 0), ACCOUNT_DUPLICATE));
    for (uint64_t number = 1; number <= 3; number += 2) take(&account, number, 0);
    assert_counts(&account, 0, 1, 3);
    cr_assert(eq(u64, account_tail(&account, 1, 9, 0), 4));
    account_fini(&account);
}

Test(account, what_is_wrong_with_messages_of_the_warm_up_is_not_counted) {
    struct account account;
    start(&account);
    take(&account, 0, 3);
    take(&account, 0, 3);
    assert_counts(&account, 0, 0, 0);
    take(&account, 6, 3); /* 1 and 2 are of the warm-up; 3, 4 and 5 are not */
    take(&account, 2, 3);
    assert_counts(&account, 3, 0, 0);
    take(&account, 3, 3);
    cr_assert(eq(int, take(&account, 2, 3), ACCOUNT_DUPLICATE));
    cr_assert(eq(int, take(&account, 3, 3), ACCOUNT_DUPLICATE));
    assert_counts(&account, 2, 1, 1);
    account_fini(&account);
}

Test(account, of_the_end_only_what_is_counted_is_owed) {
    struct account account;
    start(&account);
    take(&account, 0, 5);
    cr_assert(eq(u64, account_tail(&account, 1, 5, 5), 0));
    cr_assert(eq(u64, account_tail(&account, 1, 8, 5), 3));
    cr_assert(eq(u64, account_tail(&account, 0, 8, 0), 8));
    account_fini(&account);
}
