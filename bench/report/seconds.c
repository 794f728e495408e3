/* Latency and throughput over time. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "result/look.h"

#define ROWS_MAX 300 /* drawn of a series; more are put together */

enum column { P50, P99, MAX, RATE, COLUMNS };

struct row {
    double from_s, to_s;
    double value[COLUMNS]; /* us, but RATE in deliveries a second; NAN: unknown */
    double lost;
};

struct rows {
    struct row row[ROWS_MAX];
    size_t count;
};

static void take(struct row *row, const json_t *second) {
    static const char *const paths[] = {[P50] = "p50_us", [P99] = "p99_us", [MAX] = "max_us"};
    double number;
    for (enum column column = P50; column <= MAX; column++)
        if (look_number(second, paths[column], &number))
            row->value[column] = fmax(number, row->value[column]); /* also if that is NAN */
    if (look_number(second, "received", &number)) row->value[RATE] += number;
    if (look_number(second, "lost", &number)) row->lost += number;
}

/* When the row at `index` ends: where the next begins; the last one with the run. */
static double end_of(const json_t *run, const json_t *series, size_t index) {
    double at = 0, before = 0, end = 0;
    if (look_number(json_array_get(series, index + 1), "at_s", &end)) return end;
    look_number(json_array_get(series, index), "at_s", &at);
    if (look_number(run, "duration_s", &end) && end > at) return end;
    if (index) look_number(json_array_get(series, index - 1), "at_s", &before);
    return index ? at + (at - before) : at + 1;
}

static void gather(const json_t *run, struct rows *rows) {
    const json_t *series = look(run, "series");
    size_t count = json_array_size(series), together = (count + ROWS_MAX - 1) / ROWS_MAX;
    rows->count = 0;
    for (size_t i = 0; i < count; i += together) {
        struct row *row = &rows->row[rows->count];
        size_t last = i + together < count ? i + together - 1 : count - 1;
        *row = (struct row){.to_s = end_of(run, series, last), .value = {NAN, NAN, NAN, 0}};
        look_number(json_array_get(series, i), "at_s", &row->from_s);
        for (size_t k = i; k <= last; k++) take(row, json_array_get(series, k));
        if (row->to_s <= row->from_s) continue; /* time stands still: nothing can be drawn */
        row->value[RATE] /= row->to_s - row->from_s;
        rows->count++;
    }
}

static void line(const struct plot *plot, const struct rows *rows, enum column column,
                 const char *style) {
    struct points points = {.count = 0};
    for (size_t i = 0; i < rows->count; i++)
        points_add(&points, (rows->row[i].from_s + rows->row[i].to_s) / 2,
                   rows->row[i].value[column]);
    plot_line(plot, &points, style, false);
}

static void range(const struct rows *rows, enum column column, double *low, double *high) {
    for (size_t i = 0; i < rows->count; i++) {
        double value = rows->row[i].value[column];
        if (value > 0) *low = fmin(*low, value);
        if (value > 0) *high = fmax(*high, value);
    }
}

static double last(const struct rows *rows, enum column column) {
    for (size_t i = rows->count; i-- > 0;)
        if (!isnan(rows->row[i].value[column])) return rows->row[i].value[column];
    return NAN;
}

/* Columns that tell the figures of all sides at a time. */
static void hovers(const struct plot *plot, const struct page *page, const struct rows *rows,
                   bool latency) {
    size_t longest = 0;
    for (size_t i = 0; i < page->count; i++)
        if (rows[i].count > rows[longest].count) longest = i;
    for (size_t at = 0; at < rows[longest].count; at++) {
        char text[1024], value[3][VALUE_TEXT_BYTES + 4];
        const struct row *when = &rows[longest].row[at];
        size_t used =
            (size_t)snprintf(text, sizeof text, "%.0f to %.0f s", when->from_s, when->to_s);
        for (size_t i = 0; i < page->count && used < sizeof text - 200; i++) {
            if (at >= rows[i].count) continue;
            const struct row *row = &rows[i].row[at];
            if (latency && isnan(row->value[P50])) continue;
            used +=
                (size_t)snprintf(text + used, sizeof text - used, "\n%s: ", page->shown[i].label);
            if (latency)
                used += (size_t)snprintf(text + used, sizeof text - used, "p50 %s, p99 %s, max %s",
                                         html_value_text(row->value[P50], VALUE_US, value[0]),
                                         html_value_text(row->value[P99], VALUE_US, value[1]),
                                         html_value_text(row->value[MAX], VALUE_US, value[2]));
            else
                used += (size_t)snprintf(text + used, sizeof text - used, "%s, %.0f lost",
                                         html_value_text(row->value[RATE], VALUE_PER_S, value[0]),
                                         row->lost);
        }
        plot_hover(plot, when->from_s, when->to_s, text);
    }
}

