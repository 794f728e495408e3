#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <endian.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "histogram/encode.h"

/* --- texts made by hand --- */

struct form {
    uint32_t cookie, payload_bytes, offset, digits;
    uint64_t lowest, highest;
    const uint8_t *payload;
    size_t count;
    size_t cut; /* bytes off the deflated end */
    uint32_t wrap_cookie;
};

static char *base64(const uint8_t *bytes, size_t count) {
    char *text = malloc((count + 2) / 3 * 4 + 1);
    EVP_EncodeBlock((uint8_t *)text, bytes, (int)count);
    return text;
}

static char *wrap(const uint8_t *plain, size_t count, size_t cut, uint32_t cookie) {
    uLongf bytes = compressBound(count);
    uint8_t *wrapped = malloc(8 + bytes);
    compress(wrapped + 8, &bytes, plain, count);
    bytes -= cut;
    uint32_t head[2] = {htobe32(cookie), htobe32((uint32_t)bytes)};
    memcpy(wrapped, head, sizeof head);
    char *text = base64(wrapped, 8 + bytes);
    free(wrapped);
    return text;
}

static char *text_of(struct form form) {
    uint32_t words[4] = {htobe32(form.cookie), htobe32(form.payload_bytes), htobe32(form.offset),
                         htobe32(form.digits)};
    uint64_t longs[3] = {htobe64(form.lowest), htobe64(form.highest), htobe64(0x3ff0000000000000)};
    uint8_t *plain = malloc(40 + form.count);
    memcpy(plain, words, 16);
    memcpy(plain + 16, longs, 24);
    if (form.count) memcpy(plain + 40, form.payload, form.count);
    char *text = wrap(plain, 40 + form.count, form.cut, form.wrap_cookie);
    free(plain);
    return text;
}

/* A case is a good form with something else in one place. */
#pragma GCC diagnostic ignored "-Woverride-init"
#define PAYLOAD(...)                                                                               \
    .payload = (const uint8_t[]){__VA_ARGS__}, .count = sizeof((const uint8_t[]){__VA_ARGS__}),    \
    .payload_bytes = sizeof((const uint8_t[]){__VA_ARGS__})
#define GOOD                                                                                       \
    .cookie = 0x1c849313, .digits = 3, .lowest = 1, .highest = 3600000000000,                      \
    .wrap_cookie = 0x1c849314

static void assert_refused(char *text, const char *why) {
    const char *error = NULL;
    cr_assert(histogram_from_text(text, &error) == NULL);
    cr_assert(strstr(error, why) != NULL, "%s, not: %s", error, why);
    free(text);
}

/* --- what is good --- */

static void assert_same(const struct histogram *one, const struct histogram *other) {
    size_t at[2] = {0, 0};
    uint64_t lowest[2], highest[2], count[2];
    while (histogram_next(one, &at[0], &lowest[0], &highest[0], &count[0])) {
        cr_assert(histogram_next(other, &at[1], &lowest[1], &highest[1], &count[1]));
        cr_assert(eq(u64, lowest[0], lowest[1]));
        cr_assert(eq(u64, count[0], count[1]));
    }
    cr_assert(not(histogram_next(other, &at[1], &lowest[1], &highest[1], &count[1])));
    cr_assert(eq(u64, histogram_count(one), histogram_count(other)));
}

static void assert_round_trip(const struct histogram *histogram) {
    const char *error = NULL;
    char *text = histogram_to_text(histogram);
    struct histogram *back = histogram_from_text(text, &error);
    cr_assert(back != NULL, "%s", error);
    assert_same(histogram, back);
    free(text);
    histogram_free(back);
}

Test(encode, each_value_and_count_comes_back) {
    for (unsigned digits = 1; digits <= 4; digits++) {
        struct histogram *histogram = histogram_new(INT64_MAX, digits);
        assert_round_trip(histogram);
        for (unsigned bit = 0; bit < 62; bit++) {
            histogram_record(histogram, ((uint64_t)1 << bit) - 1, 1);
            histogram_record(histogram, (uint64_t)5 << bit >> 2, (uint64_t)1 << bit);
            assert_round_trip(histogram);
        }
        histogram_free(histogram);
    }
}

Test(encode, counts_up_to_the_highest_come_back) {
    struct histogram *histogram = histogram_new(1000, 2);
    histogram_record(histogram, 999, INT64_MAX);
    assert_round_trip(histogram);
    histogram_free(histogram);
}

/* HdrHistogramJS 3.0.1 made it of 0 (2 times), 1 (300), 2047, 2049 (7), 10^9 and 3.6 * 10^12 (5).
 */
