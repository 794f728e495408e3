#include "report/plot.h"

#include <math.h>
#include <string.h>

#include "report/html.h"
#include "result/markup.h"

#define LINE_HEIGHT 15 /* of a text in a plot */

double plot_x(const struct plot *plot, double value) {
    double room = plot->width - plot->left - plot->right;
    return plot->left + room * axis_place(&plot->x, value);
}

double plot_y(const struct plot *plot, double value) {
    double room = plot->height - plot->top - plot->bottom;
    return plot->height - plot->bottom - room * axis_place(&plot->y, value);
}

struct plot plot_usual(struct axis x, struct axis y, FILE *out) {
    return (struct plot){.x = x,
                         .y = y,
                         .width = 960,
                         .height = 340,
                         .left = 64,
                         .right = 24,
                         .top = 26,
                         .bottom = 46,
                         .out = out};
}

/* The number at a tick, without digits that say nothing: 5 ms, 0.5 µs. */
static void tick_text(const struct axis *axis, double value, char *text) {
    html_value_text(value, axis->unit, text);
    if (axis->unit == VALUE_SHARE || axis->unit == VALUE_RATIO) {
        snprintf(text, VALUE_TEXT_BYTES, "%g", round(value * 1e6) / 1e6);
        return;
    }
    if (axis->unit == VALUE_S) {
        snprintf(text, VALUE_TEXT_BYTES, "%g", round(value * 1e6) / 1e6);
        return;
    }
    char *point = strchr(text, '.');
    if (!point) return;
    char *end = point + 1 + strspn(point + 1, "0123456789"), *last = end;
    while (last[-1] == '0') last--;
    if (last[-1] == '.') last--;
    memmove(last, end, strlen(end) + 1);
}

static void tick_y(const struct plot *plot, double value, bool text) {
    char shown[VALUE_TEXT_BYTES + 4];
    double y = plot_y(plot, value);
    fprintf(plot->out, "<path class=\"grid\" d=\"M%.1f %.1fH%.1f\"/>", plot->left, y,
            plot->width - plot->right);
    if (!text) return;
    tick_text(&plot->y, value, shown);
    fprintf(plot->out, "<text class=\"tick end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n", plot->left - 8,
            y + 4, shown);
}

