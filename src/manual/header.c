#include "manual/header.h"

#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define API            "TICKCAST_API "
#define EXAMPLE_BLANKS 3 /* after the `*` of a line */

static const char *skip_space(const char *at) {
    return at + strspn(at, " \t\n");
}

static bool begins(const char *at, const char *word) {
    return strncmp(at, word, strlen(word)) == 0;
}

static char *copy(const char *at, size_t bytes) {
    char *made = strndup(at, bytes);
    if (made == NULL) err(1, "no memory");
    return made;
}

/* The words of `at` up to `end`, with one blank between them. */
static char *on_one_line(const char *at, const char *end) {
    char *made = copy(at, (size_t)(end - at)), *to = made;
    for (const char *from = made; *from != '\0'; from++) {
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to > made && to[-1] != ' ')
            *to++ = ' ';
    }
    while (to > made && to[-1] == ' ') to--;
    *to = '\0';
    return made;
}

/* The text of a comment whose inside is `at` up to `end`: its lines without ` * `. Those that are
 * further in are examples. */
static char *comment_text(const char *at, const char *end) {
    char *made = copy(at, (size_t)(end - at)), *to = made;
    const char *from = made;
    while (*from != '\0') {
        const char *line = from + strspn(from, " \t");
        if (*line == '*') line++;
        size_t blanks = strspn(line, " ");
        line += blanks;
        size_t bytes = strcspn(line, "\n");
        for (size_t i = 0; blanks >= EXAMPLE_BLANKS && bytes > 0 && i < 4; i++) *to++ = ' ';
        for (size_t i = 5; i < blanks && bytes > 0; i++) *to++ = ' ';
        memmove(to, line, bytes);
        to += bytes;
        from = line + bytes;
        if (*from == '\n') *to++ = *from++;
    }
    while (to > made && isspace((unsigned char)to[-1])) to--;
    *to = '\0';
    return made;
}

void header_open(struct header *header, const char *name) {
    FILE *file = fopen(name, "r");
    size_t room = 0;
    *header = (struct header){.text = NULL};
    if (file == NULL || getdelim(&header->text, &room, '\0', file) < 0) err(1, "%s", name);
    fclose(file);
    header->at = header->text;
    const char *begin = strstr(header->text, "/*");
    const char *end = begin != NULL ? strstr(begin, "*/") : NULL;
    if (end == NULL) errx(1, "%s has no comment at the top", name);
    header->about = comment_text(begin + strlen("/*"), end);
    header->at = end;
}

void header_close(struct header *header) {
    free(header->text);
    free(header->about);
}

/* The end of a declaration: its `;` or `{`, or the end of the line of a macro. */
static const char *declaration_end(const char *at) {
    if (*at == '#') return at + strcspn(at, "\n\\");
    return at + strcspn(at, ";{");
}

static const char *closing_brace(const char *at) {
    int depth = 1;
    for (; *at != '\0' && depth > 0; at++) depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
    return at - 1;
}

bool header_next(struct header *header, struct header_item *item) {
    const char *begin = strstr(header->at, "\n/**");
    const char *end = begin != NULL ? strstr(begin, "*/") : NULL;
    if (end == NULL) return false;
    const char *at = skip_space(end + strlen("*/"));
    if (begins(at, API)) at += strlen(API);
    const char *stop = declaration_end(at);
    *item = (struct header_item){.comment = comment_text(begin + strlen("\n/**"), end),
                                 .declaration = on_one_line(at, stop)};
    if (*stop == '{') {
        const char *close = closing_brace(stop + 1);
        item->body = copy(stop + 1, (size_t)(close - stop) - 1);
        stop = close;
    }
    header->at = stop;
    return true;
}

void header_item_free(struct header_item *item) {
    free(item->comment);
    free(item->declaration);
    free(item->body);
}

/* Where a member ends: at its `;` or `,`, a comment, the `)` of a table, or the end. */
static const char *member_end(const char *at) {
    int depth = 0;
    for (; *at != '\0' && !begins(at, "/*"); at++) {
        if (depth == 0 && (*at == ';' || *at == ',')) break;
        depth += *at == '(' ? 1 : *at == ')' ? -1 : 0;
        if (*at == ')' && depth == 0 && *skip_space(at + 1) != ';' && *skip_space(at + 1) != '(')
            return at + 1;
    }
    return at;
}

bool header_member_next(const char **at, struct header_member *member) {
    const char *from = skip_space(*at), *comment = NULL, *comment_end = NULL;
    if (begins(from, "/**")) {
        comment = from + strlen("/**");
        comment_end = strstr(comment, "*/");
        from = skip_space(comment_end + strlen("*/"));
    }
    if (*from == '\0') return false;
    const char *end = member_end(from);
    member->declaration = on_one_line(from, end);
    end += *end == ';' || *end == ',';
    const char *after = skip_space(end);
    if (begins(after, "/**<")) {
        comment = after + strlen("/**<");
        comment_end = strstr(comment, "*/");
        end = comment_end + strlen("*/");
    }
    member->comment = comment != NULL ? comment_text(comment, comment_end) : copy("", 0);
    *at = end;
    return true;
}

void header_member_free(struct header_member *member) {
    free(member->comment);
    free(member->declaration);
}
