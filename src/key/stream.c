#include "key/stream.h"

#include <stdint.h>

#include "key/scan.h"

/* Looks at one element: no wildcard, `*` alone (or more of them), or a glob. */
static void element(const char *text, size_t bytes, bool *any, bool *glob) {
    size_t stars = 0, special = 0;
    for (size_t i = 0; i < bytes; i++) {
        char c = text[i];
        stars += c == '*';
        special += c == '?' || c == '[' || c == '{' || c == '\\';
    }
    *any = stars > 0 && stars == bytes;
    *glob = !*any && (stars > 0 || special > 0);
}

/* Of any stream. */
static enum stream_kind shape_nested(const char *stream, size_t stream_bytes,
                                     struct stream_shape *shape) {
    size_t slashes = 0, outside = 0, depth = 0;
    for (size_t i = 0; i < stream_bytes; i++) slashes += stream[i] == '/';
    if (slashes != 2) return STREAM_INVALID;
    for (size_t i = 0; i < stream_bytes; i++) {
        switch (stream[i]) {
        case '\\':
            if (i + 1 < stream_bytes && stream[i + 1] != '/') i++;
            break;
        case '[':
            i = scan_list_end(stream, stream_bytes, i);
            break;
        case '{':
            depth++;
            break;
        case '}':
            depth -= depth > 0;
            break;
        case '/':
            if (depth == 0) shape->cut[outside++] = i;
            break;
        default:
            break;
        }
    }
    if (outside != 2) return shape->kind = STREAM_CROSSING;
    size_t begin[3] = {0, shape->cut[0] + 1, shape->cut[1] + 1};
    size_t end[3] = {shape->cut[0], shape->cut[1], stream_bytes};
    shape->kind = STREAM_LITERAL;
    for (int i = 0; i < 3; i++) {
        element(stream + begin[i], end[i] - begin[i], &shape->any[i], &shape->glob[i]);
        if (shape->any[i] || shape->glob[i]) shape->kind = STREAM_ELEMENTS;
    }
    return shape->kind;
}

enum { SLASH = 1, STAR, QUESTION, NESTS };
static const uint8_t marks[256] = {
    ['/'] = SLASH, ['*'] = STAR, ['?'] = QUESTION, ['['] = NESTS, ['{'] = NESTS, ['\\'] = NESTS,
};

/* Of a stream without brackets, braces and escapes, in one pass. False: it has some. */
static bool shape_flat(const char *stream, size_t stream_bytes, struct stream_shape *shape) {
    size_t slashes = 0, stars[3] = {0};
    bool questions[3] = {false};
    for (size_t i = 0; i < stream_bytes; i++) {
        uint8_t mark = marks[(uint8_t)stream[i]];
        if (mark == 0) continue;
        if (mark == NESTS) return false;
        if (mark == STAR) stars[slashes]++;
        if (mark == QUESTION) questions[slashes] = true;
        if (mark != SLASH) continue;
        if (slashes == 2) return true; /* STREAM_INVALID, whatever follows */
        shape->cut[slashes++] = i;
    }
    if (slashes != 2) return true;
    size_t begin = 0;
    shape->kind = STREAM_LITERAL;
    for (int i = 0; i < 3; i++) {
        size_t end = i < 2 ? shape->cut[i] : stream_bytes;
        shape->any[i] = stars[i] > 0 && stars[i] == end - begin;
        shape->glob[i] = !shape->any[i] && (stars[i] > 0 || questions[i]);
        if (stars[i] > 0 || questions[i]) shape->kind = STREAM_ELEMENTS;
        begin = end + 1;
    }
    return true;
}

enum stream_kind stream_shape(const char *stream, size_t stream_bytes, struct stream_shape *shape) {
    *shape = (struct stream_shape){.kind = STREAM_INVALID};
    if (shape_flat(stream, stream_bytes, shape)) return shape->kind;
    *shape = (struct stream_shape){.kind = STREAM_INVALID};
    return shape_nested(stream, stream_bytes, shape);
}
