#include "cli/outputs.h"

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/files.h"
#include "histogram/encode.h"
#include "histogram/hgrm.h"
#include "histogram/hlog.h"
#include "report/report.h"
#include "result/check.h"
#include "result/compare.h"
#include "result/csv.h"
#include "result/junit.h"
#include "result/look.h"
#include "result/read.h"

#define NS_PER_US 1000.0
#define LATENCY   "latency" /* the histogram that is meant where none is named */

struct many {
    json_t *const *results;
    size_t count;
    char *error;
};

/* How bad a result is: loss before an invalid run before a noisy one. */
static int badness(const json_t *result) {
    int code = check_exit_code(result);
    return code == BENCH_EXIT_FAILED ? BENCH_EXIT_INVALID + 1 : code;
}

static double p99_of(const json_t *result) {
    double p99 = 0;
    look_number(result, "latency_us/p99", &p99);
    return p99;
}

static int compare_runs(const void *a, const void *b) {
    const json_t *one = *(json_t *const *)a, *other = *(json_t *const *)b;
    int worse = badness(other) - badness(one);
    if (worse != 0) return worse;
    return (p99_of(one) > p99_of(other)) - (p99_of(one) < p99_of(other));
}

/* The run that stands for all. */
static json_t *representative(json_t *const *results, size_t count) {
    json_t **sorted = calloc(count, sizeof *sorted);
    if (sorted == NULL) return NULL;
    memcpy(sorted, results, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare_runs);
    size_t equals = 0;
    while (equals < count && badness(sorted[equals]) == badness(sorted[0])) equals++;
    json_t *chosen = sorted[(equals - 1) / 2];
    free(sorted);
    return chosen;
}

json_t *outputs_document(json_t *const *results, size_t count) {
    json_t *chosen = representative(results, count);
    if (count == 1) return json_incref(chosen);
    json_t *document = json_copy(chosen), *runs = json_array();
    for (size_t i = 0; i < count; i++) json_array_append(runs, results[i]);
    if (json_object_set_new(document, "runs", runs) == 0 && json_array_size(runs) == count)
        return document;
    json_decref(document);
    return NULL;
}

static int write_json(void *arg, FILE *out) {
    const struct many *many = arg;
    json_t *document = outputs_document(many->results, many->count);
    errno = ENOMEM;
    int result = document != NULL ? json_dumpf(document, out, JSON_INDENT(1)) : -1;
    json_decref(document);
    return result == 0 && fputc('\n', out) != EOF ? 0 : -1;
}

static int write_csv(void *arg, FILE *out) {
    const struct many *many = arg;
    return csv_write(many->results, many->count, out);
}

static int write_csv_series(void *arg, FILE *out) {
    const struct many *many = arg;
    return csv_write_series(many->results, many->count, out);
}

static int write_junit(void *arg, FILE *out) {
    const struct many *many = arg;
    return junit_write(many->results, many->count, out);
}

static int write_report(void *arg, FILE *out) {
    const struct many *many = arg;
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    if (many->count == 1) return report_write(many->results, 1, out);
    if (compare_group(many->results, many->count, &sides, error) != 0) {
        errno = EINVAL;
        return -1;
    }
    int result = report_write_sides(&sides, out);
    compare_fini(&sides);
    return result;
}

/* A histogram of a result; NULL if it has none of the name. */
static struct histogram *histogram_of(const json_t *result, const char *name) {
    const char *error, *text = json_string_value(json_object_get(look(result, "histograms"), name));
    return text != NULL ? histogram_from_text(text, &error) : NULL;
}

static int write_hgrm(void *arg, FILE *out) {
    const struct many *many = arg;
    struct histogram *histogram = histogram_of(representative(many->results, many->count), LATENCY);
    errno = ENODATA; /* nothing was accounted */
    int result = histogram != NULL ? hgrm_write(histogram, NS_PER_US, out) : -1;
    histogram_free(histogram);
    return result;
}

/* When a result began, in seconds since 1970; 0 if it does not tell. */
static double started_of(const json_t *result) {
    struct tm parts = {.tm_year = 0};
    const char *end = strptime(look_text(result, "started", ""), "%Y-%m-%dT%H:%M:%S", &parts);
    return end != NULL ? (double)timegm(&parts) + (*end == '.' ? strtod(end, NULL) : 0) : 0;
}

static int write_intervals(const json_t *result, double first_s, FILE *out) {
    double length_s = 0, at_s = started_of(result) - first_s;
    const char *name;
    json_t *text;
    int failed = 0;
    look_number(result, "duration_s", &length_s);
    json_object_foreach(look(result, "histograms"), name, text) {
        struct histogram *histogram = histogram_of(result, name);
        if (histogram == NULL) continue;
        const char *tag = strcmp(name, LATENCY) == 0 ? NULL : name;
        if (failed == 0) failed = hlog_write(out, tag, at_s, length_s, histogram);
        histogram_free(histogram);
    }
    return failed;
}

static int write_hlog(void *arg, FILE *out) {
    const struct many *many = arg;
    double first_s = started_of(many->results[0]);
    int failed = hlog_begin(out, "tickcast-bench " TICKCAST_VERSION ", values in ns", first_s);
    for (size_t i = 0; i < many->count && failed == 0; i++)
        failed = write_intervals(many->results[i], first_s, out);
    return failed;
}

struct output {
    const char *path;
    int (*write)(void *arg, FILE *out);
};
#define OUTPUTS 7

static void outputs_of(const struct bench_args *args, struct output out[OUTPUTS]) {
    const struct output all[OUTPUTS] = {
        {args->json, write_json},   {args->report, write_report},
        {args->csv, write_csv},     {args->csv_series, write_csv_series},
        {args->hgrm, write_hgrm},   {args->hlog, write_hlog},
        {args->junit, write_junit},
    };
    memcpy(out, all, sizeof all);
}

int outputs_write(const struct bench_args *args, json_t *const *results, size_t count) {
    struct many many = {.results = results, .count = count};
    struct output outputs[OUTPUTS];
    char error[FILES_ERROR_BYTES];
    int result = 0;
    outputs_of(args, outputs);
    for (size_t i = 0; i < OUTPUTS; i++) {
        if (outputs[i].path == NULL ||
            file_write(outputs[i].path, outputs[i].write, &many, error) == 0)
            continue;
        warnx("%s", error);
        result = -1;
    }
    return result;
}

bool outputs_possible(const struct bench_args *args) {
    struct output outputs[OUTPUTS];
    char error[FILES_ERROR_BYTES];
    bool possible = true;
    outputs_of(args, outputs);
    for (size_t i = 0; i < OUTPUTS; i++) {
        if (outputs[i].path == NULL || file_may_write(outputs[i].path, error)) continue;
        warnx("%s", error);
        possible = false;
    }
    return possible;
}
