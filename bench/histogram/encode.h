/*
 * HdrHistogram's V2 encoding (cookie 0x1c849303), deflated (0x1c849304) and in base64: what its log
 * files and every implementation of it read. Bytes from files are not trusted.
 */
#ifndef BENCH_HISTOGRAM_ENCODE_H
#define BENCH_HISTOGRAM_ENCODE_H

#include "histogram/histogram.h"

#define HISTOGRAM_TEXT_MAX ((size_t)16 << 20) /**< longest text that is decoded */

/** The histogram as base64 of its deflated V2 form, on the heap; NULL without memory. */
char *histogram_to_text(const struct histogram *histogram);
/** The opposite. NULL, and a sentence in *error (static), if it is not such a text. */
struct histogram *histogram_from_text(const char *text, const char **error);

#endif