Test(encode, the_text_of_another_implementation_is_read) {
    const char *error = NULL;
    struct histogram *histogram = histogram_from_text(
        "HISTFAAAADV4nJNpmSzMwMDAz8DAwMjAwMDMAAGMDAzMbgY7FjDA+Cw3WH7KM/E9XsvEtH4PIxcAohkIPw==",
        &error);
    cr_assert(histogram != NULL, "%s", error);
    cr_assert(eq(u64, histogram_count(histogram), 316));
    const uint64_t up_to[][2] = {{0, 2}, {1, 302}, {2047, 303}, {2048, 310}, {1000000000, 311}};
    for (size_t i = 0; i < sizeof up_to / sizeof up_to[0]; i++)
        cr_assert(eq(u64, histogram_count_up_to(histogram, up_to[i][0]), up_to[i][1]));
    cr_assert(eq(u64, histogram_percentile(histogram, 98), 2049));
    cr_assert(eq(u64, histogram_percentile(histogram, 100), 3601330077695));
    histogram_free(histogram);
}

Test(encode, the_plain_form_is_as_published) {
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, 3);
    histogram_record(histogram, 1, 300); /* one slot 0; 300 as ZigZag 600; 8 empty slots; 1 */
    histogram_record(histogram, 10, 1);
    char *text = histogram_to_text(histogram);
    struct form form = {GOOD, PAYLOAD(0x00, 0xd8, 0x04, 0x0f, 0x02)};
    char *expected = text_of(form);
    const char *error;
    struct histogram *by_hand = histogram_from_text(expected, &error);
    assert_same(histogram, by_hand);
    uint8_t plain[64], other[64], raw[2][128];
    uLongf bytes = sizeof plain, other_bytes = sizeof other;
    cr_assert(EVP_DecodeBlock(raw[0], (uint8_t *)text, (int)strlen(text)) > 8);
    cr_assert(EVP_DecodeBlock(raw[1], (uint8_t *)expected, (int)strlen(expected)) > 8);
    cr_assert(eq(int, uncompress(plain, &bytes, raw[0] + 8, 120), Z_OK));
    cr_assert(eq(int, uncompress(other, &other_bytes, raw[1] + 8, 120), Z_OK));
    cr_assert(eq(u64, bytes, 45));
    cr_assert(eq(u64, other_bytes, 45));
    cr_assert(not(memcmp(plain, other, 45)));
    free(text);
    free(expected);
    histogram_free(by_hand);
    histogram_free(histogram);
}

Test(encode, a_form_without_counts_is_empty) {
    const char *error = NULL;
    char *text = text_of((struct form){GOOD});
    struct histogram *histogram = histogram_from_text(text, &error);
    cr_assert(histogram != NULL, "%s", error);
    cr_assert(eq(u64, histogram_count(histogram), 0));
    free(text);
    histogram_free(histogram);
}

/* --- what is not --- */

Test(encode, text_that_is_not_base64_is_refused) {
    assert_refused(strdup(""), "too short");
    assert_refused(strdup("HIST"), "too short");
    assert_refused(strdup("HISTFAAAADV"), "not base64");
    assert_refused(strdup("HISTFAAA DV4"), "not base64");
    assert_refused(strdup("HIST=AAAADV4"), "not base64");
    assert_refused(strdup("HISTFAAAA==="), "not base64");
    assert_refused(strdup("HISTFAAAADV\xc3"), "not base64");
    char *longer = malloc(HISTOGRAM_TEXT_MAX + 5);
    memset(longer, 'A', HISTOGRAM_TEXT_MAX + 4);
    longer[HISTOGRAM_TEXT_MAX + 4] = '\0';
    assert_refused(longer, "longer than 16 MiB");
}

