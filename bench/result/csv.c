#include "result/csv.h"

#include <stdbool.h>
#include <string.h>

#include "result/look.h"
#include "result/values.h"

/* A text that a spreadsheet would run as a formula is kept a text by a quote in front of it. */
static void put_text(const char *text, FILE *out) {
    bool formula = *text && strchr("=+-@\t\r", *text);
    if (!formula && !strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputs(formula ? "\"'" : "\"", out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void put_number(bool known, double number, FILE *out) {
    if (known) fprintf(out, "%.15g", number);
}

static const char *const labels[] = {"verdict", "scenario", "peer",         "url",
                                     "started", "version",  "machine/host", "load/kind"};
static const char *const label_names[] = {"verdict", "scenario", "peer", "url",
                                          "started", "version",  "host", "kind"};
#define LABEL_COUNT (sizeof labels / sizeof *labels)

/* What a figure is measured in, as the end of its column's name; shares, ratios and counts have
 * none, and names that say it already keep it. */
static const char *unit_suffix(const struct value *value) {
    if (strstr(value->name, "_ns_") || strstr(value->name, "_per_s") ||
        strstr(value->name, "bytes"))
        return "";
    switch (value->unit) {
    case VALUE_US:
        return "_us";
    case VALUE_NS:
        return "_ns";
    case VALUE_S:
        return "_s";
    case VALUE_PER_S:
        return "_per_s";
    case VALUE_BYTES:
        return "_bytes";
    case VALUE_COUNT:
    case VALUE_SHARE:
    case VALUE_RATIO:
        break;
    }
    return "";
}

int csv_write(json_t *const *results, size_t count, FILE *out) {
    for (size_t i = 0; i < LABEL_COUNT; i++) fprintf(out, "%s%s", i ? "," : "", label_names[i]);
    for (size_t i = 0; i < value_count; i++)
        fprintf(out, ",%s%s", values[i].name, unit_suffix(&values[i]));
    fputs("\r\n", out);
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < LABEL_COUNT; k++) {
            if (k) fputc(',', out);
            put_text(look_text(results[i], labels[k], ""), out);
        }
        for (size_t k = 0; k < value_count; k++) {
            double number = 0;
            bool known = value_get(&values[k], results[i], &number);
            fputc(',', out);
            put_number(known, number, out);
        }
        fputs("\r\n", out);
    }
    return fflush(out) || ferror(out) ? -1 : 0;
}

static const char *const columns[] = {"at_s",   "published", "received",    "lost",  "p50_us",
                                      "p99_us", "max_us",    "skew_p99_us", "cpu_ns"};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

int csv_write_series(json_t *const *results, size_t count, FILE *out) {
    fputs("run,scenario,peer", out);
    for (size_t i = 0; i < COLUMN_COUNT; i++) fprintf(out, ",%s", columns[i]);
    fputs("\r\n", out);
    for (size_t i = 0; i < count; i++) {
        size_t index;
        json_t *row;
        json_array_foreach(look(results[i], "series"), index, row) {
            fprintf(out, "%zu,", i + 1);
            put_text(look_text(results[i], "scenario", ""), out);
            fputc(',', out);
            put_text(look_text(results[i], "peer", ""), out);
            for (size_t k = 0; k < COLUMN_COUNT; k++) {
                double number = 0;
                bool known = look_number(row, columns[k], &number);
                fputc(',', out);
                put_number(known, number, out);
            }
            fputs("\r\n", out);
        }
    }
    return fflush(out) || ferror(out) ? -1 : 0;
}
