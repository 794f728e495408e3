/*
 * JSON to msgpack in one pass. How many elements a container has is known at its end, so each gets
 * a head of five bytes, and a second pass over the msgpack makes them as short as they can be.
 */
#include "proto/json.h"

#include <msgpack/pack.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/json_token.h"
#include "proto/msgpack_walk.h"

#define MOST_DEPTH 2048 /* values in one another: the stack of a worker holds them */
#define FEW_NAMES  16   /* names of so many are compared one by one, of more by sorting */

#define MOST_FIXINT 0x7f /* an integer that is its own msgpack */

#define ARRAY_32   0xdd
#define MAP_32     0xdf
#define HEAD_BYTES 5 /* of both */

/* A name of an object that is being read; `at` is where its text lies in `out`. */
struct name {
    size_t at, bytes;
};

struct parser {
    struct json_cursor cursor;
    const char *text;
    char *error;
    unsigned depth;
    uint8_t *out;
    size_t count, room;
    msgpack_packer packer;
    struct name *names; /* of all objects that are being read, the innermost last */
    size_t name_count, name_room;
};

static bool no_memory(struct parser *parser) {
    snprintf(parser->error, PROTO_ERROR_BYTES, "no memory");
    return false;
}

/* `what` is wrong at the cursor, or is missing there. */
static bool fail(struct parser *parser, const char *what) {
    const struct json_cursor *cursor = &parser->cursor;
    if (what == NULL) return no_memory(parser);
    if (cursor->at < cursor->end && *cursor->at == '\0') what = "a NUL";
    snprintf(parser->error, PROTO_ERROR_BYTES, "not JSON: %s at byte %zu", what,
             (size_t)(cursor->at - parser->text) + 1);
    return false;
}

/* Room for more: twice as much as there was. */
static bool grow(void **memory, size_t *room, size_t need, size_t unit) {
    size_t wider = 2 * *room > need ? 2 * *room : need;
    void *grown = realloc(*memory, wider * unit);
    if (grown == NULL) return false;
    *memory = grown;
    *room = wider;
    return true;
}

static bool reserve(struct parser *parser, size_t bytes) {
    size_t need = parser->count + bytes;
    if (need <= parser->room) return true;
    void *out = parser->out;
    if (!grow(&out, &parser->room, need, 1)) return no_memory(parser);
    parser->out = out;
    return true;
}

/* Of the packer. */
static int write_packed(void *data, const char *bytes, size_t count) {
    struct parser *parser = data;
    if (!reserve(parser, count)) return -1;
    memcpy(parser->out + parser->count, bytes, count);
    parser->count += count;
    return 0;
}

static void pass_space(struct json_cursor *cursor) {
    while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\n' ||
                                        *cursor->at == '\r' || *cursor->at == '\t'))
        cursor->at++;
}

/* True if `byte` is next, which is taken. */
static bool take(struct parser *parser, char byte) {
    struct json_cursor *cursor = &parser->cursor;
    pass_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != byte) return false;
    cursor->at++;
    return true;
}

static bool take_word(struct parser *parser, const char *word) {
    struct json_cursor *cursor = &parser->cursor;
    size_t bytes = strlen(word);
    if ((size_t)(cursor->end - cursor->at) < bytes || memcmp(cursor->at, word, bytes) != 0)
        return fail(parser, "no value");
    cursor->at += bytes;
    return true;
}

static bool parse_number(struct parser *parser) {
    struct json_number number;
    if (!json_token_number(&parser->cursor, &number)) return fail(parser, parser->cursor.flaw);
    if (!number.is_float && number.integer >= 0 && number.integer <= MOST_FIXINT) {
        if (!reserve(parser, 1)) return false;
        parser->out[parser->count++] = (uint8_t)number.integer;
        return true;
    }
    return (number.is_float ? msgpack_pack_double(&parser->packer, number.real)
                            : msgpack_pack_int64(&parser->packer, number.integer)) == 0;
}

/* The text is written behind the longest head, and moved to the head that it gets. */
static bool parse_string(struct parser *parser, struct name *name) {
    size_t bytes;
    if (!reserve(parser, HEAD_BYTES + json_token_room(&parser->cursor))) return false;
    uint8_t *head = parser->out + parser->count;
    if (!json_token_string(&parser->cursor, (char *)head + HEAD_BYTES, &bytes))
        return fail(parser, parser->cursor.flaw);
    size_t head_bytes = text_head_write(bytes, head);
    memmove(head + head_bytes, head + HEAD_BYTES, bytes);
    *name = (struct name){parser->count + head_bytes, bytes};
    parser->count += head_bytes + bytes;
    return true;
}

static bool open_container(struct parser *parser, uint8_t format, size_t *head) {
    *head = parser->count;
    parser->cursor.at++;
    if (!reserve(parser, HEAD_BYTES)) return false;
    parser->out[parser->count] = format;
    parser->count += HEAD_BYTES;
    return true;
}

static void close_container(struct parser *parser, size_t head, uint32_t count) {
    for (int i = HEAD_BYTES - 1; i > 0; i--, count >>= 8)
        parser->out[head + (size_t)i] = (uint8_t)count;
}

static bool parse_value(struct parser *parser);

static bool parse_array(struct parser *parser) {
    size_t head;
    uint32_t count = 0;
    if (!open_container(parser, ARRAY_32, &head)) return false;
    if (!take(parser, ']')) {
        do {
            if (!parse_value(parser)) return false;
            count++;
        } while (take(parser, ','));
        if (!take(parser, ']')) return fail(parser, "neither a comma nor the end of an array");
    }
    close_container(parser, head, count);
    return true;
}

