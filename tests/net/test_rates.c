/* Buckets of addresses: the burst, what comes back with time, and who is forgotten. */
#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "base/clock.h"
#include "net/rates.h"

#define START (1000 * NS_PER_S)

static struct address ipv4(uint32_t number) {
    struct address address = {{[10] = 0xff, [11] = 0xff}};
    for (int i = 0; i < 4; i++) address.bytes[15 - i] = (uint8_t)(number >> 8 * i);
    return address;
}

/* The first 64 bits are `net`, the last ones `host`. */
static struct address ipv6(uint64_t net, uint64_t host) {
    struct address address = {{0}};
    for (int i = 0; i < 8; i++) {
        address.bytes[7 - i] = (uint8_t)(net >> 8 * i);
        address.bytes[15 - i] = (uint8_t)(host >> 8 * i);
    }
    return address;
}

static uint32_t take(struct rates *rates, struct address address, uint64_t at_ns, uint32_t tries) {
    uint32_t taken = 0;
    for (uint32_t i = 0; i < tries; i++) taken += rates_take(rates, &address, at_ns);
    return taken;
}

Test(rates, an_address_has_a_second_s_worth_at_once_and_then_what_time_brings) {
    struct rates *rates = rates_new(10, 1);
    cr_expect(eq(u32, take(rates, ipv4(1), START, 50), 10));
    cr_expect(eq(u32, take(rates, ipv4(1), START + 99 * NS_PER_MS, 50), 0));
    cr_expect(eq(u32, take(rates, ipv4(1), START + 100 * NS_PER_MS, 50), 1));
    cr_expect(eq(u32, take(rates, ipv4(1), START + 650 * NS_PER_MS, 50), 5));
    cr_expect(eq(u32, take(rates, ipv4(1), START + 100 * NS_PER_S, 50), 10));
    rates_free(rates);
}

Test(rates, one_a_second_is_one_and_the_highest_rate_is_no_less) {
    struct rates *slow = rates_new(1, 1), *fast = rates_new(1000000, 1);
    cr_expect(eq(u32, take(slow, ipv4(1), START, 5), 1));
    cr_expect(eq(u32, take(slow, ipv4(1), START + NS_PER_S, 5), 1));
    cr_expect(eq(u32, take(fast, ipv4(1), START, 1000001), 1000000));
    rates_free(slow);
    rates_free(fast);
}

Test(rates, an_ipv6_address_shares_with_its_64_bits_and_others_have_their_own) {
    struct rates *rates = rates_new(2, 1);
    cr_expect(eq(u32, take(rates, ipv6(7, 1), START, 1), 1));
    cr_expect(eq(u32, take(rates, ipv6(7, 2), START, 5), 1));
    cr_expect(eq(u32, take(rates, ipv6(8, 1), START, 5), 2));
    cr_expect(eq(u32, take(rates, ipv4(7), START, 5), 2));
    cr_expect(eq(u32, take(rates, ipv4(8), START, 5), 2));
    cr_expect(eq(u32, take(rates, ipv6(0, 0), START, 5), 2));
    rates_free(rates);
}

Test(rates, who_is_at_its_limit_is_not_forgotten_for_a_million_others) {
    struct rates *rates = rates_new(10, 1);
    cr_expect(eq(u32, take(rates, ipv6(1, 1), START, 10), 10));
    for (uint64_t other = 2; other < 1000000; other++)
        cr_assert(eq(u32, take(rates, ipv6(other, 1), START + other, 1), 1));
    cr_expect(eq(u32, take(rates, ipv6(1, 1), START + 2 * NS_PER_MS, 10), 0));
    rates_free(rates);
}

Test(rates, the_table_is_bounded_and_idle_addresses_make_room) {
    struct rates *rates = rates_new(1, 1);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < RATES_ADDRESSES / 2; i++) take(rates, ipv4(i), START, 1);
    for (uint32_t i = 0; i < RATES_ADDRESSES / 2; i++) kept += take(rates, ipv4(i), START, 1) == 0;
    cr_expect(gt(u32, kept, RATES_ADDRESSES / 2 * 9 / 10)); /* a set may have had more than its 8 */
    for (uint32_t i = 0; i < RATES_ADDRESSES; i++) /* a second later all of these are new */
        cr_assert(eq(u32, take(rates, ipv4(UINT32_C(1) << 31 | i), START + NS_PER_S, 1), 1));
    rates_free(rates);
}
