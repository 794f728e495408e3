#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "key/glob.h"
#include "key/program.h"
#include "key/scan.h"

struct compiler {
    struct glob *glob;
    const char *text;
    size_t bytes, at;
    /* The step at which the alternative that is being read began, of the innermost open brace; its
     * `value` is until then that of the brace around. */
    uint32_t open;
    uint32_t depth; /* of open braces */
};

static struct step *emit(struct compiler *compiler, enum step_kind kind) {
    struct step *step = &compiler->glob->steps[compiler->glob->step_count++];
    *step = (struct step){.kind = (uint8_t)kind};
    return step;
}

static void open_brace(struct compiler *compiler) {
    emit(compiler, STEP_OPEN)->value = compiler->open;
    compiler->open = compiler->glob->step_count - 1;
    if (++compiler->depth > compiler->glob->depth) compiler->glob->depth = compiler->depth;
}

static void end_alternative(struct compiler *compiler, enum step_kind kind) {
    struct step *steps = compiler->glob->steps, *end = emit(compiler, kind);
    end->value = steps[compiler->open].value;
    steps[compiler->open].value = (uint32_t)(end - steps);
    compiler->open = kind == STEP_NEXT ? (uint32_t)(end - steps) : end->value;
    compiler->depth -= kind == STEP_CLOSE;
}

/* The next character of a text with escapes; false if only a backslash was left. */
static bool read_char(const char *text, size_t end, size_t *at, uint32_t *code) {
    if (text[*at] == '\\' && ++*at == end) return false;
    *code = utf8_next(text, end, at);
    return true;
}

/* A range begins with a plain character, a dash and one more; all else is a list. */
static bool read_range(const char *text, size_t end, size_t *at, uint32_t *chars) {
    size_t ahead = *at;
    if (text[ahead] == '\\') return false;
    chars[0] = utf8_next(text, end, &ahead);
    if (ahead + 1 >= end || text[ahead] != '-') return false;
    ahead++;
    (void)read_char(text, end, &ahead, &chars[1]);
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
    uint32_t *chars = glob->chars + glob->char_count;
    step->value = glob->char_count;
    if (read_range(text, end, &at, chars)) {
        step->kind = STEP_RANGE;
        glob->char_count += 2;
        if (at != end) return "[a-z] takes one range alone";
        return chars[0] > chars[1] ? "a range in [] runs backwards" : NULL;
    }
    chars[0] = 0;
    while (at < end && read_char(text, end, &at, &chars[chars[0] + 1])) chars[0]++;
    glob->char_count += chars[0] + 1;
    return NULL;
}

/* Takes what begins at `at`. Returns a flaw or NULL. */
static const char *take(struct compiler *compiler) {
    char byte = compiler->text[compiler->at];
    bool inside = compiler->depth > 0;
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
        end_alternative(compiler, STEP_NEXT);
    } else if (byte == '}' && inside) {
        end_alternative(compiler, STEP_CLOSE);
    } else {
        uint32_t code;
        if (read_char(compiler->text, compiler->bytes, &compiler->at, &code))
            emit(compiler, STEP_CHAR)->value = code;
        return NULL;
    }
    compiler->at++;
    return NULL;
}

static const char *compile(struct glob *glob, const char *text, size_t bytes) {
    struct compiler compiler = {.glob = glob, .text = text, .bytes = bytes};
    while (compiler.at < bytes) {
        const char *flaw = take(&compiler);
        if (flaw != NULL) return flaw;
    }
    if (compiler.depth > 0) return "a { is not closed";
    emit(&compiler, STEP_END);
    return NULL;
}

/* Writes the plain text that begins at `step` and returns the first step that is none. An invalid
 * byte ends it: beside other bytes it could be part of a character. */
static uint32_t plain_text(const struct glob *glob, uint32_t step, char *out, uint32_t *bytes) {
    char *at = out;
    for (; glob->steps[step].kind == STEP_CHAR; step++) {
        uint32_t code = glob->steps[step].value;
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

/* Where the alternative that `at` is in ends, or the glob. */
static uint32_t alternative_end(const struct step *steps, uint32_t at) {
    for (;; at++) {
        uint8_t kind = steps[at].kind;
        if (kind == STEP_NEXT || kind == STEP_CLOSE || kind == STEP_END) return at;
        if (kind != STEP_OPEN) continue;
        do at = steps[at].value;
        while (steps[at].kind != STEP_CLOSE);
    }
}

static uint64_t first_of_class(const struct glob *glob, const struct step *step) {
    const uint32_t *chars = glob->chars + step->value;
    bool range = step->kind == STEP_RANGE;
    uint32_t count = range ? chars[1] - chars[0] + 1 : chars[0];
    uint64_t first = 0;
    for (uint32_t i = 0; i < count && first != UINT64_MAX; i++) {
        uint32_t code = range ? chars[0] + i : chars[1 + i];
        first |= code < 0x80 ? first_bit((char)code) : UINT64_MAX;
    }
    return step->negated ? UINT64_MAX : first;
}

/* What may follow the head: what an alternative begins with, and as if each were empty what
 * follows. */
static uint64_t find_first(const struct glob *glob) {
    const struct step *steps = glob->steps;
    uint64_t first = 0;
    for (uint32_t at = glob->head_steps; steps[at].kind != STEP_END; at++) {
        uint8_t kind = steps[at].kind;
        if (kind == STEP_OPEN || kind == STEP_NEXT || kind == STEP_CLOSE) continue;
        if (kind == STEP_CHAR && steps[at].value < 0x80)
            first |= first_bit((char)steps[at].value);
        else if (kind == STEP_LIST || kind == STEP_RANGE)
            first |= first_of_class(glob, &steps[at]);
        else
            return UINT64_MAX;
        at = alternative_end(steps, at) - 1;
    }
    return first;
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

    glob->steps = malloc((text_bytes + 1) * sizeof glob->steps[0]);
    glob->chars = malloc((text_bytes + 1) * sizeof glob->chars[0]);
    glob->head = malloc(text_bytes + 1);
    if (glob->steps == NULL || glob->chars == NULL || glob->head == NULL) {
        glob_free(glob);
        return NULL;
    }
    const char *flaw = compile(glob, text, text_bytes);
    if (flaw != NULL) return flawed(glob, flaw);

    find_simple(glob);
    glob->first = find_first(glob);
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
