/* Distributions: latency by percentile, and skew. */
#include <math.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "result/look.h"

#define CURVE_STEPS 240 /* of a curve by percentile */
#define BIN_COUNT   72  /* of a distribution */

/* What is drawn of each side, if there is not too much of it. */
enum measure { CORRECTED, UNCORRECTED, BARE, MEASURES };

static const struct {
    const char *histogram, *path, *style, *name;
} latencies[MEASURES] = {
    [CORRECTED] = {"latency", "latency_us", "l", "from the intended time of sending"},
    [UNCORRECTED] = {"latency_uncorrected", "latency_uncorrected_us", "l dots",
                     "from the actual time (uncorrected)"},
    [BARE] = {"bare_latency", "floor/bare/latency_us", "l dash", "bare loop of send()"},
};

static void style_of(const struct page *page, size_t side, enum measure measure, char *style) {
    const char *colour = measure == BARE && page->count == 1 ? "bare" : page->shown[side].style;
    snprintf(style, 32, "%s %s", latencies[measure].style, colour);
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
static bool wanted(const struct page *page, enum measure measure) {
    return measure == CORRECTED || page->count <= 2;
}

static void latency_legend(const struct page *page) {
    fputs("<div class=\"legend\">\n", page->out);
    for (size_t i = 0; i < page->count; i++) {
        for (enum measure measure = CORRECTED; measure < MEASURES; measure++) {
            char style[32];
            if (!wanted(page, measure) || !look(page->shown[i].run, latencies[measure].path))
                continue;
            style_of(page, i, measure, style);
            html_key(style, page->count > 1 ? page->shown[i].label : NULL,
                     page->count > 2 ? "" : latencies[measure].name, page->out);
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
            if (!wanted(page, measure) ||
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
            if (wanted(page, measure) && curve(page->shown[i].run, latencies[measure].histogram,
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
            style_of(page, i, BARE, style);
            plot_line(plot, &points, style, true);
        }
        if (!skews->of[i][0]) continue;
        bins(skews->of[i][0], &plot->x, &points);
        snprintf(style, sizeof style, "area %s", page->shown[i].style);
        plot_area(plot, &points, style);
        style_of(page, i, CORRECTED, style);
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
            style_of(page, i, k ? BARE : CORRECTED, style);
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
        skews.of[i][1] = page->count <= 2 ? page_histogram(run, "bare_skew") : NULL;
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
