#include <criterion/criterion.h>
#include <stdio.h>

#include "exact.h"
#include "proto/msgpack_walk.h"
#include "proto/publish.h"

#define MOST (1024 * 1024)

#define NAME_KEY                                                                                   \
    "\xa3"                                                                                         \
    "key"
#define NAME_DATA                                                                                  \
    "\xa4"                                                                                         \
    "data"
#define NAME_ID                                                                                    \
    "\xa2"                                                                                         \
    "id"
#define KEY                                                                                        \
    NAME_KEY "\xa5"                                                                                \
             "a/b/c"
#define DATA NAME_DATA "\x92\x01\x02"

static struct exact message;
static struct publication publication;
static char error[PROTO_ERROR_BYTES];

static int decode(enum publish_encoding encoding, struct exact bytes) {
    publication_fini(&publication);
    free(message.bytes);
    message = bytes;
    memset(error, '?', sizeof error);
    return publish_decode(encoding, message.bytes, message.count, MOST, &publication, error);
}

static void forget(void) {
    publication_fini(&publication);
    free(message.bytes);
}

TestSuite(publish, .fini = forget);

static void expect_text(struct proto_text text, const char *bytes, size_t count) {
    cr_assert_eq(text.bytes, count, "%u bytes, not %zu", text.bytes, count);
    cr_assert(memcmp(text.at, bytes, count) == 0);
}

#define GOOD(encoding, literal, key_, data_, id_)                                                  \
    do {                                                                                           \
        cr_assert_eq(decode(encoding, EXACT(literal)), 0, "%s", error);                            \
        expect_text(publication.key, key_, sizeof(key_) - 1);                                      \
        expect_text(publication.data, data_, sizeof(data_) - 1);                                   \
        if (sizeof(id_) > 1) expect_text(publication.id, id_, sizeof(id_) - 1);                    \
        cr_assert_eq(publication.id.bytes, sizeof(id_) - 1);                                       \
    } while (0)

#define BAD(encoding, literal, text, id_)                                                          \
    do {                                                                                           \
        cr_assert_eq(decode(encoding, EXACT(literal)), -1);                                        \
        cr_assert_str_eq(error, text);                                                             \
        cr_assert_eq(publication.id.bytes, sizeof(id_) - 1);                                       \
        if (sizeof(id_) > 1) expect_text(publication.id, id_, sizeof(id_) - 1);                    \
    } while (0)

static const char not_map[] = "the message must be a map {\"key\": string, \"data\": any}";
static const char bad_id[] = "\"id\" must be a string, integer, float or boolean";

Test(publish, msgpack_in_any_order_with_unknown_fields) {
    GOOD(PUBLISH_MSGPACK, "\x82" KEY DATA, "a/b/c", "\x92\x01\x02", "");
    GOOD(PUBLISH_MSGPACK, "\x82" DATA KEY, "a/b/c", "\x92\x01\x02", "");
    GOOD(PUBLISH_MSGPACK, "\x84\xa1x\x81\xc0\x01" DATA "\xa0\xc3" KEY, "a/b/c", "\x92\x01\x02", "");
    GOOD(PUBLISH_MSGPACK,
         "\xde\x00\x02\xd9\x03"
         "key\xd9\x01k\xda\x00\x04"
         "data\xc0",
         "k", "\xc0", "");
    GOOD(PUBLISH_MSGPACK, "\xdf\x00\x00\x00\x02" KEY DATA, "a/b/c", "\x92\x01\x02", "");
}

Test(publish, small_msgpack_allocates_nothing_and_points_into_the_message) {
    GOOD(PUBLISH_MSGPACK, "\x83" KEY DATA NAME_ID "\x07", "a/b/c", "\x92\x01\x02", "\x07");
    cr_assert_null(publication.heap);
    cr_assert((const uint8_t *)publication.data.at > message.bytes &&
              (const uint8_t *)publication.data.at < message.bytes + message.count);
}

Test(publish, data_is_any_one_object_byte_for_byte) {
    GOOD(PUBLISH_MSGPACK, "\x82" KEY NAME_DATA "\xcd\x00\x01", "a/b/c", "\xcd\x00\x01", "");
    GOOD(PUBLISH_MSGPACK, "\x82" KEY NAME_DATA "\xd4\x05\x01", "a/b/c", "\xd4\x05\x01", "");
    GOOD(PUBLISH_MSGPACK, "\x82" KEY NAME_DATA "\x82\x01\x01\x01\x02", "a/b/c",
         "\x82\x01\x01\x01\x02", "");
    GOOD(PUBLISH_MSGPACK, "\x82" KEY NAME_DATA "\xa2\xff\xfe", "a/b/c", "\xa2\xff\xfe", "");
}

