#include "result/junit.h"

#include <stdbool.h>
#include <string.h>

#include "result/check.h"
#include "result/look.h"
#include "result/markup.h"
#include "result/values.h"

static void attribute(const char *name, const char *text, FILE *out) {
    fprintf(out, " %s=\"", name);
    markup_text(text, out);
    fputc('"', out);
}

struct test {
    const char *name;
    const char *failure; /* NULL: it passed */
    const char *type;    /* of the failure */
    bool skipped;
};

static void write_test(const json_t *result, const struct test *test, FILE *out) {
    fputs("  <testcase", out);
    attribute("classname", look_text(result, "scenario", ""), out);
    attribute("name", test->name, out);
    if (test->skipped) {
        fputs("><skipped", out);
        attribute("message", test->failure, out);
        fputs("/></testcase>\n", out);
    } else if (test->failure) {
        fputs("><failure", out);
        attribute("type", test->type, out);
        attribute("message", test->failure, out);
        fputs("/></testcase>\n", out);
    } else {
        fputs("/>\n", out);
    }
}

static struct test verdict_test(const json_t *result, char *text, size_t room) {
    const char *verdict = look_text(result, "verdict", "INVALID");
    struct test test = {.name = "verdict", .type = verdict};
    if (strcmp(verdict, "VALID") == 0) return test;
    snprintf(text, room, "%s: %s", verdict, look_text(result, "reasons/0/text", "no reason"));
    test.failure = text;
    return test;
}

/* Whether something is lost cannot be said of what was only observed. */
static struct test loss_test(const json_t *result, char *text, size_t room) {
    double lost, duplicated = 0;
    struct test test = {.name = "no loss", .type = "loss"};
    if (!look_number(result, "lost", &lost)) {
        test.skipped = true;
        test.failure = "unknown: the messages are not the tool's own";
        return test;
    }
    look_number(result, "duplicated", &duplicated);
    if (lost > 0 || duplicated > 0) {
        snprintf(text, room, "%.0f lost, %.0f duplicated", lost, duplicated);
        test.failure = text;
    }
    return test;
}

static struct test assertion_test(const json_t *assertion, char *text, size_t room) {
    struct test test = {.name = look_text(assertion, "text", ""), .type = "assertion"};
    char shown[VALUE_TEXT_BYTES];
    if (json_is_true(look(assertion, "passed"))) return test;
    snprintf(text, room, "%s: it is %s", test.name, check_value_text(assertion, shown));
    test.failure = text;
    return test;
}

static size_t failures(const json_t *result, size_t *tests) {
    char text[512];
    size_t failed = 0, index;
    json_t *each;
    *tests = 2;
    failed += verdict_test(result, text, sizeof text).failure != NULL;
    struct test loss = loss_test(result, text, sizeof text);
    failed += loss.failure && !loss.skipped;
    json_array_foreach(look(result, "assertions"), index, each) {
        *tests += 1;
        failed += assertion_test(each, text, sizeof text).failure != NULL;
    }
    return failed;
}

static void write_suite(const json_t *result, FILE *out) {
    char text[512], name[128];
    size_t tests, failed = failures(result, &tests), index;
    double duration = 0, lost;
    json_t *each;
    look_number(result, "duration_s", &duration);
    snprintf(name, sizeof name, "tickcast-bench %s %s", look_text(result, "scenario", ""),
             look_peer(result));
    fputs(" <testsuite", out);
    attribute("name", name, out);
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%d\" time=\"%.3f\"", tests,
            failed, !look_number(result, "lost", &lost), duration);
    attribute("timestamp", look_text(result, "started", ""), out);
    attribute("hostname", look_text(result, "machine/host", ""), out);
    fputs(">\n", out);
    struct test test = verdict_test(result, text, sizeof text);
    write_test(result, &test, out);
    test = loss_test(result, text, sizeof text);
    write_test(result, &test, out);
    json_array_foreach(look(result, "assertions"), index, each) {
        test = assertion_test(each, text, sizeof text);
        write_test(result, &test, out);
    }
    fputs(" </testsuite>\n", out);
}

int junit_write(json_t *const *results, size_t count, FILE *out) {
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n", out);
    for (size_t i = 0; i < count; i++) write_suite(results[i], out);
    fputs("</testsuites>\n", out);
    return fflush(out) || ferror(out) ? -1 : 0;
}
