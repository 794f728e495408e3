/* Whether some readers are always early or late. */
#include <math.h>
#include <stdbool.h>

#include "report/html.h"
#include "report/page.h"
#include "report/plot.h"
#include "result/look.h"

/* How far from 0.5 chance allows a mean rank. Where the document does not say: ranks among k
 * readers are uniform with the variance (k + 1) / (12 (k - 1)), and a reader has a rank for each
 * message. */
static double band_of(const json_t *run) {
    double band, readers = 0, received = 0;
    if (look_number(run, "clients/rank_band", &band)) return band;
    look_number(run, "clients/count", &readers);
    look_number(run, "received", &received);
    if (readers < 2 || received < readers) return 0;
    return 6 * sqrt((readers + 1) / (12 * (readers - 1)) / (received / readers));
}

/* The part of the readers that the place of a rank among the ranks stands for. */
static double place(size_t index, size_t count) {
    return 100 * ((double)index + 0.5) / (double)count;
}

static void draw_band(const struct plot *plot, double band) {
    double top = plot_y(plot, 0.5 + band), bottom = plot_y(plot, 0.5 - band);
    fprintf(plot->out,
            "<rect class=\"band\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
            plot->left, top, plot->width - plot->left - plot->right, bottom - top);
    fprintf(plot->out, "<path class=\"axis\" d=\"M%.1f %.1fH%.1f\"/>\n", plot->left,
            plot_y(plot, 0.5), plot->width - plot->right);
}

/* Small points in one path, and larger ones that tell their value for those outside of the band. */
static void draw_ranks(const struct plot *plot, const struct shown *shown, double band) {
    const json_t *ranks = look(shown->run, "clients/rank");
    size_t count = json_array_size(ranks);
    fprintf(plot->out, "<path class=\"marks %s\" d=\"", shown->style);
    for (size_t i = 0; i < count; i++)
        fprintf(plot->out, "M%.1f %.1fh0", plot_x(plot, place(i, count)),
                plot_y(plot, json_number_value(json_array_get(ranks, i))));
    fputs("\"/>\n", plot->out);
    for (size_t i = 0; i < count; i++) {
        double rank = json_number_value(json_array_get(ranks, i));
        char text[128];
        if (fabs(rank - 0.5) <= band) continue;
        snprintf(text, sizeof text, "%s: mean rank %.3f, %s than chance allows", shown->label, rank,
                 rank > 0.5 ? "later" : "earlier");
        plot_dot(plot, place(i, count), rank, "lost", text);
    }
}

static void legend(const struct page *page, bool any_band) {
    page_legend(page);
    fputs("<div class=\"legend\">\n", page->out);
    if (any_band)
        fputs("<span class=\"key\"><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\">"
              "<path class=\"band\" d=\"M0 0h28v10H0z\"/></svg>what chance allows</span>\n"
              "<span class=\"key\"><svg viewBox=\"0 0 28 10\" aria-hidden=\"true\">"
              "<circle class=\"dot lost\" cx=\"14\" cy=\"5\" r=\"4\"/></svg>outside of it</span>\n",
              page->out);
    fputs("</div>\n", page->out);
}

static void sentence(const struct page *page) {
    for (size_t i = 0; i < page->count; i++) {
        const json_t *run = page->shown[i].run;
        double outliers = 0, late = 0, count = 0;
        look_number(run, "clients/rank_outliers", &outliers);
        look_number(run, "clients/always_late", &late);
        look_number(run, "clients/count", &count);
        fputs("<p>", page->out);
        if (page->count > 1) {
            html_text(page->shown[i].label, page->out);
            fputs(": ", page->out);
        }
        fprintf(page->out, "%seaders beyond what chance allows: ", page->count > 1 ? "r" : "R");
        html_value(outliers, VALUE_COUNT, page->out);
        fputs(" of ", page->out);
        html_value(count, VALUE_COUNT, page->out);
        fputs("; late ones among them: ", page->out);
        html_value(late, VALUE_COUNT, page->out);
        fputs(".</p>\n", page->out);
    }
}

void page_fairness(const struct page *page) {
    double widest = 0.02, bands[COMPARE_SIDES_MAX], band = 0;
    bool known = false;
    for (size_t i = 0; i < page->count; i++) {
        const json_t *ranks = look(page->shown[i].run, "clients/rank");
        size_t count = json_array_size(ranks);
        bands[i] = band_of(page->shown[i].run);
        band = fmax(band, bands[i]);
        if (!count) continue;
        known = true;
        widest = fmax(widest, fabs(json_number_value(json_array_get(ranks, 0)) - 0.5));
        widest = fmax(widest, fabs(json_number_value(json_array_get(ranks, count - 1)) - 0.5));
    }
    if (!known) return;
    widest = fmin(0.5, fmax(widest, fmin(band, 0.5)) * 1.1);
    html_section("fairness", "Fairness: is a reader always late?",
                 "The mean rank of each reader among all receivers of the same message, sorted: 0 "
                 "if it was always the first, 1 if always the last. In a fair server all are near "
                 "0.5.",
                 page->out);
    legend(page, band > 0);
    struct plot plot =
        plot_usual(axis_linear(0, 100, VALUE_RATIO, "readers, from the earliest to the latest, %"),
                   axis_linear(0.5 - widest, 0.5 + widest, VALUE_RATIO, "mean rank"), page->out);
    plot.height = 300;
    plot_begin(&plot, "Mean rank of each reader, sorted");
    if (band > 0) draw_band(&plot, band);
    for (size_t i = 0; i < page->count; i++)
        draw_ranks(&plot, &page->shown[i], bands[i] > 0 ? bands[i] : 1);
    plot_end(&plot);
    sentence(page);
    html_section_end(page->out);
}
