/* Keys: the three elements under which a message is published, as "AAPL/1Min/OHLCV". */
#ifndef KEY_KEY_H
#define KEY_KEY_H

#include <stdbool.h>
#include <stddef.h>

/** The item key of a TimeBucketKey: its length up to the first ':' (the category part is cut off).
 */
size_t key_item_bytes(const char *key, size_t key_bytes);

/** Both: cuts the category part off, of which *item_bytes is what is left, and checks the rest. */
const char *key_take(const char *key, size_t key_bytes, size_t max_bytes, size_t *item_bytes);

/** NULL if `key` (without category part) may be published: at most `max_bytes`, three non-empty
 *  elements, UTF-8, no control characters, none of *?[]{}\. Otherwise why not, a static sentence
 *  such as "key has not exactly three elements". Hot path: some 90 instructions for 15 ASCII bytes.
 */
const char *key_check(const char *key, size_t key_bytes, size_t max_bytes);

#endif
