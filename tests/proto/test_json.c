#include <criterion/criterion.h>
#include <jansson.h>
#include <stdio.h>

#include "exact.h"
#include "proto/json.h"
#include "proto/msgpack_walk.h"

static void expect_msgpack(const char *json, size_t json_bytes, const char *bytes, size_t count) {
    struct exact text = exact_copy(json, json_bytes);
    struct json_msgpack made;
    char error[PROTO_ERROR_BYTES];
    cr_assert_eq(json_to_msgpack((const char *)text.bytes, json_bytes, &made, error), 0, "%s: %s",
                 json, error);
    cr_assert_eq(made.count, count, "%s: %zu bytes", json, made.count);
    cr_assert(memcmp(made.bytes, bytes, count) == 0, "%s", json);
    free(made.bytes);
    free(text.bytes);
}

#define MSGPACK(json, bytes) expect_msgpack(json, sizeof(json) - 1, bytes, sizeof(bytes) - 1)

static void expect_refused(const char *json, size_t json_bytes, const char *part) {
    struct exact text = exact_copy(json, json_bytes);
    struct json_msgpack made;
    char error[PROTO_ERROR_BYTES];
    cr_assert_eq(json_to_msgpack((const char *)text.bytes, json_bytes, &made, error), -1, "%s",
                 json);
    cr_assert(strstr(error, part) != NULL, "%s: %s", json, error);
    free(text.bytes);
}

#define REFUSED(json, part) expect_refused(json, sizeof(json) - 1, part)

Test(json, integers_become_the_shortest_msgpack_integers) {
    MSGPACK("0", "\x00");
    MSGPACK("-0", "\x00");
    MSGPACK("127", "\x7f");
    MSGPACK("128", "\xcc\x80");
    MSGPACK("-32", "\xe0");
    MSGPACK("-33", "\xd0\xdf");
    MSGPACK("65536", "\xce\x00\x01\x00\x00");
    MSGPACK("9223372036854775807", "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff");
    MSGPACK("-9223372036854775808", "\xd3\x80\x00\x00\x00\x00\x00\x00\x00");
}

Test(json, integers_outside_int64_are_refused) {
    REFUSED("9223372036854775808", "int64");
    REFUSED("-9223372036854775809", "int64");
    REFUSED("[1, 18446744073709551615]", "int64");
    REFUSED("1e400", "float64");
}

Test(json, other_numbers_become_float64) {
    MSGPACK("1.0", "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00");
    MSGPACK("1e0", "\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00");
    MSGPACK("-0.0", "\xcb\x80\x00\x00\x00\x00\x00\x00\x00");
    MSGPACK("0.1", "\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a");
    MSGPACK("1e-400", "\xcb\x00\x00\x00\x00\x00\x00\x00\x00");
}

Test(json, the_rest_has_its_msgpack) {
    MSGPACK("null", "\xc0");
    MSGPACK("true", "\xc3");
    MSGPACK(" false ", "\xc2");
    MSGPACK("\"\"", "\xa0");
    MSGPACK("[]", "\x90");
    MSGPACK("{}", "\x80");
    MSGPACK("{\"b\":[1,{}],\"a\":\"x\"}", "\x82\xa1"
                                          "b\x92\x01\x80\xa1"
                                          "a\xa1x");
    MSGPACK("\"\\u00e9\\ud83d\\ude00\xe2\x82\xac\\/\\n\"",
            "\xab\xc3\xa9\xf0\x9f\x98\x80\xe2\x82\xac/\n");
}

Test(json, u0000_is_a_character_as_any_other) {
    MSGPACK("\"\\u0000\"", "\xa1\0");
    MSGPACK("\"a\\u0000b\"", "\xa3"
                             "a\0b");
    MSGPACK("{\"a\\u0000b\":\"\\u0000\"}", "\x81\xa3"
                                           "a\0b\xa1\0");
    MSGPACK("{\"\\u0000\":1,\"\":2,\"\\u0000\\u0000\":3}", "\x83\xa1\0\x01\xa0\x02\xa2\0\0\x03");
    MSGPACK("{\"\\u0000\":\"\\\\u0000\"}", "\x81\xa1\0\xa6\\u0000");
    /* also beside the character that stands for it meanwhile */
    MSGPACK("{\"\\u0000\":\"\\ue000\\uE0000\xee\x80\x80"
            "1\\u0000\"}",
            "\x81\xa1\0\xac\xee\x80\x80\xee\x80\x80"
            "0\xee\x80\x80"
            "1\0");
    MSGPACK("\"\\ue000\xee\x80\x80"
            "0\"",
            "\xa7\xee\x80\x80\xee\x80\x80"
            "0");
    REFUSED("{\"\\u0000\":1,\"\\u0000\":2}", "duplicate");
    REFUSED("{\"\\u0000\":1,\"x\":\"\\ud800\\u0000\"}", "not JSON");
    REFUSED("{\"\\u0000\":", "not JSON");
    REFUSED("{\"\\u0000\":1}\\", "not JSON");
}

