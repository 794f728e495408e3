/* When messages are due, and of which symbol. */
#include <criterion/criterion.h>
#include <math.h>

#include "load/choice.h"
#include "load/schedule.h"

static struct load_config config(double rate, enum load_arrivals arrivals, uint32_t publishers) {
    return (struct load_config){
        .rate = rate, .arrivals = arrivals, .publishers = publishers, .seed = 5};
}

Test(schedule, constant_messages_are_as_far_apart_as_the_rate_says) {
    struct load_config c = config(1000, LOAD_CONSTANT, 1);
    struct schedule schedule;
    schedule_init(&schedule, &c, NULL, 1, 0);
    for (uint64_t i = 0; i < 100000; i++) {
        struct schedule_burst burst = schedule_next(&schedule, 1);
        cr_assert_eq(burst.at_ns, i * 1000000);
        cr_assert_eq(burst.count, 1);
    }
}

Test(schedule, bursts_come_as_much_more_seldom_as_they_are_large) {
    struct load_config c = config(1000, LOAD_CONSTANT, 1);
    struct schedule schedule;
    schedule_init(&schedule, &c, NULL, 250, 0);
    cr_assert_eq(schedule_next(&schedule, 250).at_ns, 0);
    struct schedule_burst burst = schedule_next(&schedule, 250);
    cr_assert_eq(burst.at_ns, 250000000);
    cr_assert_eq(burst.count, 250);
}

Test(schedule, publishers_share_the_rate_and_take_turns) {
    struct load_config c = config(1000, LOAD_CONSTANT, 2);
    struct schedule a, b;
    schedule_init(&a, &c, NULL, 1, 0);
    schedule_init(&b, &c, NULL, 1, 1);
    cr_assert_eq(schedule_next(&a, 1).at_ns, 0);
    cr_assert_eq(schedule_next(&b, 1).at_ns, 1000000);
    cr_assert_eq(schedule_next(&a, 1).at_ns, 2000000);
}

Test(schedule, poisson_gaps_have_the_mean_and_spread_of_their_kind) {
    struct load_config c = config(10000, LOAD_POISSON, 1);
    struct schedule schedule;
    schedule_init(&schedule, &c, NULL, 1, 0);
    const int count = 200000;
    double sum = 0, squares = 0, last = 0;
    for (int i = 0; i < count; i++) {
        double at = (double)schedule_next(&schedule, 1).at_ns, gap = at - last;
        cr_assert_geq(gap, 0);
        sum += gap;
        squares += gap * gap;
        last = at;
    }
    double mean = sum / count, deviation = sqrt(squares / count - mean * mean);
    cr_assert_float_eq(mean, 100000, 1000);
    cr_assert_float_eq(deviation / mean, 1, 0.02, "exponential");
}

Test(schedule, the_same_seed_gives_the_same_times) {
    struct load_config c = config(10000, LOAD_POISSON, 1);
    struct schedule a, b;
    schedule_init(&a, &c, NULL, 1, 0);
    schedule_init(&b, &c, NULL, 1, 0);
    for (int i = 0; i < 1000; i++)
        cr_assert_eq(schedule_next(&a, 1).at_ns, schedule_next(&b, 1).at_ns);
    c.seed++;
    schedule_init(&b, &c, NULL, 1, 0);
    cr_assert_neq(schedule_next(&a, 1).at_ns, schedule_next(&b, 1).at_ns);
}

Test(schedule, a_replay_keeps_the_times_of_its_rows_and_begins_again) {
    uint64_t at[] = {0, 0, 5000000, 9000000};
    uint32_t symbol[] = {0, 1, 0, 1};
    struct replay replay = {.at_ns = at, .symbol = symbol, .count = 4, .symbol_count = 2};
    struct load_config c = config(0, LOAD_REPLAY, 1);
    c.replay_speed = 2;
    struct schedule schedule;
    schedule_init(&schedule, &c, &replay, 1, 0);
    const uint64_t due[] = {0, 0, 2500000, 4500000};
    for (uint32_t i = 0; i < 4; i++) {
        struct schedule_burst burst = schedule_next(&schedule, 1);
        cr_assert_eq(burst.at_ns, due[i]);
        cr_assert_eq(burst.row, i);
    }
    struct schedule_burst again = schedule_next(&schedule, 1);
    cr_assert_eq(again.row, 0);
    cr_assert_gt(again.at_ns, 4500000);
}

Test(schedule, a_replay_is_shared_by_symbol) {
    uint64_t at[] = {0, 1, 2, 3};
    uint32_t symbol[] = {0, 1, 2, 1};
    struct replay replay = {.at_ns = at, .symbol = symbol, .count = 4, .symbol_count = 3};
    struct load_config c = config(0, LOAD_REPLAY, 2);
    struct schedule schedule;
    schedule_init(&schedule, &c, &replay, 1, 1);
    cr_assert_eq(schedule_next(&schedule, 1).row, 1);
    cr_assert_eq(schedule_next(&schedule, 1).row, 3);
}

Test(choice, symbols_belong_to_one_publisher) {
    uint64_t random = 1;
    for (uint32_t publisher = 0; publisher < 3; publisher++) {
        struct choice choice;
        cr_assert_eq(choice_init(&choice, LOAD_KEYS_UNIFORM, 0, 10, publisher, 3), 0);
        for (int i = 0; i < 1000; i++) {
            uint32_t symbol = choice_next(&choice, &random);
            cr_assert_lt(symbol, 10);
            cr_assert_eq(symbol % 3, publisher);
        }
        choice_fini(&choice);
    }
}

Test(choice, all_goes_round) {
    struct choice choice;
    uint64_t random = 1;
    choice_init(&choice, LOAD_KEYS_ALL, 0, 5, 1, 2);
    cr_assert_eq(choice.count, 2);
    cr_assert_eq(choice_next(&choice, &random), 1);
    cr_assert_eq(choice_next(&choice, &random), 3);
    cr_assert_eq(choice_next(&choice, &random), 1);
}

Test(choice, zipf_draws_ranks_as_often_as_their_weight) {
    enum { COUNT = 100, DRAWS = 1000000 };
    static uint32_t drawn[COUNT];
    struct choice choice;
    uint64_t random = 9;
    cr_assert_eq(choice_init(&choice, LOAD_KEYS_ZIPF, 1.1, COUNT, 0, 1), 0);
    for (int i = 0; i < DRAWS; i++) drawn[choice_next(&choice, &random)]++;
    double weights = 0;
    for (int i = 0; i < COUNT; i++) weights += pow(i + 1, -1.1);
    for (int i = 0; i < COUNT; i++) {
        double expected = pow(i + 1, -1.1) / weights * DRAWS;
        cr_assert_float_eq(drawn[i], expected, 6 * sqrt(expected), "rank %d: %u of %.0f", i,
                           drawn[i], expected);
    }
    choice_fini(&choice);
}
