#include <criterion/criterion.h>

#include "exact.h"
#include "proto/msgpack_walk.h"
#include "tickcast/messages.h"

static void expect_bytes(const char *key, const void *data, size_t data_bytes, const void *bytes,
                         size_t count) {
    size_t size = tickcast_payload_size(strlen(key), data_bytes);
    cr_assert_eq(size, count);
    struct exact out = exact_copy(bytes, count);
    memset(out.bytes, 0xee, count);
    cr_assert_eq(tickcast_payload_encode(key, strlen(key), data, data_bytes, out.bytes), count);
    cr_assert_arr_eq(out.bytes, bytes, count);
    free(out.bytes);
}

Test(payload, the_bytes_are_those_of_marketstore) {
    static const char data[] = "\x81\xa5"
                               "Epoch\xd3\x00\x00\x00\x00\x07\x5b\xcd\x15";
    static const char bytes[] = "\x82\xa3"
                                "key\xaf"
                                "AAPL/5Min/OHLCV\xa4"
                                "data"
                                "\x81\xa5"
                                "Epoch\xd3\x00\x00\x00\x00\x07\x5b\xcd\x15";
    expect_bytes("AAPL/5Min/OHLCV", data, sizeof data - 1, bytes, sizeof bytes - 1);
    expect_bytes("k", "\xc0", 1,
                 "\x82\xa3"
                 "key\xa1k\xa4"
                 "data\xc0",
                 13);
}

Test(payload, what_is_encoded_is_decoded_at_each_width_of_the_key) {
    static const size_t lengths[] = {0, 1, 31, 32, 255, 256, 65535, 65536};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        size_t length = lengths[i], size = tickcast_payload_size(length, 3);
        char *key = malloc(length + 1);
        memset(key, 'k', length + 1);
        uint8_t *out = malloc(size);
        cr_assert_eq(tickcast_payload_encode(key, length, "\x92\x01\x02", 3, out), size);
        struct tickcast_payload payload;
        cr_assert_eq(tickcast_payload_decode(out, size, &payload), 0);
        cr_assert_eq(payload.key_bytes, length);
        cr_assert(memcmp(payload.key, key, length) == 0);
        cr_assert_eq(payload.data_bytes, 3);
        cr_assert_arr_eq(payload.data, "\x92\x01\x02", 3);
        free(out);
        free(key);
    }
}

/* Data is -1 if the bytes are no payload, else its length. */
static int decode(const void *bytes, size_t count) {
    struct exact message = exact_copy(bytes, count);
    struct tickcast_payload payload = {0};
    int result = tickcast_payload_decode(message.bytes, count, &payload);
    if (result == 0) {
        cr_assert(payload.key_bytes == 1 && payload.key[0] == 'k');
        cr_assert((const uint8_t *)payload.data >= message.bytes);
        result = (int)payload.data_bytes;
    }
    free(message.bytes);
    return result;
}

Test(payload, fields_stand_in_any_order_and_others_are_skipped) {
    cr_assert_eq(decode("\x82\xa4"
                        "data\x91\x07\xa3"
                        "key\xa1k",
                        14),
                 2);
    cr_assert_eq(decode("\x83\xa1x\x92\x01\x02\xa4"
                        "data\x91\x07\xa3"
                        "key\xa1k",
                        19),
                 2);
    cr_assert_eq(decode("\xde\x00\x02\xd9\x04"
                        "data\xc3\xd9\x03"
                        "key\xd9\x01k",
                        18),
                 1);
}

Test(payload, what_is_no_payload_is_refused) {
    static const char whole[] = "\x82\xa3"
                                "key\xa1k\xa4"
                                "data\x81\xa1x\x01";
    size_t count = sizeof whole - 1;
    cr_assert_eq(decode(whole, count), 4);
    for (size_t cut = 0; cut < count; cut++) cr_assert_eq(decode(whole, cut), -1, "cut %zu", cut);
    cr_assert_eq(decode("\x82\xa3"
                        "key\xa1k\xa4"
                        "data\xc0\xc0",
                        14),
                 -1, "a byte behind it");
    cr_assert_eq(decode("\x82\xa3"
                        "key\x01\xa4"
                        "data\xc0",
                        12),
                 -1, "key is no string");
    cr_assert_eq(decode("\x81\xa3"
                        "key\xa1k",
                        7),
                 -1, "no data");
    cr_assert_eq(decode("\x81\xa4"
                        "data\xc0",
                        7),
                 -1, "no key");
    cr_assert_eq(decode("\x81\xa5"
                        "error\xa1k",
                        9),
                 -1);
    cr_assert_eq(decode("\x82\x01\xa1k\xa4"
                        "data\xc0",
                        10),
                 -1, "a name is no string");
    cr_assert_eq(decode("\xc0", 1), -1);
}

Test(payload, the_deepest_data_that_may_be_published_is_read) {
    struct exact message = exact_repeat("\x82\xa3"
                                        "key\xa1k\xa4"
                                        "data",
                                        "\x91", PROTO_DATA_DEPTH, "\xc0");
    cr_assert_eq(decode(message.bytes, message.count), PROTO_DATA_DEPTH + 1);
    free(message.bytes);
}

Test(payload, of_an_empty_message_nothing_is_read) {
    struct tickcast_payload payload;
    struct exact byte = exact_copy("\x82", 1);
    volatile size_t end = 1; /* the compiler would see that there is nothing to read */
    cr_assert_eq(tickcast_payload_decode(byte.bytes + end, 0, &payload), -1);
    free(byte.bytes);
}
