#include <criterion/criterion.h>

#include "exact.h"
#include "proto/subscribe.h"
#include "tickcast/messages.h"

#define MANY 4096

/* Decodes and writes the streams as "a/b/c|d/e/f" (each ends with '|') to `found`. */
static enum subscribe_verdict decode(const void *bytes, size_t count, uint32_t most,
                                     char found[256]) {
    struct exact message = exact_copy(bytes, count);
    struct subscribe_request request = {0};
    enum subscribe_verdict verdict = subscribe_decode(message.bytes, count, most, &request);
    char *at = found;
    for (uint32_t i = 0; i < request.count && at - found < 200; i++) {
        at = (char *)memcpy(at, request.streams[i].at, request.streams[i].bytes) +
             request.streams[i].bytes;
        *at++ = '|';
    }
    *at = '\0';
    if (verdict == SUBSCRIBE_STREAMS) subscribe_request_fini(&request);
    cr_assert(request.streams == NULL && request.count == 0);
    free(message.bytes);
    return verdict;
}

#define EXPECT(literal, verdict, streams)                                                          \
    do {                                                                                           \
        char found_[256];                                                                          \
        cr_assert_eq(decode(literal, sizeof(literal) - 1, MANY, found_), verdict);                 \
        cr_assert_str_eq(found_, streams);                                                         \
    } while (0)

#define ABC                                                                                        \
    "\xa5"                                                                                         \
    "a/b/c"
#define DEF                                                                                        \
    "\xa5"                                                                                         \
    "d/e/f"
#define STREAMS                                                                                    \
    "\xa7"                                                                                         \
    "streams"

