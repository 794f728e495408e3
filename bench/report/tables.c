/* Figures as tables. */
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "result/check.h"
#include "result/look.h"

static const char *const columns[] = {"p50", "p75", "p90", "p99", "p99.9", "p99.99", "max", "mean"};
#define COLUMN_COUNT (sizeof columns / sizeof *columns)

static const struct {
    const char *title, *path;
    bool setup;
} measures[] = {
    {"Latency, from the intended time", "latency_us", false},
    {"Latency, from the actual time (uncorrected)", "latency_uncorrected_us", false},
    {"Latency of the bare loop", "floor/bare/latency_us", false},
    {"Skew", "skew_us", false},
    {"Skew of the bare loop", "floor/bare/skew_us", false},
    {"Between arrivals", "clients/gap_us", false},
    {"TCP connect", "setup/connect_us", true},
    {"TLS handshake, full", "setup/tls_us", true},
    {"TLS handshake, resumed", "setup/tls_resumed_us", true},
    {"WebSocket upgrade", "setup/upgrade_us", true},
    {"Subscribe to echo", "setup/echo_us", true},
    {"Reconnect", "setup/reconnect_us", true},
    {"Change of subscription", "setup/change_us", true},
    {"Slip of the tool&#8217;s sending", "machine/slip_us", true},
    {"Noise floor of the machine", "floor/noise_us", true},
};

static void percentile_row(const json_t *figures, FILE *out) {
    double number;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        fputs("<td>", out);
        if (look_number(figures, columns[i], &number))
            html_value(number, VALUE_US, out);
        else
            fputs("<span class=\"unknown\">unknown</span>", out);
        fputs("</td>", out);
    }
    fputs("<td>", out);
    if (look_number(figures, "count", &number)) html_value(number, VALUE_COUNT, out);
    fputs("</td></tr>\n", out);
}

static void side_name(const struct shown *shown, FILE *out) {
    fprintf(out, "<th scope=\"row\"><i class=\"swatch %s\"></i>", shown->style);
    html_text(shown->label, out);
    fputs("</th>", out);
}

/* One side has a row for each measure; several have a group of rows. */
static void percentiles(const struct page *page, bool setup) {
    FILE *out = page->out;
    fputs("<div class=\"wide\"><table><thead><tr><th></th>", out);
    for (size_t i = 0; i < COLUMN_COUNT; i++) fprintf(out, "<th scope=\"col\">%s</th>", columns[i]);
    fputs("<th scope=\"col\">count</th></tr></thead><tbody>\n", out);
    for (size_t i = 0; i < sizeof measures / sizeof *measures; i++) {
        bool known = false;
        for (size_t k = 0; k < page->count; k++)
            known = known || look(page->shown[k].run, measures[i].path);
        if (!known || measures[i].setup != setup) continue;
        if (page->count > 1)
            fprintf(out, "<tr class=\"group\"><th scope=\"rowgroup\" colspan=\"10\">%s</th></tr>\n",
                    measures[i].title);
        for (size_t k = 0; k < page->count; k++) {
            fputs("<tr>", out);
            if (page->count > 1)
                side_name(&page->shown[k], out);
            else
                fprintf(out, "<th scope=\"row\">%s</th>", measures[i].title);
            percentile_row(look(page->shown[k].run, measures[i].path), out);
        }
    }
    fputs("</tbody></table></div>\n", out);
}

static const char *const counts[] = {"expected",  "received", "lost",   "duplicated",
                                     "reordered", "excused",  "closed", "evicted"};
#define COUNT_COUNT (sizeof counts / sizeof *counts)

static void accounting(const struct page *page) {
    FILE *out = page->out;
    html_section("accounting", "Accounting",
                 "What was owed to all readers and what became of it, by the numbers that the "
                 "messages carry.",
                 out);
    fputs("<div class=\"wide\"><table><thead><tr><th></th>", out);
    for (size_t i = 0; i < COUNT_COUNT; i++) fprintf(out, "<th scope=\"col\">%s</th>", counts[i]);
    fputs("</tr></thead><tbody>\n", out);
    for (size_t i = 0; i < page->count; i++) {
        fputs("<tr>", out);
        side_name(&page->shown[i], out);
        for (size_t k = 0; k < COUNT_COUNT; k++) {
            fputs("<td>", out);
            html_value_of(page->shown[i].run, counts[k], out);
            fputs("</td>", out);
        }
        fputs("</tr>\n", out);
        size_t index;
        json_t *reader;
        json_array_foreach(look(page->shown[i].run, "clients/worst"), index, reader) {
            double number = 0;
            look_number(reader, "connection", &number);
            fprintf(out, "<tr><th scope=\"row\">&#160;&#160;reader %.0f</th>", number);
            for (size_t k = 0; k < COUNT_COUNT; k++) {
                fputs("<td>", out);
                if (look_number(reader, counts[k], &number)) html_value(number, VALUE_COUNT, out);
                fputs("</td>", out);
            }
            fputs("</tr>\n", out);
        }
    }
    fputs("</tbody></table></div>\n", out);
    html_section_end(out);
}