Test(json, what_is_not_json_is_refused) {
    REFUSED("", "not JSON");
    REFUSED("nul", "not JSON");
    REFUSED("1 2", "not JSON");
    REFUSED("[1,]", "not JSON");
    REFUSED("NaN", "not JSON");
    REFUSED("\"\\ud800\"", "not JSON");
    REFUSED("\"\\udc00\\ud800\"", "not JSON");
    REFUSED("\"\xc3\"", "not JSON");
    REFUSED("\"\xed\xa0\x80\"", "not JSON");
    REFUSED("1\0", "a NUL at byte 2");
    REFUSED("[1\0]", "a NUL at byte 3");
    REFUSED("\"\0\"", "a NUL at byte 2");
    REFUSED("{\"a\":1,\"b\":{\"c\":1,\"c\":1}}", "duplicate");
}

/* `count` times `unit` between the brackets; checks the head and the bytes of all. */
static void expect_count(const char *brackets, size_t count, const char *head, size_t head_bytes) {
    bool map = brackets[0] == '{';
    char *text = malloc(16 * count + 3);
    size_t bytes = 1;
    text[0] = brackets[0];
    for (size_t i = 0; i < count; i++)
        bytes += (size_t)sprintf(text + bytes, map ? "\"%05zu\":[]," : "[],", i);
    text[bytes - 1] = brackets[1];
    struct json_msgpack made;
    char error[PROTO_ERROR_BYTES];
    cr_assert_eq(json_to_msgpack(text, bytes, &made, error), 0, "%s", error);
    cr_assert(memcmp(made.bytes, head, head_bytes) == 0);
    cr_assert_eq(made.count, head_bytes + count * (map ? 7 : 1));
    cr_assert_eq(msgpack_walk(made.bytes, made.count, 2), made.count);
    free(made.bytes);
    free(text);
}

Test(json, heads_of_containers_are_as_short_as_they_can_be) {
    expect_count("[]", 15, "\x9f", 1);
    expect_count("[]", 16, "\xdc\x00\x10", 3);
    expect_count("[]", 65535, "\xdc\xff\xff", 3);
    expect_count("[]", 65536, "\xdd\x00\x01\x00\x00", 5);
    expect_count("{}", 15, "\x8f", 1);
    expect_count("{}", 16, "\xde\x00\x10", 3);
    expect_count("{}", 65536, "\xdf\x00\x01\x00\x00", 5);
}

Test(json, names_of_many_fields_are_compared_too) {
    char text[2000] = "{";
    for (int i = 0; i < 40; i++) sprintf(text + strlen(text), "\"n%d\":{},", i);
    strcpy(text + strlen(text) - 1, "}");
    struct json_msgpack made;
    char error[PROTO_ERROR_BYTES];
    cr_assert_eq(json_to_msgpack(text, strlen(text), &made, error), 0, "%s", error);
    free(made.bytes);
    strcpy(text + strlen(text) - 1, ",\"n7\":1}");
    expect_refused(text, strlen(text), "duplicate");
}

Test(json, long_numbers_are_read_whole) {
    char text[400] = "0.";
    memset(text + 2, '1', 200);
    MSGPACK("0.1111111111111111111111111111111111111111111111111111111111111111111111111111111",
            "\xcb\x3f\xbc\x71\xc7\x1c\x71\xc7\x1c");
    expect_msgpack(text, strlen(text), "\xcb\x3f\xbc\x71\xc7\x1c\x71\xc7\x1c", 9);
}

Test(json, depth_is_limited) {
    for (size_t depth = 64; depth <= 5000; depth = depth == 64 ? 65 : depth == 65 ? 5000 : 5001) {
        char *text = malloc(2 * depth + 1);
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        if (depth == 64) {
            struct json_msgpack made;
            char error[PROTO_ERROR_BYTES];
            cr_assert_eq(json_to_msgpack(text, 2 * depth, &made, error), 0);
            free(made.bytes);
        } else {
            text[2 * depth] = '\0';
            expect_refused(text, 2 * depth, depth == 65 ? "at most 64" : "depth");
        }
        free(text);
    }
}

