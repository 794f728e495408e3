/* Pieces of a page. Pure but for `out`. */
#ifndef BENCH_REPORT_HTML_H
#define BENCH_REPORT_HTML_H

#include <jansson.h>
#include <stdio.h>

#include "result/values.h"

/** A number for people, with the signs that plain text lacks: 1.45 µs, 1.07 ×. */
void html_value(double number, enum value_unit unit, FILE *out);
/** That of a figure of a document, or "unknown". */
void html_value_of(const json_t *result, const char *name, FILE *out);
/** The same into `text` (VALUE_TEXT_BYTES + 4), for texts of plots. Returns `text`. */
const char *html_value_text(double number, enum value_unit unit, char *text);

/** A text of a document, escaped and cut where it is longer than people read. */
void html_text(const char *text, FILE *out);

/** A section with a heading, a sentence below it, and an end. All texts are ours. */
void html_section(const char *id, const char *title, const char *sentence, FILE *out);
void html_section_end(FILE *out);

/** A key of a legend; `style` as in plot.h. `name` is a document's, NULL: none. */
void html_key(const char *style, const char *name, const char *what, FILE *out);

#endif
