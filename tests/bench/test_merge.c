#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "fixture.h"
#include "histogram/encode.h"
#include "histogram/percentiles.h"
#include "result/figures.h"
#include "result/look.h"
#include "result/merge.h"
#include "result/parts.h"

static void set(json_t *result, const char *path, json_t *value) {
    parts_set(result, path, value);
}

static void set_figure(json_t *result, const struct figure *figure,
                       const struct histogram *values) {
    char *text = values ? histogram_to_text(values) : NULL;
    json_t *texts = json_object_get(result, "histograms");
    set(result, figure->path, values ? percentiles_to_json(values) : json_null());
    json_object_del(texts, figure->name);
    if (text) json_object_set_new(texts, figure->name, json_string(text));
    free(text);
}

/* A whole result of `host` with latencies of `ms`, 2 * `ms` and 10 * `ms`, and nothing lost. */
static json_t *part(const char *host, uint64_t ms) {
    json_t *result = fixture(FIXTURE("tick"));
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    histogram_record(histogram, 1000000 * ms + 1, 1);
    histogram_record(histogram, 2000000 * ms, 97);
    histogram_record(histogram, 10000000 * ms + 1, 2);
    for (const struct figure *figure = figures; figure->name; figure++)
        set_figure(result, figure, strstr(figure->path, "setup") ? NULL : histogram);
    histogram_free(histogram);
    set(result, "machine/host", json_string(host));
    return result;
}

static json_t *merged_of(json_t *one, json_t *other) {
    char error[RESULT_ERROR_BYTES] = "";
    json_t *merged = NULL;
    int status = result_merge((json_t *[]){one, other}, 2, &merged, error);
    cr_assert(eq(int, status, 0), "%s", error);
    status = result_validate(merged, error);
    cr_assert(eq(int, status, 0), "%s", error);
    json_decref(one);
    json_decref(other);
    return merged;
}

static void assert_refused(json_t *one, json_t *other, const char *why) {
    char error[RESULT_ERROR_BYTES] = "";
    json_t *merged = NULL;
    int status = result_merge((json_t *[]){one, other}, 2, &merged, error);
    cr_assert(eq(int, status, -1));
    cr_assert(merged == NULL);
    cr_assert(strstr(error, why) != NULL, "%s, not: %s", error, why);
    json_decref(one);
    json_decref(other);
}

static double number(const json_t *result, const char *path) {
    double value = -1;
    bool known = look_number(result, path, &value);
    cr_assert(known, "%s is not known", path);
    return value;
}

Test(merge, counts_and_rates_are_added) {
    json_t *one = part("a", 1), *other = part("b", 1);
    set(one, "lost", json_integer(3));
    set(other, "lost", json_integer(4));
    set(other, "received", json_integer(5));
    set(other, "load/connections", json_integer(7));
    set(other, "clients/count", json_integer(6));
    json_t *merged = merged_of(one, other);
    static const struct {
        const char *path;
        double value;
    } sums[] = {{"lost", 7},
                {"expected", 6000000},
                {"received", 3000005},
                {"load/connections", 1007},
                {"load/rate", 200},
                {"load/published_per_s", 200},
                {"deliveries_per_s", 200000},
                {"clients/count", 1006},
                {"duration_s", 30}, /* the greatest */
                {"merged", 2}};
    for (size_t i = 0; i < sizeof sums / sizeof sums[0]; i++)
        cr_assert(eq(dbl, number(merged, sums[i].path), sums[i].value), "%s", sums[i].path);
    cr_assert(look(merged, "assertions") == NULL);
    json_decref(merged);
}

