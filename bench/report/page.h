/* What a page shows, and its parts in their order. One thread. */
#ifndef BENCH_REPORT_PAGE_H
#define BENCH_REPORT_PAGE_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "histogram/histogram.h"
#include "result/compare.h"

#define PAGE_LABEL_BYTES 48 /* of a side's name beside a line; longer ones are cut */

/* A side as it is drawn. */
struct shown {
    char label[PAGE_LABEL_BYTES];
    char style[4];     /* class of its colour */
    const json_t *run; /* that stands for the side */
};

struct page {
    struct shown shown[COMPARE_SIDES_MAX];
    size_t count;
    size_t left_out; /* runs that the page does not hold */
    const struct compare_sides *sides;
    FILE *out;
};

/** A histogram of a run, which the caller frees; NULL if it has none of the name that is good. */
struct histogram *page_histogram(const json_t *run, const char *name);

/** The style of a side's line, or of the bare loop that belongs to it (32 bytes). */
void page_line(const struct page *page, size_t side, bool bare, char *style);
/** Whether the bare loop of a side is drawn: of many sides only the first one's is. */
bool page_draws_bare(const struct page *page, size_t side);

/** The names of the sides in their colours, if there are several. */
void page_legend(const struct page *page);

void page_head(const struct page *page);       /* up to and with the verdict */
void page_tiles(const struct page *page);      /* the figures that people look for first */
void page_comparison(const struct page *page); /* of several sides */
void page_latency(const struct page *page);    /* by percentile */
void page_seconds(const struct page *page);    /* latency and throughput over time */
void page_skew(const struct page *page);
void page_fairness(const struct page *page);
void page_cpu(const struct page *page);
void page_sweep(const struct page *page);
void page_tables(const struct page *page);      /* percentiles, accounting, assertions */
void page_origin(const struct page *page);      /* machine, versions, command, settings */
void page_definitions(const struct page *page); /* and the citation */

extern const char page_style[];

#endif