/* What a key may be is not decided here. */
Test(publish, the_text_of_the_key_is_not_looked_at) {
    GOOD(PUBLISH_MSGPACK, "\x82" NAME_KEY "\xa0" DATA, "", "\x92\x01\x02", "");
    GOOD(PUBLISH_MSGPACK,
         "\x82" NAME_KEY "\xa3"
         "a:b" DATA,
         "a:b", "\x92\x01\x02", "");
    GOOD(PUBLISH_JSON, "{\"key\":\"a/b/c:\\u0000\",\"data\":1}", "a/b/c:\0", "\x01", "");
}

Test(publish, ids_of_each_type_in_msgpack) {
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xa1x" KEY DATA, "a/b/c", "\x92\x01\x02", "\xa1x");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xd9\x01x" KEY DATA, "a/b/c", "\x92\x01\x02",
         "\xd9\x01x");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xa0" KEY DATA, "a/b/c", "\x92\x01\x02", "\xa0");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xff" KEY DATA, "a/b/c", "\x92\x01\x02", "\xff");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xcf\xff\xff\xff\xff\xff\xff\xff\xff" KEY DATA, "a/b/c",
         "\x92\x01\x02", "\xcf\xff\xff\xff\xff\xff\xff\xff\xff");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xca\x3f\x80\x00\x00" KEY DATA, "a/b/c", "\x92\x01\x02",
         "\xca\x3f\x80\x00\x00");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00" KEY DATA, "a/b/c",
         "\x92\x01\x02", "\xcb\x7f\xf8\x00\x00\x00\x00\x00\x00");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xc2" KEY DATA, "a/b/c", "\x92\x01\x02", "\xc2");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xc3" KEY DATA, "a/b/c", "\x92\x01\x02", "\xc3");
    GOOD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xc0" KEY DATA, "a/b/c", "\x92\x01\x02", "");
}

Test(publish, other_ids_are_errors_in_msgpack) {
    BAD(PUBLISH_MSGPACK, "\x83" NAME_ID "\x90" KEY DATA, bad_id, "");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_ID "\x80" KEY DATA, bad_id, "");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xc4\x01x" KEY DATA, bad_id, "");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xd4\x01x" KEY DATA, bad_id, "");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_ID "\xdd\x00\x00\x00\x00" KEY DATA, bad_id, "");
}

Test(publish, ids_of_each_type_in_json) {
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":\"x\"}", "k", "\x01", "\"x\"");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":\"\"}", "k", "\x01", "\"\"");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":\"\\u0000\\\"\"}", "k", "\x01",
         "\"\\u0000\\\"\"");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":0}", "k", "\x01", "0");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":-9223372036854775808}", "k", "\x01",
         "-9223372036854775808");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":0.1}", "k", "\x01", "0.1");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":2.0}", "k", "\x01", "2.0");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":false}", "k", "\x01", "false");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":true}", "k", "\x01", "true");
    GOOD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":null}", "k", "\x01", "");
    BAD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":[]}", bad_id, "");
    BAD(PUBLISH_JSON, "{\"key\":\"k\",\"data\":1,\"id\":{\"a\":1}}", bad_id, "");
}

Test(publish, json_in_any_order_with_unknown_fields) {
    GOOD(PUBLISH_JSON,
         " {\"x\":{\"y\":[]}, \"data\" : {\"a\":[1,2.5,null,true]},\n\"key\":\"a/b/c\"}\n", "a/b/c",
         "\x81\xa1"
         "a\x94\x01\xcb\x40\x04\x00\x00\x00\x00\x00\x00\xc0\xc3",
         "");
    GOOD(PUBLISH_JSON, "{\"key\":\"a/b/c\",\"data\":null}", "a/b/c", "\xc0", "");
}

