#include "feed/input.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define TEXT_BYTES  20000
#define FUZZ_ROUNDS 2000

static char path[] = "/tmp/tickcast-input-XXXXXX";
static char text[TEXT_BYTES], got[2 * TEXT_BYTES];
static unsigned char packed[2 * TEXT_BYTES];
static size_t packed_bytes;
static char error[INPUT_ERROR_BYTES];

static void end(void) {
    unlink(path);
}

/* Appends a member that holds `count` bytes of `from`. */
static void pack(const char *from, size_t count) {
    z_stream stream = {.next_in = (Bytef *)(uintptr_t)from,
                       .avail_in = (uInt)count,
                       .next_out = packed + packed_bytes,
                       .avail_out = (uInt)(sizeof packed - packed_bytes)};
    cr_assert_eq(deflateInit2(&stream, 6, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    cr_assert_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    packed_bytes = sizeof packed - stream.avail_out;
    deflateEnd(&stream);
}

static void begin(void) {
    unsigned seed = 1;
    for (size_t i = 0; i < TEXT_BYTES; i++) text[i] = (char)('a' + rand_r(&seed) % 4);
    int fd = mkstemp(path);
    cr_assert(fd >= 0);
    close(fd);
}

static void put(const void *bytes, size_t count) {
    FILE *file = fopen(path, "w");
    cr_assert(file && fwrite(bytes, 1, count, file) == count && fclose(file) == 0);
}

/* Reads all in pieces of `piece` bytes; 0 at the end, -1 with the error. */
static int take(size_t piece, size_t *count) {
    struct input *input;
    ssize_t part = input_open(path, &input, error);
    *count = 0;
    if (part < 0) return -1;
    do {
        size_t room = sizeof got - *count < piece ? sizeof got - *count : piece;
        part = input_read(input, got + *count, room, error);
        if (part > 0) *count += (size_t)part;
    } while (part > 0 && *count < sizeof got);
    input_close(input);
    return part < 0 ? -1 : 0;
}

static void expect_text(size_t piece) {
    size_t count;
    cr_assert_eq(take(piece, &count), 0, "%s", error);
    cr_assert(count == TEXT_BYTES && memcmp(got, text, count) == 0);
}

Test(input, a_plain_file_comes_out_as_it_is, .init = begin, .fini = end) {
    put(text, TEXT_BYTES);
    expect_text(1000);
    put("", 0);
    size_t count;
    cr_assert(take(10, &count) == 0 && count == 0);
}

Test(input, gzip_is_seen_by_its_content_and_may_have_members, .init = begin, .fini = end) {
    pack(text, 5000);
    pack(text, 0);
    pack(text + 5000, TEXT_BYTES - 5000);
    put(packed, packed_bytes);
    expect_text(1);
    expect_text(64 * 1024);
}

Test(input, zeros_after_a_member_are_padding, .init = begin, .fini = end) {
    pack(text, 5000);
    packed_bytes += 1000;
    pack(text + 5000, TEXT_BYTES - 5000);
    packed_bytes += 1000;
    put(packed, packed_bytes);
    expect_text(700);
}

Test(input, something_else_after_a_member_is_told, .init = begin, .fini = end) {
    pack(text, TEXT_BYTES);
    memcpy(packed + packed_bytes, "rest", 4);
    put(packed, packed_bytes + 4);
    size_t count;
    cr_assert_eq(take(1000, &count), -1);
    cr_assert_eq(count, TEXT_BYTES, "what was before it is not lost");
    cr_assert(strstr(error, "the gzip data is corrupt"), "%s", error);
}

Test(input, truncated_gzip_gives_what_there_is_and_then_the_error, .init = begin, .fini = end) {
    pack(text, 5000);
    size_t first = packed_bytes;
    pack(text + 5000, TEXT_BYTES - 5000);
    size_t before = 0, count;
    for (size_t cut = 2; cut < packed_bytes; cut += cut < 40 ? 1 : 97) {
        put(packed, cut);
        int result = take(1 + cut % 5000, &count);
        if (cut != first) cr_assert_eq(result, -1, "cut at %zu", cut);
        if (cut != first) cr_assert_str_eq(error, "the gzip data ends too early");
        cr_assert(count <= TEXT_BYTES && memcmp(got, text, count) == 0, "cut at %zu", cut);
        cr_assert_geq(count, before);
        before = count;
    }
    cr_assert_gt(before, TEXT_BYTES / 2);
}

Test(input, whatever_bytes_come_reading_ends, .init = begin, .fini = end) {
    pack(text, 3000);
    pack(text, 3000);
    unsigned seed = 3;
    static unsigned char broken[sizeof packed];
    for (int i = 0; i < FUZZ_ROUNDS; i++) {
        bool whole = rand_r(&seed) % 3 == 0;
        size_t bytes = whole ? packed_bytes : 3 + (size_t)rand_r(&seed) % (packed_bytes - 3);
        memcpy(broken, packed, bytes);
        for (int flips = rand_r(&seed) % 4; flips > 0; flips--)
            broken[2 + (size_t)rand_r(&seed) % (bytes - 2)] ^= (unsigned char)rand_r(&seed);
        put(broken, bytes);
        size_t count;
        take(1 + (size_t)rand_r(&seed) % 4000, &count);
    }
}

static void refused(const char *of, const char *part) {
    struct input *input;
    cr_assert_eq(input_open(of, &input, error), -1, "%s", of);
    cr_assert(strstr(error, part), "%s: %s", of, error);
}

Test(input, what_is_no_regular_file_is_refused_without_waiting, .init = begin, .fini = end) {
    refused("/nonexistent/file", "No such file or directory");
    refused("/", "Is a directory");
    refused("/dev/null", "allowed are regular files");
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    refused(path, "it is a pipe or a device; allowed are regular files");
}

Test(input, a_file_that_grew_continues_and_another_or_a_shorter_one_does_not, .init = begin,
     .fini = end) {
    struct input *before, *after;
    put(text, 100);
    cr_assert_eq(input_open(path, &before, error), 0);
    put(text, 101);
    cr_assert_eq(input_open(path, &after, error), 0);
    cr_assert(input_continues(after, before));
    input_close(after);
    put(text, 99);
    cr_assert_eq(input_open(path, &after, error), 0);
    cr_assert(!input_continues(after, before));
    input_close(after);
    unlink(path);
    put(text, 200);
    cr_assert_eq(input_open(path, &after, error), 0);
    cr_assert(!input_continues(after, before));
    input_close(after);
    input_close(before);
}
