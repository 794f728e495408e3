#include <criterion/criterion.h>
#include <errno.h>
#include <string.h>

#include "fixture.h"
#include "report/plot.h"
#include "report/report.h"
#include "result/look.h"

static char error[RESULT_ERROR_BYTES];

/* The page of these results, which the caller frees. */
static char *page(json_t *const *results, size_t count) {
    struct printed printed;
    cr_assert_eq(report_write(results, count, print_to(&printed)), 0, "%s", strerror(errno));
    char *text = print_end(&printed);
    cr_assert_lt(printed.bytes, REPORT_BYTES_MAX);
    return text;
}

/* The page without the element that holds the data. */
static char *visible(json_t *const *results, size_t count) {
    char *text = page(results, count);
    char *data = strstr(text, "<script type=\"application/json\"");
    cr_assert(data);
    *data = 0;
    return text;
}

static size_t count_of(const char *text, const char *what) {
    size_t count = 0;
    for (; (text = strstr(text, what)); text += strlen(what)) count++;
    return count;
}

Test(report, has_all_that_a_reader_needs) {
    static const char *const wanted[] = {
        "<!doctype html>",
        "<b>VALID</b>",
        "<h1>tickcast: scenario tick</h1>",
        "Latency by percentile",
        "Latency over time",
        "Throughput over time",
        "Fan-out skew",
        "Fairness",
        "CPU a delivery",
        "Linux 6.1.0-28-amd64",
        "Seed</th><td>7<",
        "tickcast-bench run --url",
        "sleepers wake late by",
        "p99&lt;5ms",
        "tickcast-bench 0.1.0, scenario tick, tickcast",
        "prefers-color-scheme:dark",
        "@media print",
    };
    json_t *result = fixture(FIXTURE("tick"));
    char *text = visible(&result, 1);
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        cr_assert(strstr(text, wanted[i]), "no %s", wanted[i]);
    cr_assert_null(strstr(text, "nan"));
    cr_assert_null(strstr(text, "inf\""));
    cr_assert_eq(count_of(text, "<svg viewBox=\"0 0 960"), 6);
    free(text);
    json_decref(result);
}

Test(report, the_worst_comes_with_its_reason_and_loss) {
    json_t *result = fixture(FIXTURE("nats"));
    char *text = visible(&result, 1);
    cr_assert(strstr(text, "<b>NOISY</b><span>the tool&#39;s busiest thread"));
    cr_assert(strstr(text, "3 deliveries were lost"));
    free(text);
    json_object_set_new(result, "verdict", json_string("INVALID"));
    text = visible(&result, 1);
    cr_assert(strstr(text, "figures are not to be used"));
    free(text);
    json_decref(result);
}

Test(report, holds_its_documents) {
    json_t *results[] = {fixture(FIXTURE("tick")), fixture(FIXTURE("observed"))};
    char *text = page(results, 2);
    json_t *all = result_parse("page", text, strlen(text), error);
    cr_assert(all, "%s", error);
    cr_assert_eq(json_array_size(all), 2);
    for (size_t i = 0; i < 2; i++) {
        cr_assert(json_equal(json_array_get(all, i), results[i]), "document %zu is another", i);
        json_decref(results[i]);
    }
    json_decref(all);
    free(text);
}

/* Sets each text within a value, and each name of `config`, to a hostile one. */
static void poison(json_t *value, const char *hostile) {
    const char *name;
    json_t *each;
    size_t index;
    if (json_is_string(value)) json_string_set(value, hostile);
    json_object_foreach(value, name, each) poison(each, hostile);
    json_array_foreach(value, index, each) poison(each, hostile);
}

Test(report, no_text_of_a_document_becomes_markup) {
    const char *hostile = "\"'><script>alert(1)</script><img src=x onerror=y></svg></style>&\x7f\n";
    json_t *result = fixture(FIXTURE("nats"));
    json_t *histograms = json_incref(json_object_get(result, "histograms"));
    poison(result, hostile);
    json_object_set_new(json_object_get(result, "config"), hostile, json_integer(1));
    json_object_set_new(result, "verdict", json_string("NOISY"));
    json_object_set_new(result, "histograms", histograms);
    json_t *results[] = {result, result};
    for (size_t count = 1; count <= 2; count++) {
        char *text = visible(results, count);
        cr_assert_eq(count_of(text, "<script"), 0);
        cr_assert_eq(count_of(text, "<img"), 0);
        cr_assert_eq(count_of(text, "</style>"), 1);
        cr_assert_eq(count_of(text, "'><"), 0);
        cr_assert_eq(count_of(text, "\x7f"), 0);
        free(text);
        text = page(results, count);
        cr_assert_eq(count_of(text, "</script"), 1);
        json_t *all = result_parse("page", text, strlen(text), error);
        cr_assert_str_eq(look_text(all, "0/url", ""), hostile, "%s", error);
        json_decref(all);
        free(text);
    }
    json_decref(result);
}

