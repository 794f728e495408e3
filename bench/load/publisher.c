#include "load/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/random.h"
#include "load/engine.h"
#include "load/stamp.h"
#include "load/worker.h"

#define STALLED_NS (2 * NS_PER_S) /* closed loop: what has not come by then is given up */

int publisher_init(struct publisher *publisher, struct engine *engine, uint32_t number) {
    const struct load_config *config = engine->config;
    *publisher = (struct publisher){.number = number, .due_ns = UINT64_MAX};
    publisher->random = random_part(config->seed, 2000 + number);
    if (wire_init(&publisher->wire, WIRE_PUBLISHER, number, 0, NULL) ||
        choice_init(&publisher->choice, config->keys, config->zipf, engine->plan->domain, number,
                    config->publishers))
        return -1;
    publisher->size = config->burst;
    if (config->window)
        publisher->size = config->window;
    else if (!config->burst)
        publisher->size = publisher->choice.count;
    if (config->arrivals == LOAD_REPLAY) publisher->size = 1;
    if (config->count) {
        publisher->most = config->count / config->publishers;
        if (number < config->count % config->publishers) publisher->most++;
    }
    publisher->data = malloc(config->size);
    if (publisher->data) memset(publisher->data, STAMP_PADDING, config->size);
    return publisher->data ? 0 : -1;
}

void publisher_fini(struct publisher *publisher) {
    wire_fini(&publisher->wire);
    choice_fini(&publisher->choice);
    free(publisher->data);
    publisher->data = NULL;
}

static void end(struct publisher *publisher, struct engine *engine) {
    if (publisher->due_ns == UINT64_MAX) return;
    publisher->due_ns = UINT64_MAX;
    atomic_fetch_sub(&engine->publishers_left, 1);
}

static void next_burst(struct publisher *publisher, struct engine *engine) {
    publisher->burst = schedule_next(&publisher->schedule, publisher->size);
    publisher->left = publisher->burst.count;
    publisher->due_ns = engine->start_ns + publisher->burst.at_ns;
}

void publisher_start(struct publisher *publisher, struct engine *engine) {
    schedule_init(&publisher->schedule, engine->config, &engine->plan->replay, publisher->size,
                  publisher->number);
    if (engine->config->window)
        publisher->due_ns = engine->start_ns;
    else
        next_burst(publisher, engine);
}

/* Closed loop: begins the next burst if all of the one before has come. */
static bool window_open(struct publisher *publisher, const struct engine *engine, uint64_t now) {
    uint64_t delivered = engine_delivered(engine, publisher->number);
    bool come = delivered >= atomic_load_explicit(&publisher->owed, memory_order_relaxed);
    if (!come && now - publisher->burst_ns < STALLED_NS) return false;
    if (!come) atomic_store_explicit(&publisher->owed, delivered, memory_order_relaxed);
    publisher->burst_ns = now;
    publisher->left = publisher->size;
    publisher->burst.at_ns = now - engine->start_ns;
    return true;
}

static uint32_t next_symbol(struct publisher *publisher, const struct engine *engine) {
    if (engine->config->arrivals == LOAD_REPLAY)
        return engine->plan->replay.symbol[publisher->burst.row];
    return choice_next(&publisher->choice, &publisher->random);
}

