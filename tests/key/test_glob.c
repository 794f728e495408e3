#include "key/glob.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "key/stream.h"
#include "tickcast/messages.h"

#define VECTORS TICKCAST_SOURCE_DIR "/tests/key/glob.tsv"

static bool matches_bytes(const char *pattern, size_t pattern_bytes, const char *text,
                          size_t text_bytes) {
    struct glob *glob = glob_new(pattern, pattern_bytes);
    cr_assert(glob != NULL);
    bool answer = glob_match(glob, text, text_bytes);
    if (glob_flaw(glob) != NULL) cr_expect(not(answer));
    glob_free(glob);
    return answer;
}

static bool matches(const char *pattern, const char *text) {
    return matches_bytes(pattern, strlen(pattern), text, strlen(text));
}

/* Whether the stream selects the key, found element by element as the index does. */
static bool matches_by_element(const char *pattern, const char *text) {
    struct stream_shape shape;
    size_t bytes = strlen(pattern);
    if (stream_shape(pattern, bytes, &shape) == STREAM_CROSSING) return matches(pattern, text);
    size_t begin[3] = {0, shape.cut[0] + 1, shape.cut[1] + 1};
    size_t end[3] = {shape.cut[0], shape.cut[1], bytes};
    for (int i = 0; i < 3; i++) {
        size_t part = i < 2 ? strcspn(text, "/") : strlen(text);
        bool same = part == end[i] - begin[i] && memcmp(pattern + begin[i], text, part) == 0;
        bool glob =
            shape.glob[i] && matches_bytes(pattern + begin[i], end[i] - begin[i], text, part);
        if (!(shape.any[i] || glob || (!shape.glob[i] && same))) return false;
        text += part + 1;
    }
    return true;
}

static int count_slashes(const char *text) {
    int count = 0;
    for (; *text; text++) count += *text == '/';
    return count;
}

Test(glob, answers_as_the_documented_grammar_asks_on_the_vectors) {
    FILE *file = fopen(VECTORS, "r");
    cr_assert(file != NULL, "%s", VECTORS);
    char line[512];
    int rows = 0;
    while (fgets(line, sizeof line, file)) {
        if (line[0] == '#') continue;
        line[strcspn(line, "\n")] = '\0';
        char *at = line, *field[5];
        for (int i = 0; i < 5; i++) field[i] = strsep(&at, "\t");
        cr_assert(field[4] != NULL);
        size_t pattern_bytes = strlen(field[0]), key_bytes = strlen(field[1]);
        bool answer = tickcast_stream_match(field[0], pattern_bytes, field[1], key_bytes);
        if (strcmp(field[4], "-") != 0)
            cr_expect(eq(int, answer, strcmp(field[4], "true") == 0), "%s %s", field[0], field[1]);
        bool valid = tickcast_stream_valid(field[0], pattern_bytes);
        cr_expect(eq(int, valid, strcmp(field[2], "true") == 0), "%s", field[0]);
        if (valid && count_slashes(field[1]) == 2)
            cr_expect(eq(int, matches_by_element(field[0], field[1]), answer), "%s", field[0]);
        rows++;
    }
    fclose(file);
    cr_assert(gt(int, rows, 90));
}

Test(glob, characters_are_code_points) {
    cr_expect(matches("?", "\xE2\x82\xAC"));
    cr_expect(matches("[\xC3\xA0-\xC3\xBF]x", "\xC3\xA9x"));
    cr_expect(not(matches("[!\xC3\xA9]", "\xC3\xA9")));
    cr_expect(matches("[\xC3\xA9\xE2\x82\xAC]", "\xE2\x82\xAC"));
    cr_expect(not(matches("??", "\xC3\xA9")));
    cr_expect(matches("*\xA9", "x\xA9"));
    cr_expect(not(matches("*\xA9", "\xC3\xA9")));
    cr_expect(not(matches("\xC3*", "\xC3\xA9")));
}

