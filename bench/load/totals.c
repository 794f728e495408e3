#include "load/totals.h"

#include <math.h>
#include <stdlib.h>

#define ERRORS_MAX 6 /* standard errors that chance is granted */

static uint64_t tails(const struct engine *engine, const struct wire *wire) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < wire->account.count; i++) {
        uint32_t symbol = wire->account.symbols[i];
        sum += account_tail(&wire->account, i, engine->published[symbol], engine->warm[symbol]);
    }
    return sum;
}

static void add_reader(struct totals *totals, const struct engine *engine,
                       const struct wire *wire) {
    struct totals_reader *reader = &totals->readers[totals->count++];
    const struct account *account = &wire->account;
    *reader = (struct totals_reader){
        .connection = wire->number,
        .received = wire->measured,
        .lost = account->missing + tails(engine, wire),
        .duplicated = account->duplicated,
        .reordered = account->reordered,
        .rank = -1,
        .mean_us = -1,
    };
    reader->expected = reader->received + reader->lost;
    totals->expected += reader->expected;
    totals->received += reader->received;
    totals->lost += reader->lost;
    totals->duplicated += reader->duplicated;
    totals->reordered += reader->reordered;
    if (wire->measured && wire->latency_sum > 0)
        reader->mean_us = wire->latency_sum / (double)wire->measured / 1e3;
    if (!wire->ranked) return;
    double count = (double)wire->ranked, error = sqrt(wire->rank_spread) / count;
    reader->rank = wire->rank_sum / count;
    reader->late = (reader->rank - 0.5) / error;
    reader->band = ERRORS_MAX * error;
    totals->outliers += fabs(reader->late) > ERRORS_MAX;
    totals->always_late += reader->late > ERRORS_MAX;
}

static void add_conn(struct totals *totals, const struct engine *engine, const struct wire *wire) {
    totals->stray += wire->stray;
    totals->excused += wire->account.excused;
    if (wire->role == PLAN_READER)
        add_reader(totals, engine, wire);
    else
        totals->excused += wire->account.missing + tails(engine, wire);
}

static void add_worker(struct totals *totals, const struct engine *engine,
                       const struct worker *worker) {
    for (uint32_t i = 0; i < worker->wire_count; i++) add_conn(totals, engine, &worker->wires[i]);
    for (uint32_t i = 0; i < worker->publisher_count; i++) {
        totals->published += worker->publishers[i].measured;
        totals->unsent += worker->publishers[i].unsent;
    }
    for (int i = 0; i < WORKER_HISTOGRAMS; i++)
        histogram_add(totals->histograms[i], worker->histograms[i]);
    totals->closed += worker->closed;
    totals->evicted += worker->evicted;
    totals->deliveries += worker->slow_received;
    if (worker->counted_ns > totals->last_ns) totals->last_ns = worker->counted_ns;
    uint64_t worked =
        worker->cpu_ns > worker->spun_measured_ns ? worker->cpu_ns - worker->spun_measured_ns : 0;
    double busy = worker->wall_ns ? (double)worked / (double)worker->wall_ns : 0;
    if (busy > totals->busy) totals->busy = busy;
}

int totals_make(struct totals *totals, const struct engine *engine) {
    *totals = (struct totals){0};
    totals->readers = calloc((size_t)engine->plan->accounted + 1, sizeof *totals->readers);
    if (!totals->readers) return -1;
    for (int i = 0; i < WORKER_HISTOGRAMS; i++) {
        totals->histograms[i] = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
        if (!totals->histograms[i]) return -1;
    }
    for (uint32_t i = 0; i < engine->worker_count; i++)
        add_worker(totals, engine, &engine->workers[i]);
    totals->deliveries += totals->received;
    uint64_t end_ns = engine->stopped_ns, last_ns = totals->last_ns;
    if (end_ns > engine->measure_ns)
        totals->duration_s = (double)(end_ns - engine->measure_ns) / 1e9;
    if (last_ns > end_ns)
        totals->behind_s = (double)(last_ns - end_ns) / 1e9;
    else if (last_ns)
        totals->silent_s = (double)(end_ns - last_ns) / 1e9;
    return 0;
}

double totals_deliveries_per_s(const struct totals *totals) {
    double took_s = totals->duration_s + totals->behind_s;
    return took_s > 0 ? (double)totals->received / took_s : 0;
}

void totals_fini(struct totals *totals) {
    for (int i = 0; i < WORKER_HISTOGRAMS; i++) histogram_free(totals->histograms[i]);
    free(totals->readers);
    *totals = (struct totals){0};
}
