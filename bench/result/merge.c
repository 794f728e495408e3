#include "result/merge.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/printable.h"
#include "histogram/encode.h"
#include "histogram/percentiles.h"
#include "result/figures.h"
#include "result/look.h"
#include "result/parts.h"
#include "result/read.h"

#define READERS_SHOWN 1000 /* schema.json: of ranks */
#define WORST_SHOWN   20   /* schema.json */

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

__attribute__((format(printf, 2, 3))) static int fail(char *error, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error, RESULT_ERROR_BYTES, format, arguments);
    va_end(arguments);
    return -1;
}

/* --- which results can be one --- */

/* Seconds since the epoch; below 0 if it is not RFC 3339. */
static double started_s(const json_t *result) {
    struct tm tm = {0};
    const char *rest = strptime(look_text(result, "started", ""), "%Y-%m-%dT%H:%M:%S", &tm);
    return rest ? (double)timegm(&tm) : -1;
}

/* What must be the same in all, with what it is called. */
static const struct {
    const char *path, *title;
} same[] = {
    {"peer", "server"},
    {"scenario", "scenario"},
    {"version", "version of tickcast-bench"},
};

/* Runs that did not overlap are repetitions: their connections were never open together. */
static int check_time(const struct parts *parts, char *error) {
    double latest = -1, first_end = INFINITY;
    size_t which = 0;
    for (size_t i = 0; i < parts->count; i++) {
        double started = started_s(parts->results[i]), duration_s = 0;
        if (started < 0) return fail(error, "result %zu does not say when it was started", i + 1);
        look_number(parts->results[i], "duration_s", &duration_s);
        if (started > latest) which = i;
        latest = fmax(latest, started);
        first_end = fmin(first_end, started + duration_s + 1); /* `started` is of whole seconds */
    }
    if (latest <= first_end) return 0;
    return fail(
        error,
        "result %zu was started %.0f s after another had ended: only results of one time can "
        "be merged; those of repeated runs can be compared",
        which + 1, latest - first_end + 1);
}

static const char *kind_of(const json_t *result) {
    return look_text(result, "load/kind", "observed");
}

static int check_same(const struct parts *parts, size_t which, const char *path, const char *title,
                      char *error) {
    const char *one = look_text(parts->results[0], path, "");
    const char *other = look_text(parts->results[which], path, "");
    char text[2][100];
    if (!strcmp(one, other)) return 0;
    return fail(error, "result %zu is of another %s, %s, than result 1, %s", which + 1, title,
                printable(other, strlen(other), text[0], sizeof text[0]),
                printable(one, strlen(one), text[1], sizeof text[1]));
}

static int check_fit(const struct parts *parts, char *error) {
    bool open = false, closed = false;
    for (size_t i = 0; i < parts->count; i++) {
        for (size_t j = 0; j < LENGTH(same); j++) {
            if (check_same(parts, i, same[j].path, same[j].title, error)) return -1;
        }
        if (look(parts->results[i], "sweep"))
            return fail(error, "result %zu is of a search for a limit, which cannot be merged",
                        i + 1);
        open = open || !strcmp(kind_of(parts->results[i]), "open");
        closed = closed || !strcmp(kind_of(parts->results[i]), "closed");
        if (open && closed)
            return fail(error,
                        "result %zu is of another kind of load than those before it: open and "
                        "closed loops cannot be merged",
                        i + 1);
    }
    return check_time(parts, error);
}

/* --- histograms --- */

static int add_figure(const struct parts *parts, const struct figure *figure,
                      struct histogram **sum, char *error) {
    for (size_t i = 0; i < parts->count; i++) {
        const char *why;
        struct histogram *histogram = figure_histogram(parts->results[i], figure, &why);
        if (!histogram && why) return fail(error, "result %zu: %s: %s", i + 1, figure->path, why);
        if (!*sum) {
            *sum = histogram;
            continue;
        }
        bool whole = !histogram || (histogram_add(*sum, histogram) &&
                                    histogram_max(*sum) >= histogram_max(histogram));
        histogram_free(histogram);
        if (!whole)
            return fail(error, "result %zu: %s: its histogram has other digits or another range",
                        i + 1, figure->path);
    }
    return 0;
}

