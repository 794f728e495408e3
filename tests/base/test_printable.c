#include <criterion/criterion.h>
#include <string.h>

#include "base/printable.h"

static char out[32];

#define PRINTABLE(text) printable(text, sizeof text - 1, out, sizeof out)

Test(printable, text_is_left_as_it_is) {
    cr_assert_str_eq(PRINTABLE(""), "");
    cr_assert_str_eq(PRINTABLE("\"a\\b\" é € 😀"), "\"a\\b\" é € 😀");
}

Test(printable, control_characters_and_what_is_no_text_are_escaped) {
    cr_assert_str_eq(PRINTABLE("a\x1b[2J\n\x7f\0"), "a\\x1b[2J\\x0a\\x7f\\x00");
    cr_assert_str_eq(PRINTABLE("\xff\xc3"), "\\xff\\xc3");
    cr_assert_str_eq(PRINTABLE("\xc2\x9b"), "\\xc2\\x9b"); /* CSI, as one character */
    cr_assert_str_eq(PRINTABLE("\xed\xa0\x80"), "\\xed\\xa0\\x80");
}

Test(printable, what_does_not_fit_is_cut_between_characters) {
    char text[64];
    memset(text, 'x', sizeof text);
    cr_assert_str_eq(printable(text, 31, out, sizeof out), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx");
    cr_assert_str_eq(printable(text, 32, out, sizeof out), "xxxxxxxxxxxxxxxxxxxxxxxxxxxx...");
    memset(text, 1, sizeof text);
    for (size_t room = 4; room <= sizeof out; room++) {
        memset(out, '#', sizeof out);
        printable(text, sizeof text, out, room);
        cr_assert_lt(strlen(out), room);
        cr_assert_eq(strlen(out) % 4, 3, "%s", out);
    }
}
