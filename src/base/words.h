/* Lists of words for sentences. Pure. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

/** "a, b or c" of the words up to a NULL. Returns `out`. */
const char *words_join(const char *const *words, char *out, size_t bytes);

#endif
