/* Text within XML and HTML, as content or between double quotes. Pure. */
#ifndef BENCH_RESULT_MARKUP_H
#define BENCH_RESULT_MARKUP_H

#include <stdio.h>

/** Writes any text so that it stays text; what markup cannot hold (control characters but
 * newline and tab, what is not UTF-8) becomes a question mark. */
void markup_text(const char *text, FILE *out);

#endif
