#include "base/help.h"

#include <string.h>

#include "base/exit_code.h"

#define EXAMPLE "    "

#define EXIT_CODE_ROW(name, number, sentence) {#number, sentence},
const struct help_row exit_code_rows[] = {EXIT_CODES(EXIT_CODE_ROW){NULL, NULL}};
#undef EXIT_CODE_ROW

static bool is_example(const char *line) {
    return strncmp(line, EXAMPLE, strlen(EXAMPLE)) == 0;
}

bool help_next(const char **text, struct help_block *block) {
    const char *at = *text + strspn(*text, "\n"), *end = at;
    if (*at == '\0') return false;
    bool example = is_example(at);
    while (*end != '\0' && *end != '\n' && is_example(end) == example) {
        end += strcspn(end, "\n");
        if (*end == '\n') end++;
    }
    *text = end;
    while (end > at && end[-1] == '\n') end--;
    *block = (struct help_block){at, (size_t)(end - at), example};
    return true;
}

/* Prints words that go on in `used` of a line; further lines begin in `column`. */
static void print_wrapped(const char *text, size_t bytes, size_t used, int column, FILE *out) {
    const char *end = text + bytes;
    bool first = true;
    while (text < end) {
        size_t word = strcspn(text, " \n");
        if (word > (size_t)(end - text)) word = (size_t)(end - text);
        if (!first && used + 1 + word > HELP_WIDTH) {
            fprintf(out, "\n%*s", column, "");
            used = (size_t)column;
        } else if (!first) {
            fputc(' ', out);
            used++;
        }
        fwrite(text, 1, word, out);
        used += word;
        text += word;
        while (text < end && (*text == ' ' || *text == '\n')) text++;
        first = false;
    }
    fputc('\n', out);
}

void help_text(const char *text, FILE *out) {
    struct help_block block;
    for (bool first = true; help_next(&text, &block); first = false) {
        if (!first) fputc('\n', out);
        if (block.example)
            fprintf(out, "%.*s\n", (int)block.bytes, block.at);
        else
            print_wrapped(block.at, block.bytes, 0, 0, out);
    }
}

void help_item(const char *name, const char *sentence, FILE *out) {
    size_t used = 2 + strlen(name);
    fprintf(out, "  %s", name);
    if (used + 2 > HELP_ITEM_COLUMN) {
        fputc('\n', out);
        used = 0;
    }
    fprintf(out, "%*s", (int)(HELP_ITEM_COLUMN - used), "");
    print_wrapped(sentence, strlen(sentence), HELP_ITEM_COLUMN, HELP_ITEM_COLUMN, out);
}

void help_rows(const struct help_row *rows, FILE *out) {
    for (; rows->name != NULL; rows++) help_item(rows->name, rows->sentence, out);
}
