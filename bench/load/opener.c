/* Connections that open, a bounded number at once; those that all leave and come again; and
 * visitors, which only shake hands. */
#include <stdlib.h>

#include "base/clock.h"
#include "load/engine.h"
#include "load/worker.h"

#define RETRY_NS (100 * NS_PER_MS) /* after a failure in a storm */

static uint32_t opening_max(const struct worker *worker) {
    uint32_t most = WORKER_OPENING_MAX / worker->engine->worker_count;
    return most ? most : 1;
}

static void begin(struct worker *worker, struct wire *wire, uint64_t now) {
    wire->opening_at = worker->opening_count;
    worker->opening[worker->opening_count++] = wire;
    if (wire->kind == WIRE_SUBSCRIBER) worker->opening_subscribers++;
    wire_start(worker, wire, now);
}

void opener_forget(struct worker *worker, struct wire *wire) {
    uint32_t at = wire->opening_at;
    if (at >= worker->opening_count || worker->opening[at] != wire) return;
    struct wire *last = worker->opening[--worker->opening_count];
    worker->opening[at] = last;
    last->opening_at = at;
    if (wire->kind == WIRE_SUBSCRIBER) worker->opening_subscribers--;
}

void opener_enqueue(struct worker *worker, struct wire *wire) {
    uint32_t at = (worker->queue_from + worker->queue_count++) % (worker->wire_count + 1);
    worker->queue[at] = (uint32_t)(wire - worker->wires);
}

static bool publishers_live(const struct worker *worker) {
    for (uint32_t i = 0; i < worker->publisher_count; i++)
        if (worker->publishers[i].wire.stage != WIRE_LIVE) return false;
    return true;
}

/* Publishers come first: a server that refuses them is told at once. */
static void open_publishers(struct worker *worker, uint64_t now) {
    for (uint32_t i = 0; i < worker->publisher_count; i++) {
        struct wire *wire = &worker->publishers[i].wire;
        if (wire->stage == WIRE_CLOSED && !worker->engine->failed) begin(worker, wire, now);
    }
    for (uint32_t i = 0; i < worker->wire_count; i++) opener_enqueue(worker, &worker->wires[i]);
}

static void open_queued(struct worker *worker, uint64_t now) {
    uint32_t most = opening_max(worker);
    while (worker->queue_count && worker->opening_subscribers < most && now >= worker->retry_ns) {
        struct wire *wire = &worker->wires[worker->queue[worker->queue_from]];
        worker->queue_from = (worker->queue_from + 1) % (worker->wire_count + 1);
        worker->queue_count--;
        begin(worker, wire, now);
        if (wire->stage != WIRE_CLOSED) continue;
        worker->retry_ns = now + RETRY_NS;
    }
}

/* All leave at once and come again. What is published meanwhile is not owed. */
static void storm(struct worker *worker, uint64_t now) {
    worker->storm_ns += (uint64_t)(worker->engine->config->storm_every_s * 1e9);
    for (uint32_t i = 0; i < worker->wire_count; i++) {
        struct wire *wire = &worker->wires[i];
        if (wire->stage != WIRE_LIVE || wire->role != PLAN_READER) continue;
        worker_left(worker, wire);
        wire->left_ns = now;
        opener_enqueue(worker, wire);
    }
}

static void visit(struct worker *worker, uint64_t now) {
    double gap = 1e9 / (worker->engine->config->handshakes / worker->engine->worker_count);
    for (uint32_t i = 0; i < worker->visitor_count && (double)now >= worker->visit_at; i++) {
        struct wire *wire = &worker->visitors[i];
        if (wire->stage != WIRE_CLOSED) continue;
        wire->number = worker->visitors_made++;
        begin(worker, wire, now);
        worker->visit_at += gap;
    }
}

void opener_turn(struct worker *worker, uint64_t now) {
    int phase = atomic_load_explicit(&worker->engine->phase, memory_order_relaxed);
    if (!worker->opened) {
        worker->opened = true;
        open_publishers(worker, now);
    }
    if (worker->queue_count && publishers_live(worker)) open_queued(worker, now);
    if (phase == ENGINE_CONNECT && !worker->queue_count && !worker->opening_count)
        atomic_store(&worker->ready, 1);
    if (phase != ENGINE_RUN) return;
    if (now >= worker->storm_ns) storm(worker, now);
    if (worker->visitor_count && (double)now >= worker->visit_at) visit(worker, now);
}

/* A throttled reader gets its share of each tick. */
static void read_slowly(struct worker *worker) {
    uint64_t each = (uint64_t)worker->engine->config->slow_bytes_per_s * WORKER_TICK_NS / NS_PER_S;
    for (uint32_t i = 0; i < worker->wire_count; i++) {
        struct wire *wire = &worker->wires[i];
        if (wire->role != PLAN_SLOW || wire->stage != WIRE_LIVE) continue;
        wire->credit += each;
        if (wire->credit > WIRE_READ_BYTES) wire->credit = WIRE_READ_BYTES;
        if (wire->credit < 512 && wire->credit < each * 8) continue;
        uint64_t now = wire_read(worker, wire, wire->credit);
        if (now) wire->credit = 0;
    }
}

void opener_tick(struct worker *worker, uint64_t now) {
    for (uint32_t i = worker->opening_count; i-- > 0;) {
        if (i >= worker->opening_count) continue;
        struct wire *wire = worker->opening[i];
        if (now > wire->deadline_ns) wire_late(worker, wire);
    }
    if (worker->engine->config->slow_share > 0) read_slowly(worker);
}
