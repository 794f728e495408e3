#include "load/load.h"

#include <stdio.h>
#include <string.h>

#include "kit/cpu.h"
#include "load/engine.h"
#include "load/floor.h"
#include "load/json.h"
#include "load/outcome.h"
#include "load/sweep.h"

/* What all runs of one call have in common. */
struct session {
    const struct load_config *config;
    const struct load_watch *watch;
    struct floor floor;
    bool measured; /* the floor */
};

static int measure_floor(struct session *session, const struct plan *plan, char *error) {
    if (!session->config->floor || session->measured) return 0;
    const struct load_watch *watch = session->watch;
    const struct load_progress progress = {
        .phase = "floor", .p50_us = -1, .p99_us = -1, .max_us = -1, .skew_p99_us = -1};
    if (watch && watch->progress) watch->progress(watch->arg, &progress);
    session->measured = true;
    return floor_measure(&session->floor, session->config, plan, watch, error);
}

/* One run with its own configuration. */
static int run_once(struct session *session, const struct load_config *config, json_t **result,
                    struct outcome_figures *figures, char *error) {
    struct plan plan;
    struct engine engine;
    int failed = plan_init(&plan, config, error);
    if (!failed) failed = measure_floor(session, &plan, error);
    if (!failed) {
        time_t started = time(NULL);
        failed = engine_init(&engine, config, &plan, error);
        if (!failed) failed = engine_run(&engine, session->watch, error);
        if (!failed) {
            *result =
                outcome_json(&engine, session->measured ? &session->floor : NULL, started, figures);
            if (!*result) snprintf(error, LOAD_ERROR_BYTES, "no memory for the result");
            failed = *result ? 0 : -1;
        }
        engine_fini(&engine);
    }
    plan_fini(&plan);
    return failed;
}

static struct load_config step_config(const struct load_config *config, double value) {
    struct load_config step = *config;
    if (config->sweep == LOAD_SWEEP_RATE)
        step.rate = value;
    else
        step.connections = (uint32_t)value;
    return step;
}

static void add_step(json_t *steps, double value, const struct outcome_figures *figures,
                     bool good) {
    json_array_append_new(steps,
                          json_pack("{s:f, s:o, s:I, s:b, s:s}", "value", value, "p99_us",
                                    json_known(figures->p99_us), "lost", (json_int_t)figures->lost,
                                    "good", good, "verdict", figures->verdict));
}

/* The result of a sweep is that of its best run, or of its first if none was good. */
static int run_sweep(struct session *session, json_t **result, char *error) {
    const struct load_config *config = session->config;
    struct sweep sweep;
    double value, shown = -1;
    json_t *steps = json_array();
    sweep_init(&sweep, config->sweep_from, config->sweep_to);
    while (!load_stopped(session->watch) && sweep_next(&sweep, &value)) {
        struct load_config step = step_config(config, value);
        struct outcome_figures figures;
        json_t *document = NULL;
        if (run_once(session, &step, &document, &figures, error)) {
            json_decref(steps);
            json_decref(*result);
            *result = NULL;
            return -1;
        }
        bool good = figures.valid && !figures.lost && figures.p99_us >= 0 &&
                    figures.p99_us <= config->sweep_p99_us;
        sweep_take(&sweep, good);
        add_step(steps, value, &figures, good);
        if (!*result || (good && value >= shown)) {
            json_decref(*result);
            *result = document;
            shown = good ? value : -1;
        } else {
            json_decref(document);
        }
    }
    if (!*result) {
        json_decref(steps);
        snprintf(error, LOAD_ERROR_BYTES, "stopped before the first run");
        return -1;
    }
    json_object_set_new(*result, "sweep",
                        json_pack("{s:s, s:f, s:o, s:o, s:o, s:o}", "of",
                                  config->sweep == LOAD_SWEEP_RATE ? "rate" : "connections",
                                  "limit_us", config->sweep_p99_us, "best",
                                  json_known(sweep_best(&sweep)), "low",
                                  json_known(sweep_low(&sweep)), "high",
                                  json_known(sweep_high(&sweep)), "steps", steps));
    return 0;
}

int load_run(const struct load_config *config, const struct load_watch *watch, json_t **result,
             char *error) {
    struct session session = {.config = config, .watch = watch};
    struct outcome_figures figures;
    *result = NULL;
    if (cpu_pin(config->cpu)) {
        snprintf(error, LOAD_ERROR_BYTES, "there is no core %d to run on", config->cpu);
        return -1;
    }
    int failed = config->sweep == LOAD_SWEEP_NONE
                     ? run_once(&session, config, result, &figures, error)
                     : run_sweep(&session, result, error);
    if (session.measured) floor_fini(&session.floor);
    return failed;
}
