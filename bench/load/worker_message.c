/* What becomes of a message that a connection got: the hot path of the load. */
#include "load/engine.h"
#include "load/stamp.h"
#include "load/worker.h"

/* A message that the load has not published: all that is known is when it came. */
static void take_stranger(struct worker *worker, struct wire *wire,
                          const struct peer_message *message, uint64_t now) {
    const struct engine *engine = worker->engine;
    if (wire->role != PLAN_READER || engine->config->publisher == LOAD_PUBLISHER_OWN) {
        wire->stray++;
        return;
    }
    if (now < worker->measure_ns ||
        now >= atomic_load_explicit(&engine->end_ns, memory_order_relaxed))
        return;
    worker->strangers_came++;
    worker->figures->received++;
    wire->measured++;
    if (wire->arrived_ns) worker_record(worker, WORKER_GAP, now - wire->arrived_ns);
    wire->arrived_ns = now;
    uint32_t readers = engine->plan->sets == 1 && engine->worker_count == 1 ? worker->live : 0;
    strangers_take(&worker->strangers, message->key, message->key_bytes, message->data,
                   message->data_bytes, now, readers);
}

/* One rank for each burst, since within one the order is not chance. */
static void rank(struct wire *wire, const struct stamp *stamp, int64_t before, uint32_t readers) {
    if (stamp->intended_ns == wire->ranked_ns || before < 0 || readers < 2 ||
        before >= (int64_t)readers)
        return;
    wire->ranked_ns = stamp->intended_ns;
    wire->rank_sum += (double)before / (readers - 1);
    wire->rank_spread += (readers + 1.0) / (12.0 * (readers - 1));
    wire->ranked++;
}

void worker_record_same(struct worker *worker) {
    const struct worker_same *same = &worker->same;
    histogram_record(worker->figures->latency, same->latency, same->count);
    histogram_record(worker->figures->uncorrected, same->uncorrected, same->count);
    worker->same.count = 0;
}

static void record(struct worker *worker, uint64_t latency, uint64_t uncorrected, uint32_t count) {
    struct worker_same *same = &worker->same;
    if (latency != same->latency || uncorrected != same->uncorrected) {
        worker_record_same(worker);
        same->latency = latency;
        same->uncorrected = uncorrected;
    }
    same->count += count;
}

static void measure(struct worker *worker, struct wire *wire, const struct stamp *stamp,
                    uint32_t count, uint64_t now) {
    uint64_t latency = now > stamp->intended_ns ? now - stamp->intended_ns : 0;
    uint64_t uncorrected = latency > stamp->slip_ns ? latency - stamp->slip_ns : 0;
    uint32_t readers = worker->readers[stamp->symbol];
    worker->figures->received += count;
    wire->measured += count;
    worker->counted_ns = now;
    wire->latency_sum += (double)latency * count;
    record(worker, latency, uncorrected, count);
    rank(wire, stamp, skew_take(&worker->skew, stamp->publisher, stamp->total, now, readers),
         readers);
    for (uint32_t i = 1; i < count; i++)
        skew_take(&worker->skew, stamp->publisher, stamp->total + i, now, readers);
}

/* Messages that are accounted together: all of them are new. */
static void take_new(struct worker *worker, struct wire *wire, const struct stamp *stamp,
                     uint32_t count, uint64_t now) {
    bool measured = stamp->intended_ns >= worker->measure_ns;
    if (wire->role != PLAN_READER) {
        worker->slow_received += measured ? count : 0;
        return;
    }
    _Atomic uint64_t *delivered = &worker->delivered[stamp->publisher];
    atomic_store_explicit(delivered, atomic_load_explicit(delivered, memory_order_relaxed) + count,
                          memory_order_relaxed);
    if (measured) measure(worker, wire, stamp, count, now);
}

static void take_stamp(struct worker *worker, struct wire *wire, const struct stamp *stamp,
                       uint32_t place, uint64_t now) {
    uint64_t counted =
        atomic_load_explicit(&worker->engine->warm[stamp->symbol], memory_order_acquire);
    if (account_take(&wire->account, place, stamp->number, stamp->publisher, stamp->total,
                     counted) == ACCOUNT_NEW)
        take_new(worker, wire, stamp, 1, now);
}

static uint32_t place_of(const struct wire *wire, uint32_t symbol) {
    return wire->place_of ? wire->place_of[symbol] : account_place(&wire->account, symbol);
}

void worker_message(struct worker *worker, struct wire *wire, const struct peer_message *message,
                    uint64_t now) {
    const struct engine *engine = worker->engine;
    struct stamp stamp;
    worker->arrived_ns = now;
    if (wire->kind != WIRE_SUBSCRIBER) return;
    if (!stamp_read(message->data, message->data_bytes, engine->run, &stamp) ||
        stamp.symbol >= engine->plan->symbols || stamp.publisher >= engine->config->publishers) {
        alike_spoil(&worker->alike);
        take_stranger(worker, wire, message, now);
        return;
    }
    alike_note(&worker->alike, &stamp);
    uint32_t place = place_of(wire, stamp.symbol);
    if (place == wire->account.count)
        wire->stray++;
    else
        take_stamp(worker, wire, &stamp, place, now);
}

void worker_run(struct worker *worker, struct wire *wire, const struct alike_run *run,
                uint64_t now) {
    struct stamp stamp = run->first;
    uint32_t place = place_of(wire, stamp.symbol);
    worker->arrived_ns = now;
    if (place == wire->account.count) {
        wire->stray += run->count;
    } else if (account_take_run(&wire->account, place, stamp.number, run->count, stamp.publisher,
                                stamp.total)) {
        take_new(worker, wire, &stamp, run->count, now);
    } else {
        for (uint32_t i = 0; i < run->count; i++, stamp.number++, stamp.total++)
            take_stamp(worker, wire, &stamp, place, now);
    }
}
