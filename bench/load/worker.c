#include "load/worker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "load/engine.h"

#define FRAME_ROOM (PEER_MESSAGE_MAX + WS_HEADER_BYTES)

static void skew_over(void *arg, uint32_t publisher, const struct skew_slot *slot) {
    struct worker *worker = arg;
    if (worker->engine->join)
        skew_join_add(worker->engine->join, publisher, slot);
    else if (slot->count > 1)
        histogram_record(worker->figures->skew, slot->last - slot->first, 1);
}

static void stranger_over(void *arg, uint64_t skew_ns) {
    struct worker *worker = arg;
    histogram_record(worker->figures->skew, skew_ns, 1);
}

static int init_conns(struct worker *worker) {
    const struct engine *engine = worker->engine;
    const struct load_config *config = engine->config;
    uint32_t threads = engine->worker_count, index = worker->index;
    uint32_t count =
        index < config->connections ? (config->connections - index - 1) / threads + 1 : 0;
    worker->wires = calloc((size_t)count + 1, sizeof *worker->wires);
    worker->queue = calloc((size_t)count + 1, sizeof *worker->queue);
    worker->visitors = calloc(WORKER_VISITORS_MAX / threads + 1, sizeof *worker->visitors);
    size_t all = (size_t)count + WORKER_VISITORS_MAX / threads + 1 + config->publishers;
    worker->opening = calloc(all, sizeof(struct wire *));
    worker->again = calloc(all, sizeof(struct wire *));
    if (!worker->wires || !worker->queue || !worker->visitors || !worker->opening || !worker->again)
        return -1;
    for (uint32_t i = 0; i < count; i++) {
        if (wire_init(&worker->wires[i], WIRE_SUBSCRIBER, index + i * threads, config->publishers,
                      engine->plan))
            return -1;
        worker->wire_count++;
    }
    for (uint32_t i = 0; config->handshakes > 0 && i < WORKER_VISITORS_MAX / threads; i++) {
        wire_init(&worker->visitors[i], WIRE_VISITOR, i, 0, NULL);
        worker->visitor_count++;
    }
    return 0;
}

static int init_publishers(struct worker *worker) {
    const struct load_config *config = worker->engine->config;
    if (config->publisher == LOAD_PUBLISHER_NONE) return 0;
    uint32_t threads = worker->engine->worker_count;
    worker->publishers = calloc(config->publishers, sizeof *worker->publishers);
    if (!worker->publishers) return -1;
    for (uint32_t number = worker->index; number < config->publishers; number += threads)
        if (publisher_init(&worker->publishers[worker->publisher_count++], worker->engine, number))
            return -1;
    return 0;
}

static int init_figures(struct worker *worker) {
    const struct engine *engine = worker->engine;
    for (int i = 0; i < WORKER_HISTOGRAMS; i++) {
        worker->histograms[i] = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS);
        if (!worker->histograms[i]) return -1;
    }
    worker->figures = figures_new();
    worker->readers = calloc(engine->plan->symbols, sizeof *worker->readers);
    worker->delivered = calloc(engine->config->publishers, sizeof *worker->delivered);
    strangers_init(&worker->strangers, stranger_over, worker);
    if (!worker->figures || !worker->readers || !worker->delivered ||
        figures_desk_init(&worker->desk) || alike_init(&worker->alike))
        return -1;
    return skew_init(&worker->skew, engine->config->publishers, skew_over, worker);
}

int worker_init(struct worker *worker, struct engine *engine, uint32_t index) {
    *worker = (struct worker){.engine = engine, .index = index, .due_ns = UINT64_MAX};
    worker->random = random_part(engine->config->seed, 3000 + index);
    worker->figures_ns = worker->storm_ns = worker->measure_ns = UINT64_MAX;
    worker->epoll = epoll_create1(EPOLL_CLOEXEC);
    worker->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    worker->space = malloc(FRAME_ROOM + WIRE_READ_BYTES);
    if (worker->epoll < 0 || worker->wake < 0 || !worker->space) return -1;
    worker->buffer = worker->space + FRAME_ROOM;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    if (epoll_ctl(worker->epoll, EPOLL_CTL_ADD, worker->wake, &event)) return -1;
    return init_conns(worker) || init_publishers(worker) || init_figures(worker) ? -1 : 0;
}

