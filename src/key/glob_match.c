/*
 * All places of the text are followed at once, 64 characters in a word: bit i of a set says that
 * the pattern up to this step matches the first i characters. A step takes one set to the next with
 * a few instructions, whatever the text, and alternatives are united where their brace closes. A
 * longer text is walked block by block; what a step hands to the next block is one bit.
 */
#include <string.h>

#include "base/utf8.h"
#include "key/glob.h"
#include "key/program.h"

#define BLOCK_CHARS 64

/* A character has six digits; where no character is above U+00FF the lowest two tell all. */
#define DIGITS        6
#define DIGIT_BITS    4
#define DIGIT_RANGE   (1u << DIGIT_BITS)
#define NARROW_DIGITS 2
#define NARROW_RANGE  (1u << NARROW_DIGITS * DIGIT_BITS)

/* 64 characters of the text, and what stands where. */
struct block {
    uint32_t count;
    uint32_t codes[BLOCK_CHARS];
    uint64_t present, plain; /* the places with a character, and with one that is no '/' */
    uint32_t digits;         /* in the tables: 0 until they are made, NARROW_DIGITS or all */
    uint64_t equal[DIGITS][DIGIT_RANGE]; /* the places whose digit is this */
    uint64_t below[DIGITS][DIGIT_RANGE]; /* those whose digit is less */
};

static uint32_t digit(uint32_t code, uint32_t i) {
    return code >> i * DIGIT_BITS & (DIGIT_RANGE - 1);
}

static void fill(struct block *block, const char *text, size_t bytes, size_t *at) {
    uint64_t slashes = 0;
    uint32_t count = 0;
    for (; count < BLOCK_CHARS && *at < bytes; count++) {
        block->codes[count] = utf8_next(text, bytes, at);
        slashes |= (uint64_t)(block->codes[count] == '/') << count;
    }
    block->count = count;
    block->present = count < BLOCK_CHARS ? (UINT64_C(1) << count) - 1 : UINT64_MAX;
    block->plain = block->present & ~slashes;
    block->digits = 0;
}

static void make_tables(struct block *block) {
    uint32_t any = 0;
    for (uint32_t at = 0; at < block->count; at++) any |= block->codes[at];
    block->digits = any < NARROW_RANGE ? NARROW_DIGITS : DIGITS;
    memset(block->equal, 0, block->digits * sizeof block->equal[0]);
    for (uint32_t at = 0; at < block->count; at++)
        for (uint32_t i = 0; i < block->digits; i++)
            block->equal[i][digit(block->codes[at], i)] |= UINT64_C(1) << at;
    for (uint32_t i = 0; i < block->digits; i++) {
        uint64_t below = 0;
        for (uint32_t value = 0; value < DIGIT_RANGE; value++) {
            block->below[i][value] = below;
            below |= block->equal[i][value];
        }
    }
}

/* Where the character is. */
static uint64_t equal(const struct block *block, uint32_t code) {
    uint64_t places = block->equal[0][digit(code, 0)] & block->equal[1][digit(code, 1)];
    if (block->digits == NARROW_DIGITS) return code < NARROW_RANGE ? places : 0;
    for (uint32_t i = NARROW_DIGITS; i < DIGITS; i++) places &= block->equal[i][digit(code, i)];
    return places;
}

/* Where characters below it are. */
static uint64_t below(const struct block *block, uint32_t code) {
    if (code >> block->digits * DIGIT_BITS != 0) return block->present;
    uint64_t places = 0;
    for (uint32_t i = 0; i < block->digits; i++)
        places = block->below[i][digit(code, i)] | (block->equal[i][digit(code, i)] & places);
    return places;
}

/* Whether the step takes the character. */
static bool takes(const struct glob *glob, const struct step *step, uint32_t code) {
    if (step->kind == STEP_CHAR) return code == step->value;
    if (step->kind == STEP_ONE) return code != '/';
    const uint32_t *chars = glob->chars + step->value;
    bool found = false;
    if (step->kind == STEP_RANGE)
        found = code >= chars[0] && code <= chars[1];
    else
        for (uint32_t i = 1; i <= chars[0] && !found; i++) found = chars[i] == code;
    return found != step->negated;
}

