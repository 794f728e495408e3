#include <criterion/criterion.h>
#include <string.h>

#include "fixture.h"
#include "result/check.h"
#include "result/csv.h"
#include "result/junit.h"
#include "result/summary.h"

static char *summary(const json_t *result) {
    struct printed printed;
    cr_assert_eq(summary_write(result, print_to(&printed)), 0);
    return print_end(&printed);
}

static char *printed_by(int (*write)(json_t *const *, size_t, FILE *), json_t *result,
                        size_t count) {
    struct printed printed;
    json_t *results[] = {result, result};
    cr_assert_eq(write(results, count, print_to(&printed)), 0);
    return print_end(&printed);
}

static void assert_lines_fit(const char *text) {
    for (const char *at = text; *at;) {
        size_t bytes = strcspn(at, "\n");
        cr_assert_leq(bytes, 80, "%.*s", (int)bytes, at);
        cr_assert(bytes == 0 || at[bytes - 1] != ' ', "blank at the end: %.*s", (int)bytes, at);
        at += bytes + (at[bytes] == '\n');
    }
}

static size_t count_of(const char *text, const char *what) {
    size_t count = 0;
    for (; (text = strstr(text, what)); text += strlen(what)) count++;
    return count;
}

Test(result_show, the_verdict_is_the_first_line) {
    json_t *result = fixture(FIXTURE("tick"));
    char *text = summary(result);
    cr_assert(strncmp(text, "VALID\n", 6) == 0, "%s", text);
    free(text);
    json_object_set_new(result, "verdict", json_string("INVALID"));
    json_object_set_new(result, "reasons",
                        json_pack("[{s:s,s:s}]", "code", "slip", "text", "sent too late"));
    text = summary(result);
    cr_assert(strncmp(text, "INVALID: sent too late\n", 23) == 0, "%s", text);
    cr_assert(strstr(text, "not to be used"));
    free(text);
    json_decref(result);
}

Test(result_show, large_counts_stand_apart) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(result, "reordered", json_integer(0));
    json_object_set_new(result, "excused", json_integer(1195850));
    json_object_set_new(result, "duplicated", json_integer(123456789012));
    char *text = summary(result);
    cr_assert(strstr(text, "  123,456,789,012          0  1,195,850\n"), "%s", text);
    assert_lines_fit(text);
    free(text);
    json_decref(result);
}

Test(result_show, a_sweep_without_a_bad_step_is_no_limit) {
    json_t *result = fixture(FIXTURE("tick"));
    json_t *sweep = json_pack("{s:s,s:f,s:f,s:f,s:f,s:[]}", "of", "connections", "limit_us", 2000.0,
                              "best", 80.0, "low", 80.0, "high", 100.0, "steps");
    json_object_set_new(result, "sweep", sweep);
    char *text = summary(result);
    cr_assert(strstr(text, "Sweep         80 (80 to 100) connections with p99 under"), "%s", text);
    free(text);
    json_object_set_new(sweep, "high", json_null());
    text = summary(result);
    cr_assert(strstr(text, "Sweep         at least 80 connections with p99 under"), "%s", text);
    free(text);
    json_decref(result);
}

Test(result_show, the_summary_keeps_to_its_columns) {
    const char *const names[] = {FIXTURE("tick"), FIXTURE("nats"), FIXTURE("observed")};
    for (size_t i = 0; i < 3; i++) {
        json_t *result = fixture(names[i]);
        char *text = summary(result);
        assert_lines_fit(text);
        free(text);
        json_decref(result);
    }
}

Test(result_show, the_summary_has_the_figures) {
    json_t *result = fixture(FIXTURE("nats"));
    char *text = summary(result);
    cr_assert(strstr(text, "NOISY: the tool's busiest thread"));
    cr_assert(strstr(text, "3 deliveries were lost."));
    cr_assert(strstr(text, "2,999,997"));
    cr_assert(strstr(text, "  reader 117      3,000      2,997     3"));
    cr_assert(strstr(text, "FAILED  lost=0 (it is 3)"));
    free(text);
    json_decref(result);
}

Test(result_show, what_is_not_known_is_shown_as_unknown) {
    json_t *result = fixture(FIXTURE("observed"));
    char *text = summary(result);
    cr_assert(strstr(text, "corrected     unknown  unknown"));
    cr_assert(strstr(text, "CPU           unknown"));
    cr_assert_null(strstr(text, "null"));
    cr_assert_null(strstr(text, "nan"));
    free(text);
    json_decref(result);
}

Test(result_show, the_summary_prints_no_control_characters) {
    json_t *result = fixture(FIXTURE("tick"));
    json_object_set_new(result, "url", json_string("ws://\x1b[31mred\n\x07"));
    json_object_set_new(result, "scenario", json_string("VALID\nVALID"));
    char *text = summary(result);
    for (const char *at = text; *at; at++)
        cr_assert(*at == '\n' || (unsigned char)*at >= 0x20, "%s", text);
    cr_assert(strstr(text, "VALID\\x0aVALID"));
    free(text);
    json_decref(result);
}

Test(result_show, csv_has_a_row_for_each_result) {
    json_t *result = fixture(FIXTURE("observed"));
    json_object_set_new(result, "scenario", json_string("a,\"b\""));
    json_object_set_new(result, "peer", json_string("=1+1"));
    char *text = printed_by(csv_write, result, 2);
    cr_assert_eq(count_of(text, "\r\n"), 3);
    cr_assert(strncmp(text, "verdict,scenario,peer,url", 25) == 0);
    cr_assert(strstr(text, "\r\nVALID,\"a,\"\"b\"\"\",\"'=1+1\",ws://"));
    size_t columns = 0;
    for (const char *at = text; *at != '\r'; at++) columns += *at == ',';
    char *row = strrchr(text, 'V') + strlen("VALID,\"a,\"\"b");
    size_t fields = 2; /* commas outside of quotes, of which two are passed */
    for (const char *at = row + 4; *at != '\r'; at++) fields += *at == ',';
    cr_assert_eq(fields, columns);
    free(text);
    json_decref(result);
}

Test(result_show, csv_has_a_row_for_each_second) {
    json_t *result = fixture(FIXTURE("tick"));
    char *text = printed_by(csv_write_series, result, 2);
    cr_assert_eq(count_of(text, "\r\n"), 61);
    cr_assert_eq(count_of(text, "\r\n2,tick,tickcast,"), 30);
    free(text);
    json_decref(result);
}

Test(result_show, junit_has_a_test_for_verdict_loss_and_each_assertion) {
    json_t *result = fixture(FIXTURE("nats"));
    char *text = printed_by(junit_write, result, 1);
    cr_assert(strstr(text, "tests=\"4\" failures=\"4\" errors=\"0\" skipped=\"0\""), "%s", text);
    cr_assert(strstr(
        text,
        "name=\"p99&lt;5ms\"><failure type=\"assertion\" message=\"p99&lt;5ms: it is 5.53 ms\""));
    cr_assert(strstr(text, "message=\"3 lost, 0 duplicated\""));
    cr_assert_eq(count_of(text, "<testcase"), 4);
    free(text);
    json_decref(result);
}

Test(result_show, junit_skips_loss_that_cannot_be_known) {
    json_t *result = fixture(FIXTURE("observed"));
    char *text = printed_by(junit_write, result, 1);
    cr_assert(strstr(text, "tests=\"2\" failures=\"0\" errors=\"0\" skipped=\"1\""), "%s", text);
    cr_assert(strstr(text, "name=\"no loss\"><skipped message="));
    free(text);
    json_decref(result);
}
