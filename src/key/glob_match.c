#include <string.h>

#include "base/utf8.h"
#include "key/glob.h"
#include "key/program.h"

#define WORDS(steps) (((steps) + 63) / 64)

/* A set of steps: one bit each. Only the first words, as many as the glob needs, are used. */
struct set {
    uint64_t words[WORDS(GLOB_MAX_STEPS)];
};

static void put(struct set *set, uint32_t step) {
    set->words[step / 64] |= UINT64_C(1) << step % 64;
}

static bool class_takes(const struct glob *glob, const struct step *step, uint32_t code) {
    if (step->kind == STEP_RANGE) return (code >= step->a && code <= step->b) != step->negated;
    const uint32_t *chars = glob->chars + step->a;
    for (uint32_t i = 0; i < step->b; i++)
        if (chars[i] == code) return !step->negated;
    return step->negated;
}

/* One step: what it reaches with the character `code` is put into `next`, what it reaches without
 * any into `now`, where it lies ahead. */
static void advance(const struct glob *glob, uint32_t at, uint32_t code, struct set *now,
                    struct set *next) {
    const struct step *step = &glob->steps[at];
    switch (step->kind) {
    case STEP_CHAR:
        if (code == step->a) put(next, at + 1);
        break;
    case STEP_ONE:
        if (code != '/') put(next, at + 1);
        break;
    case STEP_LIST:
    case STEP_RANGE:
        if (class_takes(glob, step, code)) put(next, at + 1);
        break;
    case STEP_RUN:
        put(now, at + 1);
        if (code != '/') put(next, at);
        break;
    case STEP_CROSS:
        put(now, at + 1);
        put(next, at);
        break;
    case STEP_FORK:
        put(now, at + 1);
        put(now, step->a);
        break;
    case STEP_JUMP:
        put(now, step->a);
        break;
    case STEP_END:
        break;
    }
}

/* Takes all steps out of `now` in ascending order; true if the end was among them. */
static bool advance_all(const struct glob *glob, uint32_t code, struct set *now, struct set *next) {
    uint64_t *words = now->words;
    uint32_t end = glob->step_count - 1;
    bool ended = false;
    for (uint32_t word = 0; word < WORDS(glob->step_count); word++) {
        while (words[word] != 0) {
            uint32_t at = word * 64 + (uint32_t)__builtin_ctzll(words[word]);
            words[word] &= words[word] - 1;
            ended |= at == end;
            advance(glob, at, code, now, next);
        }
    }
    return ended;
}

static bool is_empty(const struct set *set, uint32_t words) {
    uint64_t any = 0;
    for (uint32_t word = 0; word < words; word++) any |= set->words[word];
    return any == 0;
}

static bool run(const struct glob *glob, const char *text, size_t bytes, size_t at) {
    struct set sets[2], *now = &sets[0], *next = &sets[1];
    size_t set_bytes = WORDS(glob->step_count) * sizeof now->words[0];
    memset(now, 0, set_bytes);
    memset(next, 0, set_bytes);
    put(now, glob->head_steps);
    while (at < bytes) {
        advance_all(glob, utf8_next(text, bytes, &at), now, next);
        struct set *done = now;
        now = next;
        next = done;
        if (is_empty(now, WORDS(glob->step_count))) return false;
    }
    return advance_all(glob, 0, now, next);
}

bool glob_match(const struct glob *glob, const char *text, size_t text_bytes) {
    size_t head = glob->head_bytes, tail = glob->tail_bytes;
    if (glob->flaw != NULL || text_bytes < head + tail) return false;
    if (head > 0 && (text[0] != glob->head[0] || memcmp(text, glob->head, head) != 0)) return false;
    if (!glob->simple) return run(glob, text, text_bytes, head);
    if (!glob->star) return text_bytes == head;
    size_t middle = text_bytes - head - tail;
    return (tail == 0 || memcmp(text + head + middle, glob->tail, tail) == 0) &&
           (middle == 0 || memchr(text + head, '/', middle) == NULL);
}
