/* The writer again, under another name, in a program whose language has a decimal comma: which
 * languages a host has is not for a test to choose. */
#include <criterion/criterion.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct lconv *comma_localeconv(void) {
    static struct lconv comma = {.decimal_point = ","};
    return &comma;
}

static void swap(char *text, char from, char to) {
    for (char *at = text; (at = strchr(at, from)) != NULL;) *at = to;
}

static int comma_print(char *out, size_t room, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int bytes = vsnprintf(out, room, format, arguments);
    va_end(arguments);
    swap(out, '.', ',');
    return bytes;
}

static double comma_strtod(const char *text, char **end) {
    char copy[64];
    snprintf(copy, sizeof copy, "%s", text);
    swap(copy, ',', '.');
    return strtod(copy, end);
}

#define snprintf        comma_print
#define strtod          comma_strtod
#define localeconv      comma_localeconv
#define msgpack_to_json comma_to_json
#include "proto/to_json.c"

Test(to_json_locale, numbers_have_a_point_whatever_the_language_of_the_host_program) {
    static const struct {
        const char *object, *json;
    } rows[] = {
        {"\xcb\x3f\xf8\0\0\0\0\0\0", "1.5"},
        {"\xcb\x40\0\0\0\0\0\0\0", "2.0"},
        {"\xcb\x54\xb2\x49\xad\x25\x94\xc3\x7d", "1e+100"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char *text = comma_to_json(rows[i].object, 9);
        cr_expect_str_eq(text, rows[i].json);
        free(text);
    }
}
