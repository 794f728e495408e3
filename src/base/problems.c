#include "base/problems.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"

/* A flag is written with '-'; what is named after a blank is a part of its value. */
static void write_flag(FILE *out, const char *name) {
    fputs("--", out);
    for (; *name != '\0' && *name != ' '; name++) fputc(*name == '_' ? '-' : *name, out);
    fputs(name, out);
}

void problems_add(struct problems *problems, const struct origin *origin, const char *name,
                  const char *format, ...) {
    problems->count++;
    char place[ORIGIN_TEXT_BYTES];
    fprintf(problems->out, "%s: ", origin_text(origin, problems->file, place));
    if (name != NULL) {
        if (origin->source == FROM_COMMAND_LINE)
            write_flag(problems->out, name);
        else
            fputs(name, problems->out);
        fputs(": ", problems->out);
    }
    va_list args;
    va_start(args, format);
    vfprintf(problems->out, format, args);
    va_end(args);
    fputc('\n', problems->out);
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
    const char *name = file != NULL ? file : "";
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
