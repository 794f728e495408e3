#include "key/key.h"

#include <stdint.h>
#include <string.h>

#include "base/utf8.h"

/* What a byte means in a key, 0 for most. The sum over a key tells whether it has two slashes and
 * nothing else that is special. */
#define SLASH    UINT64_C(1)
#define CONTROL  (UINT64_C(1) << 32)
#define WILDCARD (UINT64_C(2) << 32)
#define WIDE     (UINT64_C(3) << 32)

static const uint64_t kinds[256] = {
    [0 ... 0x1f] = CONTROL, [0x7f] = CONTROL,  ['/'] = SLASH,          ['*'] = WILDCARD,
    ['?'] = WILDCARD,       ['['] = WILDCARD,  [']'] = WILDCARD,       ['{'] = WILDCARD,
    ['}'] = WILDCARD,       ['\\'] = WILDCARD, [0x80 ... 0xff] = WIDE,
};

size_t key_item_bytes(const char *key, size_t key_bytes) {
    const char *category = memchr(key, ':', key_bytes);
    return category != NULL ? (size_t)(category - key) : key_bytes;
}

/* True for keys of three elements in printable ASCII: nearly all. */
static bool is_plain(const unsigned char *key, size_t bytes) {
    const unsigned char *at = key, *end = key + bytes;
    uint64_t sum = 0;
    for (; end - at >= 4; at += 4) sum += kinds[at[0]] + kinds[at[1]] + kinds[at[2]] + kinds[at[3]];
    for (; at < end; at++) sum += kinds[*at];
    if (sum != 2 * SLASH) return false;
    for (at = key; *at != '/';) at++;
    return at > key && at[1] != '/' && end[-1] != '/';
}

/* Of a key that is not plain. */
static const char *find_flaw(const unsigned char *key, size_t bytes) {
    static const char elements[] =
        "key has not exactly three non-empty elements, as AAPL/1Min/OHLCV";
    size_t slashes = 0, element = 0;
    for (size_t i = 0; i < bytes; i++) {
        uint64_t kind = kinds[key[i]];
        if (kind == CONTROL) return "key has a control character";
        if (kind == WILDCARD) return "key has one of the characters *?[]{}\\";
        if (kind != SLASH) continue;
        if (i == element) return elements;
        slashes++;
        element = i + 1;
    }
    if (slashes != 2 || element == bytes) return elements;
    return utf8_valid(key, bytes) ? NULL : "key is not UTF-8";
}

const char *key_check(const char *key, size_t key_bytes, size_t max_bytes) {
    const unsigned char *bytes = (const unsigned char *)key;
    if (key_bytes > max_bytes) return "key is too long";
    return is_plain(bytes, key_bytes) ? NULL : find_flaw(bytes, key_bytes);
}
