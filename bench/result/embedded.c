#include "result/embedded.h"

#include <string.h>

static const char opening[] = "<script type=\"application/json\" id=\"tickcast-bench\">";
static const char closing[] = "</script>";

bool embedded_is_page(const char *bytes, size_t count) {
    size_t at = (count >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) ? 3 : 0;
    while (at < count && strchr(" \t\r\n", bytes[at]) && bytes[at]) at++;
    return at < count && bytes[at] == '<';
}

int embedded_find(const char **bytes, size_t *count, const char **error) {
    const char *begin = memmem(*bytes, *count, opening, sizeof opening - 1);
    if (!begin) {
        *error = "a page, but not a report of tickcast-bench";
        return -1;
    }
    begin += sizeof opening - 1;
    size_t rest = *count - (size_t)(begin - *bytes);
    const char *end = memmem(begin, rest, closing, sizeof closing - 1);
    if (!end) {
        *error = "the report ends within its data: was it cut off?";
        return -1;
    }
    *bytes = begin;
    *count = (size_t)(end - begin);
    return 0;
}

void embedded_write(const char *json, FILE *out) {
    fputs(opening, out);
    for (const char *at = json; *at; at++) {
        fputc(*at, out);
        /* "<!--" would let a later "<script" swallow the end of the element. */
        if (*at == '<' && at[1] == '/') fputc('\\', out);
        if (*at == '<' && at[1] == '!') {
            fputs("\\u0021", out);
            at++;
        }
    }
    fputs(closing, out);
    fputc('\n', out);
}
