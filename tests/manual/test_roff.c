#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "manual/header.h"
#include "manual/roff.h"

static char text[4096];
static struct roff page;

static void begin(void) {
    memset(text, 0, sizeof text);
    page = (struct roff){.out = fmemopen(text, sizeof text, "w")};
}

static void wrote(const char *wanted) {
    fclose(page.out);
    cr_assert_str_eq(text, wanted);
}

Test(roff, nothing_in_a_text_is_a_request_or_is_made_typographic) {
    begin();
    roff_text(&page, ".so x\n\n'it' --is ^a~ \\n\n\n    .so y\n    'z' `w`");
    wrote("\\&.so x\n.PP\n\\(aqit\\(aq \\-\\-is \\(haa\\(ti \\en\n.PP\n"
          ".RS 4\n.EX\n\\&.so y\n\\(aqz\\(aq \\(gaw\\(ga\n.EE\n.RE\n");
}

Test(roff, between_two_backquotes_is_bold) {
    begin();
    roff_text(&page, "`a-b` c `d");
    wrote("\\fBa\\-b\\fR c \\fBd\\fR\n");
}

Test(roff, an_item_has_name_value_and_text) {
    begin();
    roff_item(&page, "--x", "FILE", ".y");
    roff_item(&page, "NONE", "", "");
    wrote(".TP\n\\fB\\-\\-x\\fR \\fIFILE\\fR\n\\&.y\n.TP\n\\fBNONE\\fR\n");
}

static const char header_text[] = "/*\n * About.\n *\n *     x = {\n *         1};\n */\n"
                                  "#define NOT_THIS 1\n"
                                  "/** First\n *  two. */\nTICKCAST_API int first(int a,\n"
                                  "                       int b);\n"
                                  "int no_comment(void);\n"
                                  "/** Sizes. */\n#define SIZE 4\n"
                                  "/** A struct. */\nstruct s {\n"
                                  "    int a; /**< of a,\n                here */\n"
                                  "    TABLE(FIELD)\n"
                                  "    /** Of f. */\n"
                                  "    void (*f)(int x, int y);\n"
                                  "};\n"
                                  "/** An enum. */\nenum e { A, B = -1, /**< b */ C };\n";

static void expect(struct header *header, const char *comment, const char *declaration,
                   const char *const (*members)[2]) {
    struct header_item item;
    struct header_member member;
    cr_assert(header_next(header, &item));
    cr_assert_str_eq(item.comment, comment);
    cr_assert_str_eq(item.declaration, declaration);
    cr_assert_eq(item.body != NULL, members != NULL);
    const char *at = item.body;
    for (; members && (*members)[0]; members++) {
        cr_assert(header_member_next(&at, &member), "%s", (*members)[0]);
        cr_assert_str_eq(member.declaration, (*members)[0]);
        cr_assert_str_eq(member.comment, (*members)[1]);
        header_member_free(&member);
    }
    if (item.body) cr_assert(!header_member_next(&at, &member));
    header_item_free(&item);
}

Test(header, comments_go_with_what_they_stand_before) {
    static const char *const of_struct[][2] = {
        {"int a", "of a,\nhere"}, {"TABLE(FIELD)", ""}, {"void (*f)(int x, int y)", "Of f."}, {0}};
    static const char *const of_enum[][2] = {{"A", ""}, {"B = -1", "b"}, {"C", ""}, {0}};
    char name[] = "/tmp/test-header-XXXXXX";
    int fd = mkstemp(name);
    cr_assert_eq(write(fd, header_text, strlen(header_text)), (ssize_t)strlen(header_text));
    close(fd);
    struct header header;
    struct header_item item;
    header_open(&header, name);
    unlink(name);
    cr_assert_str_eq(header.about, "\nAbout.\n\n    x = {\n        1};");
    expect(&header, "First\ntwo.", "int first(int a, int b)", NULL);
    expect(&header, "Sizes.", "#define SIZE 4", NULL);
    expect(&header, "A struct.", "struct s", of_struct);
    expect(&header, "An enum.", "enum e", of_enum);
    cr_assert(!header_next(&header, &item));
    header_close(&header);
}
