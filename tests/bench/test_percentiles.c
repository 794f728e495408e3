#include <criterion/criterion.h>
#include <criterion/new/assert.h>

#include "histogram/percentiles.h"

Test(percentiles, are_in_us_and_have_all_names_of_the_schema) {
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    for (uint64_t ns = 1; ns <= 2000; ns++) histogram_record(histogram, ns, 5);
    json_t *object = percentiles_to_json(histogram);
    static const struct {
        const char *name;
        double us;
    } rows[] = {{"min", 0.001},   {"p50", 1.0},     {"p75", 1.5},    {"p90", 1.8},
                {"p99", 1.98},    {"p99.9", 1.998}, {"p99.99", 2.0}, {"max", 2.0},
                {"mean", 1.0005}, {"count", 10000}};
    cr_assert(eq(sz, json_object_size(object), sizeof rows / sizeof rows[0]));
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const json_t *value = json_object_get(object, rows[i].name);
        cr_assert(value != NULL, "%s", rows[i].name);
        cr_assert(epsilon_eq(dbl, json_number_value(value), rows[i].us, 1e-9), "%s", rows[i].name);
    }
    cr_assert(eq(int, json_typeof(json_object_get(object, "count")), JSON_INTEGER));
    json_decref(object);
    histogram_free(histogram);
}

Test(percentiles, of_nothing_are_null) {
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    json_t *value = percentiles_to_json(histogram);
    cr_assert(eq(int, json_typeof(value), JSON_NULL));
    histogram_free(histogram);
}
