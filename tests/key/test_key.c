#include "key/key.h"

#include <criterion/criterion.h>
#include <criterion/new/assert.h>
#include <string.h>

static const char *check(const char *key) {
    return key_check(key, strlen(key), 256);
}

Test(key, the_category_part_is_no_part_of_the_item_key) {
    cr_assert(eq(sz, key_item_bytes("a/b/c:Symbol/Timeframe/AttributeGroup", 36), 5));
    cr_assert(eq(sz, key_item_bytes("a/b/c", 5), 5));
    cr_assert(eq(sz, key_item_bytes("a:b:c", 5), 1));
    cr_assert(eq(sz, key_item_bytes(":", 1), 0));
}

Test(key, three_elements_of_text_are_a_key) {
    static const char *const good[] = {"AAPL/1Min/OHLCV", "a/b/c", "BTC-USD/1D/O H",
                                       "BRK.B/1D/x|~^_", "\xC3\xA9/1D/\xF0\x9F\x98\x80"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        cr_expect(eq(ptr, (void *)check(good[i]), NULL), "%s", good[i]);
}

Test(key, all_else_has_its_sentence) {
    static const struct {
        const char *key, *flaw;
    } bad[] = {
        {"", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"AAPL", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"AAPL/1Min", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"a/b/c/d", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"a/b/c/", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"/b/c", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"a//c", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"a/b/", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"//", "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV"},
        {"a*/b/c", "key has one of the characters *?[]{}\\"},
        {"a/b/c\n", "key has a control character"},
        {"a/b\x7F/c", "key has a control character"},
        {"a/b/\x80", "key is not UTF-8"},
        {"a/\xED\xA0\x80/c", "key is not UTF-8"},
        {"a/b/\xC3", "key is not UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *flaw = check(bad[i].key);
        cr_expect(flaw != NULL && strcmp(flaw, bad[i].flaw) == 0, "%s: %s", bad[i].key, flaw);
    }
    cr_assert(eq(str, (char *)key_check("a/b/c", 5, 4), "key is too long"));
    cr_assert(eq(ptr, (void *)key_check("a/b/c", 5, 5), NULL));
    cr_assert(ne(ptr, (void *)key_check("a/\0/c", 5, 5), NULL));
}

/* The quick way and the exact one say the same, at each length, place and byte. */
Test(key, a_key_is_taken_as_it_is_cut_and_checked) {
    char key[48];
    for (size_t bytes = 1; bytes <= 40; bytes++) {
        for (size_t first = 0; first < bytes; first++) {
            for (size_t second = 0; second < bytes; second++) {
                size_t item, place = (first * 7 + second) % bytes;
                memset(key, 'k', sizeof key);
                key[first] = key[second] = '/';
                for (int byte = 0; byte < 256; byte++) {
                    char before = key[place];
                    key[place] = (char)byte;
                    size_t cut = key_item_bytes(key, bytes);
                    const char *flaw = key_take(key, bytes, 38, &item);
                    cr_assert(item == cut && flaw == key_check(key, cut, 38), "%.*s", (int)bytes,
                              key);
                    key[place] = before;
                }
            }
        }
    }
}

Test(key, every_single_byte_is_judged) {
    for (int byte = 0; byte < 256; byte++) {
        char key[] = "a?a/b/c";
        key[1] = (char)byte;
        bool good = byte >= 0x20 && byte < 0x7F && byte != '/' && !strchr("*?[]{}\\", byte);
        cr_expect(eq(int, key_check(key, 7, 256) == NULL, good), "%d", byte);
    }
}
