#include "base/printable.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

#define CUT         "..."
#define ESCAPED     4    /* \xNN */
#define CHARACTER   4    /* longest of UTF-8 */
#define FIRST_UPPER 0xa0 /* U+0080 to U+009F are control characters too */

/* Bytes of the character at `at` that may be printed; 0: its first byte is to be escaped. */
static size_t character_bytes(const uint8_t *at, const uint8_t *end) {
    if (*at < 0x80) return *at >= ' ' && *at != 0x7f;
    for (size_t bytes = 2; bytes <= CHARACTER && bytes <= (size_t)(end - at); bytes++) {
        if (!utf8_valid(at, bytes)) continue;
        return *at == 0xc2 && at[1] < FIRST_UPPER ? 0 : bytes;
    }
    return 0;
}

const char *printable(const void *bytes, size_t count, char *out, size_t room) {
    const uint8_t *at = bytes, *end = at + count;
    size_t used = 0, cut = 0; /* `cut` is the last place where CUT fits */
    while (at < end) {
        size_t taken = character_bytes(at, end), needed = taken ? taken : ESCAPED;
        if (used + sizeof CUT <= room) cut = used;
        if (used + needed + 1 > room) {
            snprintf(out + cut, room - cut, CUT);
            return out;
        }
        if (taken)
            memcpy(out + used, at, taken);
        else
            snprintf(out + used, ESCAPED + 1, "\\x%02x", *at);
        used += needed;
        at += taken ? taken : 1;
    }
    out[used] = 0;
    return out;
}
