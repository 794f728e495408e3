/* Words and numbers for sentences. Pure. */
#ifndef BASE_WORDS_H
#define BASE_WORDS_H

#include <stddef.h>

/** A constant as a literal, to be part of a sentence: the macro is replaced first. */
#define WORDS_NUMBER(constant)  WORDS_LITERAL(constant)
#define WORDS_LITERAL(constant) #constant

/** "a, b or c" of the words up to a NULL. Returns `out`. */
const char *words_join(const char *const *words, char *out, size_t bytes);

#endif