static int merge_figures(const struct parts *parts, json_t *merged, char *error) {
    json_t *texts = json_object();
    int failed = 0;
    for (const struct figure *figure = figures; figure->name && !failed; figure++) {
        struct histogram *sum = NULL;
        failed = add_figure(parts, figure, &sum, error);
        if (sum && !failed) {
            char *text = histogram_to_text(sum);
            json_object_set_new(texts, figure->name, json_string(text ? text : ""));
            free(text);
        }
        if (sum && !failed) parts_set(merged, figure->path, percentiles_to_json(sum));
        histogram_free(sum);
    }
    json_object_set_new(merged, "histograms", texts);
    return failed;
}

/* --- the rest --- */

static const char *const verdicts[] = {"VALID", "NOISY", "INVALID"};

/* Its row; the worst if it is none of them. */
static size_t badness(const json_t *result) {
    size_t row = 0;
    while (row < LENGTH(verdicts) - 1 && strcmp(look_text(result, "verdict", ""), verdicts[row]))
        row++;
    return row;
}

static void merge_verdict(const struct parts *parts, json_t *merged) {
    size_t worst = 0, index;
    json_t *reasons = json_array(), *each;
    for (size_t i = 0; i < parts->count; i++) {
        const json_t *result = parts->results[i];
        if (badness(result) > worst) worst = badness(result);
        json_array_foreach(look(result, "reasons"), index, each) {
            json_array_append_new(
                reasons, json_pack("{s:s, s:o}", "code", look_text(each, "code", ""), "text",
                                   json_sprintf("%s: %s", look_text(result, "machine/host", "?"),
                                                look_text(each, "text", ""))));
        }
    }
    json_object_set_new(merged, "verdict", json_string(verdicts[worst]));
    json_object_set_new(merged, "reasons", reasons);
}

/* The result from which the server was watched; NULL if none was, or several servers. */
static const json_t *watcher(const struct parts *parts) {
    const json_t *found = NULL;
    for (size_t i = 0; i < parts->count; i++) {
        const json_t *result = parts->results[i];
        if (!look(result, "server")) continue;
        if (found && (!json_equal(look(found, "server/pid"), look(result, "server/pid")) ||
                      !json_equal(look(found, "machine/host"), look(result, "machine/host"))))
            return NULL;
        if (!found) found = result;
    }
    return found;
}

/* What a process used for all parts was divided by one part's deliveries (or connections) only.
 * Each part that watched it saw the whole; the greatest saw it longest. */
static void merge_share(const struct parts *parts, const char *path, const char *divisor,
                        json_t *merged) {
    double used = -1, sum = 0;
    for (size_t i = 0; i < parts->count; i++) {
        double share, of = 0;
        look_number(parts->results[i], divisor, &of);
        sum += of;
        if (look_number(parts->results[i], path, &share)) used = fmax(used, share * of);
    }
    parts_set(merged, path, used >= 0 && sum > 0 ? json_real(used / sum) : json_null());
}

static void merge_server(const struct parts *parts, json_t *merged) {
    static const char *const cpu[] = {"cpu_ns_per_delivery", "server/user_ns_per_delivery",
                                      "server/system_ns_per_delivery",
                                      "server/core_ns_per_delivery"};
    static const char *const memory[] = {"server/rss_bytes_per_connection",
                                         "server/kernel_bytes_per_connection"};
    const json_t *from = watcher(parts);
    json_object_set_new(merged, "server",
                        from ? json_deep_copy(look(from, "server")) : json_null());
    json_object_set_new(merged, "cpu_ns_per_delivery", json_null());
    if (!from) return;
    for (size_t i = 0; i < LENGTH(cpu); i++) merge_share(parts, cpu[i], "received", merged);
    for (size_t i = 0; i < LENGTH(memory); i++)
        merge_share(parts, memory[i], "load/connections", merged);
    parts_greatest(parts, "server/rss_bytes", merged);
}

static void merge_load(const struct parts *parts, json_t *merged) {
    static const char *const sums[] = {"load/rate", "load/window"};
    const char *kind = "observed";
    for (size_t i = 0; i < parts->count && !strcmp(kind, "observed"); i++)
        kind = kind_of(parts->results[i]);
    parts_set(merged, "load/kind", json_string(kind));
    for (size_t i = 0; i < LENGTH(sums); i++) parts_sum_known(parts, sums[i], merged);
}

static void merge_clients(const struct parts *parts, json_t *merged) {
    parts_numbers(parts, "clients/rank", READERS_SHOWN, merged);
    parts_numbers(parts, "clients/mean_us", READERS_SHOWN, merged);
    parts_set(merged, "clients/worst", parts_worst(parts, WORST_SHOWN));
}