Test(report, several_are_overlaid_and_compared) {
    json_t *results[COMPARE_SIDES_MAX];
    for (size_t i = 0; i < COMPARE_SIDES_MAX; i++)
        results[i] = fixture(i % 2 ? FIXTURE("nats") : FIXTURE("tick"));
    char *text = visible(results, 2);
    cr_assert(strstr(text, "<h1>tickcast and nats: scenario tick</h1>"));
    cr_assert(strstr(text, "Side by side"));
    cr_assert(strstr(text, "+53.2"));
    free(text);
    text = visible(results, COMPARE_SIDES_MAX);
    for (char colour = '0'; colour < '8'; colour++) {
        char line[] = "<path class=\"l s0\" d=\"M64";
        line[16] = colour;
        cr_assert(strstr(text, line), "no line s%c", colour);
    }
    free(text);
    cr_assert_eq(report_write(results, 0, stdout), -1);
    cr_assert_eq(errno, EINVAL);
    cr_assert_eq(report_write(results, COMPARE_SIDES_MAX + 1, stdout), -1);
    cr_assert_eq(errno, EINVAL);
    for (size_t i = 0; i < COMPARE_SIDES_MAX; i++) json_decref(results[i]);
}

Test(report, repeated_runs_are_one_side_with_intervals) {
    json_t *results[5];
    struct compare_sides sides;
    struct printed printed;
    for (size_t i = 0; i < 5; i++) {
        results[i] = fixture(FIXTURE("tick"));
        json_object_set_new(json_object_get(results[i], "latency_us"), "p99",
                            json_real(1000.0 * (double)(i + 1)));
    }
    cr_assert_eq(compare_group(results, 5, &sides, error), 0);
    cr_assert_eq(report_write_sides(&sides, print_to(&printed)), 0);
    char *text = print_end(&printed);
    cr_assert(strstr(text, "5 runs"));
    cr_assert(strstr(text, "3.00\u202fms <small class=\"unknown\">1.00\u202fms to 5.00\u202fms"));
    cr_assert(strstr(text, "p99: 3.00\u202fms</title>"), "the median run is drawn");
    json_t *all = result_parse("page", text, strlen(text), error);
    cr_assert_eq(json_array_size(all), 5);
    json_decref(all);
    free(text);
    compare_fini(&sides);
    for (size_t i = 0; i < 5; i++) json_decref(results[i]);
}

Test(report, throughput_is_by_the_length_of_each_row) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(result, "duration_s", json_integer(14));
    json_object_set_new(result, "series",
                        json_pack("[{s:i,s:i,s:i,s:i},{s:i,s:i,s:i,s:i}]", "at_s", 0, "published",
                                  1, "received", 1000, "lost", 0, "at_s", 10, "published", 1,
                                  "received", 1000, "lost", 3));
    char *text = visible(&result, 1);
    cr_assert(strstr(text, "0 to 10 s\ntickcast: 100\u202f/s, 0 lost"));
    cr_assert(strstr(text, "10 to 14 s\ntickcast: 250\u202f/s, 3 lost"));
    cr_assert(strstr(text, "tickcast, until 14 s: 3 lost"));
    free(text);
    json_decref(result);
}

Test(report, more_runs_than_fit_are_compared_but_not_held) {
    json_t *result = fixture(FIXTURE("tick"));
    json_t *runs[COMPARE_RUNS_MAX];
    struct compare_sides sides;
    struct printed printed;
    for (size_t i = 0; i < COMPARE_RUNS_MAX; i++) runs[i] = json_copy(result);
    for (size_t count = 64; count <= COMPARE_RUNS_MAX; count *= 4) {
        cr_assert_eq(compare_group(runs, count, &sides, error), 0);
        cr_assert_eq(report_write_sides(&sides, print_to(&printed)), 0);
        char *text = print_end(&printed);
        cr_assert_lt(printed.bytes, REPORT_BYTES_MAX);
        json_t *all = result_parse("page", text, strlen(text), error);
        cr_assert_eq(json_array_size(all), count == 64 ? 64 : 1, "%s", error);
        cr_assert_eq(strstr(text, "255 runs that are not drawn did not fit") != NULL, count == 256);
        const char *drawn =
            count == 64 ? "31/histograms" : "0/histograms"; /* the median of equals */
        cr_assert(json_object_size(look(all, drawn)), "what is drawn is held whole");
        json_decref(all);
        free(text);
        compare_fini(&sides);
    }
    for (size_t i = 0; i < COMPARE_RUNS_MAX; i++) json_decref(runs[i]);
    json_decref(result);
}

