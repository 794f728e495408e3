/* Where the figures come from and what they mean. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "result/look.h"

static void row_begin(const char *title, FILE *out) {
    fprintf(out, "<tr><th scope=\"row\">%s</th>", title);
}

static void text_row(const struct page *page, const char *title, const char *path, bool code) {
    row_begin(title, page->out);
    for (size_t i = 0; i < page->count; i++) {
        fputs(code ? "<td><code>" : "<td>", page->out);
        html_text(look_text(page->shown[i].run, path, "unknown"), page->out);
        fputs(code ? "</code></td>" : "</td>", page->out);
    }
    fputs("</tr>\n", page->out);
}

static void value_row(const struct page *page, const char *title, const char *path,
                      enum value_unit unit) {
    row_begin(title, page->out);
    for (size_t i = 0; i < page->count; i++) {
        double number;
        fputs("<td>", page->out);
        if (look_number(page->shown[i].run, path, &number))
            html_value(number, unit, page->out);
        else
            fputs("<span class=\"unknown\">unknown</span>", page->out);
        fputs("</td>", page->out);
    }
    fputs("</tr>\n", page->out);
}

static void noise_row(const struct page *page) {
    row_begin("Noise floor", page->out);
    for (size_t i = 0; i < page->count; i++) {
        const json_t *run = page->shown[i].run;
        double p50 = 0, stolen;
        fputs("<td>", page->out);
        if (look_number(run, "floor/noise_us/p50", &p50)) {
            fputs("sleepers wake late by ", page->out);
            html_value(p50, VALUE_US, page->out);
            fputs(" (p50), ", page->out);
            html_value_of(run, "noise_p99", page->out);
            fputs(" (p99)", page->out);
            if (look_number(run, "floor/stolen_share", &stolen)) {
                fputs("; ", page->out);
                html_value(stolen, VALUE_SHARE, page->out);
                fputs(" of the time was stolen", page->out);
            }
        } else {
            fputs("<span class=\"unknown\">unknown</span>", page->out);
        }
        fputs("</td>", page->out);
    }
    fputs("</tr>\n", page->out);
}

/* All settings, as they are in the document. */
static void config_row(const struct page *page) {
    row_begin("Settings", page->out);
    for (size_t i = 0; i < page->count; i++) {
        const char *name;
        json_t *each;
        bool any = false;
        fputs("<td><code>", page->out);
        json_object_foreach(json_object_get(page->shown[i].run, "config"), name, each) {
            char *text = json_dumps(each, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
            if (any) fputs(", ", page->out);
            html_text(name, page->out);
            fputc(' ', page->out);
            html_text(json_is_string(each) ? json_string_value(each) : text ? text : "", page->out);
            free(text);
            any = true;
        }
        fputs("</code></td>", page->out);
    }
    fputs("</tr>\n", page->out);
}

void page_origin(const struct page *page) {
    FILE *out = page->out;
    html_section("origin", "Where this comes from",
                 "All that is needed to measure it again. This file also holds the figures "
                 "themselves: <code>tickcast-bench compare</code> reads them from it.",
                 out);
    fputs("<div class=\"wide\"><table class=\"texts\">", out);
    if (page->count > 1) {
        fputs("<thead><tr><th></th>", out);
        for (size_t i = 0; i < page->count; i++) {
            fprintf(out, "<th scope=\"col\"><i class=\"swatch %s\"></i>", page->shown[i].style);
            html_text(page->shown[i].label, out);
            fputs("</th>", out);
        }
        fputs("</tr></thead>", out);
    }
    fputs("<tbody>\n", out);
    text_row(page, "Command", "command", true);
    text_row(page, "Server", "url", false);
    text_row(page, "Started", "started", false);
    text_row(page, "tickcast-bench", "version", false);
    value_row(page, "Seed", "config/seed", VALUE_COUNT);
    text_row(page, "Host", "machine/host", false);
    text_row(page, "Processor", "machine/cpu", false);
    value_row(page, "Cores", "machine/cores", VALUE_COUNT);
    value_row(page, "Memory", "machine/memory_bytes", VALUE_BYTES);
    text_row(page, "Kernel", "machine/kernel", false);
    text_row(page, "System", "machine/os", false);
    noise_row(page);
    value_row(page, "Tool&#8217;s busiest thread", "machine/client_busy", VALUE_SHARE);
    config_row(page);
    fputs("</tbody></table></div>\n", out);
    if (page->left_out)
        fprintf(out,
                "<p>%zu runs that are not drawn did not fit into this file; the medians above "
                "are of all.</p>\n",
                page->left_out);
    html_section_end(out);
}

static const struct {
    const char *term, *meaning;
} terms[] = {
    {"VALID", "nothing that the tool watches disturbed the measurement"},
    {"NOISY", "something did, as the reason says: read the figures with care"},
    {"INVALID", "the load was not what it should be: the figures are not to be used"},
    {"intended time",
     "when a message was to be sent by the schedule; counting from there, a stall of the server or "
     "the tool is charged to every message that had to wait (no coordinated omission)"},
    {"pN", "the value that N percent of all do not exceed, to 0.1&#8239;% of it"},
    {"bare loop",
     "a loop of send() of the same bytes to as many connections on this machine, without any "
     "server: what the kernel takes by itself"},
    {"mean rank", "of a reader: its place among all receivers of a message, from 0 (the first) to "
                  "1 (the last), averaged over all messages"},
    {"what chance allows", "0.5 plus or minus 6 standard errors of a mean rank"},
};

/* One line to name the measurement elsewhere. */
static void citation(const struct page *page) {
    FILE *out = page->out;
    fputs("<p class=\"cite\">", out);
    for (size_t i = 0; i < page->count; i++) {
        const json_t *run = page->shown[i].run;
        double seed;
        const char *started = look_text(run, "started", "");
        if (i) fputs("; ", out);
        fputs("tickcast-bench ", out);
        html_text(look_text(run, "version", ""), out);
        fputs(", scenario ", out);
        html_text(look_text(run, "scenario", ""), out);
        fputs(", ", out);
        html_text(look_peer(run), out);
        fputs(", ", out);
        html_value_of(run, "connections", out);
        fputs(" connections, ", out);
        html_text(look_text(run, "load/kind", ""), out);
        fputs(" loop, ", out);
        if (look_number(run, "config/seed", &seed)) fprintf(out, "seed %.0f, ", seed);
        html_text(look_text(run, "machine/cpu", ""), out);
        fputs(", ", out);
        html_text(look_text(run, "machine/kernel", ""), out);
        fprintf(out, ", %s, ", look_text(run, "verdict", "INVALID"));
        char day[11];
        snprintf(day, sizeof day, "%.10s", started);
        html_text(day, out);
    }
    fputs(".</p>\n", out);
}

void page_definitions(const struct page *page) {
    FILE *out = page->out;
    html_section("definitions", "What the numbers mean", "", out);
    fputs("<dl class=\"terms\">\n", out);
    for (size_t i = 0; i < sizeof terms / sizeof *terms; i++)
        fprintf(out, "<dt>%s</dt><dd>%s</dd>\n", terms[i].term, terms[i].meaning);
    for (size_t i = 0; i < value_count; i++) {
        double number;
        bool known = false;
        for (size_t k = 0; k < page->count; k++)
            known = known || value_get(&values[i], page->shown[k].run, &number);
        if (known) fprintf(out, "<dt>%s</dt><dd>%s</dd>\n", values[i].name, values[i].sentence);
    }
    fputs("</dl>\n", out);
    html_section_end(out);
    html_section("citation", "To cite this", "", out);
    citation(page);
    html_section_end(out);
}
