#include "tickcastd/report.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "base/log.h"

#define NEAREST_BYTES 64 /* longer words are not compared */

static void write_flag(FILE *out, const char *name) {
    fputs("--", out);
    for (; *name != '\0'; name++) fputc(*name == '_' ? '-' : *name, out);
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

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Insertions, deletions and replacements from `a` to `b`; both are at most NEAREST_BYTES long. */
static size_t distance(const char *a, const char *b) {
    size_t row[NEAREST_BYTES + 1];
    size_t b_bytes = strlen(b);
    for (size_t j = 0; j <= b_bytes; j++) row[j] = j;
    for (size_t i = 0; a[i] != '\0'; i++) {
        size_t diagonal = row[0];
        row[0] = i + 1;
        for (size_t j = 0; j < b_bytes; j++) {
            size_t replaced = diagonal + (a[i] != b[j]);
            diagonal = row[j + 1];
            row[j + 1] = least(replaced, least(row[j], diagonal) + 1);
        }
    }
    return row[b_bytes];
}

const char *report_nearest(const char *text, const char *const *names) {
    size_t bytes = strlen(text);
    if (bytes > NEAREST_BYTES) return NULL;
    size_t best = 1 + bytes / 3; /* one more than the typing errors that are forgiven */
    if (best < 2) best = 2;
    const char *nearest = NULL;
    for (; *names != NULL; names++) {
        if (strlen(*names) > NEAREST_BYTES) continue;
        size_t now = distance(text, *names);
        if (now >= best) continue;
        best = now;
        nearest = *names;
    }
    return nearest;
}