Test(report, a_run_without_any_figure_is_shown_as_unknown) {
    static const char *const names[] = {"expected",
                                        "lost",
                                        "duplicated",
                                        "reordered",
                                        "published",
                                        "latency_us",
                                        "latency_uncorrected_us",
                                        "skew_us",
                                        "cpu_ns_per_delivery",
                                        "server",
                                        "floor"};
    json_t *result = fixture(FIXTURE("tick"));
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        json_object_set_new(result, names[i], json_null());
    json_object_set_new(result, "verdict", json_string("INVALID"));
    json_object_set_new(result, "received", json_integer(0));
    json_object_set_new(result, "duration_s", json_integer(0));
    json_object_set_new(result, "series", json_array());
    json_object_set_new(result, "histograms", json_object());
    json_object_set_new(json_object_get(result, "clients"), "rank", json_array());
    cr_assert_eq(result_validate(result, error), 0, "%s", error);
    char *text = visible(&result, 1);
    cr_assert_eq(count_of(text, "<svg viewBox=\"0 0 960"), 0, "nothing is drawn");
    cr_assert(strstr(text, "<dt>Latency, p99</dt><dd><span class=\"unknown\">unknown"));
    cr_assert_null(strstr(text, "nan"));
    free(text);
    json_decref(result);
}

Test(report, hours_of_seconds_are_thinned_to_fit) {
    json_t *result = fixture(FIXTURE("tick")), *series = json_object_get(result, "series");
    json_t *second = json_incref(json_array_get(series, 0));
    json_array_clear(series);
    for (int i = 0; i < 40000; i++) {
        json_t *copy = json_copy(second);
        json_object_set_new(copy, "at_s", json_integer(i));
        json_object_set_new(copy, "received", json_integer(2));
        json_array_append_new(series, copy);
    }
    char *text = page(&result, 1);
    json_t *all = result_parse("page", text, strlen(text), error);
    cr_assert(all, "%s", error);
    const json_t *thin = look(all, "0/series");
    size_t index;
    json_int_t received = 0;
    json_t *row;
    json_array_foreach(thin, index, row) {
        received += json_integer_value(json_object_get(row, "received"));
    }
    cr_assert_eq(received, 80000, "nothing of what was received is left out");
    cr_assert_lt(index, 10000);
    cr_assert_eq(json_array_size(series), 40000, "the document itself is as it was");
    json_decref(all);
    json_decref(second);
    json_decref(result);
    free(text);
}

Test(report, documents_without_histograms_or_seconds_still_make_a_page) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(result, "histograms", json_pack("{s:s}", "latency", "not base64"));
    json_object_set_new(result, "series", json_array());
    json_object_set_new(json_object_get(result, "clients"), "rank", json_array());
    char *text = visible(&result, 1);
    cr_assert(strstr(text, "Latency by percentile"));
    cr_assert_null(strstr(text, "Latency over time"));
    cr_assert_null(strstr(text, "Fan-out skew"));
    cr_assert_null(strstr(text, "nan"));
    free(text);
    json_decref(result);
}

Test(report, extreme_numbers_make_no_broken_drawing) {
    static const double numbers[] = {0, 1e-9, 1e12};
    for (size_t i = 0; i < 3; i++) {
        json_t *result = fixture(FIXTURE("tick")), *each;
        const char *name;
        size_t index;
        json_object_foreach(json_object_get(result, "latency_us"), name, each) {
            if (json_is_real(each)) json_real_set(each, numbers[i]);
        }
        json_array_foreach(json_object_get(result, "series"), index, each) {
            json_object_set_new(each, "p99_us", json_real(numbers[i]));
            json_object_set_new(each, "at_s", json_real(numbers[i]));
        }
        json_object_set_new(result, "cpu_ns_per_delivery", json_real(numbers[i]));
        char *text = visible(&result, 1);
        cr_assert_null(strstr(text, "nan"));
        cr_assert_null(strstr(text, "inf\""));
        cr_assert_null(strstr(text, "M-"), "nothing is drawn outside");
        free(text);
        json_decref(result);
    }
}

Test(report, axes_hold_what_they_cover) {
    static const double highs[] = {0.003, 1, 7, 99, 12345, 1e9};
    for (size_t i = 0; i < sizeof highs / sizeof *highs; i++) {
        struct axis linear = axis_linear(0, highs[i], VALUE_RATIO, "x");
        struct axis log = axis_log(highs[i] / 1000, highs[i], VALUE_US, "x");
        cr_assert_eq(linear.from, 0);
        cr_assert_geq(linear.to, highs[i] * (1 - 1e-9));
        cr_assert_leq(linear.to, highs[i] + linear.step);
        cr_assert_leq(log.from, highs[i] / 1000 * (1 + 1e-9));
        cr_assert_geq(log.to, highs[i] * (1 - 1e-9));
        cr_assert_eq(axis_place(&log, log.from), 0);
        cr_assert_float_eq(axis_place(&log, log.to), 1, 1e-9);
    }
    struct axis percent = axis_percentile(1e6, "x");
    cr_assert_float_eq(axis_place(&percent, 99.9), 0.5, 1e-9);
    cr_assert_eq(axis_place(&percent, 100), 1);
    cr_assert_eq(axis_place(&percent, 0), 0);
}
