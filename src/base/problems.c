#include "base/problems.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"
#include "base/printable.h"

/* What follows the place: "NAME: ", where a flag is written with '-', and what is named after a
 * blank is a part of its value. */
static size_t write_name(const struct origin *origin, const char *name,
                         char out[PROBLEMS_LINE_BYTES]) {
    bool flag = origin->source == FROM_COMMAND_LINE;
    int bytes = snprintf(out, PROBLEMS_LINE_BYTES, "%s%s: ", flag ? "--" : "", name);
    for (char *c = out; flag && *c != '\0' && *c != ' '; c++)
        if (*c == '_') *c = '-';
    return bytes < PROBLEMS_LINE_BYTES ? (size_t)bytes : PROBLEMS_LINE_BYTES - 1;
}

void problems_add(struct problems *problems, const struct origin *origin, const char *name,
                  const char *format, ...) {
    char place[ORIGIN_TEXT_BYTES], line[PROBLEMS_LINE_BYTES], shown[PROBLEMS_LINE_BYTES];
    size_t used = name != NULL ? write_name(origin, name, line) : 0;
    va_list args;
    va_start(args, format);
    vsnprintf(line + used, sizeof line - used, format, args);
    va_end(args);
    problems->count++;
    /* names and values are the user's: nothing in them gets at the terminal */
    fprintf(problems->out, "%s: %s\n", origin_text(origin, problems->file, place),
            printable(line, strlen(line), shown, sizeof shown));
}

void problems_value(struct problems *problems, const struct origin *origin, const char *name,
                    const char *value, const char *allowed, const char *meant) {
    char shown[PROBLEMS_VALUE_BYTES];
    log_escape(value, strlen(value), shown, sizeof shown);
    problems_add(problems, origin, name, "value '%s': allowed is %s%s%s%s", shown, allowed,
                 meant != NULL ? "; did you mean '" : "", meant != NULL ? meant : "",
                 meant != NULL ? "'?" : "");
}

const char *origin_text(const struct origin *origin, const char *file,
                        char out[ORIGIN_TEXT_BYTES]) {
    char name[ORIGIN_TEXT_BYTES - sizeof ":4294967295"];
    if (file == NULL) file = "";
    printable(file, strlen(file), name, sizeof name);
    if (origin->source == FROM_DEFAULT) return "default";
    if (origin->source == FROM_COMMAND_LINE) return "command line";
    if (origin->line == 0)
        snprintf(out, ORIGIN_TEXT_BYTES, "%s", name);
    else
        snprintf(out, ORIGIN_TEXT_BYTES, "%s:%u", name, origin->line);
    return out;
}

const char *problems_shown(const char *name, char out[PROBLEMS_VALUE_BYTES]) {
    snprintf(out, PROBLEMS_VALUE_BYTES, "%s", name);
    for (char *c = out; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    return out;
}
