#include "key/key.h"

#include <stdint.h>
#include <string.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

#ifdef __SSE2__
/* What nearly all keys are: of three elements in printable ASCII. `slashes` has a bit for each
 * byte.
 */
static inline bool three_elements(uint32_t slashes, size_t bytes) {
    uint32_t second = slashes & (slashes - 1);
    bool two = second != 0 && (second & (second - 1)) == 0;
    bool apart = (slashes & slashes << 1) == 0;
    return two && apart && (slashes & 1) == 0 && slashes >> (bytes - 1) == 0;
}

#define EACH(byte) _mm_set1_epi8((char)(byte))

/* True if there is no byte that is special, '/' aside. '|' counts as one: it is between brackets.
 */
static inline bool is_text(__m128i text) {
    __m128i lower = _mm_or_si128(text, EACH(0x20)); /* [ \ ] become { | } */
    __m128i bad =
        _mm_and_si128(_mm_cmpgt_epi8(lower, EACH('{' - 1)), _mm_cmplt_epi8(lower, EACH('}' + 1)));
    bad = _mm_or_si128(bad, _mm_cmplt_epi8(text, EACH(0x20))); /* signed: those above 0x7f too */
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(text, EACH(0x7f)));
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(text, EACH('*')));
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(text, EACH('?')));
    bad = _mm_or_si128(bad, _mm_cmpeq_epi8(text, EACH(':')));
    return _mm_movemask_epi8(bad) == 0;
}

static inline uint32_t slashes_of(__m128i text) {
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(text, EACH('/')));
}

static inline __m128i eight(const char *at) {
    return _mm_loadl_epi64((const __m128i *)(const void *)at);
}

static inline __m128i sixteen(const char *at) {
    return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* True for usual keys of 8 to 32 bytes without a category part. Their first and last bytes overlap
 * in the middle. */
static inline bool is_usual(const char *key, size_t bytes) {
    if (bytes - 8 > 24) return false;
    if (bytes <= 16) {
        __m128i both = _mm_unpacklo_epi64(eight(key), eight(key + bytes - 8));
        uint32_t slashes = slashes_of(both);
        slashes = (slashes & 0xff) | slashes >> 8 << (bytes - 8);
        return is_text(both) && three_elements(slashes, bytes);
    }
    __m128i first = sixteen(key), last = sixteen(key + bytes - 16);
    uint32_t slashes = slashes_of(first) | slashes_of(last) << (bytes - 16);
    return is_text(first) && is_text(last) && three_elements(slashes, bytes);
}
#else
static inline bool is_usual(const char *key, size_t bytes) {
    (void)key, (void)bytes;
    return false;
}
#endif

/* True for keys of three elements in printable ASCII, of any length. */
static bool is_plain(const unsigned char *key, size_t bytes) {
    const unsigned char *at = key, *end = key + bytes;
    uint64_t sum = 0;
    for (; end - at >= 4; at += 4) sum += kinds[at[0]] + kinds[at[1]] + kinds[at[2]] + kinds[at[3]];
    for (; at < end; at++) sum += kinds[*at];
    if (sum != 2 * SLASH) return false;
    for (at = key; *at != '/';) at++;
    return at > key && at[1] != '/' && end[-1] != '/';
}

/* Of a key that is not plain. By itself: its locals cost key_take a check of the stack. */
__attribute__((noinline)) static const char *find_flaw(const unsigned char *key, size_t bytes) {
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

const char *key_take(const char *key, size_t key_bytes, size_t max_bytes, size_t *item_bytes) {
    if (key_bytes <= max_bytes && is_usual(key, key_bytes)) {
        *item_bytes = key_bytes;
        return NULL;
    }
    *item_bytes = key_item_bytes(key, key_bytes);
    return key_check(key, *item_bytes, max_bytes);
}