/* Of several processes on one host its cores and memory count once. */
static void merge_machine(const struct parts *parts, json_t *merged) {
    static const char *const texts[] = {"machine/host", "machine/cpu", "machine/kernel",
                                        "machine/os"};
    json_int_t cores = 0, memory = 0;
    for (size_t i = 0; i < parts->count; i++) {
        const json_t *host = look(parts->results[i], "machine/host");
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++)
            seen = json_equal(host, look(parts->results[j], "machine/host"));
        if (seen) continue;
        cores += json_integer_value(look(parts->results[i], "machine/cores"));
        memory += json_integer_value(look(parts->results[i], "machine/memory_bytes"));
    }
    parts_set(merged, "machine/cores", json_integer(cores));
    parts_set(merged, "machine/memory_bytes", json_integer(memory));
    for (size_t i = 0; i < LENGTH(texts); i++) parts_texts(parts, texts[i], ", ", merged);
}

/* That of the host where the server ran: it is what the server is compared with. */
static void merge_floor(const struct parts *parts, json_t *merged) {
    const json_t *from = watcher(parts);
    const json_t *floor = from ? look(from, "floor") : NULL;
    for (size_t i = 0; i < parts->count && !floor; i++) floor = look(parts->results[i], "floor");
    json_object_set_new(merged, "floor", floor ? json_deep_copy(floor) : json_null());
    parts_greatest(parts, "floor/stolen_share", merged);
}

static void merge_config(const struct parts *parts, json_t *merged) {
    json_t *config = json_object(), *value;
    const char *name;
    json_object_foreach(look(parts->results[0], "config"), name, value) {
        bool shared = true;
        for (size_t i = 1; i < parts->count && shared; i++)
            shared = json_equal(value, json_object_get(look(parts->results[i], "config"), name));
        if (shared) json_object_set(config, name, value);
    }
    json_object_set_new(merged, "config", config);
}

static void merge_origin(const struct parts *parts, json_t *merged) {
    json_int_t count = 0;
    const json_t *first = parts->results[0];
    for (size_t i = 0; i < parts->count; i++) {
        json_int_t inside = json_integer_value(look(parts->results[i], "merged"));
        count += inside > 0 ? inside : 1;
        if (started_s(parts->results[i]) < started_s(first)) first = parts->results[i];
    }
    json_object_set_new(merged, "merged", json_integer(count));
    json_object_set(merged, "started", look(first, "started"));
    parts_texts(parts, "url", ", ", merged);
    parts_texts(parts, "command", "; ", merged);
}

int result_merge(json_t *const *results, size_t count, json_t **merged, char *error) {
    static const char *const sums[] = {
        "received",           "load/connections", "load/published_per_s",
        "deliveries_per_s",   "published",        "clients/count",
        "clients/closed",     "clients/evicted",  "clients/rank_outliers",
        "clients/always_late"};
    static const char *const owed[] = {"expected", "excused"};
    static const char *const faults[] = {"lost", "duplicated", "reordered"};
    static const char *const greatest[] = {"duration_s", "machine/load", "machine/client_busy"};
    const struct parts parts = {results, count};
    if (!count) return fail(error, "there is no result to merge");
    if (check_fit(&parts, error)) return -1;
    json_t *sum = json_deep_copy(results[0]);
    if (!sum) return fail(error, "no memory");
    json_object_del(sum, "assertions"); /* they were of the parts */
    merge_verdict(&parts, sum);
    for (size_t i = 0; i < LENGTH(owed); i++) parts_sum(&parts, owed[i], sum);
    for (size_t i = 0; i < LENGTH(faults); i++) parts_sum_faults(&parts, faults[i], sum);
    for (size_t i = 0; i < LENGTH(sums); i++) parts_sum_known(&parts, sums[i], sum);
    for (size_t i = 0; i < LENGTH(greatest); i++) parts_greatest(&parts, greatest[i], sum);
    merge_load(&parts, sum);
    merge_server(&parts, sum);
    merge_clients(&parts, sum);
    merge_machine(&parts, sum);
    merge_floor(&parts, sum);
    merge_config(&parts, sum);
    merge_origin(&parts, sum);
    json_object_set_new(sum, "series", parts_series(&parts));
    if (merge_figures(&parts, sum, error)) {
        json_decref(sum);
        return -1;
    }
    *merged = sum;
    return 0;
}
