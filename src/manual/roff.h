/*
 * Pages of the manual in the man(7) macros. Texts are in the form of base/help.h; what stands
 * between two ` in a paragraph is bold. One thread for a stream.
 */
#ifndef MANUAL_ROFF_H
#define MANUAL_ROFF_H

#include <stdio.h>

#include "base/help.h"

/** A page that is written; begin with the stream alone. */
struct roff {
    FILE *out;
    bool after_text; /**< what comes next is a new paragraph */
};

/** The head of a page and its section NAME. */
void roff_begin(struct roff *page, const char *name, int section, const char *sentence);

void roff_section(struct roff *page, const char *title);
void roff_subsection(struct roff *page, const char *title);

/** Paragraphs and examples. */
void roff_text(struct roff *page, const char *text);

/** A file as an example; ends the program if it cannot be read. */
void roff_file(struct roff *page, const char *name);

/** A paragraph of its own: `bold`, then `plain`, either may be "". */
void roff_line(struct roff *page, const char *bold, const char *plain);

/** A name in bold, its value's name in italics ("": none), and text below. */
void roff_item(struct roff *page, const char *name, const char *value, const char *text);

/** A table as items. */
void roff_rows(struct roff *page, const struct help_row *rows);

/** Further in, and back. */
void roff_indent(struct roff *page);
void roff_outdent(struct roff *page);

/** Other pages: "tickcast.yml(5)" and so on, up to a NULL. */
void roff_see_also(struct roff *page, const char *const *pages);

#endif
