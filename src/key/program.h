/*
 * What a glob is compiled to: steps of a nondeterministic automaton. A step takes one character and
 * leads to the next step, or takes none and leads to later ones; only a run leads to itself. So all
 * ways without a character lead forward, and one ascending pass over a set of steps follows them
 * all.
 */
#ifndef KEY_PROGRAM_H
#define KEY_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "key/glob.h"

/* A comma makes two steps, all else at most one; and there is the end. */
#define GLOB_MAX_STEPS (2u * GLOB_MAX_BYTES + 1)

enum step_kind {
    STEP_CHAR,  /**< the character a */
    STEP_ONE,   /**< one character, not '/' */
    STEP_RUN,   /**< none or more characters, not '/' */
    STEP_CROSS, /**< none or more characters */
    STEP_LIST,  /**< one of the b characters from a on */
    STEP_RANGE, /**< one from a to b */
    STEP_FORK,  /**< the next step and the step a */
    STEP_JUMP,  /**< the step a */
    STEP_END,   /**< the text must end here */
};

struct step {
    uint8_t kind; /**< enum step_kind */
    bool negated; /**< of STEP_LIST and STEP_RANGE */
    uint32_t a, b;
};

struct glob {
    const char *flaw; /**< not NULL: never matches and has nothing else */
    struct step *steps;
    uint32_t *chars; /**< of the lists */
    uint32_t step_count, char_count;
    /* Every glob begins with a plain text, maybe empty: the head, for which the first `head_steps`
     * steps stand. Most are a head alone, or head*tail with `star`; those are simple, and have no
     * steps. */
    char *head, *tail; /**< tail: behind head, in one piece */
    uint32_t head_bytes, tail_bytes, head_steps;
    bool simple, star;
};

#endif