Test(publish, what_is_wrong_is_told_with_the_id_wherever_it_stands) {
#define ID NAME_ID "\x07"
    BAD(PUBLISH_MSGPACK, "\x82" DATA ID, "\"key\" is missing", "\x07");
    BAD(PUBLISH_MSGPACK, "\x82" KEY ID, "\"data\" is missing", "\x07");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_KEY "\xc4\x01k" DATA ID, "\"key\" must be a string", "\x07");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_KEY "\x01" DATA ID, "\"key\" must be a string", "\x07");
    BAD(PUBLISH_MSGPACK, "\x83" NAME_KEY "\xc0" DATA ID, "\"key\" must be a string", "\x07");
    BAD(PUBLISH_MSGPACK, "\x84" KEY KEY DATA ID, "field \"key\" is repeated", "\x07");
    BAD(PUBLISH_MSGPACK, "\x84" KEY DATA DATA ID, "field \"data\" is repeated", "\x07");
    BAD(PUBLISH_MSGPACK, "\x84" KEY DATA ID NAME_ID "\x08", "field \"id\" is repeated", "\x07");
    BAD(PUBLISH_MSGPACK, "\x85" KEY DATA "\xa1\n\x01\xd9\x01\n\x02" ID,
        "field \"\\x0a\" is repeated", "\x07");
    BAD(PUBLISH_MSGPACK, "\x84\x01\x01" KEY DATA ID, "the name of field 1 is not a string", "\x07");
    BAD(PUBLISH_MSGPACK, "\x84" KEY "\xc0\x01" DATA ID, "the name of field 2 is not a string",
        "\x07");
    BAD(PUBLISH_MSGPACK,
        "\x83\xc4\x03"
        "key\xa1k" DATA ID,
        "the name of field 1 is not a string", "\x07");
    BAD(PUBLISH_MSGPACK, "\x84\x91\xa1x\x01" KEY DATA ID, "the name of field 1 is not a string",
        "\x07");
    BAD(PUBLISH_MSGPACK, "\x83" KEY DATA ID "\xc0", "1 bytes follow the message; none are allowed",
        "\x07");
    BAD(PUBLISH_MSGPACK, "\x84" ID KEY DATA "\xa1x\xc1", "field 4 of 4 is truncated or not msgpack",
        "\x07");
    BAD(PUBLISH_JSON, "{\"data\":1,\"id\":7}", "\"key\" is missing", "7");
    BAD(PUBLISH_JSON, "{\"key\":\"k\",\"id\":7}", "\"data\" is missing", "7");
    BAD(PUBLISH_JSON, "{\"key\":1,\"data\":1,\"id\":7}", "\"key\" must be a string", "7");
}

Test(publish, what_is_no_map_is_told) {
    BAD(PUBLISH_MSGPACK, "", not_map, "");
    BAD(PUBLISH_MSGPACK, "\xc0", not_map, "");
    BAD(PUBLISH_MSGPACK, "\x90", not_map, "");
    BAD(PUBLISH_MSGPACK, "{\"key\":1}", not_map, "");
    BAD(PUBLISH_MSGPACK, "\x80", "\"key\" is missing", "");
    BAD(PUBLISH_MSGPACK, "\xde\x00", "the message is truncated", "");
    BAD(PUBLISH_MSGPACK, "\xdf\xff\xff\xff\xff", "4294967295 fields; at most 16384 are allowed",
        "");
    BAD(PUBLISH_JSON, "[]", not_map, "");
    BAD(PUBLISH_JSON, "7", not_map, "");
}

Test(publish, broken_json_is_told) {
    static const char *const texts[] = {
        "",
        " ",
        "{",
        "{\"key\":\"k\",\"data\":1",
        "{\"key\":\"k\",\"data\":1}}",
        "{\"key\":\"k\",}",
        "{\"key\":\"k\",\"data\":9223372036854775808}",
        "{\"key\":\"k\",\"data\":-9223372036854775809}",
        "{\"key\":\"k\",\"data\":1e999}",
        "{\"key\":\"k\",\"data\":NaN}",
        "{\"key\":\"k\",\"data\":01}",
        "{\"key\":\"k\",\"key\":\"k\",\"data\":1}",
        "{\"key\":\"k\",\"data\":{\"a\":1,\"\\u0061\":2}}",
        "{\"key\":\"k\",\"data\":\"\\ud800\"}",
        "{\"key\":\"k\",\"data\":\"\\ud800x\"}",
        "{\"key\":\"k\",\"data\":\"\\udc00\"}",
        "{\"key\":\"k\",\"data\":\"\\ud800\\u0041\"}",
        "{\"key\":\"k\",\"data\":\"\xff\"}",
        "{\"key\":\"k\",\"data\":\"\xed\xa0\x80\"}",
        "{\"key\":\"k\",\"data\":\"\xc0\x80\"}",
        "{\"key\":\"k\",\"data\":\"\n\"}",
        "{'key':'k','data':1}",
        "\xef\xbb\xbf{\"key\":\"k\",\"data\":1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cr_assert_eq(decode(PUBLISH_JSON, exact_repeat(texts[i], "", 0, "")), -1, "%s", texts[i]);
        cr_assert(strncmp(error, "not JSON: ", 10) == 0, "%s", error);
    }
    cr_assert_eq(decode(PUBLISH_JSON, EXACT("{\"key\":\"k\",\"data\":1}\0")), -1);
}

