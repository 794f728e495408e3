#include "tickcastd/report.h"

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

void report_add(struct report *report, const struct origin *origin, const char *name,
                const char *format, ...) {
    report->count++;
    char place[ORIGIN_TEXT_BYTES];
    fprintf(report->out, "%s: ", origin_text(origin, report->file, place));
    if (name != NULL) {
        if (origin->source == FROM_COMMAND_LINE)
            write_flag(report->out, name);
        else
            fputs(name, report->out);
        fputs(": ", report->out);
    }
    va_list args;
    va_start(args, format);
    vfprintf(report->out, format, args);
    va_end(args);
    fputc('\n', report->out);
}

void report_value(struct report *report, const struct origin *origin, const char *name,
                  const char *value, const char *allowed, const char *meant) {
    char shown[REPORT_VALUE_BYTES];
    log_escape(value, strlen(value), shown, sizeof shown);
    report_add(report, origin, name, "value '%s': allowed is %s%s%s%s", shown, allowed,
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

const char *report_shown(const char *name, char out[REPORT_VALUE_BYTES]) {
    snprintf(out, REPORT_VALUE_BYTES, "%s", name);
    for (char *c = out; *c != '\0'; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7f) *c = '?';
    return out;
}

const char *words_join(const char *const *words, char *out, size_t bytes) {
    size_t used = 0;
    for (; *words != NULL && used < bytes; words++) {
        const char *before = used == 0 ? "" : words[1] == NULL ? " or " : ", ";
        used += (size_t)snprintf(out + used, bytes - used, "%s%s", before, *words);
    }
    return out;
}
