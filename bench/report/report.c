#include "report/report.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "report/data.h"
#include "report/page.h"
#include "result/embedded.h"
#include "result/look.h"
#include "result/read.h"

static double p99_of(const json_t *run) {
    double number = 0;
    if (!look_number(run, "latency_us/p99", &number)) look_number(run, "skew_us/p99", &number);
    return number;
}

static bool usable(const json_t *run) {
    return strcmp(look_text(run, "verdict", "INVALID"), "INVALID") != 0;
}

/* The run whose p99 is the median of those that are not INVALID; of all if there is no other. */
static const json_t *representative(const json_t *runs) {
    size_t count = json_array_size(runs), good = 0;
    for (size_t i = 0; i < count; i++) good += usable(json_array_get(runs, i));
    for (size_t i = 0; i < count; i++) {
        const json_t *run = json_array_get(runs, i);
        size_t before = 0;
        if (good && !usable(run)) continue;
        for (size_t k = 0; k < count; k++) {
            const json_t *other = json_array_get(runs, k);
            if (good && !usable(other)) continue;
            double here = p99_of(run), there = p99_of(other);
            before += there < here || (there == here && k < i);
        }
        if (before == ((good ? good : count) - 1) / 2) return run;
    }
    return json_array_get(runs, 0);
}

static bool peers_differ(const struct compare_sides *sides) {
    for (size_t i = 0; i < sides->count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(look_text(sides->side[i].runs, "0/peer", ""),
                       look_text(sides->side[k].runs, "0/peer", "")) == 0)
                return false;
    return true;
}

/* Cuts before a character rather than within it. */
static void set_label(struct shown *shown, const char *text) {
    size_t bytes = strlen(text);
    if (bytes >= sizeof shown->label) bytes = sizeof shown->label - 1;
    while (text[bytes] && bytes && ((unsigned char)text[bytes] & 0xc0) == 0x80) bytes--;
    memcpy(shown->label, text, bytes);
    shown->label[bytes] = 0;
}

static void show(struct page *page, const struct compare_sides *sides) {
    bool by_peer = peers_differ(sides);
    page->sides = sides;
    page->count = sides->count;
    for (size_t i = 0; i < sides->count; i++) {
        struct shown *shown = &page->shown[i];

        shown->run = representative(sides->side[i].runs);
        set_label(shown, by_peer ? look_peer(shown->run) : sides->side[i].name);
        snprintf(shown->style, sizeof shown->style, "s%zu", i % 8);
    }
}

static void write_page(const struct page *page, const char *data) {
    page_head(page);
    page_tiles(page);
    page_comparison(page);
    page_latency(page);
    page_seconds(page);
    page_skew(page);
    page_fairness(page);
    page_cpu(page);
    page_sweep(page);
    page_tables(page);
    page_origin(page);
    page_definitions(page);
    fputs("</main>\n", page->out);
    embedded_write(data, page->out);
    fputs("</body>\n</html>\n", page->out);
}

/* The page is made in memory first: what is too large is not written at all. */
static int write_within(struct page *page, char *data, FILE *out) {
    char *text = NULL;
    size_t bytes = 0;
    page->out = open_memstream(&text, &bytes);
    if (!page->out) return -1;
    write_page(page, data);
    int bad = fclose(page->out);
    if (bad == 0 && bytes >= REPORT_BYTES_MAX) {
        errno = E2BIG;
        bad = -1;
    }
    if (bad == 0 && fwrite(text, 1, bytes, out) != bytes) bad = -1;
    if (bad == 0) bad = fflush(out);
    free(text);
    return bad ? -1 : 0;
}

int report_write_sides(const struct compare_sides *sides, FILE *out) {
    struct page page = {.count = 0};
    if (!sides->count || sides->count > COMPARE_SIDES_MAX) {
        errno = EINVAL;
        return -1;
    }
    show(&page, sides);
    const json_t *drawn[COMPARE_SIDES_MAX];
    for (size_t i = 0; i < page.count; i++) drawn[i] = page.shown[i].run;
    char *data = data_make(sides, drawn, REPORT_BYTES_MAX / 2, &page.left_out);
    int bad = data ? write_within(&page, data, out) : -1;
    free(data);
    return bad;
}

int report_write(json_t *const *results, size_t count, FILE *out) {
    struct compare_sides sides;
    char error[RESULT_ERROR_BYTES];
    if (!count || count > COMPARE_SIDES_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (compare_each(results, count, &sides, error)) {
        errno = ENOMEM;
        return -1;
    }
    int bad = report_write_sides(&sides, out);
    compare_fini(&sides);
    return bad;
}
