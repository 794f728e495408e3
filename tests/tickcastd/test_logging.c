#include "tickcastd/logging.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int ends[2];
static struct logging logging;

static void make(void) {
    cr_assert(zero(int, pipe(ends)));
    logging_init(&logging, ends[1], 2);
}

/* What is in the pipe, at most 1 MiB; heap. */
static char *in_pipe(void) {
    char *text = calloc(1, (1 << 20) + 1);
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    for (size_t used = 0; used < 1 << 20;) {
        ssize_t got = read(ends[0], text + used, (1 << 20) - used);
        if (got <= 0) break;
        used += (size_t)got;
    }
    return text;
}

TestSuite(logging, .init = make);

Test(logging, a_line_has_time_level_and_text) {
    logging_say(&logging, 1, "number %d", 7);
    char *text = in_pipe();
    unsigned year, month, day, hour, minute, second, ms;
    int end = 0;
    cr_assert(eq(int,
                 sscanf(text, "%4u-%2u-%2uT%2u:%2u:%2u.%3uZ warning number 7%n", &year, &month,
                        &day, &hour, &minute, &second, &ms, &end),
                 7));
    cr_assert(eq(str, text + end, "\n"));
    free(text);
}

Test(logging, lines_above_the_level_are_left_out) {
    logging_sink(&logging, 3, "debug");
    logging_sink(&logging, 4, "nonsense");
    logging_sink(&logging, -1, "nonsense");
    char *text = in_pipe();
    cr_assert(eq(str, text, ""));
    free(text);
}

Test(logging, a_plain_line_stands_alone) {
    logging_plain(&logging, "ready");
    char *text = in_pipe();
    cr_assert(eq(str, text, "ready\n"));
    free(text);
}

Test(logging, a_full_pipe_blocks_nobody_and_is_told_later, .timeout = 300) {
    for (int i = 0; i < 900; i++) logging_say(&logging, 2, "%0500d", i); /* 450 KiB into 64 KiB */
    cr_assert(gt(u32, logging.left_out, 0));
    char *text = in_pipe();
    free(text);
    uint32_t left_out = logging.left_out;
    logging_say(&logging, 2, "again");
    text = in_pipe();
    char told[64];
    snprintf(told, sizeof told, " warning %u log lines left out\n", left_out);
    cr_assert(strstr(text, told) != NULL);
    cr_assert(strstr(text, " notice again\n") != NULL);
    cr_assert(zero(u32, logging.left_out));
    free(text);
}

Test(logging, lines_above_the_rate_are_counted) {
    int fd = open("/dev/null", O_WRONLY);
    logging_init(&logging, fd, 2);
    logging_sink(&logging, 2, "first"); /* begins the second */
    uint64_t since_ns = logging.since_ns;
    int lines = 1;
    while (logging.since_ns == since_ns && lines < 3 * LOGGING_LINES) {
        logging_sink(&logging, 2, "line");
        lines++;
    }
    if (logging.since_ns != since_ns) cr_skip_test("the machine is too slow");
    cr_assert(eq(u32, logging.left_out, 2 * LOGGING_LINES));
    close(fd);
}

Test(logging, a_text_is_one_line_that_can_be_shown) {
    logging_say(&logging, 1, "file %s", "a\nb\x1b]0;title\x07\xff\xe2\x82\xac");
    char *text = in_pipe();
    cr_expect(
        ne(ptr, strstr(text, " warning file a\\x0ab\\x1b]0;title\\x07\\xff\xe2\x82\xac\n"), NULL));
    cr_expect(eq(ptr, strchr(text, '\n'), text + strlen(text) - 1));
    free(text);
}
