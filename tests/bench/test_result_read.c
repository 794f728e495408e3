#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "fixture.h"
#include "result/embedded.h"
#include "result/look.h"

static char error[RESULT_ERROR_BYTES];

/* Parses text that must be refused, and returns why. */
static const char *refused(const char *text) {
    *error = 0;
    json_t *all = result_parse("some.json", text, strlen(text), error);
    cr_assert_null(all, "accepted: %.80s", text);
    cr_assert(strncmp(error, "some.json: ", 11) == 0, "%s", error);
    return error;
}

/* Refuses the good document with `path` (one level) set to `value`. */
static const char *refused_with(const char *name, json_t *value) {
    json_t *result = fixture(FIXTURE("tick"));
    if (value)
        json_object_set_new(result, name, value);
    else
        json_object_del(result, name);
    char *text = json_dumps(result, 0);
    json_decref(result);
    refused(text);
    free(text);
    return error;
}

Test(result_read, reads_documents_and_their_values) {
    json_t *result = fixture(FIXTURE("tick"));
    double number;
    cr_assert(look_number(result, "latency_us/p99.9", &number));
    cr_assert_gt(number, 1000);
    cr_assert(look_number(result, "series/2/at_s", &number));
    cr_assert_eq(number, 2);
    cr_assert_not(look_number(result, "setup/tls_us/p50", &number));
    cr_assert_not(look_number(result, "scenario", &number));
    cr_assert_str_eq(look_text(result, "machine/host", ""), "bench-1");
    cr_assert_str_eq(look_text(result, "machine/nothing", "else"), "else");
    json_decref(result);
}

Test(result_read, says_what_is_not_json) {
    cr_assert(strstr(refused(""), "empty"));
    cr_assert(strstr(refused("hello"), "not JSON"));
    cr_assert(strstr(refused("{\"tickcast_bench\": 1,\n"), "cut off"));
    cr_assert(strstr(refused("{\"a\": 1, \"a\": 2}"), "duplicate"));
}

Test(result_read, says_which_format_it_reads) {
    cr_assert(strstr(refused("{}"), "no number tickcast_bench"));
    cr_assert(strstr(refused("[3]"), "not a result"));
    cr_assert(strstr(refused("[]"), "no result"));
    cr_assert(
        strstr(refused("{\"tickcast_bench\": 2}"), "format 2; this tickcast-bench reads format 1"));
}

Test(result_read, a_document_cut_anywhere_is_refused) {
    json_t *result = fixture(FIXTURE("observed"));
    char *text = json_dumps(result, JSON_COMPACT);
    for (size_t bytes = 0; bytes < strlen(text); bytes += 97)
        cr_assert_null(result_parse("cut", text, bytes, error));
    json_decref(result);
    free(text);
}

Test(result_read, every_field_that_is_needed_is_asked_for) {
    json_t *result = fixture(FIXTURE("tick"));
    json_t *schema = json_load_file(TICKCAST_SOURCE_DIR "/bench/result/schema.json", 0, NULL);
    cr_assert(schema);
    size_t index;
    json_t *name;
    json_array_foreach(json_object_get(schema, "required"), index, name) {
        refused_with(json_string_value(name), NULL);
    }
    cr_assert_gt(index, 20);
    json_decref(schema);
    json_decref(result);
}

Test(result_read, wrong_kinds_are_told_with_what_is_right) {
    cr_assert(strstr(refused_with("lost", json_integer(-1)), "lost is not a whole number"));
    cr_assert(strstr(refused_with("deliveries_per_s", json_real(-1)),
                     "deliveries_per_s is not a number"));
    cr_assert(strstr(refused_with("lost", json_string("3")), "lost is not a whole number"));
    cr_assert(
        strstr(refused_with("latency_us", json_object()), "latency_us is not an object with p50"));
    cr_assert(strstr(refused_with("verdict", json_string("GOOD")), "allowed are VALID, NOISY"));
    cr_assert(strstr(refused_with("series", json_pack("[i]", 3)), "series/0 is not an object"));
    cr_assert(strstr(refused_with("series", json_pack("[{s:i}]", "at_s", 1)),
                     "series/0/published is missing"));
    cr_assert(strstr(refused_with("histograms", json_pack("{s:i}", "latency", 1)), "histograms"));
    cr_assert(strstr(refused_with("server", json_object()), "server/pid is missing"));
}

Test(result_read, unknown_values_are_null) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(result, "lost", json_null());
    json_object_set_new(result, "server", json_null());
    cr_assert_eq(result_validate(result, error), 0, "%s", error);
    json_decref(result);
}

Test(result_read, an_array_and_repeated_runs_are_several) {
    json_t *one = fixture(FIXTURE("tick")), *top = json_copy(one);
    json_object_set_new(top, "runs", json_pack("[OO]", one, one));
    json_t *both = json_pack("[OO]", one, top);
    char *text = json_dumps(both, 0);
    json_t *all = result_parse("x", text, strlen(text), error);
    cr_assert_eq(json_array_size(all), 3, "%s", error);
    json_decref(all);
    json_decref(both);
    json_decref(top);
    json_decref(one);
    free(text);
}

Test(result_read, files_that_cannot_be_read_are_named) {
    cr_assert_null(result_read("/nowhere/x.json", error));
    cr_assert_str_eq(error, "/nowhere/x.json: cannot be opened: No such file or directory");
    cr_assert_null(result_read("/", error));
    cr_assert(strstr(error, "Is a directory"), "%s", error);
    cr_assert_null(result_read("/dev/zero", error));
    cr_assert(strstr(error, "larger than 64 MiB"), "%s", error);
}

Test(result_read, names_and_texts_do_not_reach_the_terminal_raw) {
    cr_assert_null(result_parse("a\x1b[31m.json", "\x1b]0;x\a", 6, error));
    for (const char *at = error; *at; at++) cr_assert_geq((unsigned char)*at, 0x20, "%s", error);
}

Test(result_read, reads_back_what_a_page_holds) {
    json_t *result = fixture(FIXTURE("tick"));
    const char *hostile = "</script><!-- <script>alert(1)</script> -->";
    json_object_set_new(result, "scenario", json_string(hostile));
    char *text = json_dumps(result, JSON_COMPACT);
    struct printed printed;
    FILE *out = print_to(&printed);
    fputs("\xef\xbb\xbf\n<!doctype html><title>x</title>", out);
    embedded_write(text, out);
    fputs("</html>", out);
    char *page = print_end(&printed);
    json_t *all = result_parse("page", page, printed.bytes, error);
    cr_assert(all, "%s", error);
    cr_assert_str_eq(look_text(all, "0/scenario", ""), hostile);
    char *end = strstr(page, "</script");
    cr_assert(end && !strstr(end + 1, "</script"), "the element ends early");
    cr_assert_null(strstr(page, "<!--"));
    *strstr(page, "</html>") = 0;
    cr_assert_null(result_parse("page", page, printed.bytes / 2, error));
    cr_assert(strstr(error, "cut off"), "%s", error);
    cr_assert(strstr(refused("<!doctype html><p>"), "not a report"));
    json_decref(all);
    json_decref(result);
    free(text);
    free(page);
}
