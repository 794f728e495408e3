#include "load/figures.h"

#include <stdlib.h>

struct figures *figures_new(void) {
    struct figures *figures = calloc(1, sizeof *figures);
    if (!figures) return NULL;
    figures->latency = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    figures->uncorrected = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    figures->skew = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    if (figures->latency && figures->uncorrected && figures->skew) return figures;
    figures_free(figures);
    return NULL;
}

void figures_free(struct figures *figures) {
    if (!figures) return;
    histogram_free(figures->latency);
    histogram_free(figures->uncorrected);
    histogram_free(figures->skew);
    free(figures);
}

static void clear(struct figures *figures) {
    histogram_clear(figures->latency);
    histogram_clear(figures->uncorrected);
    histogram_clear(figures->skew);
    figures->second = figures->received = figures->published = figures->lost = 0;
}

int figures_desk_init(struct figures_desk *desk) {
    *desk = (struct figures_desk){.full = NULL};
    if (pthread_mutex_init(&desk->lock, NULL)) return -1;
    for (int i = 0; i < FIGURES_SPARE; i++) {
        struct figures *figures = figures_new();
        if (!figures) return -1;
        figures->next = desk->spare;
        desk->spare = figures;
    }
    return 0;
}

static void free_list(struct figures *list) {
    while (list) {
        struct figures *next = list->next;
        figures_free(list);
        list = next;
    }
}

void figures_desk_fini(struct figures_desk *desk) {
    free_list(desk->full);
    free_list(desk->spare);
    pthread_mutex_destroy(&desk->lock);
}

struct figures *figures_exchange(struct figures_desk *desk, struct figures *full) {
    pthread_mutex_lock(&desk->lock);
    struct figures *spare = desk->spare;
    if (spare) {
        desk->spare = spare->next;
        full->next = NULL;
        struct figures **last = &desk->full;
        while (*last) last = &(*last)->next;
        *last = full;
    }
    pthread_mutex_unlock(&desk->lock);
    return spare ? spare : full;
}

struct figures *figures_take(struct figures_desk *desk) {
    pthread_mutex_lock(&desk->lock);
    struct figures *full = desk->full;
    desk->full = NULL;
    pthread_mutex_unlock(&desk->lock);
    return full;
}

void figures_return(struct figures_desk *desk, struct figures *figures) {
    clear(figures);
    pthread_mutex_lock(&desk->lock);
    figures->next = desk->spare;
    desk->spare = figures;
    pthread_mutex_unlock(&desk->lock);
}
