#include "proto/json_token.h"

#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define SHORT_DIGITS 18 /* whatever they are, an int64 has room for them */
#define FEW_DIGITS   64 /* longer numbers are copied to the heap */

static bool fail(struct json_cursor *cursor, const char *at, const char *flaw) {
    cursor->at = at;
    cursor->flaw = flaw;
    return false;
}

size_t json_token_room(const struct json_cursor *cursor) {
    const char *at = cursor->at + 1;
    while (at < cursor->end && *at != '"') at += *at == '\\' && at + 1 < cursor->end ? 2 : 1;
    return (size_t)(at - cursor->at) - 1;
}

/* The code unit of "\uXXXX", of which all six bytes must be there; UTF8_INVALID if it is none. */
static uint32_t code_unit(const char *at, const char *end) {
    if (end - at < 6 || at[0] != '\\' || at[1] != 'u') return UTF8_INVALID;
    uint32_t unit = 0;
    for (int i = 2; i < 6; i++) {
        char c = at[i];
        uint32_t digit = c >= '0' && c <= '9'   ? (uint32_t)(c - '0')
                         : c >= 'a' && c <= 'f' ? (uint32_t)(c - 'a' + 10)
                         : c >= 'A' && c <= 'F' ? (uint32_t)(c - 'A' + 10)
                                                : 16;
        if (digit == 16) return UTF8_INVALID;
        unit = unit << 4 | digit;
    }
    return unit;
}

static bool is_surrogate(uint32_t unit) {
    return unit >= 0xd800 && unit <= 0xdfff;
}

/* Takes a \u, or the two of a pair of surrogates. */
static bool take_code(struct json_cursor *cursor, char **out) {
    const char *at = cursor->at;
    uint32_t code = code_unit(at, cursor->end);
    if (code == UTF8_INVALID) return fail(cursor, at, "an escape that is none");
    cursor->at += 6;
    if (is_surrogate(code)) {
        uint32_t low = code_unit(cursor->at, cursor->end);
        if (code >= 0xdc00 || low < 0xdc00 || !is_surrogate(low))
            return fail(cursor, at, "a surrogate without the other");
        cursor->at += 6;
        code = 0x10000 + ((code - 0xd800) << 10 | (low - 0xdc00));
    }
    *out += utf8_write(code, *out);
    return true;
}

static bool take_escape(struct json_cursor *cursor, char **out) {
    static const char letters[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    if (cursor->end - cursor->at < 2) return fail(cursor, cursor->end, "a string is not closed");
    if (cursor->at[1] == 'u') return take_code(cursor, out);
    const char *letter = memchr(letters, cursor->at[1], sizeof letters - 1);
    if (letter == NULL) return fail(cursor, cursor->at, "an escape that is none");
    *(*out)++ = meant[letter - letters];
    cursor->at += 2;
    return true;
}

bool json_token_string(struct json_cursor *cursor, char *out, size_t *bytes) {
    const char *begin = ++cursor->at;
    char *to = out;
    for (; cursor->at < cursor->end && *cursor->at != '"';) {
        if (*cursor->at == '\\') {
            if (!take_escape(cursor, &to)) return false;
        } else if ((unsigned char)*cursor->at < 0x20) {
            return fail(cursor, cursor->at, "a control character in a string");
        } else {
            *to++ = *cursor->at++;
        }
    }
    if (cursor->at == cursor->end) return fail(cursor, cursor->end, "a string is not closed");
    /* escapes write whole characters: what is not UTF-8 came so */
    if (!utf8_valid(out, (size_t)(to - out))) return fail(cursor, begin, "text that is not UTF-8");
    cursor->at++;
    *bytes = (size_t)(to - out);
    return true;
}

/* The digits from `at` on; NULL if there is none. */
static const char *digits(const char *at, const char *end) {
    const char *begin = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at > begin ? at : NULL;
}

/* The end of the number that begins at `at`, NULL if it is none. */
static const char *number_end(const char *at, const char *end, bool *is_float) {
    if (at < end && *at == '-') at++;
    const char *whole = digits(at, end);
    if (whole == NULL || (*at == '0' && whole > at + 1)) return NULL;
    at = whole;
    *is_float = false;
    if (at < end && *at == '.') {
        *is_float = true;
        at = digits(at + 1, end);
        if (at == NULL) return NULL;
    }
    if (at < end && (*at == 'e' || *at == 'E')) {
        *is_float = true;
        at++;
        if (at < end && (*at == '+' || *at == '-')) at++;
        at = digits(at, end);
    }
    return at;
}

static bool read_integer(const char *at, const char *end, int64_t *integer) {
    bool negative = *at == '-';
    *integer = 0;
    for (at += negative; at < end; at++) {
        int64_t digit = negative ? '0' - *at : *at - '0';
        if (__builtin_mul_overflow(*integer, 10, integer) ||
            __builtin_add_overflow(*integer, digit, integer))
            return false;
    }
    return true;
}

/* strtod wants an end, and the point of the host program's language. */
static bool read_real(const char *at, size_t bytes, double *real) {
    char few[FEW_DIGITS], *copy = bytes < sizeof few ? few : malloc(bytes + 1);
    if (copy == NULL) return false;
    memcpy(copy, at, bytes);
    copy[bytes] = '\0';
    char *point = strchr(copy, '.');
    if (point != NULL) *point = *localeconv()->decimal_point;
    *real = strtod(copy, NULL);
    if (copy != few) free(copy);
    return true;
}

/* Most numbers are integers of a few digits. False, and nothing is taken, if this is none. */
static bool take_short_integer(struct json_cursor *cursor, struct json_number *number) {
    const char *at = cursor->at;
    bool negative = *at == '-';
    const char *begin = at += negative;
    const char *most = cursor->end - at > SHORT_DIGITS ? at + SHORT_DIGITS : cursor->end;
    int64_t integer = 0;
    for (; at < most && *at >= '0' && *at <= '9'; at++) integer = 10 * integer + (*at - '0');
    if (at == begin || (*begin == '0' && at > begin + 1)) return false;
    if (at < cursor->end && ((*at >= '0' && *at <= '9') || *at == '.' || *at == 'e' || *at == 'E'))
        return false;
    *number = (struct json_number){.integer = negative ? -integer : integer};
    cursor->at = at;
    return true;
}

bool json_token_number(struct json_cursor *cursor, struct json_number *number) {
    if (take_short_integer(cursor, number)) return true;
    const char *begin = cursor->at;
    const char *end = number_end(begin, cursor->end, &number->is_float);
    if (end == NULL) return fail(cursor, begin, "a number that is none");
    if (!number->is_float) {
        if (!read_integer(begin, end, &number->integer))
            return fail(cursor, begin, "an integer outside int64");
    } else {
        if (!read_real(begin, (size_t)(end - begin), &number->real))
            return fail(cursor, begin, NULL);
        if (!isfinite(number->real)) return fail(cursor, begin, "a number outside float64");
    }
    cursor->at = end;
    return true;
}
