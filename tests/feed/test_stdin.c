/* The feed `stdin` with a real broker and a subscriber on loopback; each test has a process. */
#include <fcntl.h>

#include "stage.h"

#define ONE "{\"key\": \"A/B/C\", \"data\": {\"n\": 1}}\n"

static int input; /* what is written here is standard input */

static void begin(void) {
    int fds[2];
    stage_begin();
    cr_assert_eq(pipe2(fds, O_CLOEXEC), 0);
    cr_assert_eq(dup2(fds[0], STDIN_FILENO), STDIN_FILENO);
    close(fds[0]);
    input = fds[1];
    stage_subscribe("*/*/*");
    stage_feed(FEED_STDIN);
}

static void put(const char *text) {
    cr_assert_eq(write(input, text, strlen(text)), (ssize_t)strlen(text));
}

static void end_input(void) {
    close(input);
}

static struct feed_options *csv(void) {
    struct feed_options *options = stage_feed(FEED_STDIN);
    options->format = FEED_FORMAT_CSV;
    options->key = strdup("{k}/Tick/TRADE");
    return options;
}

Test(stdin, json_lines_come_at_once_however_they_are_cut, .init = begin, .fini = stage_end) {
    stage_start();
    put("{\"key\": \"A/B/C\", \"data\": {\"n\": 1}}\n{\"key\": \"A/B/");
    stage_expect(1);
    put("C\", \"data\": {\"n\": 2}}\n");
    stage_expect(2);
    put("{\"key\": \"A/B/C\", \"data\": {\"n\": 3}}");
    end_input();
    stage_expect(3);
    stage_wait("feed stdin: done, 3 messages");
}

Test(stdin, bad_lines_are_told_and_left_out, .init = begin, .fini = stage_end) {
    stage_start();
    put("nonsense\n\n{\"key\": \"A/B\", \"data\": 1}\n{\"key\": \"A/B/C\", \"data\": {\"n\": "
        "1}}\n");
    end_input();
    stage_expect(1);
    stage_wait("feed stdin: standard input:1: ");
    stage_wait("standard input:3: 'A/B' cannot be the key: ");
    stage_wait("standard input: 2 of 3 rows were bad and left out");
    stage_wait("done, 1 messages");
}

Test(stdin, csv_has_a_header_and_columns, .init = begin, .fini = stage_end) {
    struct feed_options *options = csv();
    options->columns.texts = calloc(1, sizeof(char *));
    options->columns.texts[0] = strdup("n=v:int");
    options->columns.count = 1;
    stage_start();
    put("k,v\nSPY,1\n");
    stage_expect(1);
    put("SPY,2.5\nSPY,\"3\"");
    end_input();
    stage_expect(3);
    stage_wait("standard input:3: column 2 (v) is '2.5': allowed are whole numbers");
    stage_wait("done, 2 messages");
}

Test(stdin, strict_ends_at_the_first_bad_line, .init = begin, .fini = stage_end) {
    csv()->strict = true;
    stage_start();
    put("k,n\nA,1\nA\nA,2\n");
    stage_expect(1);
    stage_wait("feed stdin: ended: standard input:3: column 2 (n) is missing");
    stage_expect_end();
}

Test(stdin, a_bad_header_ends_it, .init = begin, .fini = stage_end) {
    csv();
    stage_start();
    put("symbol,n\nA,1\n");
    stage_wait(
        "feed stdin: ended: standard input:1: the template names {k}, the header has symbol");
}

Test(stdin, a_regular_file_is_read_too, .init = begin, .fini = stage_end) {
    char *path = stage_write("lines", "w", ONE, strlen(ONE));
    int fd = open(path, O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    stage_start();
    stage_expect(1);
    stage_wait("feed stdin: done, 1 messages");
    close(fd);
    free(path);
}

Test(stdin, a_descriptor_that_cannot_be_read_ends_it, .init = begin, .fini = stage_end) {
    int fd = open("/", O_RDONLY);
    cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    stage_start();
    stage_wait("feed stdin: ended: standard input: Is a directory");
    close(fd);
}

Test(stdin, a_stop_ends_it_while_it_waits_for_input, .init = begin, .fini = stage_end) {
    stage_start();
    put("{\"key\": \"A/B/C\", \"data\": {\"n\": 1}}\n{\"key");
    stage_expect(1);
    stage_stop_promptly();
    stage_expect_end();
}
