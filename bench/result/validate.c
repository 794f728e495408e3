/* The form of a document, as far as those who show it rely on it; schema.json says all of it. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "result/look.h"
#include "result/read.h"

enum kind { TEXT, COUNT, NUMBER, TRUTH, PERCENTILES, OBJECT, ARRAY, NUMBERS, TEXTS };

static const char *const kind_names[] = {
    [TEXT] = "a text",
    [COUNT] = "a whole number from 0 on",
    [NUMBER] = "a number from 0 on",
    [TRUTH] = "true or false",
    [OBJECT] = "an object",
    [PERCENTILES] = "an object with p50, p75, ... max, mean and count",
    [ARRAY] = "an array",
    [NUMBERS] = "an array of numbers",
    [TEXTS] = "an object of texts",
};

enum need { NEEDED, OR_NULL, OPTIONAL }; /* OPTIONAL: may also be missing */

struct field {
    const char *path;
    enum kind kind;
    enum need need;
};

static const struct field fields[] = {
    {"verdict", TEXT, NEEDED},
    {"reasons", ARRAY, NEEDED},
    {"scenario", TEXT, NEEDED},
    {"url", TEXT, NEEDED},
    {"peer", TEXT, NEEDED},
    {"version", TEXT, NEEDED},
    {"command", TEXT, NEEDED},
    {"started", TEXT, NEEDED},
    {"duration_s", NUMBER, NEEDED},
    {"expected", COUNT, OR_NULL},
    {"received", COUNT, NEEDED},
    {"lost", COUNT, OR_NULL},
    {"duplicated", COUNT, OR_NULL},
    {"reordered", COUNT, OR_NULL},
    {"excused", COUNT, OPTIONAL},
    {"published", COUNT, OR_NULL},
    {"latency_us", PERCENTILES, OR_NULL},
    {"latency_uncorrected_us", PERCENTILES, OR_NULL},
    {"skew_us", PERCENTILES, OR_NULL},
    {"cpu_ns_per_delivery", NUMBER, OR_NULL},
    {"deliveries_per_s", NUMBER, NEEDED},
    {"load", OBJECT, NEEDED},
    {"load/kind", TEXT, NEEDED},
    {"load/connections", COUNT, NEEDED},
    {"load/rate", NUMBER, OPTIONAL},
    {"load/window", COUNT, OPTIONAL},
    {"load/published_per_s", NUMBER, NEEDED},
    {"series", ARRAY, NEEDED},
    {"clients", OBJECT, NEEDED},
    {"clients/count", COUNT, NEEDED},
    {"clients/rank", NUMBERS, NEEDED},
    {"clients/rank_band", NUMBER, OPTIONAL},
    {"clients/rank_outliers", COUNT, NEEDED},
    {"clients/always_late", COUNT, NEEDED},
    {"clients/worst", ARRAY, OPTIONAL},
    {"clients/closed", COUNT, OPTIONAL},
    {"clients/evicted", COUNT, OPTIONAL},
    {"clients/gap_us", PERCENTILES, OPTIONAL},
    {"clients/mean_us", NUMBERS, OPTIONAL},
    {"setup", OBJECT, NEEDED},
    {"setup/connect_us", PERCENTILES, OR_NULL},
    {"setup/upgrade_us", PERCENTILES, OPTIONAL},
    {"setup/tls_us", PERCENTILES, OR_NULL},
    {"setup/tls_resumed_us", PERCENTILES, OPTIONAL},
    {"setup/echo_us", PERCENTILES, OR_NULL},
    {"setup/reconnect_us", PERCENTILES, OPTIONAL},
    {"setup/change_us", PERCENTILES, OPTIONAL},
    {"server", OBJECT, OR_NULL},
    {"server/pid", COUNT, NEEDED},
    {"server/name", TEXT, OPTIONAL},
    {"server/user_ns_per_delivery", NUMBER, OR_NULL},
    {"server/system_ns_per_delivery", NUMBER, OR_NULL},
    {"server/core_ns_per_delivery", NUMBER, OPTIONAL},
    {"server/rss_bytes", COUNT, OPTIONAL},
    {"server/rss_bytes_per_connection", NUMBER, OPTIONAL},
    {"server/kernel_bytes_per_connection", NUMBER, OPTIONAL},
    {"floor", OBJECT, OR_NULL},
    {"floor/noise_us", PERCENTILES, NEEDED},
    {"floor/stolen_share", NUMBER, OPTIONAL},
    {"floor/bare", OBJECT, OR_NULL},
    {"floor/bare/cpu_ns_per_delivery", NUMBER, NEEDED},
    {"floor/bare/latency_us", PERCENTILES, NEEDED},
    {"floor/bare/skew_us", PERCENTILES, NEEDED},
    {"histograms", TEXTS, NEEDED},
    {"machine", OBJECT, NEEDED},
    {"machine/host", TEXT, NEEDED},
    {"machine/cpu", TEXT, NEEDED},
    {"machine/cores", COUNT, NEEDED},
    {"machine/memory_bytes", COUNT, NEEDED},
    {"machine/kernel", TEXT, NEEDED},
    {"machine/os", TEXT, OPTIONAL},
    {"machine/slip_us", PERCENTILES, OPTIONAL},
    {"sweep", OBJECT, OPTIONAL},
    {"sweep/of", TEXT, OPTIONAL},
    {"sweep/limit_us", NUMBER, OPTIONAL},
    {"sweep/best", NUMBER, OPTIONAL},
    {"sweep/low", NUMBER, OPTIONAL},
    {"sweep/high", NUMBER, OPTIONAL},
    {"sweep/steps", ARRAY, OPTIONAL},
    {"assertions", ARRAY, OPTIONAL},
    {"config", OBJECT, NEEDED},
};