static void expect_json(const char *bytes, size_t count, const char *json) {
    struct exact object = exact_copy(bytes, count);
    char *made = msgpack_to_json(object.bytes, count);
    cr_assert_not_null(made, "%s", json);
    cr_assert_str_eq(made, json);
    json_t *parsed = json_loads(made, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
    cr_assert_not_null(parsed, "not JSON: %s", made);
    json_decref(parsed);
    free(made);
    free(object.bytes);
}

#define JSON(bytes, json) expect_json(bytes, sizeof(bytes) - 1, json)

Test(json, each_msgpack_format_has_its_json) {
    JSON("\xc0", "null");
    JSON("\xc2", "false");
    JSON("\xc3", "true");
    JSON("\x7f", "127");
    JSON("\xe0", "-32");
    JSON("\xcc\xff", "255");
    JSON("\xcd\xff\xff", "65535");
    JSON("\xce\xff\xff\xff\xff", "4294967295");
    JSON("\xd0\x80", "-128");
    JSON("\xd1\x80\x00", "-32768");
    JSON("\xd2\x80\x00\x00\x00", "-2147483648");
    JSON("\xd3\x80\x00\x00\x00\x00\x00\x00\x00", "-9223372036854775808");
    JSON("\xd3\x00\x00\x00\x00\x07\x5b\xcd\x15", "123456789");
    JSON("\xca\x3d\xcc\xcc\xcd", "0.1");
    JSON("\xcb\x3f\xb9\x99\x99\x99\x99\x99\x9a", "0.1");
    JSON("\xcb\x3f\xf0\x00\x00\x00\x00\x00\x00", "1.0");
    JSON("\xcb\x7f\xef\xff\xff\xff\xff\xff\xff", "1.7976931348623157e+308");
    JSON("\xca\x7f\xc0\x00\x00", "null");
    JSON("\xcb\x7f\xf0\x00\x00\x00\x00\x00\x00", "null");
    JSON("\xcb\xff\xf0\x00\x00\x00\x00\x00\x00", "null");
    JSON("\xa0", "\"\"");
    JSON("\xd9\x01x", "\"x\"");
    JSON("\xda\x00\x01x", "\"x\"");
    JSON("\xdb\x00\x00\x00\x01x", "\"x\"");
    JSON("\xc4\x00", "\"\"");
    JSON("\xc4\x01\x00", "\"AA==\"");
    JSON("\xc5\x00\x04"
         "abcd",
         "\"YWJjZA==\"");
    JSON("\xc6\x00\x00\x00\x03\xff\xff\xff", "\"////\"");
    JSON("\xd4\xff\x00", "{\"ext\":-1,\"data\":\"AA==\"}");
    JSON("\xc7\x00\x05", "{\"ext\":5,\"data\":\"\"}");
    JSON("\xc8\x00\x03\x05"
         "abc",
         "{\"ext\":5,\"data\":\"YWJj\"}");
    JSON("\xd8\x01"
         "0123456789abcdef",
         "{\"ext\":1,\"data\":\"MDEyMzQ1Njc4OWFiY2RlZg==\"}");
    JSON("\x93\x01\x90\x80", "[1,[],{}]");
    JSON("\xdc\x00\x01\xdd\x00\x00\x00\x01\x01", "[[1]]");
    JSON("\x82\xa1"
         "a\x01\xa1"
         "b\xde\x00\x00",
         "{\"a\":1,\"b\":{}}");
}

Test(json, integers_above_int64_are_written_whole) {
    char *made = msgpack_to_json("\xcf\xff\xff\xff\xff\xff\xff\xff\xff", 9);
    cr_assert_str_eq(made, "18446744073709551615");
    free(made);
}

Test(json, text_is_escaped_and_invalid_bytes_are_replaced) {
    JSON("\xa8\"\\/\n\t\0\x1f\x7f", "\"\\\"\\\\/\\n\\u0009\\u0000\\u001f\\u007f\"");
    JSON("\xa5\xc3\xa9\xe2\x82\xac", "\"\xc3\xa9\xe2\x82\xac\"");
    JSON("\xa3x\xffy", "\"x\xef\xbf\xbdy\"");
    JSON("\xa1\xc3", "\"\xef\xbf\xbd\"");
    JSON("\xa3\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"");
}

Test(json, keys_that_are_no_strings_become_their_json_text) {
    JSON("\x81\x01\x02", "{\"1\":2}");
    JSON("\x81\xc0\x02", "{\"null\":2}");
    JSON("\x81\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00\x02", "{\"1.5\":2}");
    JSON("\x81\x92\x01\xa1x\x02", "{\"[1,\\\"x\\\"]\":2}");
    JSON("\x81\x81\x01\x02\x03", "{\"{\\\"1\\\":2}\":3}");
}

/* Quotes would double with each. */
Test(json, keys_in_keys_do_not_explode) {
    JSON("\x81\x81\x81\x01\x02\x03\x04", "{\"{\\\"...\\\":3}\":4}");
    struct exact nested = exact_repeat("", "\x81", 60, "");
    nested.bytes = realloc(nested.bytes, 121);
    memset(nested.bytes + 60, 0x01, 61);
    char *made = msgpack_to_json(nested.bytes, 121);
    cr_assert_not_null(made);
    cr_assert_lt(strlen(made), 1000);
    free(made);
    free(nested.bytes);
}

Test(json, an_object_with_any_byte_changed_is_json_or_nothing) {
    static const char whole[] =
        "\x86\xa1x\xcd\x01\x02\xc0\xc4\x02yz\x91\xc0\xd5\x01gh\xca\x00\x01\x02\x03"
        "\xdc\x00\x01\x80\xd9\x01z\xc7\x01\x05z\x81\x81\x01\x02\x03\xcb\x40\x09\x21"
        "\xfb\x54\x44\x2d\x18";
    size_t count = sizeof whole - 1, good = 0;
    for (size_t i = 0; i < count; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct exact changed = exact_copy(whole, count);
            changed.bytes[i] = (uint8_t)byte;
            char *made = msgpack_to_json(changed.bytes, count);
            cr_assert_eq(made != NULL,
                         msgpack_walk(changed.bytes, count, PROTO_WALK_DEPTH) == count);
            if (made != NULL) {
                good++;
                json_error_t why;
                json_t *parsed = json_loads(made, JSON_DECODE_ANY | JSON_ALLOW_NUL, &why);
                bool limit = json_error_code(&why) == json_error_numeric_overflow ||
                             json_error_code(&why) == json_error_null_byte_in_key;
                cr_assert(parsed != NULL || limit, "%s", made);
                json_decref(parsed);
            }
            free(made);
            free(changed.bytes);
        }
    }
    cr_assert_gt(good, 1000);
}

Test(json, what_is_not_exactly_one_object_has_no_json) {
    cr_assert_null(msgpack_to_json("", 0));
    cr_assert_null(msgpack_to_json("\xc1", 1));
    cr_assert_null(msgpack_to_json("\x01\x01", 2));
    cr_assert_null(msgpack_to_json("\x92\x01", 2));
    struct exact deep = exact_repeat("", "\x91", PROTO_WALK_DEPTH + 1, "\xc0");
    cr_assert_null(msgpack_to_json(deep.bytes, deep.count));
    char *made = msgpack_to_json(deep.bytes + 1, deep.count - 1);
    cr_assert_not_null(made);
    free(made);
    free(deep.bytes);
}

Test(json, json_to_msgpack_and_back_is_the_same_text) {
    static const char *const texts[] = {
        "{\"Epoch\":1380000000,\"Open\":100.25,\"High\":101.0,\"Low\":99.5,\"Close\":0.1,"
        "\"Volume\":12345}",
        "[0,-1,127,128,255,256,65535,65536,2147483648,-2147483649,9223372036854775807]",
        "[1e-7,1.5e+300,3.141592653589793,2.2250738585072014e-308,5e-324,123456789.125]",
        "[null,true,false,\"\",\"\\u0000\\\"\\\\\",{},[],{\"a\":{\"b\":[{\"c\":[]}]}}]",
        "\"\xf0\x9f\x98\x80\"",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct json_msgpack made;
        char error[PROTO_ERROR_BYTES];
        cr_assert_eq(json_to_msgpack(texts[i], strlen(texts[i]), &made, error), 0, "%s", error);
        char *back = msgpack_to_json(made.bytes, made.count);
        json_t *one = json_loads(texts[i], JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        json_t *two = json_loads(back, JSON_DECODE_ANY | JSON_ALLOW_NUL, NULL);
        cr_assert(json_equal(one, two), "%s", back);
        if (i == 0 || i == 1 || i == 3) cr_assert_str_eq(back, texts[i]);
        json_decref(one);
        json_decref(two);
        free(back);
        free(made.bytes);
    }
}
