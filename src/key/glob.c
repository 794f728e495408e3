/*
 * A pattern is compiled to a small program whose states are stepped together, one character of the
 * text at a time (Thompson's construction): no backtracking, and at most states x characters steps.
 */
#include "key/glob.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "key/scan.h"

#define STACK_WORDS 64 /* sets of up to 4096 states live on the stack; larger ones on the heap */

enum op {
    OP_CHAR,  /* the character `a` */
    OP_ONE,   /* any but '/' */
    OP_LIST,  /* one of lists[a .. a + b) */
    OP_NOT,   /* none of them */
    OP_RANGE, /* a to b */
    OP_OUT,   /* not a to b */
    OP_RUN,   /* any number of characters but '/' */
    OP_ALL,   /* any number of characters */
    OP_SPLIT, /* goes on at the next state and at `a` */
    OP_JUMP,  /* goes on at `a` */
    OP_END,
};

struct state {
    uint32_t op, a, b;
};

struct glob {
    const char *flaw; /* why it can never match, or NULL */
    uint32_t states, listed;
    uint32_t *lists;
    struct state *state; /* behind it the lists */
};

/* --- compiling --- */

struct compiler {
    const char *text;
    size_t count, at;
    struct glob *glob;
};

/* The next code point; a byte that is no UTF-8 stands for itself beyond Unicode. */
static uint32_t decode(const char *text, size_t count, size_t *at) {
    const uint8_t *in = (const uint8_t *)text + *at;
    size_t left = count - *at;
    size_t bytes = in[0] < 0x80 ? 1 : in[0] < 0xe0 ? 2 : in[0] < 0xf0 ? 3 : 4;
    if (bytes == 1 || bytes > left || !utf8_valid(in, bytes)) {
        *at += 1;
        return in[0] < 0x80 ? in[0] : 0x110000u + in[0];
    }
    uint32_t point = in[0] & (0xffu >> (bytes + 1));
    for (size_t i = 1; i < bytes; i++) point = point << 6 | (in[i] & 0x3f);
    *at += bytes;
    return point;
}

static uint32_t emit(struct compiler *compiler, enum op op, uint32_t a, uint32_t b) {
    struct glob *glob = compiler->glob;
    glob->state[glob->states] = (struct state){op, a, b};
    return glob->states++;
}

/* One list or one range; `compiler->at` is at the '['. */
static void compile_list(struct compiler *compiler) {
    struct glob *glob = compiler->glob;
    size_t end = scan_list_end(compiler->text, compiler->count, compiler->at);
    size_t at = compiler->at + 1;
    compiler->at = end + 1;
    if (end == compiler->count) {
        compiler->at = end;
        glob->flaw = "a [ is not closed";
        return;
    }
    int inverted = at < end && compiler->text[at] == '!';
    at += (size_t)inverted;
    uint32_t first = glob->listed, points = 0;
    uint32_t dash_at = UINT32_MAX;
    while (at < end) {
        if (compiler->text[at] == '\\')
            at++;
        else if (compiler->text[at] == '-' && points == 1)
            dash_at = points;
        glob->lists[glob->listed++] = decode(compiler->text, end, &at);
        points++;
    }
    const uint32_t *list = glob->lists + first;
    if (points == 0) {
        glob->flaw = "[] is empty";
    } else if (dash_at == 1 && points >= 3) { /* it begins as a range */
        if (points > 3)
            glob->flaw = "[a-z] takes one range alone";
        else if (list[0] > list[2])
            glob->flaw = "a range in [] runs backwards";
        emit(compiler, inverted ? OP_OUT : OP_RANGE, list[0], list[2]);
    } else {
        emit(compiler, inverted ? OP_NOT : OP_LIST, first, points);
    }
}

static void compile_star(struct compiler *compiler) {
    size_t stars = 0;
    while (compiler->at < compiler->count && compiler->text[compiler->at] == '*') {
        stars++;
        compiler->at++;
    }
    emit(compiler, stars > 1 ? OP_ALL : OP_RUN, 0, 0);
}

