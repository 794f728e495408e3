#include <criterion/criterion.h>

#include "exact.h"
#include "proto/msgpack_walk.h"

/* One object of each format of the msgpack specification. */
static const struct {
    const char *head; /* of head_bytes, then `body` bytes of 0xc1 that must not be looked at */
    size_t head_bytes, body;
} formats[] = {
    {"\x00", 1, 0},
    {"\x7f", 1, 0},
    {"\xe0", 1, 0},
    {"\xff", 1, 0},
    {"\xc0", 1, 0},
    {"\xc2", 1, 0},
    {"\xc3", 1, 0},
    {"\xa0", 1, 0},
    {"\xa1", 1, 1},
    {"\xbf", 1, 31},
    {"\xca", 1, 4},
    {"\xcb", 1, 8},
    {"\xcc", 1, 1},
    {"\xcd", 1, 2},
    {"\xce", 1, 4},
    {"\xcf", 1, 8},
    {"\xd0", 1, 1},
    {"\xd1", 1, 2},
    {"\xd2", 1, 4},
    {"\xd3", 1, 8},
    {"\xd4", 1, 2},
    {"\xd5", 1, 3},
    {"\xd6", 1, 5},
    {"\xd7", 1, 9},
    {"\xd8", 1, 17},
    {"\xc4\x00", 2, 0},
    {"\xc4\xff", 2, 255},
    {"\xc5\x01\x00", 3, 256},
    {"\xc6\x00\x01\x00\x00", 5, 65536},
    {"\xc7\x00\x05", 3, 0},
    {"\xc7\x03\x05", 3, 3},
    {"\xc8\x01\x00\x05", 4, 256},
    {"\xc9\x00\x01\x00\x00\x05", 6, 65536},
    {"\xd9\x00", 2, 0},
    {"\xd9\xff", 2, 255},
    {"\xda\x01\x00", 3, 256},
    {"\xdb\x00\x01\x00\x00", 5, 65536},
    {"\x80", 1, 0},
    {"\x90", 1, 0},
    {"\xdc\x00\x00", 3, 0},
    {"\xdd\x00\x00\x00\x00", 5, 0},
    {"\xde\x00\x00", 3, 0},
    {"\xdf\x00\x00\x00\x00", 5, 0},
    {"\x81\x01\x02", 3, 0},
    {"\x92\x01\x02", 3, 0},
    {"\xdc\x00\x02\x01\x02", 5, 0},
    {"\xdd\x00\x00\x00\x02\x01\x02", 7, 0},
    {"\xde\x00\x01\x01\x02", 5, 0},
    {"\xdf\x00\x00\x00\x01\x01\x02", 7, 0},
};

Test(msgpack_walk, every_format_has_its_length_and_is_refused_when_cut) {
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        size_t bytes = formats[i].head_bytes + formats[i].body;
        uint8_t *whole = malloc(bytes + 1);
        memset(whole, 0xc1, bytes + 1); /* also behind the object */
        memcpy(whole, formats[i].head, formats[i].head_bytes);
        cr_assert_eq(msgpack_walk(whole, bytes, 1), bytes, "row %zu", i);
        cr_assert_eq(msgpack_walk(whole, bytes + 1, 1), bytes, "row %zu", i);
        cr_assert_eq(msgpack_skip(whole, bytes + 1), bytes, "row %zu", i);
        for (size_t cut = 0; cut < bytes; cut = cut < 300         ? cut + 1
                                                : bytes - 1 > cut ? bytes - 1
                                                                  : bytes) {
            struct exact part = exact_copy(whole, cut);
            cr_assert_eq(msgpack_walk(part.bytes, cut, 1), 0, "row %zu cut at %zu", i, cut);
            cr_assert_eq(msgpack_skip(part.bytes, cut), 0, "row %zu cut at %zu", i, cut);
            free(part.bytes);
        }
        free(whole);
    }
}

