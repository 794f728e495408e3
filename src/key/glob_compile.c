#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "key/glob.h"
#include "key/program.h"
#include "key/scan.h"

#define NO_STEP UINT32_MAX

struct compiler {
    struct glob *glob;
    const char *text;
    size_t bytes, at;
    /* The innermost open brace, as the fork of its alternative that is being read. Until the brace
     * is closed this fork's `a` is the last jump behind an alternative (each leads to the one
     * before), and its `b` the fork of the brace around. */
    uint32_t open;
};

static struct step *emit(struct compiler *compiler, enum step_kind kind) {
    struct step *step = &compiler->glob->steps[compiler->glob->step_count++];
    *step = (struct step){.kind = (uint8_t)kind};
    return step;
}

static void open_brace(struct compiler *compiler) {
    struct step *fork = emit(compiler, STEP_FORK);
    fork->a = NO_STEP;
    fork->b = compiler->open;
    compiler->open = compiler->glob->step_count - 1;
}

static void next_alternative(struct compiler *compiler) {
    struct step *steps = compiler->glob->steps, *before = &steps[compiler->open];
    struct step *jump = emit(compiler, STEP_JUMP), *fork = emit(compiler, STEP_FORK);
    jump->a = before->a;
    fork->a = (uint32_t)(jump - steps);
    fork->b = before->b;
    before->a = (uint32_t)(fork - steps);
    compiler->open = before->a;
}

static void close_brace(struct compiler *compiler) {
    struct step *steps = compiler->glob->steps, *last = &steps[compiler->open];
    uint32_t jump = last->a;
    last->a = compiler->open + 1;
    compiler->open = last->b;
    while (jump != NO_STEP) {
        uint32_t before = steps[jump].a;
        steps[jump].a = compiler->glob->step_count;
        jump = before;
    }
}

/* The next character of a text with escapes; false if only a backslash was left. */
static bool read_char(const char *text, size_t end, size_t *at, uint32_t *code) {
    if (text[*at] == '\\' && ++*at == end) return false;
    *code = utf8_next(text, end, at);
    return true;
}

/* A range begins with a plain character, a dash and one more; all else is a list. */
static bool read_range(const char *text, size_t end, size_t *at, struct step *step) {
    size_t ahead = *at;
    if (text[ahead] == '\\') return false;
    step->a = utf8_next(text, end, &ahead);
    if (ahead + 1 >= end || text[ahead] != '-') return false;
    ahead++;
    (void)read_char(text, end, &ahead, &step->b);
    step->kind = STEP_RANGE;
    *at = ahead;
    return true;
}

/* What is between brackets. Returns a flaw or NULL. */
static const char *read_class(struct compiler *compiler) {
    struct glob *glob = compiler->glob;
    const char *text = compiler->text;
    size_t at = compiler->at + 1, end = scan_list_end(text, compiler->bytes, compiler->at);
    if (end == compiler->bytes) return "a [ is not closed";
    compiler->at = end + 1;
    struct step *step = emit(compiler, STEP_LIST);
    step->negated = text[at] == '!';
    at += step->negated;
    if (at == end) return "[] is empty";
    if (read_range(text, end, &at, step)) {
        if (at != end) return "[a-z] takes one range alone";
        return step->a > step->b ? "a range in [] runs backwards" : NULL;
    }
    step->a = glob->char_count;
    while (at < end && read_char(text, end, &at, &glob->chars[glob->char_count]))
        glob->char_count++;
    step->b = glob->char_count - step->a;
    return NULL;
}

