#include "feed/mapping.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define MOST 8

static struct mapping *mapping;
static struct field names[MOST];
static size_t name_count;
static msgpack_sbuffer data;
static char error[ROW_ERROR_BYTES];

static void begin(void) {
    msgpack_sbuffer_init(&data);
}

static void end(void) {
    mapping_free(mapping);
    msgpack_sbuffer_destroy(&data);
}

/* Both take texts up to a NULL. */
static int new (char **texts) {
    struct feed_list columns = {texts, 0};
    while (texts[columns.count]) columns.count++;
    return mapping_new(&columns, &mapping, error);
}
#define NEW(...) new ((char *[]){__VA_ARGS__, NULL})

static int header(char **texts) {
    for (name_count = 0; texts[name_count]; name_count++)
        names[name_count] = (struct field){texts[name_count], strlen(texts[name_count]), false};
    return mapping_resolve(mapping, names, name_count, error);
}
#define HEADER(...) header((char *[]){__VA_ARGS__, NULL})

static int pack(char **texts, bool quoted) {
    struct field fields[MOST];
    for (size_t i = 0; i < name_count; i++)
        fields[i] = (struct field){texts[i], strlen(texts[i]), quoted};
    msgpack_sbuffer_clear(&data);
    return mapping_pack(mapping, names, fields, &data, error);
}
#define PACK(...) pack((char *[]){__VA_ARGS__}, false)

static void expect(const char *bytes, size_t count) {
    cr_assert_eq(data.size, count, "%zu", data.size);
    cr_assert_eq(memcmp(data.data, bytes, count), 0);
}
#define EXPECT(text) expect(text, sizeof text - 1)

static void says(const char *part) {
    cr_assert(strstr(error, part), "%s", error);
}

Test(mapping, fields_come_in_the_order_of_the_mapping_from_the_columns_it_names, .init = begin,
     .fini = end) {
    cr_assert_eq(NEW("P=price", "S=size", "Q=price"), 0, "%s", error);
    cr_assert_eq(HEADER("size", "other", "price"), 0, "%s", error);
    cr_assert_eq(PACK("7", "\xff", "x"), 0, "what is not mapped does not matter: %s", error);
    EXPECT("\x83\xa1P\xa1x\xa1S\x07\xa1Q\xa1x");
}

Test(mapping, without_texts_all_columns_go_under_their_names, .init = begin, .fini = end) {
    cr_assert_eq(mapping_new(NULL, &mapping, error), 0, "%s", error);
    cr_assert_eq(HEADER("a", "b"), 0, "%s", error);
    cr_assert_eq(PACK("1", "x"), 0, "%s", error);
    EXPECT("\x82\xa1"
           "a\x01\xa1"
           "b\xa1x");
}

Test(mapping, a_type_decides_what_a_value_becomes, .init = begin, .fini = end) {
    cr_assert_eq(NEW("a=i:int", "b=f:float", "c=t:text"), 0, "%s", error);
    cr_assert_eq(HEADER("i", "f", "t"), 0, "%s", error);
    static const char expected[] = "\x83\xa1"
                                   "a\xfb\xa1"
                                   "b\xcb\x40\x2a\x00\x00\x00\x00\x00\x00\xa1"
                                   "c\xa3"
                                   "007";
    cr_assert_eq(PACK("-5", "13", "007"), 0, "%s", error);
    EXPECT(expected);
    cr_assert_eq(pack((char *[]){"-5", "13", "007"}, true), 0, "also in quotes: %s", error);
    EXPECT(expected);
}

Test(mapping, what_a_type_cannot_hold_is_told_with_column_and_allowed, .init = begin, .fini = end) {
    cr_assert_eq(NEW("a=i:int", "b=f:float", "c=t:text"), 0, "%s", error);
    cr_assert_eq(HEADER("f", "i", "t"), 0, "%s", error);
    cr_assert_eq(PACK("1", "2.5", "x"), -1);
    says("column 2 (i) is '2.5': allowed are whole numbers from -9223372036854775808 to 92233");
    cr_assert_eq(PACK("1", "", "x"), -1);
    says("column 2 (i) is '': allowed");
    cr_assert_eq(PACK("nan", "2", "x"), -1);
    says("column 1 (f) is 'nan': allowed are numbers within float64");
    cr_assert_eq(PACK("1e999", "2", "x"), -1);
    says("column 1 (f) is '1e999'");
    cr_assert_eq(PACK("1", "2", "caf\xe9"), -1);
    says("column 3 (t) is 'caf\\xe9': allowed is text in UTF-8");
}

Test(mapping, only_the_last_colon_before_a_known_type_begins_a_type, .init = begin, .fini = end) {
    cr_assert_eq(NEW("a=x:y", "b=x:y:text", "c=int", "d=:int:int"), 0, "%s", error);
    cr_assert_eq(HEADER("x:y", "int", ":int"), 0, "%s", error);
    cr_assert_eq(PACK("1", "2", "3"), 0, "%s", error);
    EXPECT("\x84\xa1"
           "a\x01\xa1"
           "b\xa1"
           "1\xa1"
           "c\x02\xa1"
           "d\x03");
}

Test(mapping, the_first_equals_ends_the_field, .init = begin, .fini = end) {
    cr_assert_eq(NEW("a=b=c"), 0, "%s", error);
    cr_assert_eq(HEADER("b=c"), 0, "%s", error);
}

Test(mapping, texts_that_map_nothing_are_refused) {
    char *bad[] = {"", "a", "=a", "a="};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(NEW(bad[i]), -1, "%s", bad[i]);
        says("maps no column; allowed is FIELD=COLUMN or FIELD=COLUMN:TYPE");
    }
    cr_assert_eq(NEW("a=:int"), -1);
    says("the field 'a' names no column");
    cr_assert_eq(NEW("\xff=a"), -1);
    says("the field '\\xff' is not UTF-8");
    cr_assert_eq(NEW("a=x", "b=x", "a=y:int"), -1);
    says("the field 'a' is there twice");
}

Test(mapping, a_column_that_is_not_there_is_told_with_what_the_header_has, .init = begin,
     .fini = end) {
    cr_assert_eq(NEW("Price=prize:float"), 0, "%s", error);
    cr_assert_eq(HEADER("price", "size"), -1);
    says("the field 'Price' is to come from column 'prize'; the header has price, size");
}

Test(mapping, a_wrong_type_is_told_as_one, .init = begin, .fini = end) {
    cr_assert_eq(NEW("Price=price:Flaot"), 0, "%s", error);
    cr_assert_eq(HEADER("price", "size"), -1);
    says("the field 'Price': 'Flaot' is no type; allowed are int, float and text");
}

Test(mapping, a_long_header_is_cut_in_the_sentence, .init = begin, .fini = end) {
    static char texts[300][80];
    static struct field many[300];
    for (int i = 0; i < 300; i++) {
        memset(texts[i], 'a' + i % 26, 79);
        many[i] = (struct field){texts[i], (size_t)(i % 80), false};
    }
    cr_assert_eq(NEW("a=none"), 0, "%s", error);
    cr_assert_eq(mapping_resolve(mapping, many, 300, error), -1);
    cr_assert(strstr(error, ", ...") != NULL && strlen(error) < ROW_ERROR_BYTES, "%s", error);
}
