#include "key/stream.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

#include "tickcast/messages.h"

/* "l/g/a" for a literal, a glob and an any; "X" for a crossing stream, "-" for none. */
static const char *shape_text(const char *text, size_t bytes) {
    static char out[8];
    struct stream_shape shape;
    switch (stream_shape(text, bytes, &shape)) {
    case STREAM_INVALID:
        return "-";
    case STREAM_CROSSING:
        return "X";
    default:
        break;
    }
    for (int i = 0; i < 3; i++) out[i] = shape.glob[i] ? 'g' : shape.any[i] ? 'a' : 'l';
    bool plain = strcmp(out, "lll") == 0;
    cr_expect(eq(int, shape.kind == STREAM_LITERAL, plain), "%s", text);
    return out;
}

Test(stream, is_valid_with_exactly_two_slashes) {
    static const struct {
        const char *text;
        bool valid;
    } rows[] = {
        {"", false},
        {"/", false},
        {"//", true},
        {"///", false},
        {"AAPL/1Min", false},
        {"AAPL/1Min/OHLCV/X", false},
        {"a\n/b/c", true},
        {"*", false},
        {"**", false},
        {"[/a/b", true},
        {"**/1Min/OHLCV", true},
        {"{AAPL/1Min,NVDA/1D}/OHLCV", false},
        {"{a/b,c}/d", true},
        {"\\/a/", true},
        {" a/b/c ", true},
        {"\xFF/\x80/c", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect(eq(int, tickcast_stream_valid(rows[i].text, strlen(rows[i].text)), rows[i].valid),
                  "%s", rows[i].text);
    }
    cr_expect(tickcast_stream_valid("a\0/b/c", 6));
}

Test(stream, has_a_kind_and_elements) {
    static const struct {
        const char *text, *shape;
    } rows[] = {
        {"AAPL/1Min/OHLCV", "lll"},
        {"*/*/*", "aaa"},
        {"**/1Min/***", "ala"},
        {"A*/1Min/?", "glg"},
        {"[AB]/{c,d}/e", "ggl"},
        {"a\\*/b/c", "gll"},
        {"a\\/b/c", "gll"},
        {"a/b/c\\", "llg"},
        {"a]/b}/c,d", "lll"},
        {"//", "lll"},
        {"{a/b,c}/d", "X"},
        {"{a/b,c/d}", "X"},
        {"a[/]b/c", "X"},
        {"{a,b\\/c}/d", "X"},
        {"[+-/]/b", "X"},
        {"[/a/b", "X"},
        {"[a-z/b]/c", "X"},
        {"\\{a/b/c", "gll"},
        {"{[}]/a}/b", "X"},
        {"{\\}/a}/b", "X"},
        {"a/b/{c", "llg"},
        {"AAPL[!x]1Min/*/*", "gaa"},
        {"a/b", "-"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *shape = shape_text(rows[i].text, strlen(rows[i].text));
        cr_expect(strcmp(shape, rows[i].shape) == 0, "%s is %s", rows[i].text, shape);
    }
}

Test(stream, is_cut_at_its_slashes) {
    struct stream_shape shape;
    stream_shape("AA[!x]\\/b/c", 11, &shape);
    cr_assert(eq(sz, shape.cut[0], 7));
    cr_assert(eq(sz, shape.cut[1], 9));
}
