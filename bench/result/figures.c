#include "result/figures.h"

#include <math.h>

#include "histogram/encode.h"
#include "result/look.h"

#define NS_PER_US 1e3

const struct figure figures[] = {
    {"latency", "latency_us"},
    {"latency_uncorrected", "latency_uncorrected_us"},
    {"skew", "skew_us"},
    {"gap", "clients/gap_us"},
    {"connect", "setup/connect_us"},
    {"upgrade", "setup/upgrade_us"},
    {"tls", "setup/tls_us"},
    {"tls_resumed", "setup/tls_resumed_us"},
    {"echo", "setup/echo_us"},
    {"reconnect", "setup/reconnect_us"},
    {"change", "setup/change_us"},
    {"slip", "machine/slip_us"},
    {"noise", "floor/noise_us"},
    {"bare_latency", "floor/bare/latency_us"},
    {"bare_skew", "floor/bare/skew_us"},
    {NULL, NULL},
};

static uint64_t ns_of(const json_t *percentiles, const char *name, uint64_t otherwise) {
    double us;
    return look_number(percentiles, name, &us) ? (uint64_t)llround(us * NS_PER_US) : otherwise;
}

/* The text does not hold the exact ends of what was recorded; the percentiles do. */
static bool take_ends(struct histogram *histogram, const json_t *percentiles) {
    double count;
    if (!look_number(percentiles, "count", &count)) return false;
    if ((uint64_t)count != histogram_count(histogram)) return false;
    uint64_t min = ns_of(percentiles, "min", histogram_min(histogram));
    uint64_t max = ns_of(percentiles, "max", histogram_max(histogram));
    return !count || histogram_narrow(histogram, min, max);
}

struct histogram *figure_histogram(const json_t *result, const struct figure *figure,
                                   const char **error) {
    const json_t *percentiles = look(result, figure->path);
    const json_t *text = json_object_get(look(result, "histograms"), figure->name);
    *error = NULL;
    if (!percentiles) return NULL;
    *error = "it has percentiles without their histogram";
    if (!json_is_string(text)) return NULL;
    struct histogram *histogram = histogram_from_text(json_string_value(text), error);
    if (!histogram || take_ends(histogram, percentiles)) return histogram;
    histogram_free(histogram);
    *error = "its histogram and its percentiles are not of the same values";
    return NULL;
}
