#include "load/outcome.h"

#include <math.h>
#include <stdlib.h>

#include "load/json.h"
#include "load/machine.h"
#include "load/totals.h"
#include "load/verdict.h"

/* What the parts of a document are made from. */
struct making {
    const struct engine *engine;
    const struct floor *floor;
    struct totals totals;
    struct verdict_result verdict;
    struct histogram *skew;
    bool observed, empty;
    json_t *result, *histograms;
};

static void put(struct making *making, const char *name, json_t *value) {
    json_object_set_new(making->result, name, value);
}

static json_t *count_known(const struct making *making, uint64_t count) {
    return making->observed ? json_null() : json_integer((json_int_t)count);
}

static double p99_us(const struct histogram *histogram) {
    if (!histogram || !histogram_count(histogram)) return -1;
    return (double)histogram_percentile(histogram, 99) / 1e3;
}

static void decide(struct making *making) {
    const struct engine *engine = making->engine;
    const struct totals *totals = &making->totals;
    const struct verdict_facts facts = {
        .observed = making->observed,
        .open = !making->observed && !engine->config->window,
        .published = totals->published,
        .unsent = totals->unsent,
        .expected = totals->expected,
        .received = totals->received,
        .lost = totals->lost,
        .duplicated = totals->duplicated,
        .reordered = totals->reordered,
        .p99_us = p99_us(engine->series.latency),
        .slip_p99_us = p99_us(totals->histograms[WORKER_SLIP]),
        .lag_p99_us = p99_us(totals->histograms[WORKER_LAG]),
        .noise_p99_us = making->floor ? p99_us(making->floor->noise.late) : -1,
        .stolen = making->floor ? making->floor->noise.stolen : 0,
        .busy = totals->busy,
        .duration_s = totals->duration_s,
        .behind_s = totals->behind_s,
        .silent_s = totals->silent_s,
        .stopped = engine->end == ENGINE_END_STOPPED,
        .readers = engine->plan->accounted,
        .closed = totals->closed,
        .closed_text = engine->closed_text,
        .publisher_closed = engine->publisher_closed,
        .server_gone = engine->server.gone,
    };
    verdict_decide(&facts, &making->verdict);
    making->empty = making->verdict.empty;
}

static void put_verdict(struct making *making) {
    json_t *reasons = json_array();
    for (size_t i = 0; i < making->verdict.count; i++)
        json_array_append_new(reasons,
                              json_pack("{s:s, s:s+}", "code", making->verdict.reasons[i].code,
                                        "text", making->verdict.reasons[i].text, ""));
    put(making, "verdict", json_string(verdict_name(making->verdict.verdict)));
    put(making, "reasons", reasons);
}

static void put_accounts(struct making *making) {
    const struct totals *totals = &making->totals;
    put(making, "expected", count_known(making, totals->expected));
    put(making, "received", json_integer((json_int_t)totals->received));
    put(making, "lost", count_known(making, totals->lost));
    put(making, "duplicated", count_known(making, totals->duplicated));
    put(making, "reordered", count_known(making, totals->reordered));
    put(making, "excused", count_known(making, totals->excused));
    put(making, "published", count_known(making, totals->published));
    put(making, "duration_s", json_real(totals->duration_s));
    put(making, "deliveries_per_s", json_real(totals_deliveries_per_s(totals)));
}

static void put_times(struct making *making) {
    const struct series *series = &making->engine->series;
    bool known = !making->observed && !making->empty;
    put(making, "latency_us", known ? json_percentiles(series->latency) : json_null());
    put(making, "latency_uncorrected_us",
        known ? json_percentiles(series->uncorrected) : json_null());
    put(making, "skew_us", making->empty ? json_null() : json_percentiles(making->skew));
    if (known) json_histogram(making->histograms, "latency", series->latency);
    if (known) json_histogram(making->histograms, "latency_uncorrected", series->uncorrected);
    if (!making->empty) json_histogram(making->histograms, "skew", making->skew);
}

static void put_load(struct making *making) {
    const struct load_config *config = making->engine->config;
    const struct totals *totals = &making->totals;
    bool open = !making->observed && !config->window;
    double published = totals->duration_s > 0 ? (double)totals->published / totals->duration_s : 0;
    bool rate = open && config->arrivals != LOAD_REPLAY;
    put(making, "load",
        json_pack("{s:s, s:I, s:o, s:o, s:f}", "kind",
                  making->observed ? "observed"
                  : open           ? "open"
                                   : "closed",
                  "connections", (json_int_t)config->connections, "rate",
                  rate ? json_real(config->rate) : json_null(), "window",
                  making->observed || open ? json_null() : json_integer(config->window),
                  "published_per_s", published));
}

