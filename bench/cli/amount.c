#include "cli/amount.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define DIGITS  "0123456789"
#define ALIASES 5

static const struct time_unit {
    const char *name;
    double seconds;
    const char *aliases[ALIASES]; /* refused, but understood in advice */
} time_units[] = {
    {"us", 1e-6, {"usec", "micros", "microseconds", "\xc2\xb5s"}},
    {"ms", 1e-3, {"msec", "millis", "milliseconds"}},
    {"s", 1, {"sec", "secs", "second", "seconds"}},
    {"min", 60, {"m", "mins", "minute", "minutes"}},
    {"h", 3600, {"hr", "hrs", "hour", "hours"}},
};
#define TIME_UNITS (sizeof time_units / sizeof *time_units)

static const struct {
    const char *name, *units;
} kinds[] = {
    [AMOUNT_COUNT] = {"a whole number", ""},
    [AMOUNT_NUMBER] = {"a number", ""},
    [AMOUNT_SHARE] = {"a share", ", or in %"},
    [AMOUNT_TIME] = {"a time", " in us, ms, s, min or h"},
    [AMOUNT_BYTES] = {"a size", " in B, KiB, MiB or GiB"},
};

/* Digits with a point among them or not; what follows is in *rest. */
static bool read_decimal(const char *text, double *value, const char **rest) {
    size_t bytes = strspn(text, DIGITS);
    if (bytes == 0) return false;
    if (text[bytes] == '.') {
        size_t after = strspn(text + bytes + 1, DIGITS);
        if (after == 0) return false;
        bytes += 1 + after;
    }
    char digits[UNITS_TEXT_BYTES];
    if (bytes >= sizeof digits) return false;
    memcpy(digits, text, bytes);
    digits[bytes] = '\0'; /* strtod would go on with an exponent */
    *value = strtod(digits, NULL);
    *rest = text + bytes;
    return true;
}

static bool read_real(enum amount_kind kind, const char *text, double *value) {
    const char *rest;
    if (!read_decimal(text, value, &rest)) return false;
    if (*rest == '\0') return true;
    if (kind == AMOUNT_SHARE && strcmp(rest, "%") == 0) {
        *value /= 100;
        return true;
    }
    for (size_t i = 0; kind == AMOUNT_TIME && i < TIME_UNITS; i++) {
        if (strcmp(rest, time_units[i].name) != 0) continue;
        *value *= time_units[i].seconds;
        return true;
    }
    return false;
}

bool amount_read(enum amount_kind kind, const char *text, struct amount *amount) {
    struct amount read = {.whole = 0};
    if (kind == AMOUNT_COUNT || kind == AMOUNT_BYTES) {
        if (!units_parse(kind == AMOUNT_BYTES ? UNITS_SIZE : UNITS_COUNT, text, &read.whole))
            return false;
        read.real = (double)read.whole;
    } else if (!read_real(kind, text, &read.real)) {
        return false;
    }
    *amount = read;
    return true;
}

bool amount_at_most(enum amount_kind kind, const struct amount *a, const struct amount *b) {
    bool whole = kind == AMOUNT_COUNT || kind == AMOUNT_BYTES;
    return whole ? a->whole <= b->whole : a->real <= b->real;
}

static const char *time_unit_meant(const char *text) {
    for (size_t i = 0; i < TIME_UNITS; i++) {
        if (strcasecmp(text, time_units[i].name) == 0) return time_units[i].name;
        for (size_t j = 0; j < ALIASES && time_units[i].aliases[j] != NULL; j++)
            if (strcasecmp(text, time_units[i].aliases[j]) == 0) return time_units[i].name;
    }
    return NULL;
}

bool amount_suggest(enum amount_kind kind, const char *text, char out[UNITS_TEXT_BYTES]) {
    if (kind == AMOUNT_BYTES) return units_suggest(UNITS_SIZE, text, out);
    double value;
    const char *rest;
    if (kind != AMOUNT_TIME || !read_decimal(text, &value, &rest)) return false;
    const char *meant = time_unit_meant(rest + strspn(rest, " "));
    if (meant == NULL) return false;
    snprintf(out, UNITS_TEXT_BYTES, "%.*s%s", (int)(rest - text), text, meant);
    struct amount amount;
    return amount_read(kind, out, &amount);
}

const char *amount_name(enum amount_kind kind) {
    return kinds[kind].name;
}

const char *amount_units(enum amount_kind kind) {
    return kinds[kind].units;
}