Test(msgpack_walk, c1_is_refused_wherever_an_object_must_be) {
    cr_assert_eq(msgpack_walk("\xc1", 1, 8), 0);
    cr_assert_eq(msgpack_walk("\x92\x01\xc1", 3, 8), 0);
    cr_assert_eq(msgpack_walk("\x81\xc1\x01", 3, 8), 0);
    cr_assert_eq(msgpack_skip("\x92\x01\xc1", 3), 0);
}

Test(msgpack_walk, depth_is_that_of_containers_in_one_another) {
    cr_assert_eq(msgpack_walk("\x01", 1, 0), 1);
    cr_assert_eq(msgpack_walk("\x90", 1, 0), 0, "an empty container is one");
    for (unsigned depth = 1; depth <= PROTO_WALK_DEPTH; depth++) {
        struct exact nested = exact_repeat("", "\x91", depth, "\xc0");
        cr_assert_eq(msgpack_walk(nested.bytes, nested.count, depth), nested.count);
        cr_assert_eq(msgpack_walk(nested.bytes, nested.count, depth - 1), 0, "depth %u", depth);
        free(nested.bytes);
    }
}

Test(msgpack_walk, depth_counts_siblings_once) {
    /* [[], [[]], {1: []}, []] */
    cr_assert_eq(msgpack_walk("\x94\x90\x91\x90\x81\x01\x90\x90", 8, 3), 8);
    cr_assert_eq(msgpack_walk("\x94\x90\x91\x90\x81\x01\x90\x90", 8, 2), 0);
}

Test(msgpack_walk, a_larger_depth_than_it_takes_is_cut_to_it) {
    struct exact nested = exact_repeat("", "\x91", PROTO_WALK_DEPTH + 1, "\xc0");
    cr_assert_eq(msgpack_walk(nested.bytes, nested.count, 1000000), 0);
    free(nested.bytes);
}

Test(msgpack_walk, a_skip_has_no_depth) {
    struct exact nested = exact_repeat("", "\x91", 1000000, "\xc0");
    cr_assert_eq(msgpack_skip(nested.bytes, nested.count), nested.count);
    cr_assert_eq(msgpack_skip(nested.bytes, nested.count - 1), 0);
    free(nested.bytes);
}

Test(msgpack_walk, counts_that_the_bytes_cannot_hold_are_refused) {
    static const char *const bombs[] = {
        "\xdd\x02\xfa\xf0\x80", "\xdd\xff\xff\xff\xff", "\xdf\xff\xff\xff\xff",
        "\xdf\x80\x00\x00\x01", "\xc6\xff\xff\xff\xff", "\xdb\xff\xff\xff\xff",
    };
    for (size_t i = 0; i < sizeof bombs / sizeof bombs[0]; i++) {
        uint8_t block[64] = {0};
        memcpy(block, bombs[i], 5);
        cr_assert_eq(msgpack_walk(block, 5, 64), 0, "row %zu", i);
        cr_assert_eq(msgpack_walk(block, sizeof block, 64), 0, "row %zu", i);
        cr_assert_eq(msgpack_skip(block, sizeof block), 0, "row %zu", i);
    }
    uint8_t ext[64] = {0xc9, 0xff, 0xff, 0xff, 0xff, 1};
    cr_assert_eq(msgpack_walk(ext, sizeof ext, 64), 0);
}

Test(msgpack_walk, nested_counts_do_not_wrap_around) {
    /* array32 of 2^32 - 1 whose first is a map32 of 2^32 - 1, and so on */
    uint8_t block[65 * 5];
    for (size_t i = 0; i < sizeof block; i += 5)
        memcpy(block + i, i % 2 == 0 ? "\xdd\xff\xff\xff\xff" : "\xdf\xff\xff\xff\xff", 5);
    cr_assert_eq(msgpack_walk(block, sizeof block, 64), 0);
    cr_assert_eq(msgpack_skip(block, sizeof block), 0);
}
