#include "load/floor.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kit/bare.h"
#include "kit/cpu.h"
#include "load/engine.h"
#include "load/json.h"
#include "load/server.h"
#include "load/totals.h"

#define WARM_UP_S 0.2

/* The bare loop in a process of its own, on the core of the server. */
static pid_t serve_bare(const struct load_config *config, uint16_t *port) {
    struct bare *bare = bare_new(NULL, port);
    if (!bare) return -1;
    pid_t child = fork();
    if (child) {
        bare_free(bare);
        return child;
    }
    cpu_set_t all;
    memset(&all, 0xff, sizeof all);
    int core = config->core >= 0 ? config->core : config->pid ? server_core(config->pid) : -1;
    if (core >= 0)
        cpu_pin(core);
    else
        sched_setaffinity(0, sizeof all, &all);
    _exit(bare_serve(bare) ? 1 : 0);
}

/* The shape of a run, but all its readers want every message. */
static struct load_config bare_config(const struct load_config *config, const struct plan *plan,
                                      const char *url, pid_t pid) {
    struct load_config bare = *config;
    double fanout = plan_fanout(plan);
    bare.url = url;
    bare.pid = pid;
    bare.core = -1;
    bare.connections = fanout < 1 ? 1 : (uint32_t)(fanout + 0.5);
    if (bare.connections > BARE_CONNECTIONS - 1) bare.connections = BARE_CONNECTIONS - 1;
    bare.sets = LOAD_SETS_SHARED;
    bare.keys = LOAD_KEYS_HOT;
    bare.streams = bare.symbols = bare.publishers = 1;
    bare.publisher = LOAD_PUBLISHER_OWN;
    if (!bare.window && !bare.burst) bare.burst = plan->symbols;
    if (bare.arrivals == LOAD_REPLAY) { /* as often as its rows on average */
        const struct replay *replay = &plan->replay;
        double whole_s = (double)replay->at_ns[replay->count - 1] / 1e9 / config->replay_speed;
        bare.arrivals = LOAD_CONSTANT;
        bare.rate = whole_s > 0 ? replay->count / whole_s : 1000;
        bare.burst = 1;
    }
    double gap_s = bare.window || bare.rate <= 0 ? 0 : bare.burst / bare.rate;
    bare.duration_s = 3 * gap_s > FLOOR_BARE_S ? 3 * gap_s : FLOOR_BARE_S;
    if (bare.duration_s > FLOOR_BARE_MAX_S) bare.duration_s = FLOOR_BARE_MAX_S;
    bare.warmup_s = WARM_UP_S;
    bare.count = 0;
    bare.steady = false;
    bare.slow_share = bare.frozen_share = 0;
    bare.churn = bare.storm_every_s = bare.handshakes = 0;
    bare.resume = LOAD_RESUME_NONE;
    return bare;
}

static int take_figures(struct floor *floor, const struct engine *engine, char *error) {
    struct totals totals;
    floor->latency = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    floor->skew = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    if (!floor->latency || !floor->skew || totals_make(&totals, engine)) {
        snprintf(error, LOAD_ERROR_BYTES, "no memory");
        return -1;
    }
    histogram_add(floor->latency, engine->series.latency);
    histogram_add(floor->skew, engine->series.skew);
    histogram_add(floor->skew, engine->joined);
    const struct server_watch *server = &engine->server;
    floor->bare = totals.received > 0;
    if (floor->bare)
        floor->cpu_ns_per_delivery =
            (double)(server->end.cpu_ns - server->begin.cpu_ns) / (double)totals.received;
    floor->deliveries_per_s = totals_deliveries_per_s(&totals);
    totals_fini(&totals);
    return 0;
}

static int run_bare(struct floor *floor, const struct load_config *config,
                    const struct load_watch *watch, char *error) {
    struct plan plan;
    struct engine engine;
    int result = plan_init(&plan, config, error);
    if (!result) {
        result = engine_init(&engine, config, &plan, error);
        if (!result) result = engine_run(&engine, watch, error);
        if (!result) result = take_figures(floor, &engine, error);
        engine_fini(&engine);
    }
    plan_fini(&plan);
    return result;
}

static void keep_quiet(void *arg, const struct load_progress *progress) {
    const struct load_watch *watch = arg;
    struct load_progress told = {.phase = "floor",
                                 .connections = progress->connections,
                                 .p50_us = -1,
                                 .p99_us = -1,
                                 .max_us = -1,
                                 .skew_p99_us = -1};
    if (watch && watch->progress) watch->progress(watch->arg, &told);
}

int floor_measure(struct floor *floor, const struct load_config *config, const struct plan *plan,
                  const struct load_watch *watch, char *error) {
    *floor = (struct floor){.bare = false};
    uint16_t port;
    char url[64], why[LOAD_ERROR_BYTES];
    if (noise_measure(&floor->noise)) {
        snprintf(error, LOAD_ERROR_BYTES, "no memory");
        return -1;
    }
    pid_t child = serve_bare(config, &port);
    if (child < 0) {
        snprintf(error, LOAD_ERROR_BYTES, "the bare loop could not be started");
        return -1;
    }
    snprintf(url, sizeof url, "raw://127.0.0.1:%u", port);
    struct load_config bare = bare_config(config, plan, url, child);
    struct load_watch quiet = {keep_quiet, (void *)(uintptr_t)watch, watch ? watch->stop : NULL};
    int result = run_bare(floor, &bare, &quiet, why);
    if (result) {
        kill(child, SIGKILL); /* it may never have had its control */
        snprintf(error, LOAD_ERROR_BYTES, "the bare loop could not be measured: %.400s", why);
    }
    waitpid(child, NULL, 0);
    return result;
}

void floor_fini(struct floor *floor) {
    noise_fini(&floor->noise);
    histogram_free(floor->latency);
    histogram_free(floor->skew);
    *floor = (struct floor){.bare = false};
}

json_t *floor_json(const struct floor *floor, json_t *histograms) {
    json_t *bare = NULL;
    json_histogram(histograms, "noise", floor->noise.late);
    if (floor->bare) {
        json_histogram(histograms, "bare_latency", floor->latency);
        json_histogram(histograms, "bare_skew", floor->skew);
        bare =
            json_pack("{s:f, s:f, s:o, s:o}", "cpu_ns_per_delivery", floor->cpu_ns_per_delivery,
                      "deliveries_per_s", floor->deliveries_per_s, "latency_us",
                      json_percentiles(floor->latency), "skew_us", json_percentiles(floor->skew));
    }
    return json_pack("{s:o, s:f, s:o}", "noise_us", json_percentiles(floor->noise.late),
                     "stolen_share", floor->noise.stolen, "bare", bare ? bare : json_null());
}
