#include "manual/roff.h"

#include <ctype.h>
#include <err.h>
#include <string.h>

#define LINE_BYTES 256 /* of a file */

/* One character of a text, so that no formatter takes it for a request or makes it typographic. */
static void put(char c, FILE *out) {
    static const char special[] = "\\-'`^~";
    static const char *const escapes[] = {"\\e", "\\-", "\\(aq", "\\(ga", "\\(ha", "\\(ti"};
    const char *found = c != '\0' ? strchr(special, c) : NULL;
    if (found != NULL)
        fputs(escapes[found - special], out);
    else
        fputc(c, out);
}

static void put_bytes(const char *text, size_t bytes, FILE *out) {
    if (bytes > 0 && *text == '.') fputs("\\&", out);
    for (size_t i = 0; i < bytes; i++) put(text[i], out);
}

static void put_text(const char *text, FILE *out) {
    put_bytes(text, strlen(text), out);
}

/* Ends what stood before. */
static void begin_paragraph(struct roff *page) {
    if (page->after_text) fputs(".PP\n", page->out);
    page->after_text = true;
}

void roff_begin(struct roff *page, const char *name, int section, const char *sentence) {
    FILE *out = page->out;
    fputs(".\\\" Made when tickcast was built, from the tables of the programs.\n.TH ", out);
    for (const char *c = name; *c != '\0'; c++) fputc(toupper((unsigned char)*c), out);
    fprintf(out, " %d %s \"tickcast %s\" \"tickcast\"\n", section, TICKCAST_DATE, TICKCAST_VERSION);
    fputs(".nr HY 0\n.nh\n.ad l\n", out); /* names are not cut, and blanks not stretched */
    roff_section(page, "NAME");
    put_text(name, out);
    fputs(" \\- ", out);
    put_text(sentence, out);
    fputc('\n', out);
}

static void put_heading(struct roff *page, const char *request, const char *title) {
    fprintf(page->out, "%s ", request);
    put_text(title, page->out);
    fputc('\n', page->out);
    page->after_text = false;
}

void roff_section(struct roff *page, const char *title) {
    put_heading(page, ".SH", title);
}

void roff_subsection(struct roff *page, const char *title) {
    put_heading(page, ".SS", title);
}

/* A paragraph as one line, its ` as changes of the font. */
static void put_paragraph(const struct help_block *block, FILE *out) {
    bool bold = false;
    if (*block->at == '.') fputs("\\&", out);
    for (size_t i = 0; i < block->bytes; i++) {
        char c = block->at[i];
        if (c == '`') {
            bold = !bold;
            fputs(bold ? "\\fB" : "\\fR", out);
        } else {
            put(c == '\n' ? ' ' : c, out);
        }
    }
    fputs(bold ? "\\fR\n" : "\n", out);
}

static void put_example(const struct help_block *block, FILE *out) {
    const char *at = block->at, *end = at + block->bytes;
    fputs(".RS 4\n.EX\n", out);
    while (at < end) {
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        const char *line_end = newline != NULL ? newline : end;
        put_bytes(at + 4, (size_t)(line_end - at) - 4, out);
        fputc('\n', out);
        at = line_end + 1;
    }
    fputs(".EE\n.RE\n", out);
}

void roff_file(struct roff *page, const char *name) {
    FILE *file = fopen(name, "r");
    char line[LINE_BYTES];
    if (file == NULL) err(1, "%s", name);
    begin_paragraph(page);
    fputs(".RS 4\n.EX\n", page->out);
    while (fgets(line, sizeof line, file) != NULL) put_text(line, page->out);
    fputs(".EE\n.RE\n", page->out);
    fclose(file);
}

void roff_text(struct roff *page, const char *text) {
    struct help_block block;
    while (help_next(&text, &block)) {
        begin_paragraph(page);
        if (block.example)
            put_example(&block, page->out);
        else
            put_paragraph(&block, page->out);
    }
}

static void put_bold(const char *text, FILE *out) {
    if (*text == '\0') return;
    fputs("\\fB", out);
    put_text(text, out);
    fputs("\\fR", out);
}

void roff_line(struct roff *page, const char *bold, const char *plain) {
    begin_paragraph(page);
    put_bold(bold, page->out);
    if (*bold != '\0' && *plain != '\0') fputc(' ', page->out);
    put_text(plain, page->out);
    fputc('\n', page->out);
}

void roff_item(struct roff *page, const char *name, const char *value, const char *text) {
    FILE *out = page->out;
    struct help_block block;
    fputs(".TP\n", out);
    put_bold(name, out);
    if (*value != '\0') {
        fputs(" \\fI", out);
        put_text(value, out);
        fputs("\\fR", out);
    }
    fputc('\n', out);
    for (bool first = true; help_next(&text, &block); first = false) {
        if (!first) fputs(".IP\n", out);
        put_paragraph(&block, out);
    }
    page->after_text = true;
}

void roff_rows(struct roff *page, const struct help_row *rows) {
    for (; rows->name != NULL; rows++) roff_item(page, rows->name, "", rows->sentence);
}

void roff_indent(struct roff *page) {
    fputs(".RS 4\n", page->out);
    page->after_text = false;
}

void roff_outdent(struct roff *page) {
    fputs(".RE\n", page->out);
    page->after_text = true;
}

void roff_see_also(struct roff *page, const char *const *pages) {
    roff_section(page, "SEE ALSO");
    for (; *pages != NULL; pages++) {
        size_t name = strcspn(*pages, "(");
        fputs(".BR ", page->out);
        put_bytes(*pages, name, page->out);
        fprintf(page->out, " %s%s\n", *pages + name, pages[1] != NULL ? " ," : "");
    }
}