Test(publish, a_message_cut_anywhere_is_an_error) {
    static const char whole[] = "\x83" NAME_ID "\xa3"
                                "abc" KEY NAME_DATA "\x82\xa1x\xcd\x01\x02\xc4\x02yz\x91\xc0";
    cr_assert_eq(decode(PUBLISH_MSGPACK, EXACT(whole)), 0, "%s", error);
    for (size_t cut = 0; cut < sizeof whole - 1; cut++) {
        cr_assert_eq(decode(PUBLISH_MSGPACK, exact_copy(whole, cut)), -1, "cut at %zu", cut);
        cr_assert_eq(publication.id.bytes, cut >= 8 ? 4 : 0, "cut at %zu", cut);
    }
    static const char json[] = "{\"id\":\"abc\",\"key\":\"k\",\"data\":{\"x\":[1.5,\"\\u00e9\"]}}";
    for (size_t cut = 0; cut < sizeof json - 1; cut++)
        cr_assert_eq(decode(PUBLISH_JSON, exact_copy(json, cut)), -1, "cut at %zu", cut);
}

Test(publish, data_may_be_64_containers_deep) {
    for (unsigned depth = 63; depth <= 66; depth++) {
        int expected = depth <= 64 ? 0 : -1;
        cr_assert_eq(decode(PUBLISH_MSGPACK, exact_repeat("\x83" KEY NAME_DATA, "\x91", depth,
                                                          "\xc0" NAME_ID "\x07")),
                     expected);
        expect_text(publication.id, "\x07", 1);
        if (depth <= 64) cr_assert_eq(publication.data.bytes, depth + 1);
        char json[512] = "{\"key\":\"k\",\"data\":";
        for (unsigned i = 0; i < depth; i++) strcat(json, "[");
        for (unsigned i = 0; i < depth; i++) strcat(json, "]");
        strcat(json, ",\"id\":7}");
        cr_assert_eq(decode(PUBLISH_JSON, exact_copy(json, strlen(json))), expected);
        expect_text(publication.id, "7", 1);
    }
    cr_assert_str_eq(error,
                     "\"data\" is too deep; at most 64 containers in one another are allowed");
}

Test(publish, an_unknown_field_may_be_of_any_depth) {
    cr_assert_eq(
        decode(PUBLISH_MSGPACK, exact_repeat("\x83\xa1x", "\x91", 100000, "\xc0" KEY DATA)), 0);
    expect_text(publication.key, "a/b/c", 5);
}

/* bin32 of `bytes` as data, with an id behind it. */
static struct exact with_data(uint32_t bytes) {
    static const char head[] = "\x83" KEY NAME_DATA "\xc6";
    size_t head_bytes = sizeof head - 1;
    struct exact made = {calloc(1, head_bytes + 4 + bytes + 4), head_bytes + 4 + bytes + 4};
    memcpy(made.bytes, head, head_bytes);
    for (int i = 0; i < 4; i++) made.bytes[head_bytes + i] = (uint8_t)(bytes >> (24 - 8 * i));
    memcpy(made.bytes + head_bytes + 4 + bytes, NAME_ID "\x07", 4);
    return made;
}

Test(publish, data_may_be_as_long_as_the_limit) {
    cr_assert_eq(decode(PUBLISH_MSGPACK, with_data(MOST - 5)), 0, "%s", error);
    cr_assert_eq(publication.data.bytes, MOST);
    cr_assert_eq(decode(PUBLISH_MSGPACK, with_data(MOST - 1)), -1);
    cr_assert_str_eq(error, "\"data\" is 1048580 bytes of msgpack; at most 1048576 are allowed");
    expect_text(publication.id, "\x07", 1);
}

/* Four bytes of JSON are nine of msgpack. */
Test(publish, data_of_json_is_measured_in_msgpack) {
    cr_assert_eq(decode(PUBLISH_JSON, exact_repeat("{\"key\":\"k\",\"data\":[1.5", ",1.5", 116506,
                                                   "],\"id\":7}")),
                 0, "%s", error);
    cr_assert_eq(publication.data.bytes, 5 + 116507 * 9);
    cr_assert_eq(decode(PUBLISH_JSON, exact_repeat("{\"key\":\"k\",\"data\":[1.5", ",1.5", 116507,
                                                   "],\"id\":7}")),
                 -1);
    cr_assert_str_eq(error, "\"data\" is 1048577 bytes of msgpack; at most 1048576 are allowed");
    expect_text(publication.id, "7", 1);
}

