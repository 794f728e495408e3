#include <criterion/criterion.h>

#include "client/answer.h"

#define BYTES(text) text, sizeof text - 1

static struct answer answer;

Test(answer, the_number_of_an_acknowledgement_in_every_width) {
    static const struct {
        const char *bytes;
        size_t count;
        uint64_t id;
    } rows[] = {
        {BYTES("\x81\xa3"
               "ack\x07"),
         7},
        {BYTES("\x81\xa3"
               "ack\xcc\xff"),
         255},
        {BYTES("\x81\xa3"
               "ack\xcd\x01\x02"),
         0x0102},
        {BYTES("\x81\xa3"
               "ack\xce\x01\x02\x03\x04"),
         0x01020304},
        {BYTES("\x81\xa3"
               "ack\xcf\x01\x02\x03\x04\x05\x06\x07\x08"),
         0x0102030405060708},
        {BYTES("\x81\xa3"
               "ack\xa1x"),
         0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        cr_assert(answer_read(rows[i].bytes, rows[i].count, &answer), "row %zu", i);
        cr_assert_eq(answer.id, rows[i].id, "row %zu: %llu", i, (unsigned long long)answer.id);
        cr_assert_null(answer.error.at);
        for (size_t cut = 0; cut < rows[i].count; cut++)
            cr_assert_not(answer_read(rows[i].bytes, cut, &answer), "row %zu cut at %zu", i, cut);
    }
}

Test(answer, an_error_with_and_without_a_number) {
    static const char with[] = "\x82\xa5"
                               "error\xa3"
                               "bad\xa2id\x05";
    static const char without[] = "\x81\xa5"
                                  "error\xa3"
                                  "bad";
    cr_assert(answer_read(BYTES(with), &answer));
    cr_assert_eq(answer.id, 5);
    cr_assert(text_is(answer.error, "bad", 3));
    cr_assert(answer_read(BYTES(without), &answer));
    cr_assert_eq(answer.id, 0);
    cr_assert(text_is(answer.error, "bad", 3));
}

Test(answer, what_is_neither_is_no_answer) {
    cr_assert_not(answer_read(BYTES("\x80"), &answer));
    cr_assert_not(answer_read(BYTES("\x91\xa3"
                                    "ack"),
                              &answer));
    cr_assert_not(answer_read(BYTES("\x81\xa2id\x05"), &answer));
    cr_assert_not(answer_read(BYTES("\x81\x01\x02"), &answer));
    cr_assert_not(answer_read(BYTES("\x81\xa5"
                                    "error\x01"),
                              &answer));
}