static const struct field percentiles[] = {
    {"p50", NUMBER, NEEDED},  {"p75", NUMBER, NEEDED},   {"p90", NUMBER, NEEDED},
    {"p99", NUMBER, NEEDED},  {"p99.9", NUMBER, NEEDED}, {"p99.99", NUMBER, NEEDED},
    {"max", NUMBER, NEEDED},  {"mean", NUMBER, NEEDED},  {"min", NUMBER, OPTIONAL},
    {"count", COUNT, NEEDED},
};

static const struct field rows[] = {
    {"at_s", NUMBER, NEEDED},     {"published", COUNT, NEEDED},      {"received", COUNT, NEEDED},
    {"lost", COUNT, OPTIONAL},    {"p50_us", NUMBER, OPTIONAL},      {"p99_us", NUMBER, OPTIONAL},
    {"max_us", NUMBER, OPTIONAL}, {"skew_p99_us", NUMBER, OPTIONAL}, {"cpu_ns", NUMBER, OPTIONAL},
};

static const struct field reasons[] = {{"code", TEXT, NEEDED}, {"text", TEXT, NEEDED}};

static const struct field steps[] = {
    {"value", NUMBER, NEEDED},
    {"p99_us", NUMBER, OR_NULL},
    {"lost", COUNT, OR_NULL},
    {"good", TRUTH, NEEDED},
};

static const struct field assertions[] = {
    {"text", TEXT, NEEDED},
    {"value", NUMBER, OR_NULL},
    {"passed", TRUTH, NEEDED},
};

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

/* Arrays whose elements are objects of one form. */
static const struct {
    const char *path;
    const struct field *fields;
    size_t count;
} tables[] = {
    {"series", rows, LENGTH(rows)},
    {"reasons", reasons, LENGTH(reasons)},
    {"sweep/steps", steps, LENGTH(steps)},
    {"assertions", assertions, LENGTH(assertions)},
};

static bool number(const json_t *value) {
    return json_is_number(value) && isfinite(json_number_value(value)) &&
           json_number_value(value) >= 0;
}

static bool all_numbers(const json_t *array) {
    size_t index;
    json_t *each;
    json_array_foreach(array, index, each) {
        if (!number(each)) return false;
    }
    return json_is_array(array);
}

static bool all_texts(json_t *object) {
    const char *name;
    json_t *each;
    json_object_foreach(object, name, each) {
        if (!json_is_string(each)) return false;
    }
    return json_is_object(object);
}