static void compile_char(struct compiler *compiler) {
    if (compiler->text[compiler->at] == '\\' && ++compiler->at == compiler->count) return;
    emit(compiler, OP_CHAR, decode(compiler->text, compiler->count, &compiler->at), 0);
}

/* An open brace: where its alternative begins, and the chain of jumps to its end. */
struct brace {
    struct brace *outer;
    uint32_t split, jumps;
};

#define NO_STATE UINT32_MAX

/* A ',' : the alternative jumps to the end, and the split before it leads here. */
static void next_alternative(struct compiler *compiler, struct brace *brace) {
    struct glob *glob = compiler->glob;
    brace->jumps = emit(compiler, OP_JUMP, brace->jumps, 0);
    glob->state[brace->split].a = glob->states;
    brace->split = emit(compiler, OP_SPLIT, NO_STATE, 0);
}

/* A '}' : the last split has no other way, and all jumps lead here. */
static void close_brace(struct compiler *compiler, const struct brace *brace) {
    struct glob *glob = compiler->glob;
    glob->state[brace->split] = (struct state){OP_JUMP, brace->split + 1, 0};
    for (uint32_t jump = brace->jumps; jump != NO_STATE;) {
        uint32_t before = glob->state[jump].a;
        glob->state[jump].a = glob->states;
        jump = before;
    }
}

static struct brace *open_brace(struct compiler *compiler, struct brace *outer) {
    struct brace *brace = malloc(sizeof *brace);
    if (brace != NULL)
        *brace = (struct brace){outer, emit(compiler, OP_SPLIT, NO_STATE, 0), NO_STATE};
    return brace;
}

/* False without memory. Braces nest on the heap, not on the stack of calls. */
static bool compile(struct compiler *compiler) {
    struct brace *brace = NULL;
    while (compiler->at < compiler->count) {
        char c = compiler->text[compiler->at];
        struct brace *inner = brace;
        if (c == '[') {
            compile_list(compiler);
        } else if (c == '*') {
            compile_star(compiler);
        } else if (c == '?') {
            emit(compiler, OP_ONE, 0, 0);
            compiler->at++;
        } else if (c == '{') {
            inner = open_brace(compiler, brace);
            if (inner == NULL) break;
            brace = inner;
            compiler->at++;
        } else if (c == ',' && brace != NULL) {
            next_alternative(compiler, brace);
            compiler->at++;
        } else if (c == '}' && brace != NULL) {
            close_brace(compiler, brace);
            brace = brace->outer;
            free(inner);
            compiler->at++;
        } else {
            compile_char(compiler);
        }
    }
    bool whole = compiler->at == compiler->count;
    if (brace != NULL) compiler->glob->flaw = "a { is not closed";
    while (brace != NULL) {
        struct brace *outer = brace->outer;
        free(brace);
        brace = outer;
    }
    emit(compiler, OP_END, 0, 0);
    return whole;
}

struct glob *glob_new(const char *text, size_t text_bytes) {
    /* a ',' makes two states, everything else at most one */
    size_t states = 2 * text_bytes + 1;
    struct glob *glob = calloc(1, sizeof *glob);
    struct compiler compiler = {.text = text, .count = text_bytes, .glob = glob};
    if (glob == NULL) return NULL;
    glob->state = malloc(states * sizeof *glob->state);
    glob->lists = malloc((text_bytes + 1) * sizeof *glob->lists);
    if (glob->state == NULL || glob->lists == NULL || !compile(&compiler)) {
        glob_free(glob);
        return NULL;
    }
    struct state *fitting = realloc(glob->state, glob->states * sizeof *glob->state);
    if (fitting != NULL) glob->state = fitting;
    if (glob->listed == 0) {
        free(glob->lists);
        glob->lists = NULL;
    }
    return glob;
}

