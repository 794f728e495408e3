#include "report/page.h"

#include "histogram/encode.h"
#include "report/html.h"
#include "result/look.h"

struct histogram *page_histogram(const json_t *run, const char *name) {
    const char *error, *text = json_string_value(json_object_get(look(run, "histograms"), name));
    struct histogram *histogram = text ? histogram_from_text(text, &error) : NULL;
    if (histogram && histogram_count(histogram)) return histogram;
    histogram_free(histogram);
    return NULL;
}

void page_line(const struct page *page, size_t side, bool bare, char *style) {
    const char *colour = bare && page->count != 2 ? "bare" : page->shown[side].style;
    snprintf(style, 32, "l %s%s", bare ? "dash " : "", colour);
}

bool page_draws_bare(const struct page *page, size_t side) {
    return page->count <= 2 || side == 0;
}

void page_legend(const struct page *page) {
    if (page->count == 1) return;
    fputs("<div class=\"legend\">\n", page->out);
    for (size_t i = 0; i < page->count; i++) {
        char style[32];
        snprintf(style, sizeof style, "l %s", page->shown[i].style);
        html_key(style, page->shown[i].label, "", page->out);
    }
    fputs("</div>\n", page->out);
}
