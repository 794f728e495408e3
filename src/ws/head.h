/*
 * The head of an HTTP/1.1 message (RFC 9112) in parts: lines, fields, list elements. For this
 * folder. Strict: lines end in CR LF, nothing is folded, no control bytes. Everything returned lies
 * in the bytes of the cursor; nothing is copied.
 *
 * A part is refused at its first bad byte, whether or not the line's end has come, so that a
 * message gets the same answer however it was cut.
 */
#ifndef WS_HEAD_H
#define WS_HEAD_H

#include <stdbool.h>

#include "ws/handshake.h"

struct head {
    const char *at, *end;
    const char *reason; /**< static; with HEAD_BAD */
};

enum head_part {
    HEAD_BAD = -1,
    HEAD_MORE = 0, /**< the bytes end before the part does */
    HEAD_PART,
    HEAD_END, /**< the empty line after the fields */
};

/** Takes what is left of a line, and its end. */
enum head_part head_line(struct head *head, struct ws_text *line);

/** Takes one field line; spaces around the value are cut off. */
enum head_part head_field(struct head *head, struct ws_text *name, struct ws_text *value);

/** Takes the next element of the comma-separated list; empty ones are passed over. HEAD_END at its
 *  end, HEAD_BAD if the element is not a token, with or without '/' (as in "TLS/1.0"). */
enum head_part head_element(struct ws_text *list, struct ws_text *element);

/** True if `c` is an ASCII letter or digit. */
static inline bool head_is_alnum(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/** True if `c` may be part of a token (RFC 9110, 5.6.2). */
bool head_is_token(char c);

/** How many characters the text begins with that are ASCII letters, digits, or of `others`. */
size_t head_span(struct ws_text text, const char *others);

/** True if the list is well-formed and has `element`, the case of letters aside; *bad says if it is
 *  not well-formed. */
bool head_list_has(struct ws_text list, const char *element, bool *bad);

/** True if the texts are equal but for the case of ASCII letters. */
bool head_same(struct ws_text text, const char *other);

#endif
