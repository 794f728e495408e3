/* The search for the highest load that is still good. */
#include <criterion/criterion.h>

#include "base/random.h"
#include "load/sweep.h"

/* Runs a sweep whose runs are good up to `limit`; those within `blur` of it are so by chance. */
static uint32_t run(struct sweep *sweep, double from, double to, double limit, double blur) {
    uint64_t random = 3;
    uint32_t runs = 0;
    double value;
    sweep_init(sweep, from, to);
    while (sweep_next(sweep, &value)) {
        cr_assert_geq(value, from);
        cr_assert_leq(value, to);
        double shift = blur * (2 * random_unit(&random) - 1);
        sweep_take(sweep, value <= limit * (1 + shift));
        cr_assert_leq(++runs, SWEEP_STEPS_MAX);
    }
    return runs;
}

Test(sweep, finds_a_sharp_limit) {
    struct sweep sweep;
    uint32_t runs = run(&sweep, 100, 1000000, 12345, 0);
    cr_assert_leq(sweep_best(&sweep), 12345);
    cr_assert_geq(sweep_best(&sweep), 12345 / SWEEP_WIDTH - 1);
    cr_assert_eq(sweep_low(&sweep), sweep_best(&sweep));
    cr_assert_gt(sweep_high(&sweep), 12345);
    cr_assert_leq(sweep_high(&sweep), 12345 * SWEEP_WIDTH + 1);
    cr_assert_leq(runs, 8 + 5 + 2 * (SWEEP_REPEATS - 1) + 2);
}

Test(sweep, bounds_hold_the_limit_when_it_is_blurred) {
    struct sweep sweep;
    run(&sweep, 1000, 1000000, 50000, 0.1);
    cr_assert_leq(sweep_low(&sweep), 50000 * 1.1);
    cr_assert_geq(sweep_high(&sweep), 50000 * 0.9);
    cr_assert_leq(sweep_low(&sweep), sweep_best(&sweep));
    cr_assert_lt(sweep_low(&sweep), sweep_high(&sweep));
    cr_assert_float_eq(sweep_best(&sweep), 50000, 50000 * 0.15);
}

Test(sweep, edges_are_run_again) {
    struct sweep sweep;
    run(&sweep, 100, 1000000, 12345, 0);
    for (uint32_t i = 0; i < sweep.count; i++) {
        const struct sweep_value *value = &sweep.values[i];
        bool edge = value->value == sweep_best(&sweep) || value->value == sweep_high(&sweep);
        cr_assert_eq(value->good + value->bad, edge ? SWEEP_REPEATS : 1);
    }
}

Test(sweep, that_is_too_much_from_the_beginning_has_no_best) {
    struct sweep sweep;
    run(&sweep, 1000, 100000, 10, 0);
    cr_assert_lt(sweep_best(&sweep), 0);
    cr_assert_lt(sweep_low(&sweep), 0);
    cr_assert_eq(sweep_high(&sweep), 1000);
}

Test(sweep, that_never_fails_ends_at_its_end) {
    struct sweep sweep;
    run(&sweep, 1000, 5000, 1e9, 0);
    cr_assert_eq(sweep_best(&sweep), 5000);
    cr_assert_lt(sweep_high(&sweep), 0);
}

Test(sweep, of_small_numbers_ends) {
    struct sweep sweep;
    run(&sweep, 1, 10, 3, 0);
    cr_assert_eq(sweep_best(&sweep), 3);
    cr_assert_eq(sweep_high(&sweep), 4);
}
