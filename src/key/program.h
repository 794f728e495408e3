/*
 * What a glob is compiled to: steps, in the order of its text. Each leads from the places of the
 * key at which it may begin to those at which the next one may.
 */
#ifndef KEY_PROGRAM_H
#define KEY_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/glob.h"

/* A byte makes at most one, and there is the end. */
#define GLOB_MAX_STEPS (GLOB_MAX_BYTES + 1)

enum step_kind {
    STEP_CHAR,  /**< the character `value` */
    STEP_ONE,   /**< one character, not '/' */
    STEP_LIST,  /**< one of a list; chars[value] says how many follow there */
    STEP_RANGE, /**< one from chars[value] to chars[value + 1] */
    STEP_RUN,   /**< none or more characters, not '/' */
    STEP_CROSS, /**< none or more characters */
    STEP_OPEN,  /**< a brace; its first alternative ends at the step `value` */
    STEP_NEXT,  /**< the next alternative, which ends at the step `value` */
    STEP_CLOSE, /**< the end of the last alternative and of the brace */
    STEP_END,   /**< the key must end here */
};

struct step {
    uint8_t kind; /**< enum step_kind */
    bool negated; /**< of STEP_LIST and STEP_RANGE */
    uint32_t value;
};

struct glob {
    const char *flaw; /**< not NULL: never matches and has nothing else */
    struct step *steps;
    uint32_t *chars; /**< of lists and ranges */
    uint32_t step_count, char_count;
    uint32_t depth; /**< of braces in braces */
    /* Every glob begins with a plain text, maybe empty: the head, for which the first `head_steps`
     * steps stand. Most are a head alone, or head*tail with `star`; those are simple, and have no
     * steps. */
    char *head, *tail; /**< tail: behind head, in one piece */
    uint32_t head_bytes, tail_bytes, head_steps;
    bool simple, star;
    uint64_t first; /**< the bytes that may follow the head, by first_bit; maybe others too */
};

/** A bit for a byte; four bytes share it. */
static inline uint64_t first_bit(char byte) {
    return UINT64_C(1) << ((uint8_t)byte & 63);
}

#endif
