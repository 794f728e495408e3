/* Latency by percentile. */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "result/look.h"

#define CURVE_STEPS 240 /* of a curve by percentile */

/* What is drawn of each side, if there is not too much of it. */
enum measure { CORRECTED, UNCORRECTED, BARE, MEASURES };

static const struct {
    const char *histogram, *path, *name;
} latencies[MEASURES] = {
    [CORRECTED] = {"latency", "latency_us", "from the intended time of sending"},
    [UNCORRECTED] = {"latency_uncorrected", "latency_uncorrected_us",
                     "from the actual time (uncorrected)"},
    [BARE] = {"bare_latency", "floor/bare/latency_us", "bare loop of send()"},
};

static void style_of(const struct page *page, size_t side, enum measure measure, char *style) {
    if (measure == UNCORRECTED)
        snprintf(style, 32, "l dots %s", page->shown[side].style);
    else
        page_line(page, side, measure == BARE, style);
}

/* A curve by percentile, of the histogram or else of the few percentiles that are in figures; false
 * if neither is known. */
static bool curve(const json_t *run, const char *name, const char *path, struct points *points) {
    static const struct {
        const char *name;
        double percent;
    } few[] = {{"p50", 50}, {"p75", 75},     {"p90", 90},
               {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
    const json_t *figures = look(run, path);
    double count = 0, number;
    points->count = 0;
    if (!look_number(figures, "count", &count) || count < 1) return false;
    double last = 100 * (1 - 1 / fmax(count, 2));
    struct histogram *histogram = page_histogram(run, name);
    if (histogram) {
        for (size_t i = 0; i <= CURVE_STEPS; i++) {
            double nines = log10(fmax(count, 2)) * (double)i / CURVE_STEPS;
            double percent = 100 * (1 - pow(10, -nines));
            number = (double)histogram_percentile(histogram, percent) / 1e3;
            points_add(points, percent, number);
        }
    } else {
        for (size_t i = 0; i < sizeof few / sizeof *few; i++)
            if (few[i].percent < last && look_number(figures, few[i].name, &number))
                points_add(points, few[i].percent, number);
    }
    histogram_free(histogram);
    if (look_number(figures, "max", &number)) points_add(points, last, number);
    return true;
}

static void widen(const struct points *points, double *low, double *high) {
    for (size_t i = 0; i < points->count; i++) {
        if (points->y[i] > 0) *low = fmin(*low, points->y[i]);
        *high = fmax(*high, points->y[i]);
    }
}

static void curve_dots(const struct plot *plot, const struct page *page, size_t side,
                       const char *path) {
    static const struct {
        const char *name;
        double percent;
    } dots[] = {{"p50", 50}, {"p90", 90}, {"p99", 99}, {"p99.9", 99.9}, {"p99.99", 99.99}};
    const json_t *figures = look(page->shown[side].run, path);
    double count = 1, number;
    look_number(figures, "count", &count);
    double end = plot_x(plot, 100 * (1 - 1 / fmax(count, 2)));
    for (size_t i = 0; i <= sizeof dots / sizeof *dots; i++) {
        bool max = i == sizeof dots / sizeof *dots;
        const char *name = max ? "max" : dots[i].name;
        double percent = max ? 100 * (1 - 1 / fmax(count, 2)) : dots[i].percent;
        char value[VALUE_TEXT_BYTES + 4], text[128];
        if ((!max && (100 - percent) / 100 * count < 1) || !look_number(figures, name, &number))
            continue;
        snprintf(text, sizeof text, "%s, %s: %s", page->shown[side].label, name,
                 html_value_text(number, VALUE_US, value));
        plot_dot(plot, percent, number, page->shown[side].style, text);
        if (page->count > 1) continue;
        double x = plot_x(plot, percent);
        if (!max && end - x < 130) continue; /* no room beside that of the maximum */

        snprintf(text, sizeof text, "%s %s", name, html_value_text(number, VALUE_US, value));
        plot_note(plot, x, plot_y(plot, number) - 12, max ? "end" : "middle", text);
    }
}

/* Uncorrected and bare curves of many sides would hide each other. */
static bool wanted(const struct page *page, size_t side, enum measure measure) {
    if (measure == UNCORRECTED) return page->count <= 2;
    return measure == CORRECTED || page_draws_bare(page, side);
}

static void latency_legend(const struct page *page) {
    fputs("<div class=\"legend\">\n", page->out);
    for (enum measure measure = CORRECTED; measure < MEASURES; measure++) {
        for (size_t i = 0; i < page->count; i++) {
            char style[32];
            bool plain = page->count > 2 && measure == CORRECTED;
            if (!wanted(page, i, measure) || !look(page->shown[i].run, latencies[measure].path))
                continue;
            style_of(page, i, measure, style);
            html_key(style, page->count > 1 ? page->shown[i].label : NULL,
                     plain ? "" : latencies[measure].name, page->out);
        }
    }
    fputs("</div>\n", page->out);
}

static void latency_plot(const struct page *page) {
    struct points points;
    double low = INFINITY, high = 0, count = 1, number;
    for (size_t i = 0; i < page->count; i++) {
        const json_t *run = page->shown[i].run;
        for (enum measure measure = CORRECTED; measure < MEASURES; measure++) {
            if (!wanted(page, i, measure) ||
                !curve(run, latencies[measure].histogram, latencies[measure].path, &points))
                continue;
            widen(&points, &low, &high);
            if (measure == CORRECTED && look_number(run, "latency_us/count", &number))
                count = fmax(count, number);
        }
    }
    struct plot plot = plot_usual(axis_percentile(count, "share of deliveries that were this fast"),
                                  axis_log(low, high, VALUE_US, "latency"), page->out);
    plot.height = 400;
    plot_begin(&plot, "Latency by percentile");
    for (enum measure measure = MEASURES; measure-- > CORRECTED;) {
        for (size_t i = 0; i < page->count; i++) {
            char style[32];
            style_of(page, i, measure, style);
            if (wanted(page, i, measure) && curve(page->shown[i].run, latencies[measure].histogram,
                                                  latencies[measure].path, &points))
                plot_line(&plot, &points, style, false);
        }
    }
    for (size_t i = 0; i < page->count; i++) curve_dots(&plot, page, i, "latency_us");
    plot_end(&plot);
}

/* Of a server that is only observed: how long its readers waited from arrival to arrival. */
static void gap_plot(const struct page *page) {
    struct points points;
    double low = INFINITY, high = 0, count = 1, number;
    for (size_t i = 0; i < page->count; i++) {
        if (!curve(page->shown[i].run, "gap", "clients/gap_us", &points)) continue;
        widen(&points, &low, &high);
        if (look_number(page->shown[i].run, "clients/gap_us/count", &number))
            count = fmax(count, number);
    }
    if (high <= 0) return;
    html_section("gaps", "Time between arrivals by percentile",
                 "At each connection. Latency and loss are unknown where the messages are not the "
                 "tool&#8217;s own.",
                 page->out);
    struct plot plot = plot_usual(axis_percentile(count, "share of gaps that were this short"),
                                  axis_log(low, high, VALUE_US, "gap"), page->out);
    page_legend(page);
    plot_begin(&plot, "Time between arrivals by percentile");
    for (size_t i = 0; i < page->count; i++) {
        char style[32];
        style_of(page, i, CORRECTED, style);
        if (!curve(page->shown[i].run, "gap", "clients/gap_us", &points)) continue;
        plot_line(&plot, &points, style, false);
        curve_dots(&plot, page, i, "clients/gap_us");
    }
    plot_end(&plot);
    html_section_end(page->out);
}

void page_latency(const struct page *page) {
    bool known = false;
    for (size_t i = 0; i < page->count; i++)
        known = known || look(page->shown[i].run, "latency_us");
    if (known) {
        html_section("latency", "Latency by percentile",
                     "From the time at which each message was to be sent until a reader had it, "
                     "so that a stall counts for all who waited. Dots mark p50, p90, p99, p99.9, "
                     "p99.99 and the maximum.",
                     page->out);
        latency_legend(page);
        latency_plot(page);
        html_section_end(page->out);
    }
    gap_plot(page);
}
