#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "fixture.h"
#include "result/compare.h"
#include "result/look.h"

/* A run of `peer` with this p99, in microseconds. */
static json_t *run(const char *peer, double p99) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(result, "peer", json_string(peer));
    json_object_set_new(json_object_get(result, "latency_us"), "p99", json_real(p99));
    return result;
}

/* Compares `count` runs of a and of b whose p99 are `from_a`, `from_a` + 1, ... */
static json_t *comparison(size_t count, double from_a, double from_b) {
    json_t *runs[64];
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    for (size_t i = 0; i < count; i++) {
        runs[2 * i] = run("a", from_a + (double)i);
        runs[2 * i + 1] = run("b", from_b + (double)i);
    }
    cr_assert_eq(compare_group(runs, 2 * count, &sides, error), 0, "%s", error);
    cr_assert_eq(sides.count, 2);
    cr_assert_str_eq(sides.side[0].name, "a");
    json_t *compared = compare_json(&sides);
    compare_fini(&sides);
    for (size_t i = 0; i < 2 * count; i++) json_decref(runs[i]);
    return compared;
}

static const json_t *figure(const json_t *compared, const char *name) {
    size_t index;
    json_t *each;
    json_array_foreach(json_object_get(compared, "figures"), index, each) {
        if (strcmp(look_text(each, "name", ""), name) == 0) return each;
    }
    cr_assert(false, "no figure %s", name);
    return NULL;
}

static double number(const json_t *from, const char *path) {
    double value;
    cr_assert(look_number(from, path, &value), "%s is unknown", path);
    return value;
}

static char *print(const json_t *compared) {
    struct printed printed;
    cr_assert_eq(compare_print(compared, print_to(&printed)), 0);
    char *text = print_end(&printed);
    for (const char *at = text; *at; at += strcspn(at, "\n") + 1)
        cr_assert_leq(strcspn(at, "\n"), 80, "%s", at);
    return text;
}

Test(result_compare, medians_ratio_and_a_difference) {
    json_t *compared = comparison(5, 1000, 2000);
    const json_t *p99 = figure(compared, "p99");
    cr_assert_eq(number(p99, "sides/0/median"), 1002);
    cr_assert_eq(number(p99, "sides/0/low"), 1000);
    cr_assert_eq(number(p99, "sides/0/high"), 1004);
    cr_assert_float_eq(number(p99, "against/0/ratio"), 2002.0 / 1002, 1e-9);
    cr_assert(json_is_true(look(p99, "against/0/differs")));
    char *text = print(compared);
    cr_assert(strstr(text, "+99.8 %  p=0.008"), "%s", text);
    cr_assert(strstr(text, "latency p50               1.46 ms"), "%s", text);
    cr_assert(strstr(text, "~  p=1.000"), "equal figures do not differ: %s", text);
    free(text);
    json_decref(compared);
}

Test(result_compare, what_overlaps_does_not_differ) {
    json_t *compared = comparison(6, 1000, 1000.5);
    cr_assert(json_is_false(look(figure(compared, "p99"), "against/0/differs")));
    json_decref(compared);
}

Test(result_compare, too_few_runs_tell_nothing) {
    json_t *compared = comparison(3, 1000, 2000);
    const json_t *against = look(figure(compared, "p99"), "against/0");
    cr_assert(against);
    cr_assert(json_is_null(json_object_get(against, "differs")));
    char *text = print(compared);
    cr_assert(strstr(text, "too few runs"), "%s", text);
    cr_assert_null(strstr(text, "~"), "%s", text);
    free(text);
    json_decref(compared);
    compared = comparison(4, 1000, 2000);
    cr_assert(json_is_true(look(figure(compared, "p99"), "against/0/differs")));
    json_decref(compared);
}

Test(result_compare, invalid_runs_are_left_out_and_told) {
    json_t *runs[] = {run("a", 1000), run("a", 5000), run("b", 2000)};
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    json_object_set_new(runs[1], "verdict", json_string("INVALID"));
    json_object_set_new(runs[2], "verdict", json_string("INVALID"));
    cr_assert_eq(compare_group(runs, 3, &sides, error), 0);
    json_t *compared = compare_json(&sides);
    cr_assert_eq(number(figure(compared, "p99"), "sides/0/median"), 1000);
    cr_assert_null(look(figure(compared, "p99"), "sides/1"));
    char *text = print(compared);
    cr_assert(strstr(text, "1 VALID, 1 INVALID (left out)"), "%s", text);
    cr_assert(strstr(text, "unknown"), "%s", text);
    free(text);
    json_decref(compared);
    compare_fini(&sides);
    for (size_t i = 0; i < 3; i++) json_decref(runs[i]);
}

Test(result_compare, different_loads_are_noted) {
    json_t *runs[] = {run("a", 1000), run("b", 2000)};
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    json_object_set_new(json_object_get(runs[1], "load"), "connections", json_integer(5));
    cr_assert_eq(compare_group(runs, 2, &sides, error), 0);
    json_t *compared = compare_json(&sides);
    cr_assert_eq(json_array_size(json_object_get(compared, "notes")), 1);
    cr_assert_str_eq(look_text(compared, "notes/0", ""),
                     "The runs have different numbers of connections.");
    json_decref(compared);
    compare_fini(&sides);
    for (size_t i = 0; i < 2; i++) json_decref(runs[i]);
}

Test(result_compare, sides_come_from_files) {
    const char *names[] = {FIXTURE("tick") "," FIXTURE("tick"), FIXTURE("nats")};
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    cr_assert_eq(compare_read(names, 2, &sides, error), 0, "%s", error);
    cr_assert_eq(sides.count, 2);
    cr_assert_eq(json_array_size(sides.side[0].runs), 2);
    cr_assert_str_eq(sides.side[0].name, "result_tick");
    cr_assert_str_eq(sides.side[1].name, "result_nats");
    compare_fini(&sides);
    names[1] = "/nowhere.json";
    cr_assert_eq(compare_read(names, 2, &sides, error), -1);
    cr_assert(strstr(error, "/nowhere.json"), "%s", error);
    cr_assert_eq(sides.count, 0);
}

Test(result_compare, more_sides_than_can_be_shown_are_refused) {
    json_t *runs[COMPARE_SIDES_MAX + 1];
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES], peer[8];
    for (size_t i = 0; i <= COMPARE_SIDES_MAX; i++) {
        snprintf(peer, sizeof peer, "p%zu", i);
        runs[i] = run(peer, 1);
    }
    cr_assert_eq(compare_group(runs, COMPARE_SIDES_MAX + 1, &sides, error), -1);
    cr_assert(strstr(error, "more than 8"), "%s", error);
    for (size_t i = 0; i <= COMPARE_SIDES_MAX; i++) json_decref(runs[i]);
}