static void put_series(struct making *making) {
    const struct series *series = &making->engine->series;
    json_t *rows = json_array();
    /* The last second may be a part of one: draining is not in it. */
    uint32_t whole = (uint32_t)ceil(making->totals.duration_s - 1e-9);
    for (uint32_t i = 0; i < series->count && i < whole; i++) {
        const struct series_row *row = &series->rows[i];
        json_t *object = json_pack(
            "{s:f, s:I, s:I, s:o, s:o, s:o, s:o, s:o, s:o}", "at_s", (double)i, "published",
            (json_int_t)row->published, "received", (json_int_t)row->received, "lost",
            count_known(making, row->lost), "p50_us", json_known(row->p50_us), "p99_us",
            json_known(row->p99_us), "max_us", json_known(row->max_us), "skew_p99_us",
            json_known(row->skew_p99_us), "cpu_ns", json_known(row->cpu_ns));
        json_array_append_new(rows, object);
    }
    put(making, "series", rows);
}

static int by_rank(const void *a, const void *b) {
    double x = ((const struct totals_reader *)a)->rank, y = ((const struct totals_reader *)b)->rank;
    return x < y ? -1 : x > y;
}

static int by_mean(const void *a, const void *b) {
    double x = ((const struct totals_reader *)a)->mean_us;
    double y = ((const struct totals_reader *)b)->mean_us;
    return x < y ? -1 : x > y;
}

static uint64_t wrong(const struct totals_reader *reader) {
    return reader->lost + reader->duplicated + reader->reordered;
}

static int by_wrong(const void *a, const void *b) {
    uint64_t x = wrong(a), y = wrong(b);
    return x > y ? -1 : x < y;
}

/* Values of readers in the order in which they stand, TOTALS_SHOWN of them at most. */
static json_t *shown(const struct totals *totals, bool ranks) {
    json_t *values = json_array();
    uint32_t known = 0;
    for (uint32_t i = 0; i < totals->count; i++)
        known += (ranks ? totals->readers[i].rank : totals->readers[i].mean_us) >= 0;
    uint32_t first = totals->count - known; /* those below 0 came first */
    uint32_t count = known < TOTALS_SHOWN ? known : TOTALS_SHOWN;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = count > 1 ? (uint64_t)i * (known - 1) / (count - 1) : 0;
        const struct totals_reader *reader = &totals->readers[first + at];
        json_array_append_new(values, json_real(ranks ? reader->rank : reader->mean_us));
    }
    return values;
}

static json_t *worst(struct totals *totals) {
    json_t *values = json_array();
    qsort(totals->readers, totals->count, sizeof *totals->readers, by_wrong);
    for (uint32_t i = 0; i < totals->count && i < TOTALS_WORST; i++) {
        const struct totals_reader *reader = &totals->readers[i];
        if (!wrong(reader)) break;
        json_array_append_new(values, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "connection",
                                                (json_int_t)reader->connection, "expected",
                                                (json_int_t)reader->expected, "received",
                                                (json_int_t)reader->received, "lost",
                                                (json_int_t)reader->lost, "duplicated",
                                                (json_int_t)reader->duplicated, "reordered",
                                                (json_int_t)reader->reordered));
    }
    return values;
}

static double mean_band(const struct totals *totals) {
    double sum = 0;
    uint32_t count = 0;
    for (uint32_t i = 0; i < totals->count; i++) {
        if (totals->readers[i].rank < 0) continue;
        sum += totals->readers[i].band;
        count++;
    }
    return count ? sum / count : -1;
}

static void put_clients(struct making *making) {
    struct totals *totals = &making->totals;
    qsort(totals->readers, totals->count, sizeof *totals->readers, by_rank);
    json_t *rank = shown(totals, true);
    qsort(totals->readers, totals->count, sizeof *totals->readers, by_mean);
    json_t *mean = shown(totals, false);
    const struct histogram *gap = totals->histograms[WORKER_GAP];
    json_histogram(making->histograms, "gap", gap);
    put(making, "clients",
        json_pack("{s:I, s:o, s:o, s:I, s:I, s:o, s:I, s:I, s:o, s:o, s:I}", "count",
                  (json_int_t)totals->count, "rank", rank, "rank_band",
                  json_known(mean_band(totals)), "rank_outliers", (json_int_t)totals->outliers,
                  "always_late", (json_int_t)totals->always_late, "worst", worst(totals), "closed",
                  (json_int_t)totals->closed, "evicted", (json_int_t)totals->evicted, "gap_us",
                  json_percentiles(gap), "mean_us", mean, "stray", (json_int_t)totals->stray));
}

