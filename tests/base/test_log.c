#include "base/log.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

static char last[2 * LOG_LINE_BYTES];

static void keep(void *arg, int level, const char *line) {
    (void)arg, (void)level;
    snprintf(last, sizeof last, "%s", line);
}

static const struct log here = {.sink = keep, .level = LOG_DEBUG};

Test(log, what_is_not_text_is_escaped_wherever_it_comes_from) {
    log_line(&here, LOG_NOTICE, "%s", "a\nb\x1b[2J\x7f\xc2\x9b\xff caf\xc3\xa9");
    cr_expect(eq(str, last, "a\\x0ab\\x1b[2J\\x7f\\xc2\\x9b\\xff caf\xc3\xa9"));
    struct log_limit limit = {0};
    log_limited(&here, LOG_NOTICE, &limit, "%s", "\r\x07");
    cr_expect(eq(str, last, "\\x0d\\x07"));
}

Test(log, each_byte_gives_a_line_that_can_be_shown) {
    for (int byte = 1; byte < 256; byte++) {
        log_line(&here, LOG_NOTICE, "peer %c said so", byte);
        cr_expect(utf8_valid((const uint8_t *)last, strlen(last)), "%d", byte);
        for (const char *c = last; *c != '\0'; c++)
            cr_expect(not(zero(int, (unsigned char)*c >= 0x20 && *c != 0x7f)), "%d", byte);
    }
}

Test(log, a_line_that_is_too_long_is_cut_where_a_character_ends) {
    char text[2 * LOG_LINE_BYTES];
    for (size_t before = 0; before < 4; before++) {
        memset(text, 'x', before);
        for (size_t at = before; at + 3 < sizeof text; at += 3)
            memcpy(text + at, "\xe2\x82\xac", 4);
        log_line(&here, LOG_NOTICE, "%s", text);
        cr_expect(utf8_valid((const uint8_t *)last, strlen(last)));
        cr_expect(lt(sz, strlen(last), (size_t)LOG_LINE_BYTES));
    }
}

Test(log, what_is_quoted_ends_at_no_quote_of_its_own_and_says_what_was_escaped) {
    char out[64], little[8];
    cr_expect(eq(str, (char *)log_escape("a\"b\\c\n\xc3", 7, out, sizeof out),
                 "a\\x22b\\x5cc\\x0a\\xc3"));
    cr_expect(eq(str, (char *)log_escape("abcdefghij", 10, little, sizeof little), "abcd..."));
}