static void assertions(const struct page *page) {
    FILE *out = page->out;
    bool any = false;
    for (size_t i = 0; i < page->count; i++)
        any = any || json_array_size(look(page->shown[i].run, "assertions"));
    if (!any) return;
    html_section("assertions", "Assertions", "", out);
    fputs("<div class=\"wide\"><table class=\"slim\"><tbody>\n", out);
    for (size_t i = 0; i < page->count; i++) {
        size_t index;
        json_t *each;
        json_array_foreach(look(page->shown[i].run, "assertions"), index, each) {
            bool passed = json_is_true(look(each, "passed"));
            char value[VALUE_TEXT_BYTES];
            fputs("<tr>", out);
            if (page->count > 1) side_name(&page->shown[i], out);
            fputs(page->count > 1 ? "<td><code>" : "<th scope=\"row\"><code>", out);
            html_text(look_text(each, "text", ""), out);
            fprintf(out, "</code></t%c><td>", page->count > 1 ? 'd' : 'h');
            html_text(check_value_text(each, value), out);
            fprintf(out, "</td><td class=\"%s\"><b>%s</b></td></tr>\n",
                    passed ? "passed" : "failed", passed ? "passed" : "failed");
        }
    }
    fputs("</tbody></table></div>\n", out);
    html_section_end(out);
}

void page_tables(const struct page *page) {
    assertions(page);
    accounting(page);
    html_section("figures", "All percentiles", "", page->out);
    percentiles(page, false);
    html_section_end(page->out);
    html_section("setup", "Setting up, and the machine",
                 "Times of handshakes and answers at each connection, how late the tool sent, and "
                 "how late a sleeping thread of this machine woke.",
                 page->out);
    percentiles(page, true);
    html_section_end(page->out);
}

static void cell(const json_t *figure, enum value_unit unit, size_t side, FILE *out) {
    char path[LOOK_PATH_BYTES];
    snprintf(path, sizeof path, "sides/%zu", side);
    const json_t *found = look(figure, path);
    double median, low, high, runs = 0;
    fputs("<td>", out);
    if (!look_number(found, "median", &median)) {
        fputs("<span class=\"unknown\">unknown</span></td>", out);
        return;
    }
    html_value(median, unit, out);
    if (look_number(found, "runs", &runs) && runs > 1 && look_number(found, "low", &low) &&
        look_number(found, "high", &high) && low < high) {
        fputs(" <small class=\"unknown\">", out);
        html_value(low, unit, out);
        fputs(" to ", out);
        html_value(high, unit, out);
        fputs("</small>", out);
    }
    fputs("</td>", out);
}

static void change(const json_t *figure, size_t side, FILE *out) {
    char path[LOOK_PATH_BYTES];
    snprintf(path, sizeof path, "against/%zu", side - 1);
    const json_t *found = look(figure, path), *differs = look(found, "differs");
    double ratio, p;
    fputs("<td>", out);
    if (json_is_false(differs))
        fputs("<span class=\"same\">~", out);
    else if (look_number(found, "ratio", &ratio))
        fprintf(out, "<span>%+.1f&#8239;%%", round(1000 * (ratio - 1)) / 10 + 0.0);
    else
        fputs("<span>", out);
    if (differs && look_number(found, "p", &p))
        fprintf(out, " <small class=\"unknown\">p=%.3f</small>", p);
    else if (look(found, "ratio"))
        fputs(" <small class=\"unknown\">?</small>", out);
    fputs("</span></td>", out);
}

static void comparison_rows(const struct page *page, const json_t *comparison) {
    FILE *out = page->out;
    size_t index;
    json_t *figure;
    json_array_foreach(look(comparison, "figures"), index, figure) {
        const struct value *value = value_find(look_text(figure, "name", ""));
        if (!value) continue;
        fprintf(out, "<tr><th scope=\"row\" title=\"%s\">%s</th>", value->sentence, value->title);
        for (size_t i = 0; i < page->count; i++) {
            cell(figure, value->unit, i, out);
            if (i) change(figure, i, out);
        }
        fputs("</tr>\n", out);
    }
}

void page_comparison(const struct page *page) {
    FILE *out = page->out;
    size_t runs = 0, index;
    json_t *note;
    for (size_t i = 0; i < page->count; i++) runs += json_array_size(page->sides->side[i].runs);
    if (runs < 2) return;
    json_t *comparison = compare_json(page->sides);
    html_section("comparison", page->count > 1 ? "Side by side" : "All runs",
                 "Medians of all runs, with the interval that holds the true one at 95&#8239;% "
                 "(with fewer than 6 runs: the lowest and the highest). ~ stands where Mann and "
                 "Whitney&#8217;s test finds no difference from the first at 5&#8239;%, ? where "
                 "the runs are too few to tell. Plots show of each side the run with the median "
                 "p99.",
                 out);
    json_array_foreach(look(comparison, "notes"), index, note)
        fprintf(out, "<p class=\"failed\">%s</p>\n", json_string_value(note));
    fputs("<div class=\"wide\"><table><thead><tr><th></th>", out);
    for (size_t i = 0; i < page->count; i++) {
        fprintf(out, "<th scope=\"col\"><i class=\"swatch %s\"></i>", page->shown[i].style);
        html_text(page->shown[i].label, out);
        size_t count = json_array_size(page->sides->side[i].runs);
        fprintf(out, ", %zu run%s</th>%s", count, count == 1 ? "" : "s",
                i ? "<th scope=\"col\">change</th>" : "");
    }
    fputs("</tr></thead><tbody>\n", out);
    comparison_rows(page, comparison);
    fputs("</tbody></table></div>\n", out);
    html_section_end(out);
    json_decref(comparison);
}
