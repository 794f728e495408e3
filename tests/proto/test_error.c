#include <criterion/criterion.h>

#include "exact.h"
#include "proto/error.h"
#include "tickcast/messages.h"

Test(error, the_bytes_are_those_of_marketstore) {
    uint8_t out[64];
    static const char text[] = "AAPL/1Min is an invalid stream";
    static const char expected[] = "\x81\xa5"
                                   "error\xbe"
                                   "AAPL/1Min is an invalid stream";
    cr_assert_eq(error_encode(text, 30, out), sizeof expected - 1);
    cr_assert_arr_eq(out, expected, sizeof expected - 1);
}

Test(error, what_is_encoded_is_decoded_at_each_width) {
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t length = lengths[i];
        char *text = malloc(length + 1);
        memset(text, 'x', length + 1);
        uint8_t *out = malloc(length + ERROR_HEAD_BYTES);
        size_t bytes = error_encode(text, length, out);
        cr_assert_leq(bytes, length + ERROR_HEAD_BYTES);
        const char *back;
        size_t back_bytes;
        cr_assert_eq(tickcast_error_decode(out, bytes, &back, &back_bytes), 0);
        cr_assert_eq(back_bytes, length);
        cr_assert(memcmp(back, text, length) == 0);
        free(out);
        free(text);
    }
}

static int decode(const void *bytes, size_t count) {
    struct exact message = exact_copy(bytes, count);
    const char *text = NULL;
    size_t text_bytes = 0;
    int result = tickcast_error_decode(message.bytes, count, &text, &text_bytes);
    if (result == 0) cr_assert(text_bytes == 3 && memcmp(text, "bad", 3) == 0);
    free(message.bytes);
    return result;
}

Test(error, fields_stand_in_any_order) {
    cr_assert_eq(decode("\x82\xa5"
                        "error\xa3"
                        "bad\xa2id\x01",
                        15),
                 0);
    cr_assert_eq(decode("\x82\xa2id\x01\xa5"
                        "error\xa3"
                        "bad",
                        15),
                 0);
}

Test(error, what_is_no_error_message_is_refused) {
    static const char whole[] = "\x81\xa5"
                                "error\xa3"
                                "bad";
    cr_assert_eq(decode(whole, 11), 0);
    for (size_t cut = 0; cut < 11; cut++) cr_assert_eq(decode(whole, cut), -1, "cut %zu", cut);
    cr_assert_eq(decode("\x81\xa5"
                        "error\xa3"
                        "bad\xc0",
                        12),
                 -1, "trailing byte");
    cr_assert_eq(decode("\x81\xa5"
                        "error\x01",
                        8),
                 -1, "not a string");
    cr_assert_eq(decode("\x81\xa5"
                        "Error\xa3"
                        "bad",
                        11),
                 -1, "another name");
    cr_assert_eq(decode("\x80", 1), -1);
    cr_assert_eq(decode("\xc0", 1), -1);
    cr_assert_eq(decode("\x92\xa5"
                        "error\xa3"
                        "bad",
                        11),
                 -1, "an array");
}

Test(error, of_an_empty_message_nothing_is_read) {
    const char *text;
    size_t text_bytes;
    struct exact byte = exact_copy("\x81", 1);
    volatile size_t end = 1; /* the compiler would see that there is nothing to read */
    cr_assert_eq(tickcast_error_decode(byte.bytes + end, 0, &text, &text_bytes), -1);
    free(byte.bytes);
}