/* Appends the next message. False: the connection has failed. */
static bool append(struct worker *worker, struct publisher *publisher, uint64_t intended,
                   uint64_t now) {
    struct engine *engine = worker->engine;
    const struct peer *peer = engine->target.peer;
    uint32_t symbol = next_symbol(publisher, engine);
    uint64_t number = atomic_load_explicit(&engine->published[symbol], memory_order_relaxed);
    struct stamp stamp = {
        .magic = STAMP_MAGIC,
        .run = engine->run,
        .publisher = publisher->number,
        .symbol = symbol,
        .number = number,
        .total = publisher->total,
        .intended_ns = intended,
        .slip_ns = now - intended,
    };
    memcpy(publisher->data, &stamp, sizeof stamp);
    worker->scratch.count = 0;
    if (peer->publish(&publisher->wire.peer, plan_key(engine->plan, symbol), publisher->data,
                      engine->config->size, &worker->scratch)) {
        wire_fail(worker, &publisher->wire, "cannot publish: %s", publisher->wire.peer.error);
        return false;
    }
    if (wire_append(worker, &publisher->wire, peer->text ? WS_TEXT : WS_BINARY, worker->scratch.at,
                    worker->scratch.count))
        return false;
    /* Before it is sent: who reads a higher number later is owed this one for certain. */
    atomic_store_explicit(&engine->published[symbol], number + 1, memory_order_release);
    if (intended < engine->measure_ns)
        atomic_store_explicit(&engine->warm[symbol], number + 1, memory_order_release);
    publisher->total++;
    atomic_fetch_add_explicit(&publisher->owed, engine->plan->readers[symbol],
                              memory_order_relaxed);
    if (intended >= engine->measure_ns) {
        publisher->measured++;
        worker->figures->published++;
        worker_record(worker, WORKER_SLIP, stamp.slip_ns);
    }
    return true;
}

/* The bare loop is told how long a batch is. */
static bool begin_batch(struct publisher *publisher, const struct engine *engine) {
    static const uint32_t room = 0;
    return !engine->target.peer->bare ||
           peer_bytes_add(&publisher->wire.out, &room, sizeof room) == 0;
}

static void end_batch(struct publisher *publisher, const struct engine *engine) {
    uint32_t bytes = (uint32_t)(publisher->wire.out.count - sizeof bytes);
    if (engine->target.peer->bare) memcpy(publisher->wire.out.at, &bytes, sizeof bytes);
}

/* Sends a part of the present burst, as much as goes into one batch; its messages have one time of
 * sending. */
static void send_batch(struct worker *worker, struct publisher *publisher) {
    uint64_t now = clock_now_ns();
    struct engine *engine = worker->engine;
    uint64_t intended = engine->start_ns + publisher->burst.at_ns;
    if (!begin_batch(publisher, engine)) return;
    /* What is intended for after the end is not sent, and no more than was asked for. */
    uint64_t most = publisher->most ? publisher->most - publisher->measured : UINT64_MAX;
    bool measured = intended >= engine->measure_ns;
    size_t batch_max = engine->target.peer->bare ? SIZE_MAX : PUBLISHER_BATCH_BYTES;
    while (publisher->left && most && publisher->wire.out.count < batch_max) {
        if (!append(worker, publisher, intended, now)) return;
        publisher->left--;
        if (measured && most != UINT64_MAX) most--;
    }
    end_batch(publisher, engine);
    if (!most) publisher->left = 0;
    wire_flush(worker, &publisher->wire);
    if (publisher->left) return;
    if (!most) {
        end(publisher, engine);
    } else if (engine->config->window) {
        publisher->due_ns = now;
    } else {
        next_burst(publisher, engine);
    }
}

void publisher_turn(struct worker *worker, struct publisher *publisher, uint64_t now) {
    struct engine *engine = worker->engine;
    if (now < publisher->due_ns || publisher->due_ns == UINT64_MAX) return;
    if (wire_blocked(&publisher->wire) || publisher->wire.broken) return;
    if (publisher->wire.stage != WIRE_LIVE) {
        end(publisher, engine);
        return;
    }
    uint64_t stop_ns = atomic_load_explicit(&engine->end_ns, memory_order_relaxed);
    if (!engine->config->window && publisher->due_ns >= stop_ns) {
        end(publisher, engine);
        return;
    }
    if (now >= stop_ns) {
        publisher_stop(publisher, engine, now);
        return;
    }
    if (engine->config->window && !publisher->left && !window_open(publisher, engine, now)) return;
    send_batch(worker, publisher);
}

void publisher_stop(struct publisher *publisher, struct engine *engine, uint64_t now) {
    uint64_t stop_ns = atomic_load_explicit(&engine->end_ns, memory_order_relaxed);
    uint64_t until = now < stop_ns ? now : stop_ns;
    while (!engine->config->window && publisher->due_ns < until) {
        publisher->unsent += publisher->left;
        next_burst(publisher, engine);
    }
    publisher->left = 0;
    end(publisher, engine);
}
