#include "result/compare.h"

#include <stdbool.h>
#include <string.h>

#include "result/look.h"
#include "result/values.h"
#include "stats/stats.h"

/* What is compared; a load that was asked for is not. */
static const char *const names[] = {
    "p50",
    "p90",
    "p99",
    "p99.9",
    "p99.99",
    "max",
    "skew_p50",
    "skew_p99",
    "skew_max",
    "gap_p50",
    "gap_p99",
    "deliveries_per_s",
    "lost",
    "duplicated",
    "reordered",
    "sweep_best",
    "cpu_ns_per_delivery",
    "cpu_ratio",
    "core_ns_per_delivery",
    "rss_bytes_per_connection",
    "kernel_bytes_per_connection",
    "connect_p50",
    "upgrade_p50",
    "tls_p50",
    "tls_resumed_p50",
    "echo_p50",
    "reconnect_p50",
    "change_p50",
    "rank_outliers",
    "noise_p99",
};

/* The values of the runs that are not INVALID and know it. */
struct sample {
    double values[COMPARE_RUNS_MAX];
    size_t count;
};

static bool is(const json_t *run, const char *verdict) {
    return strcmp(look_text(run, "verdict", "INVALID"), verdict) == 0;
}

static void gather(const struct compare_side *side, const struct value *value,
                   struct sample *sample) {
    size_t index;
    json_t *run;
    sample->count = 0;
    json_array_foreach(side->runs, index, run) {
        double number;
        if (sample->count == COMPARE_RUNS_MAX) break;
        if (!is(run, "INVALID") && value_get(value, run, &number))
            sample->values[sample->count++] = number;
    }
}

static json_t *median(const struct sample *sample) {
    if (!sample->count) return json_null();
    struct stats_interval found =
        stats_median_interval(sample->values, sample->count, 1 - COMPARE_LEVEL);
    return json_pack("{s:f, s:f, s:f, s:f, s:I}", "median", found.median, "low", found.low, "high",
                     found.high, "confidence", found.confidence, "runs", (json_int_t)sample->count);
}

/* Whether samples of these sizes can differ at all by the test: the most extreme of all C(m+n, m)
 * orders, and its mirror image, must be rare enough. */
static bool testable(size_t m, size_t n) {
    double orders = 1;
    for (size_t i = 1; i <= m; i++) orders = orders * (double)(n + i) / (double)i;
    return 2 / orders <= COMPARE_LEVEL;
}

static json_t *against(const struct sample *first, const struct sample *other) {
    if (!first->count || !other->count) return json_null();
    double base = stats_median(first->values, first->count);
    double ratio = base > 0 ? stats_median(other->values, other->count) / base : 0;
    struct stats_test test =
        stats_mann_whitney(first->values, first->count, other->values, other->count);
    json_t *differs =
        testable(first->count, other->count) ? json_boolean(test.p < COMPARE_LEVEL) : json_null();
    return json_pack("{s:o, s:f, s:o}", "ratio", base > 0 ? json_real(ratio) : json_null(), "p",
                     test.p, "differs", differs);
}

static int add_figure(json_t *figures, const struct compare_sides *sides,
                      const struct value *value) {
    static const char *const units[] = {
        [VALUE_US] = "us",       [VALUE_NS] = "ns",       [VALUE_S] = "s",
        [VALUE_COUNT] = "count", [VALUE_PER_S] = "per_s", [VALUE_BYTES] = "bytes",
        [VALUE_SHARE] = "share", [VALUE_RATIO] = "ratio",
    };
    struct sample first = {.count = 0}, other = {.count = 0};
    json_t *medians = json_array(), *tests = json_array();
    bool known = false;
    for (size_t i = 0; i < sides->count; i++) {
        struct sample *sample = i ? &other : &first;
        gather(&sides->side[i], value, sample);
        known = known || sample->count;
        json_array_append_new(medians, median(sample));
        if (i) json_array_append_new(tests, against(&first, &other));
    }
    if (!known) {
        json_decref(medians);
        json_decref(tests);
        return 0;
    }
    return json_array_append_new(
        figures, json_pack("{s:s, s:s, s:s, s:o, s:o}", "name", value->name, "title", value->title,
                           "unit", units[value->unit], "sides", medians, "against", tests));
}

static json_t *describe(const struct compare_side *side) {
    json_int_t valid = 0, noisy = 0, invalid = 0;
    size_t index;
    json_t *run;
    json_array_foreach(side->runs, index, run) {
        valid += is(run, "VALID");
        noisy += is(run, "NOISY");
        invalid += is(run, "INVALID");
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:I, s:I, s:I, s:I}", "name", side->name, "peer",
                     look_text(side->runs, "0/peer", ""), "url", look_text(side->runs, "0/url", ""),
                     "scenario", look_text(side->runs, "0/scenario", ""), "runs",
                     (json_int_t)json_array_size(side->runs), "valid", valid, "noisy", noisy,
                     "invalid", invalid);
}

/* What should be the same in all runs of a comparison, and what it is called if it is not. */
static const struct {
    const char *path, *name;
} alike[] = {
    {"scenario", "scenarios"},
    {"load/kind", "kinds of load"},
    {"load/connections", "numbers of connections"},
    {"load/rate", "rates"},
    {"load/window", "windows"},
    {"config/size", "sizes of messages"},
    {"machine/host", "hosts"},
    {"machine/cpu", "processors"},
    {"machine/kernel", "kernels"},
    {"version", "versions of tickcast-bench"},
};

static bool all_alike(const struct compare_sides *sides, const char *path) {
    const json_t *first = NULL;
    bool any = false;
    for (size_t i = 0; i < sides->count; i++) {
        size_t index;
        json_t *run;
        json_array_foreach(sides->side[i].runs, index, run) {
            const json_t *here = look(run, path);
            if (any && here != first && !json_equal(here, first)) return false;
            first = here;
            any = true;
        }
    }
    return true;
}

static json_t *notes(const struct compare_sides *sides) {
    json_t *all = json_array();
    for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
        if (!all_alike(sides, alike[i].path))
            json_array_append_new(all, json_sprintf("The runs have different %s.", alike[i].name));
    return all;
}

json_t *compare_json(const struct compare_sides *sides) {
    json_t *described = json_array(), *figures = json_array();
    for (size_t i = 0; i < sides->count; i++)
        json_array_append_new(described, describe(&sides->side[i]));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        add_figure(figures, sides, value_find(names[i]));
    return json_pack("{s:i, s:s, s:o, s:o, s:o}", "tickcast_bench_comparison", 1, "version",
                     TICKCAST_VERSION, "sides", described, "notes", notes(sides), "figures",
                     figures);
}