static bool has_fields(const json_t *object, const struct field *wanted, size_t count,
                       const char *where, char *error);

static bool has_kind(json_t *value, enum kind kind) {
    switch (kind) {
    case TEXT:
        return json_is_string(value);
    case COUNT:
        return json_is_integer(value) && json_integer_value(value) >= 0;
    case NUMBER:
        return number(value);
    case TRUTH:
        return json_is_boolean(value);
    case OBJECT:
        return json_is_object(value);
    case ARRAY:
        return json_is_array(value);
    case NUMBERS:
        return all_numbers(value);
    case TEXTS:
        return all_texts(value);
    case PERCENTILES:
        return json_is_object(value) &&
               has_fields(value, percentiles, LENGTH(percentiles), "", NULL);
    }
    return false;
}

/* What holds the last element of a path, and that element; NULL if it is null or missing. */
static const json_t *holder(const json_t *object, const char *path, const char **last) {
    const char *slash = strrchr(path, '/');
    char parent[LOOK_PATH_BYTES];
    *last = slash ? slash + 1 : path;
    if (!slash) return object;
    snprintf(parent, sizeof parent, "%.*s", (int)(slash - path), path);
    return look(object, parent);
}

static bool has_fields(const json_t *object, const struct field *wanted, size_t count,
                       const char *where, char *error) {
    for (size_t i = 0; i < count; i++) {
        const char *last;
        const json_t *in = holder(object, wanted[i].path, &last);
        json_t *value = json_object_get(in, last);
        if (!in || (!value && wanted[i].need == OPTIONAL)) continue;
        if (json_is_null(value) && wanted[i].need != NEEDED) continue;
        if (value && has_kind(value, wanted[i].kind)) continue;
        if (error && !value)
            snprintf(error, RESULT_ERROR_BYTES, "not a result of tickcast-bench: %s%s is missing",
                     where, wanted[i].path);
        else if (error)
            snprintf(error, RESULT_ERROR_BYTES, "not a result of tickcast-bench: %s%s is not %s%s",
                     where, wanted[i].path, kind_names[wanted[i].kind],
                     wanted[i].need == NEEDED ? "" : " or null");
        return false;
    }
    return true;
}

static bool has_tables(const json_t *result, char *error) {
    for (size_t i = 0; i < LENGTH(tables); i++) {
        size_t index;
        json_t *row;
        json_array_foreach(look(result, tables[i].path), index, row) {
            char where[LOOK_PATH_BYTES];
            snprintf(where, sizeof where, "%s/%zu/", tables[i].path, index);
            if (!json_is_object(row)) {
                snprintf(error, RESULT_ERROR_BYTES,
                         "not a result of tickcast-bench: %s/%zu is not an object", tables[i].path,
                         index);
                return false;
            }
            if (!has_fields(row, tables[i].fields, tables[i].count, where, error)) return false;
        }
    }
    return true;
}

int result_validate(const json_t *result, char *error) {
    const json_t *format = json_object_get(result, "tickcast_bench");
    if (!json_is_integer(format)) {
        snprintf(error, RESULT_ERROR_BYTES,
                 "JSON, but not a result of tickcast-bench (it has no number tickcast_bench)");
        return -1;
    }
    if (json_integer_value(format) != RESULT_FORMAT) {
        snprintf(error, RESULT_ERROR_BYTES,
                 "a result of format %" JSON_INTEGER_FORMAT "; this tickcast-bench reads format %d",
                 json_integer_value(format), RESULT_FORMAT);
        return -1;
    }
    if (!has_fields(result, fields, LENGTH(fields), "", error) || !has_tables(result, error))
        return -1;
    const char *verdict = look_text(result, "verdict", "");
    if (strcmp(verdict, "VALID") && strcmp(verdict, "NOISY") && strcmp(verdict, "INVALID")) {
        char shown[40];
        snprintf(error, RESULT_ERROR_BYTES,
                 "not a result of tickcast-bench: verdict is '%s'; allowed are VALID, NOISY and "
                 "INVALID",
                 printable(verdict, strlen(verdict), shown, sizeof shown));
        return -1;
    }
    return 0;
}
