#include <criterion/criterion.h>
#include <string.h>

#include "base/help.h"

static char text[4096];

static FILE *begin(void) {
    memset(text, 0, sizeof text);
    return fmemopen(text, sizeof text, "w");
}

#define WORDS "one two three four five six seven eight nine ten "

Test(help, paragraphs_are_wrapped_and_examples_are_not) {
    FILE *out = begin();
    help_text(WORDS WORDS WORDS "\nend\n\n    run  this\n      and this\nafter", out);
    fclose(out);
    cr_assert_str_eq(text,
                     "one two three four five six seven eight nine ten one two three four five "
                     "six seven eight nine ten\n"
                     "one two three four five six seven eight nine ten end\n"
                     "\n    run  this\n      and this\n\nafter\n");
}

Test(help, blocks_are_taken_one_by_one) {
    const char *rest = "\n\na\nb\n    x\n    y\n\n    z\n";
    static const struct {
        const char *text;
        bool example;
    } want[] = {{"a\nb", false}, {"    x\n    y", true}, {"    z", true}};
    struct help_block block;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        cr_assert(help_next(&rest, &block));
        cr_assert_eq(block.example, want[i].example);
        cr_assert_eq(block.bytes, strlen(want[i].text));
        cr_assert_eq(memcmp(block.at, want[i].text, block.bytes), 0);
    }
    cr_assert(!help_next(&rest, &block));
}

Test(help, an_item_has_its_sentence_in_the_column) {
    FILE *out = begin();
    help_item("--name", "short", out);
    help_item("--a-name-that-fills-22", "after it", out);
    help_item("--a-name-that-needs-its-own-line", "below", out);
    fclose(out);
    cr_assert_str_eq(text, "  --name                short\n"
                           "  --a-name-that-fills-22\n"
                           "                        after it\n"
                           "  --a-name-that-needs-its-own-line\n"
                           "                        below\n");
}

Test(help, a_word_wider_than_the_line_is_not_cut) {
    char word[200] = "";
    memset(word, 'x', 150);
    FILE *out = begin();
    help_item("n", word, out);
    fclose(out);
    cr_assert(strstr(text, word));
}
