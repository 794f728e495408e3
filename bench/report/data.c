#include "report/data.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "result/look.h"

#define ROUNDS 12 /* of making it smaller; a series is halved in each */

/* What becomes of a value of seconds that are put together: a sum, or the worst. */
static const struct {
    const char *name;
    bool sum;
} columns[] = {{"published", true}, {"received", true}, {"lost", true},    {"cpu_ns", true},
               {"p50_us", false},   {"p99_us", false},  {"max_us", false}, {"skew_p99_us", false}};

static json_t *two_seconds(const json_t *one, const json_t *other) {
    json_t *both = json_object();
    json_object_set(both, "at_s", json_object_get(one, "at_s"));
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++) {
        json_t *a = json_object_get(one, columns[i].name);
        json_t *b = json_object_get(other, columns[i].name);
        if (!json_is_number(a) || !json_is_number(b)) {
            json_object_set(both, columns[i].name, json_is_number(a) ? a : b ? b : json_null());
        } else if (!columns[i].sum) {
            bool first = json_number_value(a) > json_number_value(b);
            json_object_set(both, columns[i].name, first ? a : b);
        } else {
            json_t *sum = json_is_integer(a) && json_is_integer(b)
                              ? json_integer(json_integer_value(a) + json_integer_value(b))
                              : json_real(json_number_value(a) + json_number_value(b));
            json_object_set_new(both, columns[i].name, sum);
        }
    }
    return both;
}

static void halve_series(json_t *run) {
    const json_t *series = json_object_get(run, "series");
    json_t *half = json_array();
    size_t count = json_array_size(series);
    for (size_t i = 0; i + 1 < count; i += 2)
        json_array_append_new(
            half, two_seconds(json_array_get(series, i), json_array_get(series, i + 1)));
    if (count % 2) json_array_append(half, json_array_get(series, count - 1));
    json_object_set_new(run, "series", half);
}

/* Every other one of a sorted list, with its last. */
static void halve_list(json_t *object, const char *name) {
    const json_t *list = json_object_get(object, name);
    size_t count = json_array_size(list);
    if (count < 100) return;
    json_t *half = json_array();
    for (size_t i = 0; i < count; i++)
        if (i % 2 == 0 || i + 1 == count) json_array_append(half, json_array_get(list, i));
    json_object_set_new(object, name, half);
}

static void shrink(json_t *run, bool drawn, int round) {
    json_t *clients = json_copy(json_object_get(run, "clients"));
    size_t rows = drawn ? 120 : 0; /* which one can still see the course of time by */
    if (json_array_size(json_object_get(run, "series")) > rows) halve_series(run);
    if (round >= 1 || !drawn) {
        halve_list(clients, "rank");
        halve_list(clients, "mean_us");
    }
    json_object_set_new(run, "clients", clients);
    if (round >= (drawn ? ROUNDS / 2 : 1)) json_object_set_new(run, "histograms", json_object());
}

static bool is_drawn(const json_t *run, const json_t *const *drawn, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (drawn[i] == run) return true;
    return false;
}

/* Runs that are drawn, or all, each the array [run, drawn]. */
static json_t *gather(const struct compare_sides *sides, const json_t *const *drawn, bool all) {
    json_t *gathered = json_array();
    for (size_t i = 0; i < sides->count; i++) {
        size_t index;
        json_t *run;
        json_array_foreach(sides->side[i].runs, index, run) {
            bool is = is_drawn(run, drawn, sides->count);
            if (is || all) json_array_append_new(gathered, json_pack("[o, b]", json_copy(run), is));
        }
    }
    return gathered;
}

static char *dump(const json_t *gathered) {
    json_t *runs = json_array(), *each;
    size_t index;
    json_array_foreach(gathered, index, each) json_array_append(runs, json_array_get(each, 0));
    char *text = json_dumps(runs, JSON_COMPACT | JSON_REAL_PRECISION(10));
    json_decref(runs);
    return text;
}

/* JSON of what was gathered, in as many rounds as it takes; NULL with errno if it does not fit. */
static char *fit(json_t *gathered, size_t room) {
    char *text = dump(gathered);
    for (int round = 0; text && strlen(text) > room && round < ROUNDS; round++) {
        size_t index;
        json_t *each;
        free(text);
        json_array_foreach(gathered, index, each)
            shrink(json_array_get(each, 0), json_is_true(json_array_get(each, 1)), round);
        text = dump(gathered);
    }
    json_decref(gathered);
    errno = ENOMEM;
    if (!text || strlen(text) <= room) return text;
    free(text);
    errno = E2BIG;
    return NULL;
}

char *data_make(const struct compare_sides *sides, const json_t *const *drawn, size_t room,
                size_t *left_out) {
    size_t runs = 0;
    for (size_t i = 0; i < sides->count; i++) runs += json_array_size(sides->side[i].runs);
    *left_out = 0;
    char *text = fit(gather(sides, drawn, true), room);
    if (text || errno != E2BIG || runs == sides->count) return text;
    *left_out = runs - sides->count;
    return fit(gather(sides, drawn, false), room);
}
