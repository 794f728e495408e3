#include "load/json.h"

#include <stdlib.h>

#include "histogram/encode.h"

json_t *json_percentiles(const struct histogram *histogram) {
    static const struct {
        const char *name;
        double percent;
    } rows[] = {{"p50", 50}, {"p75", 75},     {"p90", 90},
                {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
    if (!histogram || !histogram_count(histogram)) return json_null();
    json_t *object = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        json_object_set_new(
            object, rows[i].name,
            json_real((double)histogram_percentile(histogram, rows[i].percent) / 1e3));
    json_object_set_new(object, "max", json_real((double)histogram_max(histogram) / 1e3));
    json_object_set_new(object, "min", json_real((double)histogram_min(histogram) / 1e3));
    json_object_set_new(object, "mean", json_real(histogram_mean(histogram) / 1e3));
    json_object_set_new(object, "count", json_integer((json_int_t)histogram_count(histogram)));
    return object;
}

void json_histogram(json_t *histograms, const char *name, const struct histogram *histogram) {
    if (!histogram || !histogram_count(histogram)) return;
    char *text = histogram_to_text(histogram);
    if (text) json_object_set_new(histograms, name, json_string(text));
    free(text);
}

json_t *json_known(double value) {
    return value < 0 ? json_null() : json_real(value);
}