static void put_setup(struct making *making) {
    static const struct {
        const char *name, *histogram;
        enum worker_histogram which;
    } rows[] = {
        {"connect_us", "connect", WORKER_CONNECT},
        {"upgrade_us", "upgrade", WORKER_UPGRADE},
        {"tls_us", "tls", WORKER_TLS},
        {"tls_resumed_us", "tls_resumed", WORKER_TLS_RESUMED},
        {"echo_us", "echo", WORKER_ECHO},
        {"reconnect_us", "reconnect", WORKER_RECONNECT},
        {"change_us", "change", WORKER_CHANGE},
    };
    json_t *setup = json_object();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct histogram *histogram = making->totals.histograms[rows[i].which];
        json_object_set_new(setup, rows[i].name, json_percentiles(histogram));
        json_histogram(making->histograms, rows[i].histogram, histogram);
    }
    put(making, "setup", setup);
}

static double each(uint64_t begin, uint64_t end, uint64_t count) {
    return end > begin && count ? (double)(end - begin) / (double)count : -1;
}

/* User and system are in proportion to what the tick has seen of them. */
static void put_server(struct making *making) {
    const struct server_watch *server = &making->engine->server;
    const struct server_sample *begin = &server->begin, *end = &server->end;
    uint64_t count = making->totals.deliveries;
    uint32_t connections = making->engine->config->connections;
    if (!server->pid || making->empty) {
        put(making, "cpu_ns_per_delivery", json_null());
        put(making, "server", json_null());
        return;
    }
    double cpu = each(begin->cpu_ns, end->cpu_ns, count);
    double user = (double)(end->user_ns - begin->user_ns);
    double system = (double)(end->system_ns - begin->system_ns);
    double share = cpu >= 0 && user + system > 0 ? user / (user + system) : -1;
    double core = server->core < 0 ? -1 : each(begin->core_ns, end->core_ns, count);
    put(making, "cpu_ns_per_delivery", json_known(cpu));
    put(making, "server",
        json_pack(
            "{s:i, s:s, s:o, s:o, s:o, s:I, s:o, s:o}", "pid", (int)server->pid, "name",
            server->name, "user_ns_per_delivery", json_known(share < 0 ? -1 : cpu * share),
            "system_ns_per_delivery", json_known(share < 0 ? -1 : cpu * (1 - share)),
            "core_ns_per_delivery", json_known(core), "rss_bytes",
            (json_int_t)server->connected.rss_bytes, "rss_bytes_per_connection",
            json_known(each(server->alone.rss_bytes, server->connected.rss_bytes, connections)),
            "kernel_bytes_per_connection",
            json_known(
                each(server->alone.kernel_bytes, server->connected.kernel_bytes, connections))));
}

static void put_machine(struct making *making) {
    const struct histogram *slip = making->totals.histograms[WORKER_SLIP];
    json_t *machine = machine_json();
    json_object_set_new(machine, "client_busy", json_real(making->totals.busy));
    if (histogram_count(slip)) json_object_set_new(machine, "slip_us", json_percentiles(slip));
    json_histogram(making->histograms, "slip", slip);
    put(making, "machine", machine);
}

static void put_head(struct making *making, time_t started) {
    const struct load_config *config = making->engine->config;
    char text[sizeof "2000-01-01T00:00:00Z"];
    struct tm parts;
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&started, &parts));
    put(making, "tickcast_bench", json_integer(1));
    put(making, "scenario", json_string(config->scenario ? config->scenario : ""));
    put(making, "url", json_string(config->url));
    put(making, "peer", json_string(making->engine->target.peer->name));
    put(making, "version", json_string(TICKCAST_VERSION));
    put(making, "started", json_string(text));
    put(making, "command", json_string(""));
    put(making, "config", json_object());
    put(making, "sweep", json_null());
}

static void put_all(struct making *making, time_t started) {
    decide(making);
    put_head(making, started);
    put_verdict(making);
    put_accounts(making);
    put_times(making);
    put_load(making);
    put_series(making);
    put_clients(making);
    put_setup(making);
    put_server(making);
    put_machine(making);
    put(making, "floor",
        making->floor ? floor_json(making->floor, making->histograms) : json_null());
    put(making, "histograms", making->histograms);
}

json_t *outcome_json(const struct engine *engine, const struct floor *floor, time_t started,
                     struct outcome_figures *figures) {
    struct making making = {.engine = engine, .floor = floor};
    making.observed = engine->config->publisher == LOAD_PUBLISHER_NONE;
    making.skew = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    making.result = json_object();
    making.histograms = json_object();
    if (totals_make(&making.totals, engine) || !making.skew || !making.result ||
        !making.histograms) {
        json_decref(making.result);
        json_decref(making.histograms);
        making.result = NULL;
    } else {
        histogram_add(making.skew, engine->series.skew);
        histogram_add(making.skew, engine->joined);
        put_all(&making, started);
        *figures = (struct outcome_figures){
            .p99_us = making.empty ? -1 : p99_us(engine->series.latency),
            .lost = making.totals.lost,
            .valid = making.verdict.verdict != VERDICT_INVALID,
            .verdict = verdict_name(making.verdict.verdict),
        };
    }
    histogram_free(making.skew);
    totals_fini(&making.totals);
    return making.result;
}
