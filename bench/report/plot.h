/*
 * Plots as plain SVG: axes, lines and points. Colours and strokes are classes that the style sheet
 * of the page defines (s0 to s7 for series; l, thin, dash, dot for lines). Pure but for `out`.
 */
#ifndef BENCH_REPORT_PLOT_H
#define BENCH_REPORT_PLOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "result/values.h"

enum axis_scale {
    AXIS_LINEAR,
    AXIS_LOG,
    AXIS_PERCENTILE, /**< by the distance to 100 %, a decade each: 0, 90, 99, 99.9, ... */
};

struct axis {
    enum axis_scale scale;
    double from, to; /**< AXIS_PERCENTILE: 0 and the number of nines */
    double step;     /**< AXIS_LINEAR: between two ticks */
    enum value_unit unit;
    const char *title; /**< NULL for a vertical axis that is not drawn */
};

/** Axes over `low` to `high`, rounded outwards to ticks. A linear one holds 0 if `low` is 0. */
struct axis axis_linear(double low, double high, enum value_unit unit, const char *title);
struct axis axis_log(double low, double high, enum value_unit unit, const char *title);
struct axis axis_percentile(double count, const char *title);

/** Where a value is, from 0 to 1; values outside are at the ends. */
double axis_place(const struct axis *axis, double value);

struct plot {
    struct axis x, y;
    double width, height; /**< of the whole drawing */
    double left, right, top, bottom;
    FILE *out;
};

/** A plot of the usual size. */
struct plot plot_usual(struct axis x, struct axis y, FILE *out);

/** Begins the SVG, `label` being what it shows for those who do not see it, and draws the axes. */
void plot_begin(const struct plot *plot, const char *label);
void plot_end(const struct plot *plot);

double plot_x(const struct plot *plot, double value);
double plot_y(const struct plot *plot, double value);

#define PLOT_POINTS_MAX 600 /**< of a line: more than the columns of pixels tell apart */

struct points {
    double x[PLOT_POINTS_MAX], y[PLOT_POINTS_MAX];
    size_t count;
};

/** Adds a point, NAN being a gap; beyond PLOT_POINTS_MAX it is dropped. */
void points_add(struct points *points, double x, double y);

/** A line of the classes `style`; with `steps` it goes on level to each next point. */
void plot_line(const struct plot *plot, const struct points *points, const char *style, bool steps);
/** The area between a line and the bottom. */
void plot_area(const struct plot *plot, const struct points *points, const char *style);

/** A dot with a text that is shown when the pointer rests on it. */
void plot_dot(const struct plot *plot, double x, double y, const char *style, const char *text);
/** A text at a place of the drawing; `style` may have `middle` or `end`. */
void plot_note(const struct plot *plot, double x, double y, const char *style, const char *text);
/** An invisible column over the values `from` to `to` with such a text. */
void plot_hover(const struct plot *plot, double from, double to, const char *text);

#define LABELS_MAX 32

/** Texts at the right end of lines, which are moved apart where they would overlap. */
struct labels {
    struct {
        double y;
        char text[40], style[8];
    } label[LABELS_MAX];
    size_t count;
};

void labels_add(struct labels *labels, double y, const char *style, const char *text);
void plot_labels(const struct plot *plot, struct labels *labels);

#endif
