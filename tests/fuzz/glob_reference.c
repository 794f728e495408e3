#include "fuzz/glob_reference.h"

#include <stdbool.h>

#include "fuzz/fuzz.h"
#include "fuzz/utf8_reference.h"

#define MOST_ITEMS GLOB_REFERENCE_BYTES
#define FUEL       20000 /* steps before it is too much */

enum kind { CHARACTER, ONE, RUN, CROSS, CLASS, ALTERNATIVES };

/* Part of a pattern. Items are linked by number, 0 is none. */
struct item {
    enum kind kind;
    uint32_t code;              /* CHARACTER */
    bool negated, range;        /* CLASS: one of the codes, or between the two */
    uint32_t codes[MOST_ITEMS]; /* CLASS */
    unsigned code_count;
    unsigned first; /* ALTERNATIVES: number of the first of them */
    unsigned next;  /* what follows */
};

struct alternative {
    unsigned item; /* the first item, 0: it is empty */
    unsigned next; /* the next alternative */
};

struct glob_parser {
    uint32_t pattern[GLOB_REFERENCE_BYTES], text[GLOB_REFERENCE_BYTES];
    size_t pattern_count, text_count, at;
    struct item items[MOST_ITEMS + 1];
    struct alternative alternatives[MOST_ITEMS + 2];
    unsigned item_count, alternative_count;
    bool never, open;
    long fuel;
};

/* What is to match after the items of an alternative. */
struct rest {
    unsigned item;
    const struct rest *after;
};

static struct glob_parser glob;

static bool more(void) {
    return glob.at < glob.pattern_count;
}

static uint32_t here(void) {
    return glob.pattern[glob.at];
}

/* The codes between the brackets; `open` where the grammar does not say. */
static void read_class(struct item *item) {
    size_t end = ++glob.at;
    for (; end < glob.pattern_count && glob.pattern[end] != ']'; end++)
        if (glob.pattern[end] == '\\') end++;
    if (end >= glob.pattern_count) {
        glob.never = true;
        glob.at = glob.pattern_count;
        return;
    }
    item->kind = CLASS;
    item->negated = here() == '!';
    glob.at += item->negated;
    size_t inside = end - glob.at, plain = 0;
    const uint32_t *codes = glob.pattern + glob.at;
    while (plain < inside && codes[plain] != '\\') plain++;
    bool dash = inside >= 2 && codes[1] == '-' && codes[0] != '\\';
    item->range = dash && inside == 3 && plain == inside;
    if (inside == 0) {
        glob.never = true; /* unless the bracket is meant to be in the list */
        for (size_t i = end + 1; i < glob.pattern_count; i++) glob.open |= glob.pattern[i] == ']';
    } else if (dash && (inside == 2 || plain < inside)) {
        glob.open = true; /* [a-] and escapes inside a range */
    } else if (dash && inside != 3) {
        glob.never = true; /* more than one range */
    } else if (codes[0] == '-') {
        glob.open = true;
    }
    for (size_t i = 0; i < inside; i++) {
        if (codes[i] == '\\' && ++i == inside) break;
        if (item->range && i == 1) continue;
        item->codes[item->code_count++] = codes[i];
    }
    if (item->range && item->codes[0] > item->codes[1]) glob.never = true;
    glob.at = end + 1;
}

static unsigned read_sequence(bool inside);

static void read_alternatives(struct item *item) {
    unsigned last = 0;
    bool empty = true;
    item->kind = ALTERNATIVES;
    glob.at++;
    for (;;) {
        unsigned number = ++glob.alternative_count;
        glob.alternatives[number] = (struct alternative){read_sequence(true), 0};
        empty = empty && glob.alternatives[number].item == 0 && last == 0;
        *(last == 0 ? &item->first : &glob.alternatives[last].next) = number;
        last = number;
        if (!more()) {
            glob.open = true; /* not closed */
            return;
        }
        if (glob.pattern[glob.at++] == '}') break;
    }
    if (empty) glob.open = true; /* {} */
}

static void read_item(struct item *item) {
    uint32_t code = here();
    if (code == '[') {
        read_class(item);
    } else if (code == '{') {
        read_alternatives(item);
    } else if (code == '*') {
        bool two = glob.at + 1 < glob.pattern_count && glob.pattern[glob.at + 1] == '*';
        item->kind = two ? CROSS : RUN;
        glob.at += two ? 2 : 1;
    } else if (code == '?') {
        item->kind = ONE;
        glob.at++;
    } else {
        if (code == '\\' && ++glob.at == glob.pattern_count) {
            glob.open = true;
            return;
        }
        item->kind = CHARACTER;
        item->code = glob.pattern[glob.at++];
    }
}

/* The number of its first item. Inside braces a comma or the closing one ends it. */
static unsigned read_sequence(bool inside) {
    unsigned first = 0, last = 0;
    while (more() && !(inside && (here() == ',' || here() == '}'))) {
        if (!inside && here() == '}') glob.open = true;
        unsigned number = ++glob.item_count;
        glob.items[number] = (struct item){0};
        read_item(&glob.items[number]);
        if (last == 0)
            first = number;
        else
            glob.items[last].next = number;
        last = number;
    }
    return first;
}

static bool class_has(const struct item *item, uint32_t code) {
    bool has = item->range && code >= item->codes[0] && code <= item->codes[1];
    for (unsigned i = 0; i < item->code_count && !item->range; i++) has |= item->codes[i] == code;
    return has != item->negated;
}

static bool takes(const struct item *item, uint32_t code) {
    switch (item->kind) {
    case CHARACTER:
        return item->code == code;
    case ONE:
    case RUN:
        return code != '/';
    case CROSS:
        return true;
    default:
        return class_has(item, code);
    }
}

static bool match(unsigned number, const struct rest *after, size_t at) {
    if (glob.fuel-- <= 0) return false;
    if (number == 0)
        return after == NULL ? at == glob.text_count : match(after->item, after->after, at);
    const struct item *item = &glob.items[number];
    if (item->kind == ALTERNATIVES) {
        struct rest rest = {item->next, after};
        for (unsigned i = item->first; i != 0; i = glob.alternatives[i].next)
            if (match(glob.alternatives[i].item, &rest, at)) return true;
        return false;
    }
    bool run = item->kind == RUN || item->kind == CROSS;
    if (run && match(item->next, after, at)) return true;
    if (at == glob.text_count || !takes(item, glob.text[at])) return false;
    return match(run ? number : item->next, after, at + 1);
}

enum glob_answer glob_reference(const uint8_t *pattern, size_t pattern_bytes, const uint8_t *text,
                                size_t text_bytes) {
    CHECK(pattern_bytes <= GLOB_REFERENCE_BYTES && text_bytes <= GLOB_REFERENCE_BYTES);
    glob.pattern_count = utf8_reference_codes(pattern, pattern_bytes, glob.pattern);
    glob.text_count = utf8_reference_codes(text, text_bytes, glob.text);
    glob.at = glob.item_count = glob.alternative_count = 0;
    glob.never = glob.open = false;
    glob.fuel = FUEL;
    unsigned first = read_sequence(false);
    if (glob.open) return GLOB_OPEN;
    if (glob.never) return GLOB_NO;
    bool matches = match(first, NULL, 0);
    return glob.fuel <= 0 ? GLOB_UNKNOWN : matches ? GLOB_YES : GLOB_NO;
}