void worker_fini(struct worker *worker) {
    for (uint32_t i = 0; i < worker->wire_count; i++) wire_fini(&worker->wires[i]);
    for (uint32_t i = 0; i < worker->visitor_count; i++) wire_fini(&worker->visitors[i]);
    for (uint32_t i = 0; i < worker->publisher_count; i++) publisher_fini(&worker->publishers[i]);
    for (int i = 0; i < WORKER_HISTOGRAMS; i++) histogram_free(worker->histograms[i]);
    figures_free(worker->figures);
    figures_desk_fini(&worker->desk);
    skew_fini(&worker->skew);
    strangers_fini(&worker->strangers);
    alike_fini(&worker->alike);
    SSL_SESSION_free(worker->session);
    peer_bytes_fini(&worker->scratch);
    free(worker->wires);
    free(worker->visitors);
    free(worker->publishers);
    free(worker->queue);
    free(worker->opening);
    free(worker->again);
    free(worker->readers);
    free(worker->delivered);
    free(worker->space);
    if (worker->epoll >= 0) close(worker->epoll);
    if (worker->wake >= 0) close(worker->wake);
}

void worker_nudge(struct worker *worker) {
    uint64_t one = 1;
    ssize_t written = write(worker->wake, &one, sizeof one);
    (void)written; /* full: it is awake */
}

/* Readers of symbols are counted while they are live: a message is over when all have it. */
static void count_reader(struct worker *worker, const struct wire *wire, uint32_t more) {
    if (wire->role != PLAN_READER) return;
    const struct account *account = &wire->account;
    for (uint32_t i = 0; i < account->count; i++) worker->readers[account->symbols[i]] += more;
}

void worker_failed(struct worker *worker, struct wire *wire, const char *why) {
    struct engine *engine = worker->engine;
    opener_forget(worker, wire);
    bool first = wire->kind == WIRE_PUBLISHER || (wire->kind == WIRE_SUBSCRIBER && !wire->left_ns);
    if (first)
        engine_fail(engine, why);
    else if (wire->kind == WIRE_SUBSCRIBER)
        opener_enqueue(worker, wire); /* it tries again */
}

void worker_closed(struct worker *worker, struct wire *wire, const char *why) {
    struct engine *engine = worker->engine;
    if (wire->kind == WIRE_VISITOR) return;
    if (wire->kind == WIRE_PUBLISHER) {
        engine_told_closed(engine, why, true);
        return;
    }
    worker->live--;
    count_reader(worker, wire, (uint32_t)-1);
    if (wire->role != PLAN_READER) {
        worker->evicted++;
        return;
    }
    worker->closed++;
    engine_told_closed(engine, why, false);
}

void worker_left(struct worker *worker, struct wire *wire) {
    worker->live--;
    count_reader(worker, wire, (uint32_t)-1);
    changes_abandon(worker, wire);
    account_pause(&wire->account);
    wire_drop(wire);
}

static void stop_reading(struct worker *worker, struct wire *wire) {
    struct epoll_event event = {.events = EPOLLRDHUP | EPOLLET, .data.ptr = wire};
    wire->stopped = true;
    epoll_ctl(worker->epoll, EPOLL_CTL_MOD, wire->fd, &event);
}

void worker_live(struct worker *worker, struct wire *wire, uint64_t now) {
    opener_forget(worker, wire);
    if (wire->kind == WIRE_VISITOR) {
        wire_drop(wire);
        return;
    }
    if (wire->kind == WIRE_PUBLISHER) return;
    worker->live++;
    count_reader(worker, wire, 1);
    if (wire->left_ns) worker_record(worker, WORKER_RECONNECT, now - wire->left_ns);
    wire->left_ns = 0;
    if (wire->role != PLAN_READER) stop_reading(worker, wire);
}
