/* The loop of a worker. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "load/engine.h"
#include "load/worker.h"

#define EVENTS 512

static uint64_t thread_cpu_ns(void) {
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

static void publishers_turn(struct worker *worker, uint64_t now) {
    if (now < worker->due_ns) return;
    worker->due_ns = UINT64_MAX;
    for (uint32_t i = 0; i < worker->publisher_count; i++) {
        struct publisher *publisher = &worker->publishers[i];
        publisher_turn(worker, publisher, now);
        if (publisher->due_ns < worker->due_ns) worker->due_ns = publisher->due_ns;
    }
}

/* Closed loop: whoever brought the last message of a window wakes its publisher. */
static void tell_publishers(struct worker *worker) {
    const struct engine *engine = worker->engine;
    if (!engine->config->window || engine->worker_count == 1) return;
    for (uint32_t p = 0; p < engine->config->publishers; p++) {
        struct worker *owner = &engine->workers[p % engine->worker_count];
        uint64_t owed =
            atomic_load_explicit(&engine_publisher(engine, p)->owed, memory_order_relaxed);
        if (owner != worker && engine_delivered(engine, p) >= owed) worker_nudge(owner);
    }
}

/* True if a publisher cannot send before its socket or the receivers allow it. */
static bool publishers_wait(const struct worker *worker) {
    for (uint32_t i = 0; i < worker->publisher_count; i++) {
        const struct publisher *publisher = &worker->publishers[i];
        if (publisher->due_ns != worker->due_ns) continue;
        if (wire_blocked(&publisher->wire)) continue;
        if (worker->engine->config->window && !publisher->left) continue;
        return false;
    }
    return true;
}

/* How long to sleep; a message that is due soon is waited for without sleep. */
static uint64_t sleep_ns(const struct worker *worker, uint64_t now) {
    uint64_t tick = worker->tick_ns > now ? worker->tick_ns - now : 0;
    if (worker->again_count || worker->polls) return 0;
    if (worker->due_ns == UINT64_MAX || publishers_wait(worker)) return tick;
    uint64_t until = worker->due_ns > now ? worker->due_ns - now : 0;
    until = until > WORKER_SPIN_NS ? until - WORKER_SPIN_NS : 0;
    return until < tick ? until : tick;
}

static void read_again(struct worker *worker) {
    uint32_t count = worker->again_count;
    for (uint32_t i = 0; i < count; i++) {
        struct wire *wire = worker->again[i];
        wire->listed = false;
        uint64_t now = wire_go_on(worker, wire);
        if (now) publishers_turn(worker, now);
    }
    /* Those that were added meanwhile stay. */
    worker->again_count -= count;
    for (uint32_t i = 0; i < worker->again_count; i++) worker->again[i] = worker->again[count + i];
}

static void handle(struct worker *worker, const struct epoll_event *events, int count) {
    for (int i = 0; i < count; i++) {
        struct wire *wire = events[i].data.ptr;
        uint64_t told;
        if (!wire) {
            ssize_t got = read(worker->wake, &told, sizeof told);
            (void)got; /* it was only to wake */
            continue;
        }
        uint64_t now = wire_ready(worker, wire, events[i].events);
        if (now) publishers_turn(worker, now);
    }
}

static void wait_and_handle(struct worker *worker, uint64_t now) {
    struct epoll_event events[EVENTS];
    uint64_t sleep = sleep_ns(worker, now);
    struct timespec timeout = {(time_t)(sleep / NS_PER_S), (long)(sleep % NS_PER_S)};
    int count = epoll_pwait2(worker->epoll, events, EVENTS, &timeout, NULL);
    uint64_t woke = clock_now_ns();
    if (count <= 0 && !sleep && !worker->again_count) worker->spun_ns += woke - now;
    publishers_turn(worker, woke);
    if (count > 0) handle(worker, events, count);
    if (worker->again_count) read_again(worker);
    if (count > 0 && woke >= worker->measure_ns)
        histogram_record(worker->histograms[WORKER_LAG], clock_now_ns() - woke, (uint64_t)count);
    if (count > 0) tell_publishers(worker);
}

static void count_lost(struct worker *worker) {
    worker->figures->lost = 0;
    for (uint32_t i = 0; i < worker->wire_count; i++)
        if (worker->wires[i].role == PLAN_READER)
            worker->figures->lost += worker->wires[i].account.missing;
}

/* Hands over what was measured in the seconds that are over. */
static void hand_over(struct worker *worker, uint64_t now) {
    uint64_t measure = worker->measure_ns;
    if (now < worker->figures_ns) return;
    count_lost(worker);
    worker_record_same(worker);
    worker->figures = figures_exchange(&worker->desk, worker->figures);
    worker->figures->second = (now - measure) / NS_PER_S;
    worker->figures_ns = measure + (worker->figures->second + 1) * NS_PER_S;
}

