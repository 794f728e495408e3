#include "load/engine.h"

#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/words.h"
#include "load/steady.h"

#define LOOK_NS   (20 * NS_PER_MS)  /* how often the engine looks */
#define LEAD_NS   (100 * NS_PER_MS) /* until the first message, so that all workers know */
#define CONNECT_S 300               /* until all must be live; each step has its own limit */

static void joined_over(void *arg, uint64_t skew_ns) {
    struct engine *engine = arg;
    histogram_record(engine->joined, skew_ns, 1);
}

/* Called by OpenSSL when a ticket has come. 1: it is kept. */
static int keep_session(SSL *ssl, SSL_SESSION *session) {
    struct worker *worker = (void *)SSL_get_app_data(ssl);
    if (!worker) return 0;
    SSL_SESSION_free(worker->session);
    worker->session = session;
    return 1;
}

/* Workers do not share a context. */
static int make_tls(struct engine *engine, char *error) {
    for (uint32_t i = 0; i < engine->worker_count; i++) {
        SSL_CTX *tls = engine->tls[i] = target_tls(&engine->target, engine->config, error);
        if (!tls) return -1;
        if (engine->config->resume != LOAD_RESUME_TICKET) continue;
        SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
        SSL_CTX_sess_set_new_cb(tls, keep_session);
    }
    return 0;
}

static int init_parts(struct engine *engine) {
    const struct load_config *config = engine->config;
    engine->published = calloc(engine->plan->symbols, sizeof *engine->published);
    engine->warm = calloc(engine->plan->symbols, sizeof *engine->warm);
    engine->workers = calloc(engine->worker_count, sizeof *engine->workers);
    engine->joined = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
    if (!engine->published || !engine->warm || !engine->workers || !engine->joined ||
        series_init(&engine->series, engine->worker_count))
        return -1;
    if (engine->worker_count > 1) {
        engine->join = skew_join_new(config->publishers, engine->worker_count, joined_over, engine);
        if (!engine->join) return -1;
    }
    for (uint32_t i = 0; i < engine->worker_count; i++) {
        engine->workers_made++;
        if (worker_init(&engine->workers[i], engine, i)) return -1;
    }
    return 0;
}

int engine_init(struct engine *engine, const struct load_config *config, const struct plan *plan,
                char *error) {
    *engine = (struct engine){.config = config, .plan = plan};
    pthread_mutex_init(&engine->lock, NULL);
    atomic_store(&engine->end_ns, UINT64_MAX);
    uint32_t threads = config->threads ? config->threads : 1;
    engine->worker_count = threads < ENGINE_THREADS_MAX ? threads : ENGINE_THREADS_MAX;
    atomic_store(&engine->publishers_left,
                 config->publisher == LOAD_PUBLISHER_OWN ? config->publishers : 0);
    if (getrandom(&engine->run, sizeof engine->run, 0) != sizeof engine->run)
        engine->run = (uint32_t)clock_now_ns();
    if (target_init(&engine->target, config, error)) return -1;
    if (engine->target.tls && make_tls(engine, error)) return -1;
    if (config->publisher == LOAD_PUBLISHER_OWN && !engine->target.peer->publishes) {
        snprintf(error, LOAD_ERROR_BYTES,
                 "%.200s: this server cannot be published to: use "
                 "--publisher none",
                 config->url);
        return -1;
    }
    if (server_watch_init(&engine->server, config->pid, config->core)) {
        snprintf(error, LOAD_ERROR_BYTES, "there is no process %d to watch", (int)config->pid);
        return -1;
    }
    if (!init_parts(engine)) return 0;
    snprintf(error, LOAD_ERROR_BYTES, "cannot begin: %s",
             errno == EMFILE ? strerror(errno) : "no memory");
    return -1;
}

void engine_fini(struct engine *engine) {
    for (uint32_t i = 0; i < engine->workers_made; i++) worker_fini(&engine->workers[i]);
    for (uint32_t i = 0; i < ENGINE_THREADS_MAX; i++) SSL_CTX_free(engine->tls[i]);
    free(engine->workers);
    free(engine->published);
    free(engine->warm);
    histogram_free(engine->joined);
    skew_join_free(engine->join);
    series_fini(&engine->series);
    pthread_mutex_destroy(&engine->lock);
}

void engine_fail(struct engine *engine, const char *why) {
    pthread_mutex_lock(&engine->lock);
    if (!engine->failed)
        snprintf(engine->error, sizeof engine->error, "%.150s: %s", engine->config->url, why);
    engine->failed = true;
    pthread_mutex_unlock(&engine->lock);
}