/* Where the step takes the character. */
static uint64_t takes_at(const struct glob *glob, const struct step *step,
                         const struct block *block) {
    if (step->kind == STEP_CHAR) return equal(block, step->value);
    if (step->kind == STEP_ONE) return block->plain;
    const uint32_t *chars = glob->chars + step->value;
    uint64_t found = 0;
    if (step->kind == STEP_RANGE)
        found = below(block, chars[1] + 1) & ~below(block, chars[0]);
    else
        for (uint32_t i = 1; i <= chars[0]; i++) found |= equal(block, chars[i]);
    return step->negated ? block->present & ~found : found;
}

/* The places of the set at which the step takes the character. A single one needs no tables. */
static uint64_t take(const struct glob *glob, const struct step *step, struct block *block,
                     uint64_t set) {
    set &= block->present;
    if (set == 0) return 0;
    if ((set & (set - 1)) == 0)
        return takes(glob, step, block->codes[__builtin_ctzll(set)]) ? set : 0;
    if (block->digits == 0) make_tables(block);
    return set & takes_at(glob, step, block);
}

/* The same with none or more characters: a place that is added to the row of ones which begins
 * there is carried to the first place behind the row, and changes all bits on its way. */
static uint64_t take_any(uint64_t set, uint64_t taken, uint8_t *carry) {
    uint64_t sum;
    set |= *carry;
    *carry = __builtin_add_overflow(set & taken, taken, &sum);
    return set | (sum ^ taken);
}

struct brace {
    uint64_t before, behind; /* the sets at its beginning, and at the ends of its alternatives */
    uint32_t end;            /* the step at which the alternative ends */
};

/* Returns the places at which the pattern ends. `set` is empty unless the text begins in this
 * block; then nothing is carried in, and an alternative ends where its set is empty. */
static uint64_t walk(const struct glob *glob, struct block *block, uint64_t set, uint8_t *carry) {
    struct brace braces[glob->depth + 1], *brace = braces;
    bool first = set != 0;
    for (uint32_t at = glob->head_steps;; at++) {
        if (set == 0 && first) {
            if (brace == braces) return 0;
            at = brace->end;
        }
        const struct step *step = &glob->steps[at];
        switch (step->kind) {
        case STEP_RUN:
            set = take_any(set, block->plain, &carry[at]);
            break;
        case STEP_CROSS:
            set = take_any(set, block->present, &carry[at]);
            break;
        case STEP_OPEN:
            *++brace = (struct brace){set, 0, step->value};
            break;
        case STEP_NEXT:
            brace->behind |= set;
            brace->end = step->value;
            set = brace->before;
            break;
        case STEP_CLOSE:
            set |= brace->behind;
            brace--;
            break;
        case STEP_END:
            return set;
        default:
            set = take(glob, step, block, set);
            uint64_t carried = carry[at];
            carry[at] = (uint8_t)(set >> (BLOCK_CHARS - 1));
            set = set << 1 | carried;
        }
    }
}

static bool run(const struct glob *glob, const char *text, size_t bytes, size_t at) {
    struct block block;
    uint8_t carry[GLOB_MAX_STEPS]; /* of each step: whether it leads to the first place of the next
                                      block */
    memset(carry, 0, glob->step_count);
    uint64_t set = 1;
    do {
        fill(&block, text, bytes, &at);
        uint64_t ends = walk(glob, &block, set, carry);
        if (block.count < BLOCK_CHARS) return ends >> block.count & 1;
        set = 0;
    } while (memchr(carry, true, glob->step_count) != NULL);
    return false;
}

/* Looks at the first byte behind the head: most texts that do not match end here. */
static bool may_follow(const struct glob *glob, const char *text, size_t bytes) {
    return bytes == glob->head_bytes || (glob->first & first_bit(text[glob->head_bytes])) != 0;
}

bool glob_match(const struct glob *glob, const char *text, size_t text_bytes) {
    size_t head = glob->head_bytes, tail = glob->tail_bytes;
    if (glob->flaw != NULL || text_bytes < head + tail) return false;
    if (head > 0 && (text[0] != glob->head[0] || memcmp(text, glob->head, head) != 0)) return false;
    if (!glob->simple)
        return may_follow(glob, text, text_bytes) && run(glob, text, text_bytes, head);
    if (!glob->star) return text_bytes == head;
    size_t middle = text_bytes - head - tail;
    return (tail == 0 || memcmp(text + head + middle, glob->tail, tail) == 0) &&
           (middle == 0 || memchr(text + head, '/', middle) == NULL);
}