Test(merge, percentiles_are_those_of_all_values) {
    json_t *merged = merged_of(part("a", 1), part("b", 3));
    cr_assert(eq(dbl, number(merged, "latency_us/count"), 200));
    cr_assert(eq(dbl, number(merged, "latency_us/min"), 1000.001));
    cr_assert(eq(dbl, number(merged, "latency_us/max"), 30000.001));
    cr_assert(epsilon_eq(dbl, number(merged, "latency_us/p50"), 6000, 6));
    cr_assert(epsilon_eq(dbl, number(merged, "latency_us/p99"), 10000, 10));
    const char *error;
    struct histogram *histogram = figure_histogram(merged, figures, &error);
    cr_assert(histogram != NULL, "%s", error);
    cr_assert(eq(u64, histogram_count_up_to(histogram, 1500000), 1));
    cr_assert(eq(u64, histogram_count_up_to(histogram, 2500000), 98));
    cr_assert(eq(u64, histogram_count_up_to(histogram, 4000000), 99));
    cr_assert(eq(u64, histogram_count_up_to(histogram, 8000000), 196));
    cr_assert(eq(u64, histogram_max(histogram), 30000001));
    histogram_free(histogram);
    json_decref(merged);
}

Test(merge, a_merged_result_can_be_merged_again) {
    json_t *merged = merged_of(merged_of(part("a", 1), part("b", 3)), part("c", 5));
    cr_assert(eq(dbl, number(merged, "merged"), 3));
    cr_assert(eq(dbl, number(merged, "latency_us/count"), 300));
    cr_assert(eq(dbl, number(merged, "latency_us/max"), 50000.001));
    cr_assert(eq(str, (char *)look_text(merged, "machine/host", ""), "a, b, c"));
    json_decref(merged);
}

Test(merge, the_verdict_is_the_worst_and_reasons_tell_their_host) {
    json_t *one = part("a", 1), *other = part("b", 1);
    set(one, "verdict", json_string("NOISY"));
    set(one, "reasons", json_pack("[{s:s, s:s}]", "code", "slip", "text", "sent too late"));
    json_t *merged = merged_of(one, other);
    cr_assert(eq(str, (char *)look_text(merged, "verdict", ""), "NOISY"));
    cr_assert(eq(str, (char *)look_text(merged, "reasons/0/text", ""), "a: sent too late"));
    other = part("c", 1);
    set(other, "verdict", json_string("INVALID"));
    merged = merged_of(merged, other);
    cr_assert(eq(str, (char *)look_text(merged, "verdict", ""), "INVALID"));
    json_decref(merged);
    merged = merged_of(part("a", 1), part("b", 1));
    cr_assert(eq(str, (char *)look_text(merged, "verdict", ""), "VALID"));
    json_decref(merged);
}

Test(merge, what_a_part_does_not_know_is_not_taken_as_0) {
    json_t *one = part("a", 1), *other = part("b", 1);
    set(other, "lost", json_null());
    set(other, "expected", json_null());
    set(other, "latency_us", json_null());
    set(other, "published", json_null());
    set(other, "load/kind", json_string("observed"));
    json_t *merged = merged_of(other, one);
    cr_assert(look(merged, "lost") == NULL);
    cr_assert(look(merged, "expected") == NULL);
    cr_assert(eq(dbl, number(merged, "published"), 3000));
    cr_assert(eq(dbl, number(merged, "latency_us/count"), 100));
    cr_assert(eq(str, (char *)look_text(merged, "load/kind", ""), "open"));
    json_decref(merged);
    one = part("a", 1), other = part("b", 1);
    set(one, "lost", json_integer(2));
    set(other, "lost", json_null());
    merged = merged_of(one, other);
    cr_assert(eq(dbl, number(merged, "lost"), 2)); /* at least */
    json_decref(merged);
}

