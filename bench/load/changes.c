/* Subscriptions that change while messages flow: each change replaces one symbol of one
 * connection's set. The accounts stay exact: the new symbol is owed from its echo on, the old one
 * until then. */
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "load/engine.h"
#include "load/worker.h"

#define TRIES 16 /* for a symbol that the set does not have, or a connection that is free */

/* The set becomes the connection's own, with room for one symbol more. */
static bool make_own(struct wire *wire) {
    if (wire->own) return true;
    wire->own = malloc(((size_t)wire->account.count + 1) * sizeof *wire->own);
    if (!wire->own) return false;
    memcpy(wire->own, wire->account.symbols, wire->account.count * sizeof *wire->own);
    wire->account.symbols = wire->own;
    wire->place_of = NULL;
    return true;
}

static bool change_to(struct wire *wire, uint32_t *symbols, uint32_t count) {
    if (account_change(&wire->account, symbols, count)) {
        free(symbols);
        return false;
    }
    free(wire->own);
    wire->own = symbols;
    return true;
}

static bool add_symbol(struct wire *wire, uint32_t symbol) {
    uint32_t count = wire->account.count, at = 0;
    uint32_t *symbols = malloc(((size_t)count + 2) * sizeof *symbols);
    if (!symbols) return false;
    while (at < count && wire->own[at] < symbol) at++;
    memcpy(symbols, wire->own, at * sizeof *symbols);
    symbols[at] = symbol;
    memcpy(symbols + at + 1, wire->own + at, (count - at) * sizeof *symbols);
    return change_to(wire, symbols, count + 1);
}

static bool take_symbol(struct wire *wire, uint32_t symbol) {
    uint32_t count = wire->account.count, place = account_place(&wire->account, symbol);
    uint32_t *symbols = malloc(((size_t)count + 1) * sizeof *symbols);
    if (!symbols) return false;
    memcpy(symbols, wire->own, place * sizeof *symbols);
    memcpy(symbols + place, wire->own + place + 1, (count - place - 1) * sizeof *symbols);
    return change_to(wire, symbols, count - 1);
}

/* A symbol of the set that may go: with hot keys those stay. */
static bool choose(struct worker *worker, struct wire *wire) {
    const struct engine *engine = worker->engine;
    uint32_t kept = engine->config->keys == LOAD_KEYS_HOT ? engine->config->publishers : 0;
    for (int i = 0; i < TRIES; i++) {
        uint32_t place = random_below(&worker->random, wire->account.count);
        uint32_t adding = random_below(&worker->random, engine->plan->symbols);
        wire->dropping = wire->account.symbols[place];
        wire->adding = adding;
        if (wire->dropping >= kept && account_place(&wire->account, adding) == wire->account.count)
            return true;
    }
    return false;
}

static void change(struct worker *worker, struct wire *wire, uint64_t now) {
    if (!choose(worker, wire) || !make_own(wire) || !add_symbol(wire, wire->adding)) {
        worker->bad_changes++;
        return;
    }
    worker->readers[wire->adding]++;
    wire->changed_ns = now;
    wire_subscribe(worker, wire);
    if (wire->stage == WIRE_LIVE && !wire->peer.waiting) changes_done(worker, wire, now);
}

void changes_done(struct worker *worker, struct wire *wire, uint64_t now) {
    if (!wire->changed_ns) return;
    worker_record(worker, WORKER_CHANGE, now - wire->changed_ns);
    wire->changed_ns = 0;
    uint32_t place = account_place(&wire->account, wire->adding);
    uint64_t published =
        atomic_load_explicit(&worker->engine->published[wire->adding], memory_order_acquire);
    account_owe(&wire->account, place, published);
    worker->readers[wire->dropping]--;
    if (!take_symbol(wire, wire->dropping)) worker->bad_changes++;
}

/* The connection is away: its next subscription has the new symbol and not the old. */
void changes_abandon(struct worker *worker, struct wire *wire) {
    if (!wire->changed_ns) return;
    wire->changed_ns = 0;
    if (!take_symbol(wire, wire->dropping)) worker->bad_changes++;
}

void changes_turn(struct worker *worker, uint64_t now) {
    const struct load_config *config = worker->engine->config;
    if (config->churn <= 0 || !worker->wire_count) return;
    double gap = 1e9 / (config->churn / worker->engine->worker_count);
    for (int tries = 0; tries < TRIES && (double)now >= worker->change_at; tries++) {
        struct wire *wire = &worker->wires[random_below(&worker->random, worker->wire_count)];
        if (wire->stage != WIRE_LIVE || wire->role != PLAN_READER || wire->changed_ns ||
            wire->account.count < 2)
            continue;
        worker->change_at += gap;
        change(worker, wire, now);
    }
}
