#include "feed/number.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SHORT_BYTES 64 /* longer numbers are copied to the heap for strtod */

static size_t digits(const char *at, const char *end) {
    size_t count = 0;
    while (at + count < end && at[count] >= '0' && at[count] <= '9') count++;
    return count;
}

static enum number_kind shape(const char *at, const char *end) {
    if (at < end && *at == '-') at++;
    size_t whole = digits(at, end), fraction = 0;
    if (whole > 1 && *at == '0') return NUMBER_NONE;
    at += whole;
    if (at == end) return whole ? NUMBER_INTEGER : NUMBER_NONE;
    if (*at == '.') {
        fraction = digits(++at, end);
        at += fraction;
    }
    if (whole + fraction == 0) return NUMBER_NONE;
    if (at == end) return NUMBER_FLOAT;
    if (*at != 'e' && *at != 'E') return NUMBER_NONE;
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    size_t exponent = digits(at, end);
    return exponent > 0 && at + exponent == end ? NUMBER_FLOAT : NUMBER_NONE;
}

/* Counts downwards, since int64 reaches one further there. */
static bool integer_value(const char *at, const char *end, int64_t *value) {
    bool negative = *at == '-';
    int64_t sum = 0;
    for (at += negative; at < end; at++) {
        if (__builtin_mul_overflow(sum, 10, &sum) || __builtin_sub_overflow(sum, *at - '0', &sum))
            return false;
    }
    if (!negative && sum == INT64_MIN) return false;
    *value = negative ? sum : -sum;
    return true;
}

static bool float_value(const char *text, size_t bytes, double *value) {
    char small[SHORT_BYTES], *copy = small;
    if (bytes >= sizeof small) copy = malloc(bytes + 1);
    if (!copy) return false;
    memcpy(copy, text, bytes);
    copy[bytes] = 0;
    *value = strtod(copy, NULL);
    if (copy != small) free(copy);
    return isfinite(*value);
}

void number_parse(const char *text, size_t bytes, struct number *number) {
    const char *end = text + bytes;
    number->kind = shape(text, end);
    if (number->kind == NUMBER_INTEGER && !integer_value(text, end, &number->integer))
        number->kind = NUMBER_TOO_LARGE;
    if (number->kind == NUMBER_FLOAT && !float_value(text, bytes, &number->real))
        number->kind = NUMBER_TOO_LARGE;
}

bool number_real(const char *text, size_t bytes, double *value) {
    double real;
    if (shape(text, text + bytes) == NUMBER_NONE || !float_value(text, bytes, &real)) return false;
    *value = real;
    return true;
}