Test(merge, seconds_are_put_together) {
    json_t *one = part("a", 1), *other = part("b", 1);
    set(one, "series",
        json_pack("[{s:i,s:i,s:i,s:i,s:f,s:n}, {s:f,s:i,s:i,s:n,s:n}]", "at_s", 1, "published", 10,
                  "received", 20, "lost", 0, "p99_us", 5.5, "p50_us", "at_s", 2.001, "published",
                  11, "received", 21, "lost", "p99_us"));
    set(other, "series",
        json_pack("[{s:f,s:i,s:i,s:i,s:f}, {s:i,s:i,s:i,s:i,s:n}]", "at_s", 1.999, "published", 1,
                  "received", 2, "lost", 3, "p99_us", 7.5, "at_s", 3, "published", 4, "received", 5,
                  "lost", 0, "p99_us"));
    json_t *merged = merged_of(one, other);
    const json_t *series = look(merged, "series");
    cr_assert(eq(sz, json_array_size(series), 3));
    cr_assert(eq(dbl, number(merged, "series/0/published"), 10));
    cr_assert(eq(dbl, number(merged, "series/0/p99_us"), 5.5));
    cr_assert(eq(dbl, number(merged, "series/1/published"), 12));
    cr_assert(eq(dbl, number(merged, "series/1/received"), 23));
    cr_assert(eq(dbl, number(merged, "series/1/lost"), 3));
    cr_assert(eq(dbl, number(merged, "series/1/p99_us"), 7.5));
    cr_assert(eq(dbl, number(merged, "series/2/received"), 5));
    json_decref(merged);
}

/* Both watched one process, which used 6 s for 1000 + 3000 deliveries. */
Test(merge, what_one_server_used_is_shared_by_all) {
    json_t *one = part("a", 1), *other = part("a", 1);
    set(one, "received", json_integer(1000));
    set(one, "cpu_ns_per_delivery", json_real(6000));
    set(other, "received", json_integer(3000));
    set(other, "cpu_ns_per_delivery", json_real(2000));
    set(one, "server/rss_bytes_per_connection", json_real(2000));
    set(other, "server", json_null());
    json_t *merged = merged_of(one, other);
    cr_assert(epsilon_eq(dbl, number(merged, "cpu_ns_per_delivery"), 1500, 1e-9));
    cr_assert(epsilon_eq(dbl, number(merged, "server/rss_bytes_per_connection"), 1000, 1e-9));
    cr_assert(eq(dbl, number(merged, "machine/cores"), 2));
    json_decref(merged);
    one = part("a", 1), other = part("a", 1);
    set(one, "server/pid", json_integer(1));
    merged = merged_of(one, other);
    cr_assert(look(merged, "server") == NULL);
    cr_assert(look(merged, "cpu_ns_per_delivery") == NULL);
    json_decref(merged);
}

Test(merge, the_worst_readers_keep_their_order_and_get_numbers_of_their_own) {
    json_t *one = part("a", 1), *other = part("b", 1);
    set(one, "clients/worst",
        json_pack("[{s:i, s:i}, {s:i, s:i}]", "connection", 5, "lost", 9, "connection", 6, "lost",
                  1));
    set(other, "clients/worst", json_pack("[{s:i, s:i}]", "connection", 5, "lost", 4));
    json_t *merged = merged_of(one, other);
    cr_assert(eq(sz, json_array_size(look(merged, "clients/worst")), 3));
    cr_assert(eq(dbl, number(merged, "clients/worst/0/connection"), 5));
    cr_assert(eq(dbl, number(merged, "clients/worst/1/connection"), 1005));
    cr_assert(eq(dbl, number(merged, "clients/worst/2/connection"), 6));
    json_decref(merged);
}

Test(merge, ranks_are_those_of_all_readers_and_at_most_1000) {
    json_t *one = part("a", 1), *other = part("b", 1), *ranks = json_array();
    for (size_t i = 0; i < 1000; i++) json_array_append_new(ranks, json_real((double)i / 1000));
    set(one, "clients/rank", json_pack("[f, f]", -0.0, 1.0));
    set(other, "clients/rank", ranks);
    json_t *merged = merged_of(one, other);
    const json_t *all = look(merged, "clients/rank");
    cr_assert(eq(sz, json_array_size(all), 1000));
    cr_assert(eq(dbl, json_number_value(json_array_get(all, 0)), 0));
    cr_assert(eq(dbl, json_number_value(json_array_get(all, 999)), 1));
    for (size_t i = 1; i < 1000; i++)
        cr_assert(ge(dbl, json_number_value(json_array_get(all, i)),
                     json_number_value(json_array_get(all, i - 1))));
    json_decref(merged);
}