static void tick_x(const struct plot *plot, double value, const char *shown) {
    double x = plot_x(plot, value), bottom = plot->height - plot->bottom;
    fprintf(plot->out,
            "<path class=\"grid\" d=\"M%.1f %.1fV%.1f\"/>"
            "<text class=\"tick middle\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            x, plot->top, bottom, x, bottom + 17, shown);
}

static void linear_ticks(const struct plot *plot, const struct axis *axis, bool vertical) {
    char shown[VALUE_TEXT_BYTES + 4];
    size_t count = (size_t)((axis->to - axis->from) / axis->step + 1e-6);
    for (size_t i = 0; i <= count; i++) {
        double value = axis->from + (double)i * axis->step;
        if (fabs(value) < axis->step / 1e6) value = 0;
        if (vertical) {
            tick_y(plot, value, true);
        } else {
            tick_text(axis, value, shown);
            tick_x(plot, value, shown);
        }
    }
}

/* 1, 2 and 5 of each decade; over many decades only 1 has a text. */
static void log_ticks(const struct plot *plot, const struct axis *axis, bool vertical) {
    static const double digits[] = {1, 2, 5};
    char shown[VALUE_TEXT_BYTES + 4];
    bool many = log10(axis->to / axis->from) > (vertical ? 3.1 : 4.1);
    for (double power = pow(10, floor(log10(axis->from) + 1e-9)); power <= axis->to; power *= 10) {
        for (size_t i = 0; i < 3; i++) {
            double value = power * digits[i];
            bool text = !many || i == 0;
            if (value < axis->from * (1 - 1e-9) || value > axis->to * (1 + 1e-9)) continue;
            if (vertical) {
                tick_y(plot, value, text);
            } else {
                tick_text(axis, value, shown);
                tick_x(plot, value, text ? shown : "");
            }
        }
    }
}

static void percentile_ticks(const struct plot *plot) {
    static const struct {
        double percent;
        const char *text;
    } ticks[] = {{0, "p0"},
                 {50, "p50"},
                 {90, "p90"},
                 {99, "p99"},
                 {99.9, "p99.9"},
                 {99.99, "p99.99"},
                 {99.999, "p99.999"},
                 {99.9999, "p99.9999"},
                 {99.99999, "p99.99999"},
                 {99.999999, "p99.999999"}};
    for (size_t i = 0; i < sizeof ticks / sizeof *ticks; i++) {
        double nines = i < 2 ? 0 : (double)i - 1;
        if (nines <= plot->x.to + 1e-9) tick_x(plot, ticks[i].percent, ticks[i].text);
    }
}

void plot_begin(const struct plot *plot, const char *label) {
    fprintf(plot->out,
            "<div class=\"plot\"><svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"%s\">\n",
            plot->width, plot->height, label);
    if (plot->y.title && plot->y.scale == AXIS_LOG)
        log_ticks(plot, &plot->y, true);
    else if (plot->y.title)
        linear_ticks(plot, &plot->y, true);
    if (plot->x.scale == AXIS_LOG)
        log_ticks(plot, &plot->x, false);
    else if (plot->x.scale == AXIS_LINEAR)
        linear_ticks(plot, &plot->x, false);
    else
        percentile_ticks(plot);
    fprintf(plot->out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", plot->left,
            plot->height - plot->bottom, plot->width - plot->right);
    if (plot->y.title)
        fprintf(plot->out, "<text class=\"title\" x=\"4\" y=\"12\">%s</text>\n", plot->y.title);
    fprintf(plot->out, "<text class=\"title end\" x=\"%.1f\" y=\"%.1f\">%s</text>\n",
            plot->width - plot->right, plot->height - 6, plot->x.title);
}

void plot_end(const struct plot *plot) {
    fputs("</svg></div>\n", plot->out);
}

void points_add(struct points *points, double x, double y) {
    if (points->count == PLOT_POINTS_MAX) return;
    points->x[points->count] = x;
    points->y[points->count++] = y;
}

/* A line has a gap where a value is unknown. */
static void put_path(const struct plot *plot, const struct points *points, bool steps) {
    bool drawn = false;
    for (size_t i = 0; i < points->count; i++) {
        if (isnan(points->y[i])) {
            drawn = false;
            continue;
        }
        double x = plot_x(plot, points->x[i]), y = plot_y(plot, points->y[i]);
        if (!drawn)
            fprintf(plot->out, "M%.1f %.1f", x, y);
        else if (steps)
            fprintf(plot->out, "H%.1fV%.1f", x, y);
        else
            fprintf(plot->out, "L%.1f %.1f", x, y);
        drawn = true;
    }
}

void plot_line(const struct plot *plot, const struct points *points, const char *style,
               bool steps) {
    if (!points->count) return;
    fprintf(plot->out, "<path class=\"%s\" d=\"", style);
    put_path(plot, points, steps);
    fputs("\"/>\n", plot->out);
}

void plot_area(const struct plot *plot, const struct points *points, const char *style) {
    if (!points->count) return;
    double bottom = plot->height - plot->bottom;
    size_t first = 0;
    while (first < points->count && isnan(points->y[first])) first++;
    if (first == points->count) return;
    fprintf(plot->out, "<path class=\"%s\" d=\"", style);
    put_path(plot, points, true);
    fprintf(plot->out, "V%.1fH%.1fZ\"/>\n", bottom, plot_x(plot, points->x[first]));
}

void plot_dot(const struct plot *plot, double x, double y, const char *style, const char *text) {
    fprintf(plot->out, "<circle class=\"dot %s\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>", style,
            plot_x(plot, x), plot_y(plot, y));
    markup_text(text, plot->out);
    fputs("</title></circle>\n", plot->out);
}

void plot_note(const struct plot *plot, double x, double y, const char *style, const char *text) {
    fprintf(plot->out, "<text class=\"note %s\" x=\"%.1f\" y=\"%.1f\">", style, x, y);
    markup_text(text, plot->out);
    fputs("</text>\n", plot->out);
}

void plot_hover(const struct plot *plot, double from, double to, const char *text) {
    double left = plot_x(plot, from), right = plot_x(plot, to);
    fprintf(plot->out,
            "<rect class=\"hover\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"><title>",
            left, plot->top, right - left, plot->height - plot->top - plot->bottom);
    markup_text(text, plot->out);
    fputs("</title></rect>\n", plot->out);
}

void labels_add(struct labels *labels, double y, const char *style, const char *text) {
    if (labels->count == LABELS_MAX) return;
    size_t at = labels->count++; /* from top to bottom */
    for (; at && labels->label[at - 1].y > y; at--) labels->label[at] = labels->label[at - 1];
    labels->label[at].y = y;
    snprintf(labels->label[at].text, sizeof labels->label[at].text, "%s", text);
    snprintf(labels->label[at].style, sizeof labels->label[at].style, "%s", style);
}

void plot_labels(const struct plot *plot, struct labels *labels) {
    double bottom = plot->height - plot->bottom + 4;
    for (size_t i = labels->count; i-- > 0;) { /* none below the axis, nor below its follower */
        if (labels->label[i].y > bottom) labels->label[i].y = bottom;
        bottom = labels->label[i].y - LINE_HEIGHT;
    }
    double top = plot->top + 4;
    for (size_t i = 0; i < labels->count; i++) {
        if (labels->label[i].y < top) labels->label[i].y = top;
        top = labels->label[i].y + LINE_HEIGHT;
    }
    for (size_t i = 0; i < labels->count; i++) {
        fprintf(plot->out, "<text class=\"name %s\" x=\"%.1f\" y=\"%.1f\">", labels->label[i].style,
                plot->width - plot->right + 8, labels->label[i].y + 4);
        markup_text(labels->label[i].text, plot->out);
        fputs("</text>\n", plot->out);
    }
}