static void begin_run(struct worker *worker) {
    const struct engine *engine = worker->engine;
    for (uint32_t i = 0; i < worker->publisher_count; i++)
        publisher_start(&worker->publishers[i], worker->engine);
    worker->due_ns = worker->publisher_count ? 0 : UINT64_MAX;
    worker->measure_ns = engine->measure_ns;
    worker->figures_ns = engine->measure_ns + NS_PER_S;
    if (engine->config->storm_every_s > 0)
        worker->storm_ns = engine->start_ns + (uint64_t)(engine->config->storm_every_s * 1e9);
    worker->visit_at = worker->change_at = (double)engine->start_ns;
    worker->polls = engine->config->cpu >= 0;
}

static void watch_cpu(struct worker *worker, uint64_t now) {
    if (now < worker->measure_ns) return;
    if (!worker->cpu_from_ns) {
        worker->cpu_from_ns = thread_cpu_ns();
        worker->spun_from_ns = worker->spun_ns;
        worker->wall_from_ns = now;
    } else {
        worker->cpu_ns = thread_cpu_ns() - worker->cpu_from_ns;
        worker->spun_measured_ns = worker->spun_ns - worker->spun_from_ns;
        worker->wall_ns = now - worker->wall_from_ns;
    }
}

/* Is there nothing more to wait for? Asked when nothing comes. */
static bool all_came(const struct worker *worker) {
    const struct engine *engine = worker->engine;
    for (uint32_t i = 0; i < worker->wire_count; i++) {
        const struct wire *wire = &worker->wires[i];
        if (wire->role != PLAN_READER || wire->stage == WIRE_CLOSED) continue;
        for (uint32_t place = 0; place < wire->account.count; place++) {
            uint32_t symbol = wire->account.symbols[place];
            uint64_t published =
                atomic_load_explicit(&engine->published[symbol], memory_order_relaxed);
            uint64_t warm = atomic_load_explicit(&engine->warm[symbol], memory_order_relaxed);
            if (account_tail(&wire->account, place, published, warm)) return false;
        }
        if (wire->account.missing) return false;
    }
    return true;
}

static void drain_tick(struct worker *worker, uint64_t now) {
    uint64_t since = worker->arrived_ns > worker->drain_ns ? worker->arrived_ns : worker->drain_ns;
    bool observed = worker->engine->config->publisher == LOAD_PUBLISHER_NONE; /* no end of it */
    bool quiet = now > since && now - since > ENGINE_QUIET_NS;
    if (observed || quiet || (now - since > 2 * WORKER_TICK_NS && all_came(worker)))
        atomic_store(&worker->ready, 2);
}

static void tick(struct worker *worker, int phase, uint64_t now) {
    if (now < worker->tick_ns) return;
    worker->tick_ns = now + WORKER_TICK_NS;
    opener_tick(worker, now);
    if (phase != ENGINE_CONNECT) watch_cpu(worker, now);
    if (phase == ENGINE_DRAIN) drain_tick(worker, now);
}

static void enter(struct worker *worker, int phase, uint64_t now) {
    if (phase == ENGINE_RUN) begin_run(worker);
    if (phase != ENGINE_DRAIN) return;
    worker->drain_ns = now;
    watch_cpu(worker, now);
    for (uint32_t i = 0; i < worker->publisher_count; i++)
        publisher_stop(&worker->publishers[i], worker->engine, now);
    worker->due_ns = UINT64_MAX;
    worker->polls = false;
}

void *worker_main(void *arg) {
    struct worker *worker = arg;
    struct engine *engine = worker->engine;
    int phase = ENGINE_CONNECT, before = ENGINE_CONNECT;
    sigset_t all;
    sigfillset(&all); /* signals are for the thread that waits; SIGPIPE for nobody */
    pthread_sigmask(SIG_BLOCK, &all, NULL);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
    for (;; before = phase) {
        phase = atomic_load_explicit(&engine->phase, memory_order_acquire);
        uint64_t now = clock_now_ns();
        if (phase == ENGINE_STOP) break;
        if (phase != before) enter(worker, phase, now);
        opener_turn(worker, now);
        if (phase == ENGINE_RUN) changes_turn(worker, now);
        publishers_turn(worker, now);
        hand_over(worker, now);
        tick(worker, phase, now);
        wait_and_handle(worker, now);
    }
    worker_record_same(worker);
    skew_end(&worker->skew);
    strangers_end(&worker->strangers);
    return NULL;
}
