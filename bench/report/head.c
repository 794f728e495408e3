#include <stdbool.h>
#include <string.h>

#include "report/html.h"
#include "report/page.h"
#include "result/look.h"

static void title(const struct page *page) {
    if (page->count > 2) {
        fprintf(page->out, "%zu results side by side", page->count);
    } else {
        for (size_t i = 0; i < page->count; i++) {
            if (i) fputs(" and ", page->out);
            html_text(page->shown[i].label, page->out);
        }
    }
    fputs(": scenario ", page->out);
    html_text(look_text(page->shown[0].run, "scenario", ""), page->out);
}

static void load(const json_t *run, FILE *out) {
    const char *kind = look_text(run, "load/kind", "");
    if (strcmp(kind, "open") == 0) {
        double rate;
        fputs("open loop", out);
        if (look_number(run, "load/rate", &rate)) {
            fputs(" of ", out);
            html_value(rate, VALUE_COUNT, out);
            fputs(" messages a second", out);
        }
    } else if (strcmp(kind, "closed") == 0) {
        double window = 0;
        look_number(run, "load/window", &window);
        fputs("closed loop, ", out);
        html_value(window, VALUE_COUNT, out);
        fputs(" messages under way", out);
    } else {
        fputs("only observed", out);
    }
    fputs(", ", out);
    html_value_of(run, "connections", out);
    fputs(" connections, ", out);
    html_value_of(run, "duration", out);
    fputs(" measured", out);
}

static void verdict(const struct page *page, const struct shown *shown) {
    FILE *out = page->out;
    const char *name = look_text(shown->run, "verdict", "INVALID");
    double lost;
    json_t *reason;
    size_t index;
    fprintf(out, "<div class=\"verdict %s\"><b>%s</b><span>", name, name);
    if (page->count > 1) {
        fprintf(out, "<i class=\"swatch %s\"></i>", shown->style);
        html_text(shown->label, out);
        fputs(": ", out);
    }
    json_array_foreach(look(shown->run, "reasons"), index, reason) {
        if (index) fputs("; ", out);
        html_text(look_text(reason, "text", ""), out);
    }
    if (!index) fputs("nothing disturbed the measurement", out);
    if (look_number(shown->run, "lost", &lost) && lost > 0) {
        fputs(" &#183; <strong class=\"failed\">", out);
        html_value(lost, VALUE_COUNT, out);
        fputs(" deliveries were lost</strong>", out);
    }
    if (strcmp(name, "INVALID") == 0) fputs(". Its figures are not to be used", out);
    fputs("</span></div>\n", out);
}

void page_head(const struct page *page) {
    FILE *out = page->out;
    const json_t *run = page->shown[0].run;
    fputs("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"generator\" content=\"tickcast-bench " TICKCAST_VERSION "\">\n<title>",
          out);
    title(page);
    fprintf(out, "</title>\n<style>\n%s</style>\n</head>\n<body>\n<header>\n", page_style);
    for (size_t i = 0; i < page->count; i++) verdict(page, &page->shown[i]);
    fputs("<h1>", out);
    title(page);
    fputs("</h1>\n<p class=\"sub\">", out);
    load(run, out);
    fputs(" &#183; ", out);
    if (page->count == 1) {
        html_text(look_text(run, "url", ""), out);
        fputs(" &#183; ", out);
    }
    html_text(look_text(run, "started", ""), out);
    fputs("</p>\n</header>\n<main>\n", out);
}

static void tile(const json_t *run, const char *title_, const char *name, FILE *out) {
    fprintf(out, "<dl class=\"tile\"><dt>%s</dt><dd>", title_);
    html_value_of(run, name, out);
}

/* What stands small below a figure: another one, if it is known. */
static void below(const json_t *run, const char *name, const char *text, FILE *out) {
    double number;
    fputs("<small>", out);
    if (!*name)
        fputs(text, out);
    else if (value_get(value_find(name), run, &number)) {
        html_value(number, value_find(name)->unit, out);
        fputs(text, out);
    } else {
        fputs("&#160;", out);
    }
    fputs("</small></dd></dl>\n", out);
}

void page_tiles(const struct page *page) {
    const json_t *run = page->shown[0].run;
    FILE *out = page->out;
    if (page->count > 1) return;
    bool unusable = strcmp(look_text(run, "verdict", "INVALID"), "INVALID") == 0;
    fprintf(out, "<div class=\"tiles%s\">\n", unusable ? " unusable" : "");
    tile(run, "Latency, median", "p50", out);
    below(run, "p50_ratio", " the bare loop&#8217;s", out);
    tile(run, "Latency, p99", "p99", out);
    below(run, "p99_ratio", " the bare loop&#8217;s", out);
    tile(run, "Latency, p99.9", "p99.9", out);
    below(run, "max", " at most", out);
    tile(run, "Skew, p99", "skew_p99", out);
    below(run, "skew_p99_ratio", " the bare loop&#8217;s", out);
    tile(run, "Deliveries", "deliveries_per_s", out);
    if (look(run, "published"))
        below(run, "published_per_s", " published", out);
    else
        below(run, "", "&#160;", out);
    tile(run, "Lost", "lost", out);
    below(run, "expected", " expected", out);
    tile(run, "CPU a delivery", "cpu_ns_per_delivery", out);
    below(run, "cpu_ratio", " the bare loop&#8217;s", out);
    tile(run, "Memory a connection", "rss_bytes_per_connection", out);
    below(run, "kernel_bytes_per_connection", " in the kernel", out);
    fputs("</div>\n", out);
}