/* `fields` unknown fields of four digits, then those of a good message. */
static struct exact many_fields(unsigned fields, int repeat) {
    struct exact made = {malloc(3 + fields * 6 + sizeof(KEY DATA)), 0};
    unsigned all = fields + 2;
    memcpy(made.bytes, "\xde", 1);
    made.bytes[1] = (uint8_t)(all >> 8);
    made.bytes[2] = (uint8_t)all;
    size_t at = 3;
    for (unsigned i = 0; i < fields; i++) {
        unsigned number = repeat >= 0 && i == fields - 1 ? (unsigned)repeat : i;
        char name[16];
        snprintf(name, sizeof name, "\xa4%04u", number);
        memcpy(made.bytes + at, name, 5);
        made.bytes[at + 5] = 0x01;
        at += 6;
    }
    memcpy(made.bytes + at, KEY DATA, sizeof(KEY DATA) - 1);
    made.count = at + sizeof(KEY DATA) - 1;
    return made;
}

Test(publish, a_repeated_name_is_found_among_any_number) {
    static const unsigned counts[] = {2, 14, 15, 16, 17, 18, 40, 9999};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        unsigned count = counts[i];
        cr_assert_eq(decode(PUBLISH_MSGPACK, many_fields(count, -1)), 0, "%u: %s", count, error);
        cr_assert_eq(decode(PUBLISH_MSGPACK, many_fields(count, 0)), -1, "%u", count);
        cr_assert_eq(decode(PUBLISH_MSGPACK, many_fields(count, (int)count - 2)), -1, "%u", count);
        cr_assert(strstr(error, "repeated") != NULL, "%s", error);
    }
}

/* Each byte of a good message replaced by each other: what is still good has one whole object as
 * data, and what is not has a text. */
static void mutate(enum publish_encoding encoding, const char *whole, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            struct exact changed = exact_copy(whole, count);
            changed.bytes[i] = (uint8_t)byte;
            if (decode(encoding, changed) == 0) {
                struct proto_text data = publication.data;
                cr_assert_eq(msgpack_walk(data.at, data.bytes, PROTO_DATA_DEPTH), data.bytes);
                cr_assert_not_null(publication.key.at);
            } else {
                cr_assert(memchr(error, '\0', sizeof error) != NULL && error[0] != '\0');
            }
            if (publication.id.bytes > 0) {
                size_t answer_bytes;
                free(publish_answer(encoding, publication.id, NULL, &answer_bytes));
                cr_assert_gt(answer_bytes, publication.id.bytes);
            }
        }
    }
}

Test(publish, a_message_with_any_byte_changed_is_decoded_safely) {
    static const char whole[] =
        "\x84" KEY NAME_DATA "\x83\xa1x\xcd\x01\x02\xc4\x02yz\x91\xc0\xd4\x01"
        "\x02\xdc\x00\x01\x80\xd9\x01z" NAME_ID "\xa3"
        "abc";
    static const char json[] = "{\"key\":\"a/b/c\",\"data\":{\"x\":[1.5,-7,\"\\u0000\"],"
                               "\"\\u0000\":null},\"id\":\"\\ud83d\\ude00\"}";
    mutate(PUBLISH_MSGPACK, whole, sizeof whole - 1);
    mutate(PUBLISH_JSON, json, sizeof json - 1);
}

#define ANSWER(encoding, id_, error_, expected)                                                    \
    do {                                                                                           \
        size_t count_;                                                                             \
        uint8_t *made_ =                                                                           \
            publish_answer(encoding, (struct proto_text){id_, sizeof(id_) - 1}, error_, &count_);  \
        cr_assert_eq(count_, sizeof(expected) - 1, "%.*s", (int)count_, made_);                    \
        cr_assert_arr_eq(made_, expected, sizeof(expected) - 1);                                   \
        free(made_);                                                                               \
    } while (0)

Test(publish, answers_carry_the_id_as_it_came) {
    ANSWER(PUBLISH_MSGPACK, "\xd9\x01x", NULL,
           "\x81\xa3"
           "ack\xd9\x01x");
    ANSWER(PUBLISH_MSGPACK, "\x07", "bad",
           "\x82\xa5"
           "error\xa3"
           "bad\xa2id\x07");
    ANSWER(PUBLISH_MSGPACK, "", "bad",
           "\x81\xa5"
           "error\xa3"
           "bad");
    ANSWER(PUBLISH_JSON, "7", NULL, "{\"ack\":7}");
    ANSWER(PUBLISH_JSON, "\"x\"", "\"data\" is missing",
           "{\"error\":\"\\\"data\\\" is missing\",\"id\":\"x\"}");
    ANSWER(PUBLISH_JSON, "", "bad", "{\"error\":\"bad\"}");
}