Test(encode, other_cookies_and_heads_are_refused) {
    const struct {
        struct form form;
        const char *why;
    } cases[] = {
        {{GOOD, .wrap_cookie = 0x1c849313}, "deflated V2"},
        {{GOOD, .wrap_cookie = 0}, "deflated V2"},
        {{GOOD, .cookie = 0x1c849301}, "V2 form"},
        {{GOOD, .cookie = 0x1c849314}, "V2 form"},
        {{GOOD, .digits = 0}, "digits"},
        {{GOOD, .digits = 6}, "digits"},
        {{GOOD, .digits = UINT32_MAX}, "digits"},
        {{GOOD, .lowest = 0}, "lowest value"},
        {{GOOD, .lowest = 1000}, "lowest value"},
        {{GOOD, .highest = 1}, "highest value"},
        {{GOOD, .highest = UINT64_MAX}, "highest value"},
        {{GOOD, .offset = 1024}, "shifted"},
        {{GOOD, .offset = UINT32_MAX}, "shifted"},
        {{GOOD, .payload_bytes = 1}, "cut off"},
        {{GOOD, .payload_bytes = UINT32_MAX}, "more counts"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(text_of(cases[i].form), cases[i].why);
}

Test(encode, bad_counts_are_refused) {
    const struct {
        struct form form;
        const char *why;
    } cases[] = {
        {{GOOD, PAYLOAD(0x80)}, "cut off"},
        {{GOOD, PAYLOAD(2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)}, "cut off"},
        {{GOOD, PAYLOAD(2, 2), .payload_bytes = 1}, "cut off or not deflated"},
        {{GOOD, PAYLOAD(2, 2), .payload_bytes = 3}, "cut off or not deflated"},
        /* ZigZag of the lowest: as many empty slots as no array has */
        {{GOOD, PAYLOAD(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff)}, "more counts"},
        /* 33793 empty slots, one more than there are; and one count behind the last slot */
        {{GOOD, PAYLOAD(0x81, 0x90, 0x04)}, "more counts"},
        {{GOOD, PAYLOAD(0xff, 0x8f, 0x04, 0x02)}, "more counts"},
        /* twice 2^62 */
        {{GOOD, PAYLOAD(0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, /**/
                        0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80)},
         "overflow"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_refused(text_of(cases[i].form), cases[i].why);
}

Test(encode, the_last_slot_can_be_filled) {
    const char *error = NULL; /* 33791 empty slots, then 1 */
    char *text = text_of((struct form){GOOD, PAYLOAD(0xfd, 0x8f, 0x04, 0x02)});
    struct histogram *histogram = histogram_from_text(text, &error);
    cr_assert(histogram != NULL, "%s", error);
    cr_assert(eq(u64, histogram_max(histogram), ((uint64_t)1 << 42) - 1));
    free(text);
    histogram_free(histogram);
}

Test(encode, what_unfolds_to_more_than_it_says_is_refused) {
    const size_t bytes = (size_t)64 << 20; /* of 0, some 64 KiB when deflated */
    uint8_t *bomb = calloc(1, bytes);
    assert_refused(text_of((struct form){GOOD, .payload = bomb, .count = bytes,
                                         .payload_bytes = (uint32_t)bytes}),
                   "more counts");
    assert_refused(
        text_of((struct form){GOOD, .payload = bomb, .count = bytes, .payload_bytes = 1000}),
        "cut off or not deflated");
    assert_refused(wrap(bomb, bytes, 0, 0x1c849314), "V2 form");
    free(bomb);
}

Test(encode, a_text_cut_anywhere_or_with_a_bad_byte_is_refused_or_a_histogram) {
    struct histogram *histogram = histogram_new(HISTOGRAM_HIGHEST, 3);
    for (uint64_t value = 1; value < 1000000; value += value / 8 + 1)
        histogram_record(histogram, value, value);
    char *text = histogram_to_text(histogram);
    size_t chars = strlen(text);
    const char *error;
    for (size_t end = 0; end < chars; end++) {
        char *cut = strndup(text, end);
        cr_assert(histogram_from_text(cut, &error) == NULL);
        free(cut);
    }
    for (size_t i = 0; i < chars; i++) {
        for (unsigned char other = '+'; other <= 'z'; other += 7) {
            char *bad = strdup(text);
            bad[i] = (char)other;
            histogram_free(histogram_from_text(bad, &error));
            free(bad);
        }
    }
    free(text);
    histogram_free(histogram);
}

/* The same behind a good checksum: each bit of the plain form turned over. */
Test(encode, hostile_forms_are_refused_or_a_histogram) {
    uint8_t plain[48] = {0x1c, 0x84, 0x93, 0x13, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 2,
                         0,    0,    0,    0,    0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 3, 0xe8};
    const uint8_t payload[8] = {0x02, 0x05, 0x82, 0x01, 0x00, 0x07, 0x90, 0x01};
    const char *error;
    memcpy(plain + 40, payload, sizeof payload);
    for (size_t bit = 0; bit < sizeof plain * 8; bit++) {
        plain[bit / 8] ^= (uint8_t)(1 << bit % 8);
        char *text = wrap(plain, sizeof plain, 0, 0x1c849314);
        struct histogram *histogram = histogram_from_text(text, &error);
        if (histogram) assert_round_trip(histogram);
        histogram_free(histogram);
        free(text);
        plain[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
}