void engine_told_closed(struct engine *engine, const char *why, bool publisher) {
    pthread_mutex_lock(&engine->lock);
    if (!*engine->closed_text) snprintf(engine->closed_text, sizeof engine->closed_text, "%s", why);
    if (publisher) engine->publisher_closed = true;
    pthread_mutex_unlock(&engine->lock);
    if (!publisher) atomic_fetch_add(&engine->closed, 1);
}

uint64_t engine_delivered(const struct engine *engine, uint32_t publisher) {
    uint64_t sum = 0;
    for (uint32_t i = 0; i < engine->worker_count; i++)
        sum += atomic_load_explicit(&engine->workers[i].delivered[publisher], memory_order_relaxed);
    return sum;
}

struct publisher *engine_publisher(const struct engine *engine, uint32_t number) {
    return &engine->workers[number % engine->worker_count]
                .publishers[number / engine->worker_count];
}

static void set_phase(struct engine *engine, enum engine_phase phase) {
    atomic_store_explicit(&engine->phase, phase, memory_order_release);
    for (uint32_t i = 0; i < engine->worker_count; i++) worker_nudge(&engine->workers[i]);
}

/* What the engine keeps while it watches a run. */
struct watching {
    struct engine *engine;
    const struct load_watch *watch;
    uint64_t told_ns;
    uint64_t second;       /* of the server's CPU */
    uint64_t server_ns;    /* when the last one ended */
    struct series_row row; /* the newest */
    struct steady steady;
};

static void sleep_a_little(void) {
    struct timespec time = {0, LOOK_NS};
    nanosleep(&time, NULL);
}

static bool stopped(const struct watching *watching) {
    return load_stopped(watching->watch);
}

static void tell(struct watching *watching, const char *phase, double at_s, double of_s,
                 bool always) {
    const struct load_watch *watch = watching->watch;
    uint64_t now = clock_now_ns();
    if (!watch || !watch->progress || (!always && now - watching->told_ns < NS_PER_S)) return;
    watching->told_ns = now;
    const struct engine *engine = watching->engine;
    const struct series_row *row = &watching->row;
    struct load_progress progress = {
        .phase = phase,
        .at_s = at_s,
        .of_s = of_s,
        .published_per_s = (double)row->published,
        .received_per_s = (double)row->received,
        .p50_us = row->p50_us,
        .p99_us = row->p99_us,
        .max_us = row->max_us,
        .skew_p99_us = row->skew_p99_us,
        .lost = row->lost,
    };
    for (uint32_t i = 0; i < engine->worker_count; i++)
        progress.connections +=
            atomic_load_explicit(&engine->workers[i].live, memory_order_relaxed);
    watch->progress(watch->arg, &progress);
}

static bool all_ready(const struct engine *engine, uint32_t ready) {
    for (uint32_t i = 0; i < engine->worker_count; i++)
        if (atomic_load(&engine->workers[i].ready) < ready) return false;
    return true;
}

/* 0 when all are live, -1 otherwise. */
static int connect_all(struct watching *watching, char *error) {
    struct engine *engine = watching->engine;
    uint64_t began = clock_now_ns();
    while (!all_ready(engine, 1) || engine->failed) {
        double at_s = (double)(clock_now_ns() - began) / 1e9;
        bool late = at_s > CONNECT_S;
        if (engine->failed || stopped(watching) || late) {
            pthread_mutex_lock(&engine->lock);
            snprintf(
                error, LOAD_ERROR_BYTES, "%s",
                engine->failed ? engine->error
                : late ? "the connections could not be opened within " WORDS_NUMBER(CONNECT_S) " s"
                       : "stopped before all connections were open");
            pthread_mutex_unlock(&engine->lock);
            return -1;
        }
        tell(watching, "connect", at_s, 0, false);
        sleep_a_little();
    }
    return 0;
}

static void gather(struct watching *watching) {
    struct engine *engine = watching->engine;
    for (uint32_t i = 0; i < engine->worker_count; i++) {
        struct figures_desk *desk = &engine->workers[i].desk;
        for (struct figures *next, *at = figures_take(desk); at; at = next) {
            next = at->next;
            series_add(&engine->series, at);
            figures_return(desk, at);
        }
    }
    if (!engine->series.count) return;
    const struct series_row *row = &engine->series.rows[engine->series.count - 1];
    if (row->received || row->published) watching->row = *row;
}

