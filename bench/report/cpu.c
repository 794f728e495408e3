/* CPU for each delivery, against the bare loop; and sweeps. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "result/look.h"

#define ROW_HEIGHT 46
#define BAR_HEIGHT 20
#define ROOM       1.2 /* of the axis beyond the longest bar: for the core, which may be far beyond */

static void bar(const struct plot *plot, double y, double from, double to, const char *style,
                const char *what) {
    char value[VALUE_TEXT_BYTES + 4];
    fprintf(plot->out,
            "<rect class=\"bar %s\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\">"
            "<title>%s: %s</title></rect>\n",
            style, plot_x(plot, from), y, plot_x(plot, to) - plot_x(plot, from), BAR_HEIGHT, what,
            html_value_text(to - from, VALUE_NS, value));
}

/* A side: its name, user and system part, how busy its core was, and where the bare loop is. */
static void row(const struct plot *plot, const struct shown *shown, double y) {
    const json_t *run = shown->run;
    double total, user, number;
    char value[VALUE_TEXT_BYTES + 4], pale[16];
    fprintf(plot->out, "<text class=\"name\" x=\"0\" y=\"%.1f\">", y + 15);
    html_text(shown->label, plot->out);
    fputs("</text>\n", plot->out);
    if (!look_number(run, "cpu_ns_per_delivery", &total)) {
        fprintf(plot->out, "<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">unknown</text>\n",
                plot->left + 8, y + 15);
        return;
    }
    double end = total;
    if (look_number(run, "server/core_ns_per_delivery", &number) && number > 0) {
        end = fmax(end, number);
        fprintf(plot->out,
                "<path class=\"l thin %s\" d=\"M%.1f %.1fH%.1fM%.1f %.1fv8\">"
                "<title>core busy: %s</title></path>\n",
                shown->style, plot->left, y + BAR_HEIGHT / 2.0, plot_x(plot, number),
                plot_x(plot, number), y + BAR_HEIGHT / 2.0 - 4,
                html_value_text(number, VALUE_NS, value));
    }
    if (!look_number(run, "server/user_ns_per_delivery", &user) || user > total) user = total;
    snprintf(pale, sizeof pale, "pale %s", shown->style);
    fprintf(plot->out,
            "<rect class=\"ground\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\"/>",
            plot->left, y, plot_x(plot, total) - plot->left, BAR_HEIGHT);
    bar(plot, y, 0, user, shown->style, "user");
    bar(plot, y, user, total, pale, "system");
    bool bare = look_number(run, "floor/bare/cpu_ns_per_delivery", &number) && number > 0;
    if (bare) {
        end = fmax(end, number);
        fprintf(plot->out,
                "<path class=\"l bare\" d=\"M%.1f %.1fv%d\"><title>bare loop: %s</title></path>\n",
                plot_x(plot, number), y - 6, BAR_HEIGHT + 12,
                html_value_text(number, VALUE_NS, value));
    }
    fprintf(plot->out, "<text class=\"name\" x=\"%.1f\" y=\"%.1f\">%s", plot_x(plot, end) + 12,
            y + 15, html_value_text(total, VALUE_NS, value));
    if (bare) fprintf(plot->out, ", %.2f&#8239;&#215; the bare loop", total / number);
    fputs("</text>\n", plot->out);
}

static void key(const char *shape, const char *what, FILE *out) {
    fprintf(out,
            "<span class=\"key\"><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\">%s</svg>%s"
            "</span>\n",
            shape, what);
}

