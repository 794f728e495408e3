#include "key/key.h"

#include <string.h>

#include "base/utf8.h"

/* What a byte means in a key. */
enum { PLAIN, SLASH, CONTROL, WILDCARD, WIDE };

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
    bool wide = false;
    if (key_bytes > max_bytes) return "key is too long";
    for (size_t i = 0; i < key_bytes; i++) {
        switch (kinds[(unsigned char)key[i]]) {
        case PLAIN:
            break;
        case SLASH:
            if (i == begin) return elements;
            slashes++;
            begin = i + 1;
            break;
        case CONTROL:
            return "key has a control character";
        case WILDCARD:
            return "key has one of the characters *?[]{}\\";
        default:
            wide = true;
        }
    }
    if (slashes != 2 || begin == key_bytes) return elements;
    if (wide && !utf8_valid(key, key_bytes)) return "key is not UTF-8";
    return NULL;
}
