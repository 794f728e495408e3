#include "report/html.h"

#include <string.h>

#include "result/markup.h"

#define TEXT_BYTES 2000 /* of a text of a document that is shown */

#define THIN_SPACE "\xe2\x80\xaf" /* which does not break */

const char *html_value_text(double number, enum value_unit unit, char *text) {
    static const struct {
        const char *plain, *signs;
    } units[] = {{"us", "\xc2\xb5s"}, {"x", "\xc3\x97"}};
    char plain[VALUE_TEXT_BYTES];
    value_text(number, unit, plain);
    char *blank = strrchr(plain, ' ');
    if (!blank) return strcpy(text, plain);
    const char *shown = blank + 1;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(shown, units[i].plain) == 0) shown = units[i].signs;
    snprintf(text, VALUE_TEXT_BYTES + 4, "%.*s" THIN_SPACE "%s", (int)(blank - plain), plain,
             shown);
    return text;
}

void html_value(double number, enum value_unit unit, FILE *out) {
    char text[VALUE_TEXT_BYTES + 4];
    fputs(html_value_text(number, unit, text), out);
}

void html_value_of(const json_t *result, const char *name, FILE *out) {
    const struct value *value = value_find(name);
    double number;
    if (value && value_get(value, result, &number))
        html_value(number, value->unit, out);
    else
        fputs("<span class=\"unknown\">unknown</span>", out);
}

void html_text(const char *text, FILE *out) {
    char cut[TEXT_BYTES + 4];
    if (strlen(text) > TEXT_BYTES) {
        size_t bytes = TEXT_BYTES;
        while (bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80) bytes--;
        snprintf(cut, sizeof cut, "%.*s...", (int)bytes, text);
        text = cut;
    }
    markup_text(text, out);
}

void html_section(const char *id, const char *title, const char *sentence, FILE *out) {
    fprintf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, title);
    if (*sentence) fprintf(out, "<p class=\"lead\">%s</p>\n", sentence);
}

void html_section_end(FILE *out) {
    fputs("</section>\n", out);
}

void html_key(const char *style, const char *name, const char *what, FILE *out) {
    fprintf(out,
            "<span class=\"key\"><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\">"
            "<path class=\"%s\" d=\"M1 5h26\"/></svg>",
            style);
    if (name) html_text(name, out);
    fprintf(out, "%s%s</span>\n", name && *what ? ", " : "", what);
}
