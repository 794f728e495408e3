/*
 * The figures of a result that come with a histogram, and where both are in the document. One
 * thread.
 */
#ifndef BENCH_RESULT_FIGURES_H
#define BENCH_RESULT_FIGURES_H

#include <jansson.h>

#include "histogram/histogram.h"

struct figure {
    const char *name; /**< in `histograms` */
    const char *path; /**< of its percentiles, as look() takes it */
};

/** All, ended by a row without a name. */
extern const struct figure figures[];

/** The histogram of a figure, with its exact lowest and highest value; the caller owns it. NULL if
 * the figure is unknown, with *error NULL; or with a sentence in *error (static) if the document
 * has percentiles without a histogram, or one that is bad or of other values. */
struct histogram *figure_histogram(const json_t *result, const struct figure *figure,
                                   const char **error);

#endif
