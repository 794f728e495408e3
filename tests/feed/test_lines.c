#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "feed/lines.h"

static struct lines lines;
static int fds[2];

static void begin(void) {
    cr_assert_eq(pipe(fds), 0);
}
static void end(void) {
    lines_fini(&lines);
}

static void feed(const char *text) {
    if (!text) {
        close(fds[1]);
        cr_assert_eq(lines_read(&lines, fds[0]), 0);
        return;
    }
    cr_assert_eq(write(fds[1], text, strlen(text)), (ssize_t)strlen(text));
    cr_assert_eq(lines_read(&lines, fds[0]), (ssize_t)strlen(text));
}

static void expect(const char *text, uint64_t number) {
    char *line;
    size_t bytes;
    enum lines_result result = lines_next(&lines, &line, &bytes);
    if (!text) {
        cr_assert_eq(result, LINES_NONE);
        return;
    }
    cr_assert_eq(result, LINES_LINE);
    cr_assert_eq(bytes, strlen(text), "%zu", bytes);
    cr_assert_eq(memcmp(line, text, bytes), 0);
    cr_assert_eq(lines.number, number);
}

Test(lines, whole_lines_come_out_however_the_bytes_were_cut, .init = begin, .fini = end) {
    feed("a\nbc");
    expect("a", 1);
    expect(NULL, 0);
    feed("d\r");
    expect(NULL, 0);
    feed("\n\n");
    expect("bcd", 2);
    expect("", 3);
    expect(NULL, 0);
}

Test(lines, a_last_line_needs_no_end, .init = begin, .fini = end) {
    feed("a\nb\r");
    expect("a", 1);
    feed(NULL);
    expect("b", 2);
    expect(NULL, 0);
    cr_assert(lines.end);
}

Test(lines, a_line_end_at_the_end_is_no_empty_line, .init = begin, .fini = end) {
    feed("a\n");
    feed(NULL);
    expect("a", 1);
    expect(NULL, 0);
}

/* Writes one line of `count` bytes to a file and returns the file, at its beginning. */
static int long_line_file(size_t count) {
    char path[] = "/tmp/lines-XXXXXX";
    int fd = mkstemp(path);
    unlink(path);
    char *bytes = malloc(count);
    memset(bytes, 'x', count);
    cr_assert_eq(write(fd, bytes, count), (ssize_t)count);
    free(bytes);
    cr_assert_eq(write(fd, "\nnext\n", 6), 6);
    lseek(fd, 0, SEEK_SET);
    return fd;
}

Test(lines, a_line_over_the_limit_is_told_once_and_left_out, .fini = end) {
    int fd = long_line_file((size_t)LINES_MAX_BYTES + 3 * LINES_READ_BYTES);
    char *line;
    size_t bytes;
    unsigned too_long = 0;
    enum lines_result result = LINES_NONE;
    while (result != LINES_LINE) {
        cr_assert_gt(lines_read(&lines, fd), 0);
        result = lines_next(&lines, &line, &bytes);
        if (result == LINES_TOO_LONG) too_long++;
    }
    cr_assert_eq(too_long, 1);
    cr_assert_eq(lines.number, 2);
    cr_assert_eq(memcmp(line, "next", 4), 0);
    close(fd);
}
