#include "feed/fields.h"

#include <stdio.h>
#include <string.h>

#include "base/printable.h"

/* Takes the quoted field that begins at `at`; writes it over itself without its quotes. Where it
 * ends, or NULL. */
static char *unquote(char *at, const char *end, struct field *field) {
    char *to = at;
    *field = (struct field){at, 0, true};
    for (at++; at < end; at++) {
        if (*at != '"') {
            *to++ = *at;
        } else if (at + 1 < end && at[1] == '"') {
            *to++ = *at++;
        } else {
            field->bytes = (size_t)(to - field->at);
            return at + 1;
        }
    }
    return NULL;
}

size_t fields_split(char *line, size_t bytes, struct field *fields, size_t room, char *error) {
    char *at = line, *end = line + bytes;
    struct field dropped;
    for (size_t count = 0;;) {
        struct field *field = count < room ? &fields[count] : &dropped;
        count++;
        if (at < end && *at == '"') {
            at = unquote(at, end, field);
            if (!at || (at < end && *at != ',')) {
                snprintf(error, ROW_ERROR_BYTES, "column %zu: %s", count,
                         at ? "after a closing quote, allowed is a comma or the end of the line"
                            : "the quote is not closed; allowed are fields that end on their line");
                return 0;
            }
        } else {
            char *comma = memchr(at, ',', (size_t)(end - at));
            *field = (struct field){at, (size_t)((comma ? comma : end) - at), false};
            at = comma ? comma : end;
        }
        if (at == end) return count;
        at++;
    }
}

bool field_same(const struct field *a, const struct field *b) {
    return a->bytes == b->bytes && memcmp(a->at, b->at, a->bytes) == 0;
}

size_t field_find(const struct field *name, const struct field *names, size_t count) {
    size_t i = 0;
    while (i < count && !field_same(name, &names[i])) i++;
    return i;
}

const char *field_text(const struct field *field, char out[ROW_TEXT_BYTES]) {
    return printable(field->at, field->bytes, out, ROW_TEXT_BYTES);
}

void field_tell(size_t number, const struct field *names, const struct field *fields,
                const char *why, char *error) {
    char name[ROW_TEXT_BYTES], value[ROW_TEXT_BYTES];
    snprintf(error, ROW_ERROR_BYTES, "column %zu (%s) is '%s': %s", number + 1,
             field_text(&names[number], name), field_text(&fields[number], value), why);
}

void fields_list(const struct field *names, size_t count, char *error, int used) {
    static const char more[] = ", ...";
    char name[ROW_TEXT_BYTES];
    for (size_t i = 0; i < count; i++) {
        if (used + ROW_TEXT_BYTES + 2 + (int)sizeof more > ROW_ERROR_BYTES) {
            snprintf(error + used, ROW_ERROR_BYTES - (size_t)used, more);
            return;
        }
        used += snprintf(error + used, ROW_ERROR_BYTES - (size_t)used, "%s %s", i > 0 ? "," : "",
                         field_text(&names[i], name));
    }
}
