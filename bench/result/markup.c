#include "result/markup.h"

#include <string.h>

#include "base/utf8.h"

void markup_text(const char *text, FILE *out) {
    size_t count = strlen(text);
    for (size_t at = 0; at < count;) {
        size_t from = at;
        uint32_t code = utf8_next(text, count, &at);
        switch (code) {
        case '&':
            fputs("&amp;", out);
            continue;
        case '<':
            fputs("&lt;", out);
            continue;
        case '>':
            fputs("&gt;", out);
            continue;
        case '"':
            fputs("&quot;", out);
            continue;
        case '\'':
            fputs("&#39;", out);
            continue;
        default:
            break;
        }
        if ((code < 0x20 && code != '\n' && code != '\t') || (code >= 0x7f && code < 0xa0) ||
            code >= UTF8_INVALID || (code & 0xfffe) == 0xfffe)
            fputc('?', out);
        else
            fwrite(text + from, 1, at - from, out);
    }
}
