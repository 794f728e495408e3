/* Keys: checked and cut as the contract's sentences say, whatever their length and place in memory.
 * The first byte is the most that a key may be long. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "fuzz/utf8_reference.h"
#include "key/key.h"
#include "key/stream.h"
#include "tickcast/messages.h"

/* Three non-empty elements, UTF-8, no control characters, none of the wildcards. */
static bool good(const char *key, size_t bytes, size_t most) {
    size_t slashes = 0, since = 0;
    if (bytes > most || !utf8_reference_valid((const uint8_t *)key, bytes)) return false;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)key[i];
        if (c < 0x20 || c == 0x7f || strchr("*?[]{}\\", c) != NULL) return false;
        if (c == '/' && since == 0) return false;
        since = c == '/' ? 0 : since + 1;
        slashes += c == '/';
    }
    return slashes == 2 && since > 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input input = {data, data + size};
    size_t most = fuzz_byte(&input), bytes = fuzz_left(&input);
    char *key = (char *)fuzz_copy(input.at, bytes);
    size_t item = 0, taken = SIZE_MAX;
    while (item < bytes && key[item] != ':') item++;

    CHECK(key_item_bytes(key, bytes) == item);
    CHECK((key_check(key, bytes, most) == NULL) == good(key, bytes, most));
    CHECK((key_take(key, bytes, most, &taken) == NULL) == good(key, item, most));
    CHECK(taken == item);
    if (good(key, bytes, most)) { /* as a stream it selects itself */
        struct stream_shape shape;
        CHECK(stream_shape(key, bytes, &shape) == STREAM_LITERAL);
        CHECK(tickcast_stream_match(key, bytes, key, bytes));
    }
    fuzz_free(key);
    return 0;
}
