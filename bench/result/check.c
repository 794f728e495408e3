#include "result/check.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "base/printable.h"
#include "result/look.h"
#include "result/values.h"

static const struct {
    const char *text;
    enum check_op op;
} ops[] = {
    /* the longer ones first */
    {"<=", CHECK_AT_MOST}, {">=", CHECK_AT_LEAST}, {"==", CHECK_EQUAL}, {"!=", CHECK_UNEQUAL},
    {"<", CHECK_LESS},     {">", CHECK_MORE},      {"=", CHECK_EQUAL},
};
#define OP_COUNT (sizeof ops / sizeof *ops)

static int fail(const char *text, const char *why, char *error) {
    char shown[CHECK_TEXT_BYTES];
    snprintf(error, CHECK_ERROR_BYTES, "assertion '%s': %s",
             printable(text, strlen(text), shown, sizeof shown), why);
    return -1;
}

/* Says that a name is unknown, what was probably meant, and all that there are. */
static int fail_name(const char *text, const char *name, char *error) {
    const char *names[128];
    size_t count = 0;
    char why[CHECK_ERROR_BYTES - CHECK_TEXT_BYTES - 32]; /* which stand before it */
    for (; count < value_count && count + 1 < sizeof names / sizeof *names; count++)
        names[count] = values[count].name;
    names[count] = NULL;
    const char *meant = nearest(name, names);
    int used = snprintf(why, sizeof why, "there is no figure of that name%s%s%s; there are",
                        meant ? "; did you mean " : "", meant ? meant : "", meant ? "?" : "");
    for (size_t i = 0; i < count && used < (int)sizeof why; i++)
        used += snprintf(why + used, sizeof why - (size_t)used, "%s %s", i ? "," : "", names[i]);
    return fail(text, why, error);
}

/* Copies a part without the blanks around it; false if it does not fit. */
static bool trimmed(const char *from, size_t count, char *to, size_t room) {
    while (count && isspace((unsigned char)*from)) from++, count--;
    while (count && isspace((unsigned char)from[count - 1])) count--;
    if (count >= room) return false;
    memcpy(to, from, count);
    to[count] = 0;
    return true;
}

/* A number as people write it, and what stands behind it. */
static bool take_number(const char *text, double *number, char *suffix) {
    size_t count = strspn(text, "0123456789.");
    if (!count || !isdigit((unsigned char)text[count - 1])) return false;
    char *end;
    *number = strtod(text, &end);
    return end >= text + count && isfinite(*number) &&
           trimmed(end, strlen(end), suffix, CHECK_TEXT_BYTES);
}

static int take_limit(const char *text, const char *limit, const struct value *value,
                      struct check *check, char *error) {
    char suffix[CHECK_TEXT_BYTES], why[256];
    double number;
    if (!take_number(limit, &number, suffix))
        return fail(text, "a number must stand behind the operator, such as p99<2ms or lost=0",
                    error);
    double factor = value_factor(value->unit, suffix);
    if (factor == 0 && number == 0 && !*suffix) factor = 1; /* zero is the same in all units */
    if (factor == 0) {
        snprintf(why, sizeof why, "%s: that of %s is %s", *suffix ? "wrong unit" : "no unit",
                 value->name, value_suffixes(value->unit));
        return fail(text, why, error);
    }
    check->limit = number * factor;
    return 0;
}

int check_parse(const char *text, struct check *check, char *error) {
    char name[CHECK_TEXT_BYTES], limit[CHECK_TEXT_BYTES];
    if (strlen(text) >= CHECK_TEXT_BYTES) return fail(text, "longer than 95 bytes", error);
    size_t at = strcspn(text, "<>=!"), op = 0;
    while (op < OP_COUNT && strncmp(text + at, ops[op].text, strlen(ops[op].text))) op++;
    if (op == OP_COUNT)
        return fail(text, "no operator; allowed are <, <=, >, >=, = and !=, as in p99<2ms", error);
    const char *rest = text + at + strlen(ops[op].text);
    trimmed(text, at, name, sizeof name);
    trimmed(rest, strlen(rest), limit, sizeof limit);
    const struct value *value = value_find(name);
    if (!value) return fail_name(text, name, error);
    if (take_limit(text, limit, value, check, error)) return -1;
    trimmed(text, strlen(text), check->text, sizeof check->text);
    check->name = (size_t)(value - values);
    check->op = ops[op].op;
    return 0;
}

static bool holds(double number, enum check_op op, double limit) {
    switch (op) {
    case CHECK_LESS:
        return number < limit;
    case CHECK_AT_MOST:
        return number <= limit;
    case CHECK_MORE:
        return number > limit;
    case CHECK_AT_LEAST:
        return number >= limit;
    case CHECK_EQUAL:
        return number == limit;
    case CHECK_UNEQUAL:
        return number != limit;
    }
    return false;
}

int check_apply(json_t *result, const struct check *checks, size_t count) {
    json_t *all = json_array();
    int failed = 0;
    for (size_t i = 0; i < count; i++) {
        double number;
        bool known = value_get(&values[checks[i].name], result, &number);
        bool passed = known && holds(number, checks[i].op, checks[i].limit);
        failed += !passed;
        if (json_array_append_new(all, json_pack("{s:s, s:o, s:b}", "text", checks[i].text, "value",
                                                 known ? json_real(number) : json_null(), "passed",
                                                 passed))) {
            json_decref(all);
            return -1;
        }
    }
    return json_object_set_new(result, "assertions", all) ? -1 : failed;
}

const char *check_value_text(const json_t *assertion, char *text) {
    struct check check;
    char why[CHECK_ERROR_BYTES];
    double number;
    if (!look_number(assertion, "value", &number)) return strcpy(text, "unknown");
    if (check_parse(look_text(assertion, "text", ""), &check, why) == 0)
        return value_text(number, values[check.name].unit, text);
    snprintf(text, VALUE_TEXT_BYTES, "%.6g", number);
    return text;
}

int check_exit_code(const json_t *result) {
    double lost = 0, duplicated = 0;
    size_t index;
    json_t *each;
    look_number(result, "lost", &lost);
    look_number(result, "duplicated", &duplicated);
    if (lost > 0 || duplicated > 0) return 1;
    json_array_foreach(look(result, "assertions"), index, each) {
        if (!json_is_true(json_object_get(each, "passed"))) return 1;
    }
    const char *verdict = look_text(result, "verdict", "INVALID");
    return strcmp(verdict, "VALID") == 0 ? 0 : strcmp(verdict, "NOISY") == 0 ? 3 : 4;
}
