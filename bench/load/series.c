#include "load/series.h"

#include <stdlib.h>

int series_init(struct series *series, uint32_t workers) {
    *series = (struct series){.workers = workers};
    bool good = true;
    for (int i = 0; i < SERIES_OPEN; i++) {
        struct series_open *open = &series->open[i];
        open->latency = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
        open->skew = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
        good = good && open->latency && open->skew;
    }
    series->latency = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    series->uncorrected = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    series->skew = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    return good && series->latency && series->uncorrected && series->skew ? 0 : -1;
}

void series_fini(struct series *series) {
    for (int i = 0; i < SERIES_OPEN; i++) {
        histogram_free(series->open[i].latency);
        histogram_free(series->open[i].skew);
    }
    histogram_free(series->latency);
    histogram_free(series->uncorrected);
    histogram_free(series->skew);
    free(series->rows);
    *series = (struct series){0};
}

static struct series_row *row_of(struct series *series, uint64_t second) {
    if (second >= SERIES_MAX) return NULL;
    if (second >= series->room) {
        uint32_t room = series->room ? 2 * series->room : 64;
        while (room <= second) room *= 2;
        struct series_row *rows = realloc(series->rows, room * sizeof *rows);
        if (!rows) return NULL;
        series->rows = rows;
        series->room = room;
    }
    for (; series->count <= second; series->count++)
        series->rows[series->count] = (struct series_row){0, 0, 0, -1, -1, -1, -1, -1};
    return &series->rows[second];
}

static double us(const struct histogram *histogram, double percent) {
    if (!histogram_count(histogram)) return -1;
    return (double)histogram_percentile(histogram, percent) / 1e3;
}

static void close_second(struct series *series, struct series_open *open) {
    struct series_row *row = row_of(series, open->second);
    if (row) {
        double cpu = row->cpu_ns;
        *row = (struct series_row){.published = open->published,
                                   .received = open->received,
                                   .lost = open->lost,
                                   .p50_us = us(open->latency, 50),
                                   .p99_us = us(open->latency, 99),
                                   .max_us = us(open->latency, 100),
                                   .skew_p99_us = us(open->skew, 99),
                                   .cpu_ns = cpu};
    }
    open->used = false;
}

/* The second's place; when all are taken the oldest is over though a worker is missing. */
static struct series_open *open_second(struct series *series, uint64_t second) {
    struct series_open *empty = NULL, *oldest = &series->open[0];
    for (int i = 0; i < SERIES_OPEN; i++) {
        struct series_open *open = &series->open[i];
        if (open->used && open->second == second) return open;
        if (!open->used) empty = open;
        if (open->used && oldest->used && open->second < oldest->second) oldest = open;
    }
    if (!empty) {
        close_second(series, oldest);
        empty = oldest;
    }
    histogram_clear(empty->latency);
    histogram_clear(empty->skew);
    empty->used = true;
    empty->second = second;
    empty->workers = 0;
    empty->published = empty->received = empty->lost = 0;
    return empty;
}

void series_add(struct series *series, const struct figures *figures) {
    struct series_open *open = open_second(series, figures->second);
    open->published += figures->published;
    open->received += figures->received;
    open->lost += figures->lost;
    histogram_add(open->latency, figures->latency);
    histogram_add(open->skew, figures->skew);
    histogram_add(series->latency, figures->latency);
    histogram_add(series->uncorrected, figures->uncorrected);
    histogram_add(series->skew, figures->skew);
    series->published += figures->published;
    series->received += figures->received;
    if (++open->workers == series->workers) close_second(series, open);
}

void series_end(struct series *series) {
    for (int i = 0; i < SERIES_OPEN; i++)
        if (series->open[i].used) close_second(series, &series->open[i]);
}

void series_cpu(struct series *series, uint64_t second, double cpu_ns) {
    struct series_row *row = row_of(series, second);
    if (row) row->cpu_ns = cpu_ns;
}