static bool parse_name(struct parser *parser) {
    struct json_cursor *cursor = &parser->cursor;
    struct name name;
    pass_space(cursor);
    if (cursor->at == cursor->end || *cursor->at != '"') return fail(parser, "no field name");
    if (!parse_string(parser, &name)) return false;
    if (parser->name_count == parser->name_room) {
        void *names = parser->names;
        if (!grow(&names, &parser->name_room, FEW_NAMES, sizeof name)) return no_memory(parser);
        parser->names = names;
    }
    parser->names[parser->name_count++] = name;
    return take(parser, ':') || fail(parser, "no colon behind a field name");
}

static int compare_names(const void *left, const void *right, void *out) {
    const struct name *a = left, *b = right;
    if (a->bytes != b->bytes) return a->bytes < b->bytes ? -1 : 1;
    return memcmp((uint8_t *)out + a->at, (uint8_t *)out + b->at, a->bytes);
}

/* True if two of the names from `first` on are the same; brings them into another order. */
static bool has_duplicate(struct parser *parser, size_t first) {
    size_t count = parser->name_count - first;
    if (count < 2) return false;
    struct name *names = parser->names + first;
    bool few = count <= FEW_NAMES;
    if (!few) qsort_r(names, count, sizeof *names, compare_names, parser->out);
    for (size_t i = 1; i < count; i++)
        for (size_t before = few ? 0 : i - 1; before < i; before++)
            if (compare_names(&names[before], &names[i], parser->out) == 0) return true;
    return false;
}

static bool parse_object(struct parser *parser) {
    size_t head, first = parser->name_count;
    if (!open_container(parser, MAP_32, &head)) return false;
    if (!take(parser, '}')) {
        do
            if (!parse_name(parser) || !parse_value(parser)) return false;
        while (take(parser, ','));
        if (!take(parser, '}')) return fail(parser, "neither a comma nor the end of an object");
    }
    size_t count = parser->name_count - first;
    if (has_duplicate(parser, first))
        return fail(parser, "a duplicate field name in the object that ends");
    parser->name_count = first;
    close_container(parser, head, (uint32_t)count);
    return true;
}

static bool parse_kind(struct parser *parser, char first) {
    struct name text;
    switch (first) {
    case '{':
        return parse_object(parser);
    case '[':
        return parse_array(parser);
    case '"':
        return parse_string(parser, &text);
    case 't':
        return take_word(parser, "true") && msgpack_pack_true(&parser->packer) == 0;
    case 'f':
        return take_word(parser, "false") && msgpack_pack_false(&parser->packer) == 0;
    case 'n':
        return take_word(parser, "null") && msgpack_pack_nil(&parser->packer) == 0;
    default:
        if (first != '-' && (first < '0' || first > '9')) return fail(parser, "no value");
        return parse_number(parser);
    }
}

static bool parse_value(struct parser *parser) {
    pass_space(&parser->cursor);
    if (parser->cursor.at == parser->cursor.end) return fail(parser, "no value");
    if (parser->depth == MOST_DEPTH) return fail(parser, "a depth of more than 2048 values");
    parser->depth++;
    bool good = parse_kind(parser, *parser->cursor.at);
    parser->depth--;
    return good;
}

static bool parse_text(struct parser *parser) {
    if (!parse_value(parser)) return false;
    pass_space(&parser->cursor);
    return parser->cursor.at == parser->cursor.end || fail(parser, "something behind the value");
}

/* Writes the shortest head of a container; returns its bytes. */
static size_t write_head(uint8_t *out, bool map, uint32_t count) {
    if (count < 16) {
        out[0] = (uint8_t)((map ? 0x80 : 0x90) | count);
        return 1;
    }
    bool wide = count > UINT16_MAX;
    unsigned width = wide ? 4 : 2;
    out[0] = (uint8_t)((map ? MAP_32 : ARRAY_32) - !wide);
    for (unsigned i = width; i > 0; i--, count >>= 8) out[i] = (uint8_t)count;
    return 1 + width;
}

/* Every container still has the longest head. */
static void shorten_heads(struct parser *parser) {
    const uint8_t *at = parser->out, *end = at + parser->count;
    uint8_t *to = parser->out;
    while (at < end) {
        if (*at == ARRAY_32 || *at == MAP_32) {
            const uint8_t *body = at;
            uint32_t count;
            bool map = map_read(&body, &count);
            if (!map) (void)array_read(&body, &count);
            to += write_head(to, map, count);
            at = body;
        } else {
            size_t bytes = msgpack_skip(at, (size_t)(end - at));
            memmove(to, at, bytes);
            to += bytes;
            at += bytes;
        }
    }
    parser->count = (size_t)(to - parser->out);
}

int json_to_msgpack_any_depth(const char *text, size_t count, struct json_msgpack *out,
                              char *error) {
    struct parser parser = {
        .cursor = {.at = text, .end = text + count}, .text = text, .error = error};
    msgpack_packer_init(&parser.packer, &parser, write_packed);
    bool good = reserve(&parser, count + 1) && parse_text(&parser);
    free(parser.names);
    if (!good) {
        free(parser.out);
        return -1;
    }
    shorten_heads(&parser);
    *out = (struct json_msgpack){parser.out, parser.count};
    return 0;
}

int json_to_msgpack(const char *text, size_t count, struct json_msgpack *out, char *error) {
    struct json_msgpack made;
    if (json_to_msgpack_any_depth(text, count, &made, error) < 0) return -1;
    if (msgpack_walk(made.bytes, made.count, PROTO_DATA_DEPTH) == 0) {
        free(made.bytes);
        snprintf(error, PROTO_ERROR_BYTES,
                 "too deep; at most %d containers in one another are allowed", PROTO_DATA_DEPTH);
        return -1;
    }
    *out = made;
    return 0;
}
