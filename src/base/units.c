#include "base/units.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DIGITS     "0123456789"
#define ALIASES    6
#define UNIT_COUNT 4

struct unit {
    const char *name;
    uint64_t factor;
    const char *aliases[ALIASES]; /* what people write instead; refused, but understood in advice */
};

/* Smallest first. */
static const struct unit size_units[UNIT_COUNT] = {
    {"B", UINT64_C(1), {"b", "byte", "bytes"}},
    {"KiB", UINT64_C(1) << 10, {"kib", "k", "kb", "ki"}},
    {"MiB", UINT64_C(1) << 20, {"mib", "m", "mb", "mi"}},
    {"GiB", UINT64_C(1) << 30, {"gib", "g", "gb", "gi"}},
};
static const struct unit time_units[UNIT_COUNT] = {
    {"ms", UINT64_C(1), {"msec", "millis", "milliseconds", "ms"}},
    {"s", UINT64_C(1000), {"sec", "secs", "second", "seconds", "s", ""}},
    {"min", UINT64_C(60000), {"m", "mins", "minute", "minutes", "min"}},
    {"h", UINT64_C(3600000), {"hr", "hour", "hours", "h"}},
};

static const struct unit *units_of(enum units_kind kind) {
    return kind == UNITS_SIZE ? size_units : time_units;
}

/* Digits at the start of `text`; what follows is in *rest. */
static bool parse_digits(const char *text, uint64_t *value, const char **rest) {
    size_t digits = strspn(text, DIGITS);
    if (digits == 0 || (digits > 1 && text[0] == '0')) return false;
    uint64_t sum = 0;
    for (size_t i = 0; i < digits; i++) {
        uint64_t digit = (uint64_t)(text[i] - '0');
        if (__builtin_mul_overflow(sum, UINT64_C(10), &sum) ||
            __builtin_add_overflow(sum, digit, &sum))
            return false;
    }
    *value = sum;
    *rest = text + digits;
    return true;
}

bool units_parse(enum units_kind kind, const char *text, uint64_t *value) {
    uint64_t number;
    const char *unit;
    if (!parse_digits(text, &number, &unit)) return false;
    if (*unit == '\0') {
        if (kind == UNITS_TIME && number != 0) return false;
        *value = number;
        return true;
    }
    if (kind == UNITS_COUNT) return false;
    const struct unit *units = units_of(kind);
    for (int i = 0; i < UNIT_COUNT; i++) {
        if (strcmp(unit, units[i].name) != 0) continue;
        if (number > UINT64_MAX / units[i].factor) return false;
        *value = number * units[i].factor;
        return true;
    }
    return false;
}

const char *units_format(enum units_kind kind, uint64_t value, char out[UNITS_TEXT_BYTES]) {
    const char *name = "";
    if (kind != UNITS_COUNT && value != 0) {
        const struct unit *unit = units_of(kind) + UNIT_COUNT - 1;
        while (value % unit->factor != 0) unit--;
        value /= unit->factor;
        name = unit->name;
    }
    snprintf(out, UNITS_TEXT_BYTES, "%" PRIu64 "%s", value, name);
    return out;
}

static bool means(const char *text, const struct unit *unit) {
    for (int i = 0; i < ALIASES && unit->aliases[i] != NULL; i++)
        if (strcasecmp(text, unit->aliases[i]) == 0) return true;
    return false;
}

bool units_suggest(enum units_kind kind, const char *text, char out[UNITS_TEXT_BYTES]) {
    uint64_t number;
    const char *rest;
    if (kind == UNITS_COUNT || !parse_digits(text, &number, &rest)) return false;
    rest += strspn(rest, " ");
    const struct unit *units = units_of(kind);
    for (int i = 0; i < UNIT_COUNT; i++) {
        if (!means(rest, &units[i])) continue;
        snprintf(out, UNITS_TEXT_BYTES, "%" PRIu64 "%s", number, units[i].name);
        uint64_t value;
        return strcmp(out, text) != 0 && units_parse(kind, out, &value);
    }
    return false;
}

const char *units_names(enum units_kind kind) {
    if (kind == UNITS_SIZE) return " in B, KiB, MiB or GiB";
    return kind == UNITS_TIME ? " in ms, s, min or h" : "";
}