/* Takes what begins at `at`. Returns a flaw or NULL. */
static const char *take(struct compiler *compiler) {
    char byte = compiler->text[compiler->at];
    bool inside = compiler->open != NO_STEP;
    if (byte == '[') return read_class(compiler);
    if (byte == '*') {
        bool two = compiler->at + 1 < compiler->bytes && compiler->text[compiler->at + 1] == '*';
        emit(compiler, two ? STEP_CROSS : STEP_RUN);
        compiler->at += two;
    } else if (byte == '?') {
        emit(compiler, STEP_ONE);
    } else if (byte == '{') {
        open_brace(compiler);
    } else if (byte == ',' && inside) {
        next_alternative(compiler);
    } else if (byte == '}' && inside) {
        close_brace(compiler);
    } else {
        uint32_t code;
        if (read_char(compiler->text, compiler->bytes, &compiler->at, &code))
            emit(compiler, STEP_CHAR)->a = code;
        return NULL;
    }
    compiler->at++;
    return NULL;
}

static const char *compile(struct glob *glob, const char *text, size_t bytes) {
    struct compiler compiler = {.glob = glob, .text = text, .bytes = bytes, .open = NO_STEP};
    while (compiler.at < bytes) {
        const char *flaw = take(&compiler);
        if (flaw != NULL) return flaw;
    }
    if (compiler.open != NO_STEP) return "a { is not closed";
    emit(&compiler, STEP_END);
    return NULL;
}

/* Writes the plain text that begins at `step` and returns the first step that is none. An invalid
 * byte ends it: beside other bytes it could be part of a character. */
static uint32_t plain_text(const struct glob *glob, uint32_t step, char *out, uint32_t *bytes) {
    char *at = out;
    for (; glob->steps[step].kind == STEP_CHAR; step++) {
        uint32_t code = glob->steps[step].a;
        if (code >= UTF8_INVALID) break;
        at += utf8_write(code, at);
    }
    *bytes = (uint32_t)(at - out);
    return step;
}

static void find_simple(struct glob *glob) {
    uint32_t step = plain_text(glob, 0, glob->head, &glob->head_bytes);
    glob->head_steps = step;
    glob->tail = glob->head + glob->head_bytes;
    glob->star = glob->steps[step].kind == STEP_RUN;
    if (glob->star) step = plain_text(glob, step + 1, glob->tail, &glob->tail_bytes);
    glob->simple = glob->steps[step].kind == STEP_END;
    if (!glob->simple) glob->tail_bytes = 0;
}

static void *shrink(void *memory, size_t bytes) {
    if (bytes == 0) {
        free(memory);
        return NULL;
    }
    void *smaller = realloc(memory, bytes);
    return smaller != NULL ? smaller : memory;
}

static void release(struct glob *glob) {
    free(glob->steps);
    free(glob->chars);
    free(glob->head);
}

static struct glob *flawed(struct glob *glob, const char *flaw) {
    release(glob);
    *glob = (struct glob){.flaw = flaw};
    return glob;
}

struct glob *glob_new(const char *text, size_t text_bytes) {
    struct glob *glob = calloc(1, sizeof *glob);
    if (glob == NULL) return NULL;
    if (text_bytes > GLOB_MAX_BYTES) return flawed(glob, "it is longer than 4096 bytes");

    glob->steps = malloc((2 * text_bytes + 1) * sizeof glob->steps[0]);
    glob->chars = malloc((text_bytes + 1) * sizeof glob->chars[0]);
    glob->head = malloc(text_bytes + 1);
    if (glob->steps == NULL || glob->chars == NULL || glob->head == NULL) {
        glob_free(glob);
        return NULL;
    }
    const char *flaw = compile(glob, text, text_bytes);
    if (flaw != NULL) return flawed(glob, flaw);

    find_simple(glob);
    if (glob->simple) glob->step_count = glob->char_count = 0;
    glob->steps = shrink(glob->steps, glob->step_count * sizeof glob->steps[0]);
    glob->chars = shrink(glob->chars, glob->char_count * sizeof glob->chars[0]);
    glob->head = shrink(glob->head, glob->head_bytes + glob->tail_bytes);
    if (glob->head != NULL) glob->tail = glob->head + glob->head_bytes;
    return glob;
}

void glob_free(struct glob *glob) {
    if (glob == NULL) return;
    release(glob);
    free(glob);
}

const char *glob_flaw(const struct glob *glob) {
    return glob->flaw;
}