/* What vmihailenco/msgpack v4 was seen to make of the same bytes. */
Test(subscribe, decodes_as_marketstore_does) {
    EXPECT("", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\xc0", SUBSCRIBE_NONE, "");
    EXPECT("\x80", SUBSCRIBE_NONE, "");
    EXPECT("\x90", SUBSCRIBE_NONE, "");
    EXPECT("\x81" STREAMS "\xc0", SUBSCRIBE_NONE, "");
    EXPECT("\x81" STREAMS "\x90", SUBSCRIBE_NONE, "");
    EXPECT("\x81" STREAMS "\x91\xc0", SUBSCRIBE_STREAMS, "|");
    EXPECT("\x81" STREAMS ABC, SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x81" STREAMS "\x91\xc4\x05"
           "a/b/c",
           SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x81\xc4\x07"
           "streams\x91" ABC,
           SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x91\x91" ABC, SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x92\x91" ABC "\x07", SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x81" STREAMS "\x91\x01", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x82\xa1x\x01" STREAMS "\x91" ABC, SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x81" STREAMS "\x91" ABC "trailing", SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x82" STREAMS "\x91" ABC STREAMS "\x91" DEF, SUBSCRIBE_STREAMS, "d/e/f|");
    EXPECT("\x82" STREAMS "\x91" ABC STREAMS "\xc0", SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x81\x01\x91" ABC, SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x81\xa7"
           "STREAMS\x91" ABC,
           SUBSCRIBE_NONE, "");
    EXPECT("{\"streams\":[\"a/b/c\"]}", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x05", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\xa1"
           "a",
           SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\xd4\x01\x01", SUBSCRIBE_UNDECODABLE, "");
}

Test(subscribe, no_streams_also_positionally) {
    EXPECT("\x91\xc0", SUBSCRIBE_NONE, "");
    EXPECT("\x91\x90", SUBSCRIBE_NONE, "");
    EXPECT("\x92\xc0\x91" ABC, SUBSCRIBE_NONE, "");
}

Test(subscribe, a_later_empty_list_wins) {
    EXPECT("\x82" STREAMS "\x91" ABC STREAMS "\x90", SUBSCRIBE_NONE, "");
}

Test(subscribe, a_wrong_list_is_an_error_even_if_a_later_one_is_good) {
    EXPECT("\x82" STREAMS "\x91\x01" STREAMS "\x91" ABC, SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x82" STREAMS "\x91" ABC STREAMS "\xc2", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x82" STREAMS "\x91" ABC STREAMS "\x80", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x82" STREAMS "\x91" ABC "\x01\x01", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x91" ABC, SUBSCRIBE_UNDECODABLE, "");
}

Test(subscribe, a_nil_key_is_skipped) {
    EXPECT("\x82\xc0\x91\x01" STREAMS "\x91" ABC, SUBSCRIBE_STREAMS, "a/b/c|");
}

Test(subscribe, a_nil_name_is_the_empty_stream_among_others) {
    EXPECT("\x81" STREAMS "\x93" ABC "\xc0" DEF, SUBSCRIBE_STREAMS, "a/b/c||d/e/f|");
    EXPECT("\x81" STREAMS "\x91\xa0", SUBSCRIBE_STREAMS, "|");
}

Test(subscribe, duplicates_and_order_are_kept) {
    EXPECT("\x81" STREAMS "\x93" DEF ABC DEF, SUBSCRIBE_STREAMS, "d/e/f|a/b/c|d/e/f|");
}

Test(subscribe, wide_forms_are_the_same) {
    EXPECT("\xde\x00\x01\xd9\x07"
           "streams\xdc\x00\x01\xda\x00\x05"
           "a/b/c",
           SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\xdf\x00\x00\x00\x01\xdb\x00\x00\x00\x07"
           "streams\xdd\x00\x00\x00\x01\xdb\x00\x00\x00"
           "\x05"
           "a/b/c",
           SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\x81\xc5\x00\x07"
           "streams\x91\xc6\x00\x00\x00\x05"
           "a/b/c",
           SUBSCRIBE_STREAMS, "a/b/c|");
    EXPECT("\xdc\x00\x01\x91" ABC, SUBSCRIBE_STREAMS, "a/b/c|");
}

Test(subscribe, unknown_keys_may_hold_anything) {
    EXPECT("\x82\xa1x\x82\xc0\xc7\x01\x05\x00\x01\xcb"
           "12345678" STREAMS "\x91" ABC,
           SUBSCRIBE_STREAMS, "a/b/c|");
}

Test(subscribe, a_message_cut_anywhere_is_undecodable) {
    static const char whole[] =
        "\x82\xc4\x01x\x92\xd9\x01y\xcd\x01\x02" STREAMS "\xdc\x00\x02" ABC "\xc4\x05"
        "d/e/f";
    char found[256];
    for (size_t cut = 0; cut < sizeof whole - 1; cut++)
        cr_assert_eq(decode(whole, cut, MANY, found), SUBSCRIBE_UNDECODABLE, "cut at %zu", cut);
    EXPECT(whole, SUBSCRIBE_STREAMS, "a/b/c|d/e/f|");
}

Test(subscribe, a_message_with_any_byte_changed_is_decoded_safely) {
    static const char whole[] =
        "\x82\xc4\x01x\x92\xd9\x01y\xcd\x01\x02" STREAMS "\xdc\x00\x02" ABC "\xc4\x05"
        "d/e/f";
    for (size_t i = 0; i < sizeof whole - 1; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char changed[sizeof whole], found[256];
            memcpy(changed, whole, sizeof whole);
            changed[i] = (char)byte;
            enum subscribe_verdict verdict = decode(changed, sizeof whole - 1, MANY, found);
            cr_assert_leq(verdict, SUBSCRIBE_UNDECODABLE);
        }
    }
}

Test(subscribe, deeper_than_eight_is_undecodable_also_under_an_unknown_key) {
    char found[256];
    for (unsigned arrays = 6; arrays <= 9; arrays++) {
        struct exact message = exact_repeat("\x82\xa1x", "\x91", arrays, "\xc3" STREAMS "\x91" ABC);
        cr_assert_eq(decode(message.bytes, message.count, MANY, found),
                     arrays + 1 <= 8 ? SUBSCRIBE_STREAMS : SUBSCRIBE_UNDECODABLE, "%u", arrays);
        free(message.bytes);
    }
}

Test(subscribe, bombs_are_undecodable) {
    EXPECT("\xdd\x02\xfa\xf0\x80", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\x81" STREAMS "\xdd\x02\xfa\xf0\x80", SUBSCRIBE_UNDECODABLE, "");
    EXPECT("\xdf\xff\xff\xff\xff", SUBSCRIBE_UNDECODABLE, "");
}

Test(subscribe, the_count_is_of_the_last_list_before_duplicates_collapse) {
    char found[256];
    static const char three[] = "\x81" STREAMS "\x93" ABC ABC ABC;
    cr_assert_eq(decode(three, sizeof three - 1, 3, found), SUBSCRIBE_STREAMS);
    cr_assert_eq(decode(three, sizeof three - 1, 2, found), SUBSCRIBE_TOO_MANY);
    static const char replaced[] = "\x82" STREAMS "\x93" ABC ABC ABC STREAMS "\x91" ABC;
    cr_assert_eq(decode(replaced, sizeof replaced - 1, 2, found), SUBSCRIBE_STREAMS);
    static const char wrong[] = "\x81" STREAMS "\x93" ABC ABC "\x01";
    cr_assert_eq(decode(wrong, sizeof wrong - 1, 2, found), SUBSCRIBE_UNDECODABLE);
}

Test(subscribe, what_is_encoded_is_decoded) {
    static const size_t counts[] = {0, 1, 15, 16, 65535, 65536};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        const char **streams = malloc((counts[i] + 1) * sizeof *streams);
        for (size_t n = 0; n < counts[i]; n++) streams[n] = n % 2 == 0 ? "*/1Min/OHLCV" : "a/b/c";
        void *bytes;
        size_t count = tickcast_subscribe_encode(streams, counts[i], &bytes);
        struct subscribe_request request = {0};
        enum subscribe_verdict verdict = subscribe_decode(bytes, count, UINT32_MAX, &request);
        cr_assert_eq(verdict, counts[i] == 0 ? SUBSCRIBE_NONE : SUBSCRIBE_STREAMS);
        cr_assert_eq(request.count, counts[i]);
        for (size_t n = 0; n < counts[i]; n++)
            cr_assert(text_is(request.streams[n], streams[n], strlen(streams[n])));
        subscribe_request_fini(&request);
        free(bytes);
        free(streams);
    }
}

Test(subscribe, the_encoding_is_that_of_the_go_client) {
    const char *const streams[] = {"a/b/c"};
    void *bytes;
    size_t count = tickcast_subscribe_encode(streams, 1, &bytes);
    cr_assert_eq(count, 16);
    cr_assert_arr_eq(bytes, "\x81" STREAMS "\x91" ABC, 16);
    free(bytes);
    char longer[41] = "0123456789012345678901234567890123456789";
    const char *const one[] = {longer};
    count = tickcast_subscribe_encode(one, 1, &bytes);
    cr_assert_arr_eq((uint8_t *)bytes + 10,
                     "\xd9\x28"
                     "0123",
                     6);
    cr_assert_eq(count, 10 + 2 + 40);
    free(bytes);
}