static const struct {
    const char *name, *single, *several; /* styles: one side has a colour for each line */
} lines[] = {
    [P50] = {"p50", "s2", "thin"}, [P99] = {"p99", "s0", ""}, [MAX] = {"max", "s1", "dots"}};

static void line_style(const struct page *page, size_t side, enum column column, char *style) {
    if (page->count == 1)
        snprintf(style, 32, "l %s", lines[column].single);
    else
        snprintf(style, 32, "l %s %s", lines[column].several, page->shown[side].style);
}

static void latency_legend(const struct page *page) {
    char style[32];
    if (page->count == 1) return; /* lines have their names beside them */
    fputs("<div class=\"legend\">\n", page->out);
    for (size_t i = 0; i < page->count; i++) {
        for (enum column column = P50; column <= MAX; column++) {
            line_style(page, i, column, style);
            if (page->count == 2 || column == P99)
                html_key(style, page->shown[i].label, lines[column].name, page->out);
        }
    }
    fputs("</div>\n", page->out);
}

static void latency(const struct page *page, const struct rows *rows, struct axis time) {
    double low = INFINITY, high = 0;
    struct labels labels = {.count = 0};
    for (size_t i = 0; i < page->count; i++)
        for (enum column column = P50; column <= MAX; column++)
            if (page->count <= 2 || column == P99) range(&rows[i], column, &low, &high);
    if (high <= 0) return;
    html_section("latency-over-time", "Latency over time",
                 page->count <= 2 ? "The median, the 99th percentile and the slowest delivery of "
                                    "each second, or of the worst where seconds share a point."
                                  : "The 99th percentile of each second, or of the worst where "
                                    "seconds share a point.",
                 page->out);
    struct plot plot = plot_usual(time, axis_log(low, high, VALUE_US, "latency"), page->out);
    if (page->count <= 2) plot.right = 60; /* for names of lines */
    latency_legend(page);
    plot_begin(&plot, "Latency over time");
    for (enum column column = MAX + 1; column-- > P50;) {
        for (size_t i = 0; i < page->count && (page->count <= 2 || column == P99); i++) {
            char style[32];
            line_style(page, i, column, style);
            line(&plot, &rows[i], column, style);
            double end = last(&rows[i], column);
            const char *colour = page->count == 1 ? lines[column].single : page->shown[i].style;
            if (page->count <= 2 && !isnan(end))
                labels_add(&labels, plot_y(&plot, end), colour, lines[column].name);
        }
    }
    plot_labels(&plot, &labels);
    hovers(&plot, page, rows, true);
    plot_end(&plot);
    html_section_end(page->out);
}

static void throughput(const struct page *page, const struct rows *rows, struct axis time) {
    double low = INFINITY, high = 0, lost = 0;
    bool counted = true;
    for (size_t i = 0; i < page->count; i++) {
        range(&rows[i], RATE, &low, &high);
        counted = counted && look(page->shown[i].run, "lost");
        for (size_t k = 0; k < rows[i].count; k++) lost += rows[i].row[k].lost;
    }
    html_section("throughput", "Throughput over time",
                 lost > 0  ? "Deliveries received a second. Red dots mark seconds with loss."
                 : counted ? "Deliveries received a second. Nothing was lost."
                           : "Deliveries received a second.",
                 page->out);
    struct plot plot =
        plot_usual(time, axis_linear(0, high * 1.05, VALUE_PER_S, "deliveries"), page->out);
    plot.height = 260;
    page_legend(page);
    plot_begin(&plot, "Throughput over time");
    for (size_t i = 0; i < page->count; i++) {
        char style[32];
        snprintf(style, sizeof style, "l %s", page->shown[i].style);
        line(&plot, &rows[i], RATE, style);
    }
    hovers(&plot, page, rows, false);
    for (size_t i = 0; i < page->count; i++) {
        for (size_t k = 0; k < rows[i].count; k++) {
            const struct row *row = &rows[i].row[k];
            char text[128];
            snprintf(text, sizeof text, "%s, until %.0f s: %.0f lost", page->shown[i].label,
                     row->to_s, row->lost);
            if (row->lost > 0)
                plot_dot(&plot, (row->from_s + row->to_s) / 2, row->value[RATE], "lost", text);
        }
    }
    plot_end(&plot);
    html_section_end(page->out);
}

void page_seconds(const struct page *page) {
    static const char *const title = "seconds since the end of the warm-up";
    struct rows rows[COMPARE_SIDES_MAX];
    double end = 0;
    for (size_t i = 0; i < page->count; i++) {
        gather(page->shown[i].run, &rows[i]);
        if (rows[i].count) end = fmax(end, rows[i].row[rows[i].count - 1].to_s);
    }
    if (end <= 0) return;
    struct axis time = axis_linear(0, end, VALUE_S, title);
    time.to = end; /* to the end, not to the next tick */
    latency(page, rows, time);
    throughput(page, rows, time);
}
