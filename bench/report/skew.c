/* The distribution of skew. */
#include <math.h>
#include <stdbool.h>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "result/look.h"

#define BIN_COUNT 72 /* of a distribution */

/* Shares, in percent, of a histogram over the bins of a logarithmic axis. */
static double bins(const struct histogram *histogram, const struct axis *axis,
                   struct points *points) {
    double count = (double)histogram_count(histogram), highest = 0;
    double ratio = axis->to / axis->from, before = 0;
    points->count = 0;
    for (size_t i = 0; i < BIN_COUNT; i++) {
        double from = axis->from * pow(ratio, (double)i / BIN_COUNT);
        double to = axis->from * pow(ratio, (double)(i + 1) / BIN_COUNT);
        double until = (double)histogram_count_up_to(histogram, (uint64_t)(to * 1e3));
        double share = 100 * (until - before) / count;
        points_add(points, from, share);
        highest = fmax(highest, share);
        before = until;
    }
    points_add(points, axis->to, 0);
    for (size_t i = points->count; i-- > 1 && points->y[i - 1] <= 0;) points->y[i] = NAN;
    for (size_t i = 0; i + 1 < points->count && points->y[i + 1] <= 0; i++) points->y[i] = NAN;
    return highest;
}

struct skews {
    struct histogram *of[COMPARE_SIDES_MAX][2]; /* the server's and the bare loop's */
};

static void skew_lines(const struct plot *plot, const struct page *page,
                       const struct skews *skews) {
    struct points points;
    for (size_t i = 0; i < page->count; i++) {
        char style[32];
        if (skews->of[i][1]) {
            bins(skews->of[i][1], &plot->x, &points);
            page_line(page, i, true, style);
            plot_line(plot, &points, style, true);
        }
        if (!skews->of[i][0]) continue;
        bins(skews->of[i][0], &plot->x, &points);
        snprintf(style, sizeof style, "area %s", page->shown[i].style);
        if (page->count <= 2) plot_area(plot, &points, style);
        page_line(page, i, false, style);
        plot_line(plot, &points, style, true);
    }
}

static void skew_hovers(const struct plot *plot, const struct page *page,
                        const struct skews *skews) {
    struct points points[COMPARE_SIDES_MAX];
    for (size_t i = 0; i < page->count; i++)
        if (skews->of[i][0]) bins(skews->of[i][0], &plot->x, &points[i]);
    for (size_t bin = 0; bin < BIN_COUNT; bin++) {
        char text[512], value[2][VALUE_TEXT_BYTES + 4];
        double ratio = plot->x.to / plot->x.from;
        double from = plot->x.from * pow(ratio, (double)bin / BIN_COUNT);
        double to = plot->x.from * pow(ratio, (double)(bin + 1) / BIN_COUNT);
        size_t used = (size_t)snprintf(text, sizeof text, "%s to %s",
                                       html_value_text(from, VALUE_US, value[0]),
                                       html_value_text(to, VALUE_US, value[1]));
        for (size_t i = 0; i < page->count && used < sizeof text; i++)
            if (skews->of[i][0])
                used += (size_t)snprintf(text + used, sizeof text - used, "\n%s: %.2f %%",
                                         page->shown[i].label,
                                         isnan(points[i].y[bin]) ? 0 : points[i].y[bin]);
        plot_hover(plot, from, to, text);
    }
}

/* Lines at some percentiles, with their names one below the other. */
static void skew_marks(const struct plot *plot, const json_t *run) {
    static const char *const names[] = {"p50", "p99", "max"};
    const json_t *figures = look(run, "skew_us");
    double number, y = plot->top + 14;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++, y += 18) {
        char text[64], value[VALUE_TEXT_BYTES + 4];
        if (!look_number(figures, names[i], &number)) continue;
        double x = plot_x(plot, number);
        bool left = x > plot->width * 0.8;
        fprintf(plot->out, "<path class=\"mark\" d=\"M%.1f %.1fV%.1f\"/>", x, y - 10,
                plot->height - plot->bottom);
        snprintf(text, sizeof text, "%s %s", names[i], html_value_text(number, VALUE_US, value));
        plot_note(plot, x + (left ? -6 : 6), y, left ? "end" : "", text);
    }
}

static void skew_plot(const struct page *page, const struct skews *skews) {
    double low = INFINITY, high = 0, share = 0;
    struct points points;
    for (size_t i = 0; i < page->count; i++) {
        for (size_t k = 0; k < 2; k++) {
            if (!skews->of[i][k]) continue;
            low = fmin(low, fmax(1, (double)histogram_min(skews->of[i][k])) / 1e3);
            high = fmax(high, (double)histogram_max(skews->of[i][k]) / 1e3);
        }
    }
    struct axis x = axis_log(low, high, VALUE_US, "from the first to the last receiver");
    for (size_t i = 0; i < page->count; i++)
        for (size_t k = 0; k < 2; k++)
            if (skews->of[i][k]) share = fmax(share, bins(skews->of[i][k], &x, &points));
    struct plot plot =
        plot_usual(x, axis_linear(0, share, VALUE_RATIO, "share of messages, %"), page->out);
    fputs("<div class=\"legend\">\n", page->out);
    for (size_t i = 0; i < page->count; i++) {
        for (size_t k = 0; k < 2; k++) {
            char style[32];
            page_line(page, i, k == 1, style);
            if (skews->of[i][k])
                html_key(style, page->count > 1 || !k ? page->shown[i].label : NULL,
                         k ? "bare loop of send()" : "", page->out);
        }
    }
    fputs("</div>\n", page->out);
    plot_begin(&plot, "Distribution of the skew of messages");
    skew_lines(&plot, page, skews);
    if (page->count == 1) skew_marks(&plot, page->shown[0].run);
    skew_hovers(&plot, page, skews);
    plot_end(&plot);
}

void page_skew(const struct page *page) {
    struct skews skews;
    bool known = false;
    for (size_t i = 0; i < page->count; i++) {
        const json_t *run = page->shown[i].run;
        skews.of[i][0] = page_histogram(run, "skew");
        skews.of[i][1] = page_draws_bare(page, i) ? page_histogram(run, "bare_skew") : NULL;
        known = known || skews.of[i][0];
    }
    if (known) {
        html_section("skew", "Fan-out skew",
                     "How long after its first receiver each message had reached its last one: "
                     "what readers of the same feed are apart.",
                     page->out);
        skew_plot(page, &skews);
        html_section_end(page->out);
    }
    for (size_t i = 0; i < page->count; i++) {
        histogram_free(skews.of[i][0]);
        histogram_free(skews.of[i][1]);
    }
}