void page_cpu(const struct page *page) {
    static const char *const paths[] = {"cpu_ns_per_delivery", "floor/bare/cpu_ns_per_delivery"};
    double highest = 0, number;
    bool known = false;
    for (size_t i = 0; i < page->count; i++) {
        known = known || look(page->shown[i].run, paths[0]);
        for (size_t k = 0; k < 2; k++)
            if (look_number(page->shown[i].run, paths[k], &number))
                highest = fmax(highest, number * ROOM);
    }
    if (!known || highest <= 0) return;
    html_section("cpu", "CPU a delivery",
                 "Time of the server&#8217;s process for each delivery, and what a bare loop of "
                 "send() took for the same: the kernel&#8217;s price. The core is busy longer than "
                 "the process says, since it also works for interrupts.",
                 page->out);
    fputs("<div class=\"legend\">\n", page->out);
    key("<path class=\"bar s0\" d=\"M0 0h28v10H0z\"/>", "user", page->out);
    key("<path class=\"bar pale s0\" d=\"M0 0h28v10H0z\"/>", "system", page->out);
    key("<path class=\"l thin s0\" d=\"M1 5h26M27 1v8\"/>", "core busy", page->out);
    key("<path class=\"l bare\" d=\"M14 0v10\"/>", "bare loop", page->out);
    fputs("</div>\n", page->out);
    struct plot plot = plot_usual(axis_linear(0, highest, VALUE_NS, "time for each delivery"),
                                  axis_linear(0, 1, VALUE_RATIO, NULL), page->out);
    plot.left = 160;
    plot.right = 220;
    plot.top = 4;
    plot.height = plot.top + plot.bottom + ROW_HEIGHT * (double)page->count;
    plot_begin(&plot, "CPU for each delivery");
    for (size_t i = 0; i < page->count; i++)
        row(&plot, &page->shown[i],
            plot.top + ROW_HEIGHT * (double)i + (ROW_HEIGHT - BAR_HEIGHT) / 2.0);
    plot_end(&plot);
    html_section_end(page->out);
}

static void sweep_points(const struct plot *plot, const struct shown *shown) {
    size_t index;
    json_t *step;
    json_array_foreach(look(shown->run, "sweep/steps"), index, step) {
        double at, p99, lost = 0;
        char text[160], value[2][VALUE_TEXT_BYTES + 4];
        bool good = json_is_true(look(step, "good"));
        if (!look_number(step, "value", &at) || !look_number(step, "p99_us", &p99)) continue;
        look_number(step, "lost", &lost);
        snprintf(text, sizeof text, "%s, %s: p99 %s, %.0f lost: %s", shown->label,
                 html_value_text(at, VALUE_COUNT, value[0]),
                 html_value_text(p99, VALUE_US, value[1]), lost, good ? "good" : "too much");
        plot_dot(plot, at, p99, good ? shown->style : "lost", text);
    }
}

void page_sweep(const struct page *page) {
    double left = INFINITY, right = 0, low = INFINITY, high = 0, limit = 0;
    const char *of = "";
    for (size_t i = 0; i < page->count; i++) {
        size_t index;
        json_t *step;
        of = look_text(page->shown[i].run, "sweep/of", of);
        look_number(page->shown[i].run, "sweep/limit_us", &limit);
        json_array_foreach(look(page->shown[i].run, "sweep/steps"), index, step) {
            double at, p99;
            if (!look_number(step, "value", &at) || !look_number(step, "p99_us", &p99)) continue;
            left = fmin(left, at);
            right = fmax(right, at);
            if (p99 > 0) low = fmin(low, p99);
            high = fmax(high, p99);
        }
    }
    if (right <= 0) return;
    bool rate = strcmp(of, "rate") == 0;
    html_section("sweep", "Sweep: how much it can do",
                 "The 99th percentile at each load that was tried. Red dots were above the limit "
                 "(the line) or lost something.",
                 page->out);
    struct plot plot = plot_usual(
        axis_log(left, right, VALUE_COUNT, rate ? "messages a second" : "connections"),
        axis_log(fmin(low, limit > 0 ? limit : low), fmax(high, limit), VALUE_US, "latency, p99"),
        page->out);
    plot_begin(&plot, "p99 at each load of the sweep");
    if (limit > 0)
        fprintf(page->out, "<path class=\"l dash bare\" d=\"M%.1f %.1fH%.1f\"/>\n", plot.left,
                plot_y(&plot, limit), plot.width - plot.right);
    for (size_t i = 0; i < page->count; i++) sweep_points(&plot, &page->shown[i]);
    plot_end(&plot);
    for (size_t i = 0; i < page->count; i++) {
        double lowest, highest;
        if (!look(page->shown[i].run, "sweep")) continue;
        fputs("<p>", page->out);
        html_text(page->shown[i].label, page->out);
        fputs(": ", page->out);
        html_value_of(page->shown[i].run, "sweep_best", page->out);
        if (look_number(page->shown[i].run, "sweep/low", &lowest) &&
            look_number(page->shown[i].run, "sweep/high", &highest)) {
            fputs(" (between ", page->out);
            html_value(lowest, VALUE_COUNT, page->out);
            fputs(" and ", page->out);
            html_value(highest, VALUE_COUNT, page->out);
            fputs(")", page->out);
        }
        fprintf(page->out, " %s.</p>\n", rate ? "messages a second" : "connections");
    }
    html_section_end(page->out);
}
