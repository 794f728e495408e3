#include "histogram/percentiles.h"

static double us(double ns) {
    return ns / 1e3;
}

json_t *percentiles_to_json(const struct histogram *histogram) {
    static const struct {
        const char *name;
        double percent;
    } rows[] = {{"p50", 50}, {"p75", 75},     {"p90", 90},
                {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
    if (!histogram_count(histogram)) return json_null();
    json_t *object = json_object();
    int failed = 0;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        double ns = (double)histogram_percentile(histogram, rows[i].percent);
        failed |= json_object_set_new(object, rows[i].name, json_real(us(ns)));
    }
    const double max = us((double)histogram_max(histogram));
    const double min = us((double)histogram_min(histogram));
    failed |= json_object_set_new(object, "max", json_real(max));
    failed |= json_object_set_new(object, "min", json_real(min));
    failed |= json_object_set_new(object, "mean", json_real(us(histogram_mean(histogram))));
    json_int_t count = (json_int_t)histogram_count(histogram);
    failed |= json_object_set_new(object, "count", json_integer(count));
    if (!failed) return object;
    json_decref(object);
    return NULL;
}