void glob_free(struct glob *glob) {
    if (glob == NULL) return;
    free(glob->state);
    free(glob->lists);
    free(glob);
}

size_t glob_memory(const struct glob *glob) {
    return sizeof *glob + glob->states * sizeof *glob->state + glob->listed * sizeof *glob->lists;
}

const char *glob_flaw(const struct glob *glob) {
    return glob->flaw;
}

/* --- matching --- */

/* Sets of states, one bit each: those before and after a character. */
struct sets {
    uint64_t *now, *next;
    size_t words;
};

static bool listed(const struct glob *glob, const struct state *state, uint32_t point) {
    for (uint32_t i = 0; i < state->b; i++)
        if (glob->lists[state->a + i] == point) return true;
    return false;
}

/* True if the state takes the character. */
static bool takes(const struct glob *glob, const struct state *state, uint32_t point) {
    switch ((enum op)state->op) {
    case OP_CHAR:
        return point == state->a;
    case OP_ONE:
    case OP_RUN:
        return point != '/';
    case OP_LIST:
        return listed(glob, state, point);
    case OP_NOT:
        return !listed(glob, state, point);
    case OP_RANGE:
        return point >= state->a && point <= state->b;
    case OP_OUT:
        return point < state->a || point > state->b;
    case OP_ALL:
        return true;
    default:
        return false;
    }
}

static void add(uint64_t *set, uint32_t state) {
    set[state / 64] |= UINT64_C(1) << (state % 64);
}

/* Adds what is reached without a character. All such steps lead forward, so one pass is enough. */
static void close_set(const struct glob *glob, uint64_t *set, size_t words) {
    for (size_t word = 0; word < words; word++) {
        uint64_t seen = 0, left;
        while ((left = set[word] & ~seen) != 0) {
            uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
            seen |= left & (~left + 1);
            const struct state *state = &glob->state[at];
            if (state->op == OP_RUN || state->op == OP_ALL || state->op == OP_SPLIT)
                add(set, at + 1);
            if (state->op == OP_JUMP || state->op == OP_SPLIT) add(set, state->a);
        }
    }
}

static bool step(const struct glob *glob, struct sets *sets, uint32_t point) {
    bool any = false;
    memset(sets->next, 0, sets->words * sizeof(uint64_t));
    for (size_t word = 0; word < sets->words; word++) {
        for (uint64_t left = sets->now[word]; left != 0; left &= left - 1) {
            uint32_t at = (uint32_t)(word * 64) + (uint32_t)__builtin_ctzll(left);
            const struct state *state = &glob->state[at];
            if (!takes(glob, state, point)) continue;
            add(sets->next, state->op == OP_RUN || state->op == OP_ALL ? at : at + 1);
            any = true;
        }
    }
    uint64_t *before = sets->now;
    sets->now = sets->next;
    sets->next = before;
    close_set(glob, sets->now, sets->words);
    return any;
}

static bool run(const struct glob *glob, struct sets *sets, const char *text, size_t text_bytes) {
    memset(sets->now, 0, sets->words * sizeof(uint64_t));
    add(sets->now, 0);
    close_set(glob, sets->now, sets->words);
    for (size_t at = 0; at < text_bytes;)
        if (!step(glob, sets, decode(text, text_bytes, &at))) return false;
    uint32_t end = glob->states - 1;
    return (sets->now[end / 64] >> (end % 64) & 1) != 0;
}

bool glob_match(const struct glob *glob, const char *text, size_t text_bytes) {
    uint64_t small[2][STACK_WORDS];
    struct sets sets = {small[0], small[1], (glob->states + 63) / 64};
    if (glob->flaw != NULL) return false;
    if (sets.words <= STACK_WORDS) return run(glob, &sets, text, text_bytes);
    uint64_t *large = calloc(2 * sets.words, sizeof *large);
    if (large == NULL) return false;
    sets.now = large;
    sets.next = large + sets.words;
    bool match = run(glob, &sets, text, text_bytes);
    free(large);
    return match;
}
