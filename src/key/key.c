#include "key/key.h"

#include <string.h>

#include "base/utf8.h"

/* What a byte means in a key. */
enum { PLAIN, SLASH = 1, CONTROL = 2, WILDCARD = 4, WIDE = 8 };

static const unsigned char kinds[256] = {
    [0 ... 0x1f] = CONTROL, [0x7f] = CONTROL,  ['/'] = SLASH,          ['*'] = WILDCARD,
    ['?'] = WILDCARD,       ['['] = WILDCARD,  [']'] = WILDCARD,       ['{'] = WILDCARD,
    ['}'] = WILDCARD,       ['\\'] = WILDCARD, [0x80 ... 0xff] = WIDE,
};

size_t key_item_bytes(const char *key, size_t key_bytes) {
    const char *category = memchr(key, ':', key_bytes);
    return category != NULL ? (size_t)(category - key) : key_bytes;
}

const char *key_check(const char *key, size_t key_bytes, size_t max_bytes) {
    static const char elements[] =
        "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV";
    size_t slashes = 0, begin = 0;
    unsigned seen = 0;
    if (key_bytes > max_bytes) return "key is too long";
    for (size_t i = 0; i < key_bytes; i++) {
        unsigned kind = kinds[(unsigned char)key[i]];
        seen |= kind;
        if (kind != SLASH) continue;
        if (i == begin) return elements;
        slashes++;
        begin = i + 1;
    }
    if (seen & CONTROL) return "key has a control character";
    if (seen & WILDCARD) return "key has one of the characters *?[]{}\\";
    if (slashes != 2 || begin == key_bytes) return elements;
    if ((seen & WIDE) && !utf8_valid(key, key_bytes)) return "key is not UTF-8";
    return NULL;
}