/* Behind a star a class is asked at several places at once. */
Test(glob, ranges_are_of_code_points_at_one_place_and_at_several) {
    static const uint32_t codes[] = {1,     '"',   '/',   '0',    '9',    'A',     'O',     'P',
                                     'a',   'o',   'z',   0x7f,   0x80,   0xe9,    0xff,    0x100,
                                     0x110, 0x131, 0xfff, 0x20ac, 0xffff, 0x10000, 0x10ffff};
    size_t count = sizeof codes / sizeof codes[0];
    for (size_t i = 0; i < count * count * count; i++) {
        uint32_t low = codes[i % count], high = codes[i / count % count];
        uint32_t code = codes[i / count / count];
        if (low > high) continue;
        char ends[2][8] = {0}, pattern[24], text[8] = "x";
        utf8_write(low, ends[0]);
        utf8_write(high, ends[1]);
        utf8_write(code, text + 1);
        static const char *const forms[] = {"?[%s-%s]", "*[%s-%s]", "?[!%s-%s]", "*[!%s-%s]"};
        for (int form = 0; form < 4; form++) {
            snprintf(pattern, sizeof pattern, forms[form], ends[0], ends[1]);
            bool expected = (code >= low && code <= high) == (form < 2);
            cr_expect(eq(int, matches(pattern, text), expected), "%s %s", pattern, text);
        }
    }
}

