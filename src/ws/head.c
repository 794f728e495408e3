#include "ws/head.h"

#include <string.h>
#include <strings.h>

static enum head_part refuse(struct head *head, const char *reason) {
    head->reason = reason;
    return HEAD_BAD;
}

bool head_is_token(char c) {
    if (head_is_alnum(c)) return true;
    return c != '\0' && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

bool head_same(struct ws_text text, const char *other) {
    return text.bytes == strlen(other) && strncasecmp(text.at, other, text.bytes) == 0;
}

static bool is_space(char c) {
    return c == ' ' || c == '\t';
}

static bool is_control(char c) {
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static void trim(struct ws_text *text) {
    while (text->bytes > 0 && is_space(text->at[0])) text->at++, text->bytes--;
    while (text->bytes > 0 && is_space(text->at[text->bytes - 1])) text->bytes--;
}

enum head_part head_line(struct head *head, struct ws_text *line) {
    const char *at = head->at;
    while (at < head->end && !is_control(*at)) at++;
    if (at == head->end) return HEAD_MORE;
    if (*at == '\n') return refuse(head, "line feed without carriage return");
    if (*at != '\r') return refuse(head, "control character");
    if (at + 1 == head->end) return HEAD_MORE;
    if (at[1] != '\n') return refuse(head, "carriage return without line feed");
    *line = (struct ws_text){head->at, (size_t)(at - head->at)};
    head->at = at + 2;
    return HEAD_PART;
}

enum head_part head_field(struct head *head, struct ws_text *name, struct ws_text *value) {
    const char *start = head->at, *at = start;
    if (at < head->end && *at == '\r') {
        enum head_part part = head_line(head, value);
        return part == HEAD_PART ? HEAD_END : part;
    }
    while (at < head->end && head_is_token(*at)) at++;
    if (at == head->end) return HEAD_MORE;
    if (is_space(*at))
        return refuse(head, at == start ? "folded header" : "space inside or after a header name");
    if (*at == '\n') return refuse(head, "line feed without carriage return");
    if (*at != ':' || at == start) return refuse(head, "invalid header name");
    struct head rest = {at + 1, head->end, NULL};
    enum head_part part = head_line(&rest, value);
    head->reason = rest.reason;
    if (part != HEAD_PART) return part;
    *name = (struct ws_text){start, (size_t)(at - start)};
    trim(value);
    head->at = rest.at;
    return HEAD_PART;
}

enum head_part head_element(struct ws_text *list, struct ws_text *element) {
    while (list->bytes > 0) {
        const char *comma = memchr(list->at, ',', list->bytes);
        size_t bytes = comma != NULL ? (size_t)(comma - list->at) : list->bytes;
        size_t taken = comma != NULL ? bytes + 1 : bytes;
        *element = (struct ws_text){list->at, bytes};
        *list = (struct ws_text){list->at + taken, list->bytes - taken};
        trim(element);
        for (size_t i = 0; i < element->bytes; i++)
            if (!head_is_token(element->at[i]) && element->at[i] != '/') return HEAD_BAD;
        if (element->bytes > 0) return HEAD_PART;
    }
    return HEAD_END;
}

bool head_list_has(struct ws_text list, const char *wanted, bool *bad) {
    struct ws_text element;
    enum head_part part;
    bool found = false;
    while ((part = head_element(&list, &element)) == HEAD_PART)
        found = found || head_same(element, wanted);
    *bad = part == HEAD_BAD;
    return found && !*bad;
}

size_t head_span(struct ws_text text, const char *others) {
    size_t i = 0;
    while (i < text.bytes && text.at[i] != '\0' &&
           (head_is_alnum(text.at[i]) || strchr(others, text.at[i]) != NULL))
        i++;
    return i;
}