static void watch_server(struct watching *watching, uint64_t now) {
    struct engine *engine = watching->engine;
    struct server_sample sample;
    if (!engine->server.pid || engine->server.gone || now + LOOK_NS < engine->measure_ns) return;
    if (!watching->server_ns) {
        engine->server.gone = !server_sample(&engine->server, &engine->server.begin);
        engine->server.end = engine->server.begin;
        watching->server_ns = engine->measure_ns;
    }
    if (now < watching->server_ns + NS_PER_S) return;
    if (!server_sample(&engine->server, &sample)) {
        engine->server.gone = true;
        return;
    }
    series_cpu(&engine->series, watching->second++,
               (double)(sample.cpu_ns - engine->server.end.cpu_ns));
    engine->server.end = sample;
    watching->server_ns += NS_PER_S;
}

static bool over(struct watching *watching, uint64_t now) {
    struct engine *engine = watching->engine;
    const struct load_config *config = engine->config;
    if (stopped(watching)) {
        engine->end = ENGINE_END_STOPPED;
    } else if (engine->publisher_closed ||
               atomic_load(&engine->closed) >= engine->plan->accounted) {
        engine->end = ENGINE_END_CLOSED;
    } else if (now >= atomic_load(&engine->end_ns)) {
        engine->end = ENGINE_END_TIME;
    } else if (config->publisher == LOAD_PUBLISHER_OWN && !atomic_load(&engine->publishers_left)) {
        engine->end = ENGINE_END_COUNT;
    } else if (config->steady && steady_reached(&watching->steady, &engine->series)) {
        engine->end = ENGINE_END_STEADY;
    } else {
        return false;
    }
    return true;
}

static void run(struct watching *watching) {
    struct engine *engine = watching->engine;
    const struct load_config *config = engine->config;
    engine->start_ns = clock_now_ns() + LEAD_NS;
    engine->measure_ns = engine->start_ns + (uint64_t)(config->warmup_s * 1e9);
    if (config->duration_s > 0)
        atomic_store(&engine->end_ns, engine->measure_ns + (uint64_t)(config->duration_s * 1e9));
    set_phase(engine, ENGINE_RUN);
    for (uint64_t now; now = clock_now_ns(), !over(watching, now);) {
        bool warm = now >= engine->measure_ns;
        double at_s = ((double)now - (double)(warm ? engine->measure_ns : engine->start_ns)) / 1e9;
        watch_server(watching, now);
        gather(watching);
        tell(watching, warm ? "run" : "warm-up", at_s > 0 ? at_s : 0,
             warm ? config->duration_s : config->warmup_s, false);
        sleep_a_little();
    }
    uint64_t now = clock_now_ns(), end_ns = atomic_load(&engine->end_ns);
    engine->stopped_ns = now < end_ns ? now : end_ns;
    if (now < end_ns) atomic_store(&engine->end_ns, now);
}

static void drain(struct watching *watching) {
    struct engine *engine = watching->engine;
    uint64_t began = clock_now_ns();
    set_phase(engine, ENGINE_DRAIN);
    while (!all_ready(engine, 2) && clock_now_ns() - began < ENGINE_DRAIN_MAX_NS) {
        gather(watching);
        tell(watching, "drain", (double)(clock_now_ns() - began) / 1e9, 0, false);
        sleep_a_little();
    }
    if (engine->server.pid && !engine->server.gone && watching->server_ns &&
        !server_sample(&engine->server, &engine->server.end))
        engine->server.gone = true;
}

static void stop(struct engine *engine) {
    set_phase(engine, ENGINE_STOP);
    for (uint32_t i = 0; i < engine->worker_count; i++)
        pthread_join(engine->workers[i].thread, NULL);
}

static int start(struct engine *engine, char *error) {
    for (uint32_t i = 0; i < engine->worker_count; i++) {
        struct worker *worker = &engine->workers[i];
        if (!pthread_create(&worker->thread, NULL, worker_main, worker)) continue;
        engine->worker_count = i;
        stop(engine);
        snprintf(error, LOAD_ERROR_BYTES, "cannot start thread %u", i + 1);
        return -1;
    }
    return 0;
}

int engine_run(struct engine *engine, const struct load_watch *watch, char *error) {
    struct watching watching = {.engine = engine, .watch = watch};
    watching.row = (struct series_row){.p50_us = -1, .p99_us = -1, .max_us = -1, .skew_p99_us = -1};
    server_sample(&engine->server, &engine->server.alone);
    if (start(engine, error)) return -1;
    tell(&watching, "connect", 0, 0, true);
    int result = connect_all(&watching, error);
    if (!result) {
        server_sample(&engine->server, &engine->server.connected);
        run(&watching);
        drain(&watching);
    }
    stop(engine);
    gather(&watching);
    for (uint32_t i = 0; i < engine->worker_count; i++)
        series_add(&engine->series, engine->workers[i].figures);
    series_end(&engine->series);
    if (engine->join) skew_join_end(engine->join);
    return result;
}