Test(glob, lists_and_ranges) {
    static const struct {
        const char *pattern, *text;
        bool answer;
    } rows[] = {
        {"?*\xc5\xa1", "xx\xc5\xa1", true}, /* U+0161, and U+0061 */
        {"?*\xc5\xa1", "xxa", false},
        {"[a-c]", "b", true},
        {"[a-c]", "d", false},
        {"[!a-c]", "d", true},
        {"[a-a]", "a", true},
        {"[c-a]", "b", false},
        {"[abc-]", "-", true},
        {"[!]", "]", false},
        {"[]", "", false},
        {"[A-F0]", "0", false},
        {"[\\]]", "]", true},
        {"[ab\\]c]", "c", true},
        {"[,]", ",", true},
        {"{[,}],x}", "}", true},
        {"[!x]", "/", true},
        {"[/]", "/", true},
        {"?", "/", false},
        {"[abc", "a", false},
        {"[a\\-c]", "b", false},
        {"[a\\-c]", "-", true},
        {"[!!]", "!", false},
        {"[!!]", "a", true},
        {"[", "[", false},
        {"[!", "!", false},
        {"[a-", "a", false},
        {"[a-b", "a", false},
        {"[ab\\", "a", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect(eq(int, matches(rows[i].pattern, rows[i].text), rows[i].answer), "%s %s",
                  rows[i].pattern, rows[i].text);
}

Test(glob, the_texts_around_a_star_do_not_share_characters) {
    cr_expect(not(matches("ab*ba", "aba")));
    cr_expect(matches("ab*ba", "abba"));
    cr_expect(not(matches("a*a", "a")));
    cr_expect(not(matches("abc*", "ab")));
}

Test(glob, tells_why_it_can_never_match) {
    static const struct {
        const char *pattern, *flaw;
    } rows[] = {
        {"[ab", "a [ is not closed"},
        {"[]", "[] is empty"},
        {"[z-a]", "a range in [] runs backwards"},
        {"{a", "a { is not closed"},
        {"{[!],b}", "[] is empty"},
        {"[a-cd]", "[a-z] takes one range alone"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct glob *glob = glob_new(rows[i].pattern, strlen(rows[i].pattern));
        cr_expect(eq(str, (char *)glob_flaw(glob), (char *)rows[i].flaw));
        glob_free(glob);
    }
}

Test(glob, the_longest_pattern_is_compiled_and_a_longer_one_never_matches) {
    static char text[4097];
    memset(text, ',', sizeof text);
    text[0] = '{';
    text[4095] = '}';
    cr_assert(matches_bytes(text, 4096, "", 0));
    cr_assert(not(matches_bytes(text, 4096, "a", 1)));
    memset(text, 'a', sizeof text);
    cr_assert(matches_bytes(text, 4096, text, 4096));
    cr_assert(not(matches_bytes(text, 4097, text, 4097)));
    memset(text, '{', 2048);
    memset(text + 2048, '}', 2048);
    cr_assert(matches_bytes(text, 4096, "", 0));
}

/* A backtracking matcher would need longer than the world has been. */
Test(glob, patterns_made_to_blow_up_take_linear_time, .timeout = 300) {
    char pattern[4097] = "", text[257];
    memset(text, 'a', sizeof text);
    for (int i = 0; i < 100; i++) strcat(pattern, "a*");
    strcat(pattern, "b");
    cr_assert(not(matches_bytes(pattern, strlen(pattern), text, 256)));
    pattern[0] = '\0';
    for (int i = 0; i < 400; i++) strcat(pattern, "{a,aa,*}");
    strcat(pattern, "b");
    for (int i = 0; i < 20; i++) cr_assert(not(matches_bytes(pattern, strlen(pattern), text, 256)));
    text[256] = 'b';
    cr_assert(matches_bytes(pattern, strlen(pattern), text, 257));
}

static char *repeat(char *out, const char *piece, unsigned count) {
    out[0] = '\0';
    for (char *at = out; count > 0; count--) at = stpcpy(at, piece);
    return out;
}

/* The pieces are each made of so many characters at least. */
Test(glob, the_most_costly_patterns_match_long_texts_where_they_should) {
    static const struct {
        const char *piece, *of;
        unsigned least;
    } rows[] = {
        {"*a", "a", 1},
        {"**a", "a", 1},
        {"?*", "b", 1},
        {"*?", "\xC3\xA9", 1},
        {"*[!b]", "a", 1},
        {"*[ -~]*", "~", 1},
        {"*{,a}a", "a", 1},
        {"{a,aa,*}a", "a", 1},
        {"*{a,{b,c}}", "c", 1},
        {"**{/,//*}", "/", 1},
        {"[ab][!/]", "b", 2},
        {"{*a,*b}{a,aa}", "a", 2},
        {"*[\xC3\xA0-\xE2\x82\xAC]", "\xE2\x82\xAC", 1},
        {"*{\xFF,x}", "\xFF", 1},
    };
    char pattern[4096], text[4096];
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        for (unsigned count = 1; count <= 140; count++) {
            unsigned least = count * rows[i].least;
            repeat(pattern, rows[i].piece, count);
            cr_expect(matches(pattern, repeat(text, rows[i].of, least)), "%s %u", pattern, least);
            cr_expect(not(matches(pattern, repeat(text, rows[i].of, least - 1))), "%s %u", pattern,
                      least - 1);
        }
    }
}

/* The naive matcher, over ASCII patterns that are well formed: tries everything, from the grammar.
 */
struct rest {
    const char *pattern;
    const struct rest *next; /* what follows behind the closing brace */
};

static const char *brace_end(const char *at) {
    int depth = 0;
    for (;; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '[')
            at = strchr(at, ']');
        else if (*at == '{')
            depth++;
        else if (*at == '}' && --depth == 0)
            return at;
    }
}

/* Ends at the ',' or the '}' of this brace. */
static const char *alternative_end(const char *at) {
    for (;; at++) {
        if (*at == '\\')
            at++;
        else if (*at == '[')
            at = strchr(at, ']');
        else if (*at == '{')
            at = brace_end(at);
        else if (*at == ',' || *at == '}')
            return at;
    }
}

static bool class_has(const char *class, const char *end, char byte) {
    bool negated = class[1] == '!', found;
    const char *at = class + 1 + negated;
    if (at[1] == '-')
        found = byte >= at[0] && byte <= at[2];
    else
        found = memchr(at, byte, (size_t)(end - at)) != NULL;
    return found != negated;
}

static bool naive(const char *at, bool inside, const struct rest *rest, const char *text) {
    if (inside && (*at == ',' || *at == '}'))
        return naive(rest->pattern, rest->next, rest->next, text);
    switch (*at) {
    case '\0':
        return *text == '\0';
    case '*': {
        bool two = at[1] == '*';
        if (naive(at + 1 + two, inside, rest, text)) return true;
        return *text && (two || *text != '/') && naive(at, inside, rest, text + 1);
    }
    case '?':
        return *text && *text != '/' && naive(at + 1, inside, rest, text + 1);
    case '[': {
        const char *end = strchr(at, ']');
        return *text && class_has(at, end, *text) && naive(end + 1, inside, rest, text + 1);
    }
    case '{': {
        struct rest behind = {.pattern = brace_end(at) + 1, .next = rest};
        while (*at != '}') {
            if (naive(at + 1, true, &behind, text)) return true;
            at = alternative_end(at + 1);
        }
        return false;
    }
    case '\\':
        at++; /* fallthrough */
    default:
        return *at == *text && naive(at + 1, inside, rest, text + 1);
    }
}

static unsigned dice(unsigned *seed, unsigned sides) {
    return (unsigned)rand_r(seed) % sides;
}

static void random_pattern(unsigned *seed, char *out, int depth) {
    static const char *const pieces[] = {"a",    "b",     "/",   "*",   "**",    "?", "[ab]",
                                         "[!a]", "[a-b]", "\\a", "\\*", "[!b/]", "a", ","};
    for (unsigned count = dice(seed, 4); count > 0; count--) {
        unsigned piece = dice(seed, 17);
        if (piece < 14) {
            strcat(out, depth > 0 && piece == 13 ? "b" : pieces[piece]);
        } else if (depth < 2) {
            strcat(out, "{");
            for (unsigned i = dice(seed, 3); i > 0; i--) {
                random_pattern(seed, out, depth + 1);
                strcat(out, ",");
            }
            random_pattern(seed, out, depth + 1);
            strcat(out, "}");
        }
    }
}

/* Mostly three short elements. */
static void random_text(unsigned *seed, char *out) {
    for (unsigned part = dice(seed, 8) ? 3 : 1 + dice(seed, 4); part > 0; part--) {
        for (unsigned count = dice(seed, 3); count > 0; count--) *out++ = "aab*,"[dice(seed, 5)];
        if (part > 1) *out++ = '/';
    }
    *out = '\0';
}

/* The same behind so many other characters. */
static bool matches_shifted(const char *pattern, const char *text, unsigned shift) {
    char ones[1024], longer[128];
    memset(ones, '?', shift);
    memset(longer, 'x', shift);
    strcpy(ones + shift, pattern);
    strcpy(longer + shift, text);
    return matches(ones, longer);
}

Test(glob, agrees_with_the_naive_matcher_on_random_patterns) {
    unsigned seed = 9, hits = 0, by_element = 0;
    for (int i = 0; i < 60000; i++) {
        char pattern[512] = "", text[16];
        for (int part = 0; part < 3; part++) {
            random_pattern(&seed, pattern, 0);
            if (part < 2) strcat(pattern, "/");
        }
        for (int round = 0; round < 4; round++) {
            random_text(&seed, text);
            bool expected = naive(pattern, false, NULL, text);
            hits += expected;
            if (matches(pattern, text) != expected) cr_assert(false, "%s %s", pattern, text);
            unsigned shift = 50 + dice(&seed, 15);
            if (matches_shifted(pattern, text, shift) != expected)
                cr_assert(false, "behind %u characters: %s %s", shift, pattern, text);
            if (count_slashes(pattern) != 2 || count_slashes(text) != 2) continue;
            by_element += expected;
            if (matches_by_element(pattern, text) != expected)
                cr_assert(false, "by element: %s %s", pattern, text);
        }
    }
    cr_assert(gt(uint, hits, 2000));
    cr_assert(gt(uint, by_element, 1000));
}

Test(glob, any_bytes_compile_and_are_cut_alike_by_stream_and_glob) {
    unsigned seed = 5;
    for (int i = 0; i < 100000; i++) {
        char pattern[16], text[8];
        unsigned bytes = dice(&seed, 12);
        for (unsigned j = 0; j < bytes; j++)
            pattern[j] = "ab/*?[]{},\\!-\xC3\xA9/"[dice(&seed, 16)];
        pattern[bytes] = '\0';
        unsigned text_bytes = dice(&seed, 7);
        for (unsigned j = 0; j < text_bytes; j++) text[j] = "ab/]}-\xC3\xA9"[dice(&seed, 8)];
        text[text_bytes] = '\0';
        bool answer = matches(pattern, text);
        struct stream_shape shape;
        enum stream_kind kind = stream_shape(pattern, bytes, &shape);
        if (kind == STREAM_INVALID || count_slashes(text) != 2) continue;
        if (matches_by_element(pattern, text) != answer)
            cr_assert(false, "%s %s: %d", pattern, text, answer);
    }
}