Test(merge, settings_that_differ_are_left_out) {
    json_t *one = part("a", 1), *other = part("b", 1);
    set(one, "config/seed", json_integer(8));
    json_t *merged = merged_of(one, other);
    cr_assert(look(merged, "config/seed") == NULL);
    cr_assert(eq(dbl, number(merged, "config/size"), 64));
    cr_assert(eq(str, (char *)look_text(merged, "url", ""), "ws://127.0.0.1:5993/ws"));
    json_decref(merged);
}

Test(merge, results_that_do_not_belong_together_are_refused) {
    static const struct {
        const char *path, *value, *why;
    } cases[] = {
        {"peer", "nats", "result 2 is of another server, nats, than result 1, tickcast"},
        {"scenario", "storm", "result 2 is of another scenario, storm, than result 1, tick"},
        {"version", "9.9\n", "another version of tickcast-bench, 9.9\\x0a, than result 1, 0.1.0"},
        {"load/kind", "closed", "result 2 is of another kind of load"},
        {"started", "yesterday", "result 2 does not say when it was started"},
        {"started", "2026-11-24T09:31:00Z", "result 2 was started 30 s after another had ended"},
        {"started", "2026-11-24T09:00:00Z", "result 1 was started 1770 s after another had ended"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        json_t *other = part("b", 1);
        set(other, cases[i].path, json_string(cases[i].value));
        assert_refused(part("a", 1), other, cases[i].why);
    }
    json_t *sweep = part("b", 1);
    set(sweep, "sweep", json_pack("{s:s}", "of", "rate"));
    assert_refused(part("a", 1), sweep, "result 2 is of a search for a limit");
}

Test(merge, runs_that_overlap_are_of_one_time) {
    json_t *other = part("b", 1);
    set(other, "started", json_string("2026-11-24T09:30:25Z"));
    json_t *merged = merged_of(other, part("a", 1));
    cr_assert(eq(str, (char *)look_text(merged, "started", ""), "2026-11-24T09:30:00Z"));
    json_decref(merged);
}

Test(merge, figures_without_their_values_are_refused) {
    json_t *other = part("b", 1);
    json_object_del(json_object_get(other, "histograms"), "skew");
    assert_refused(part("a", 1), other, "result 2: skew_us: it has percentiles without their");
    other = part("b", 1);
    set(other, "histograms/skew", json_string("HISTFAAA"));
    assert_refused(part("a", 1), other, "result 2: skew_us: a histogram's text is too short");
    other = part("b", 1);
    set(other, "latency_us/count", json_integer(99));
    assert_refused(part("a", 1), other, "result 2: latency_us: its histogram and its percentiles");
    other = part("b", 1);
    set(other, "latency_us/max", json_real(99));
    assert_refused(part("a", 1), other, "result 2: latency_us: its histogram and its percentiles");
    struct histogram *two = histogram_new(HISTOGRAM_HIGHEST, 2);
    histogram_record(two, 5, 1);
    other = part("b", 1);
    set_figure(other, figures, two);
    assert_refused(part("a", 1), other, "result 2: latency_us: its histogram has other digits");
    histogram_free(two);
    struct histogram *low = histogram_new(1000, 3);
    histogram_record(low, 5, 1);
    json_t *one = part("a", 1);
    set_figure(one, figures, low);
    assert_refused(one, part("b", 1), "result 2: latency_us: its histogram has other digits or");
    histogram_free(low);
}

Test(merge, nothing_is_not_a_result) {
    char error[RESULT_ERROR_BYTES];
    json_t *merged = NULL;
    cr_assert(eq(int, result_merge(NULL, 0, &merged, error), -1));
    cr_assert(merged == NULL);
}
