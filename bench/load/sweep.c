#include "load/sweep.h"

#include <math.h>
#include <stddef.h>

void sweep_init(struct sweep *sweep, double from, double to) {
    *sweep = (struct sweep){.from = from, .to = to > from ? to : from};
}

static bool mostly_good(const struct sweep_value *value) {
    return value->good > value->bad;
}

/* The highest of the values that are good (in most runs), with no bad one below it. */
static struct sweep_value *good_edge(struct sweep *sweep) {
    struct sweep_value *edge = NULL;
    double bad = INFINITY;
    for (uint32_t i = 0; i < sweep->count; i++)
        if (!mostly_good(&sweep->values[i]) && sweep->values[i].value < bad)
            bad = sweep->values[i].value;
    for (uint32_t i = 0; i < sweep->count; i++) {
        struct sweep_value *value = &sweep->values[i];
        if (mostly_good(value) && value->value < bad && (!edge || value->value > edge->value))
            edge = value;
    }
    return edge;
}

static struct sweep_value *bad_edge(struct sweep *sweep) {
    struct sweep_value *edge = NULL;
    for (uint32_t i = 0; i < sweep->count; i++) {
        struct sweep_value *value = &sweep->values[i];
        if (!mostly_good(value) && (!edge || value->value < edge->value)) edge = value;
    }
    return edge;
}

static bool run_new(struct sweep *sweep, double value, double *out) {
    for (uint32_t i = 0; i < sweep->count; i++)
        if (sweep->values[i].value == value) return false;
    sweep->now = sweep->count++;
    sweep->values[sweep->now] = (struct sweep_value){.value = value};
    *out = value;
    return true;
}

static bool run_again(struct sweep *sweep, struct sweep_value *value, double *out) {
    if (!value || value->good + value->bad >= SWEEP_REPEATS) return false;
    sweep->now = (uint32_t)(value - sweep->values);
    *out = value->value;
    return true;
}

bool sweep_next(struct sweep *sweep, double *value) {
    if (sweep->steps++ == SWEEP_STEPS_MAX) return false;
    if (!sweep->count) return run_new(sweep, sweep->from, value);
    struct sweep_value *good = good_edge(sweep), *bad = bad_edge(sweep);
    if (!good) return run_again(sweep, bad, value); /* the least is too much, if it is again */
    if (!bad) {
        double next = 2 * good->value < sweep->to ? 2 * good->value : sweep->to;
        return run_new(sweep, next, value) || run_again(sweep, good, value);
    }
    double middle = floor((good->value + bad->value) / 2);
    if (bad->value > SWEEP_WIDTH * good->value && middle > good->value &&
        run_new(sweep, middle, value))
        return true;
    return run_again(sweep, good, value) || run_again(sweep, bad, value);
}

void sweep_take(struct sweep *sweep, bool good) {
    struct sweep_value *value = &sweep->values[sweep->now];
    *(good ? &value->good : &value->bad) += 1;
}

double sweep_best(const struct sweep *sweep) {
    const struct sweep_value *edge = good_edge((struct sweep *)(uintptr_t)sweep);
    return edge ? edge->value : -1;
}

double sweep_low(const struct sweep *sweep) {
    double bad = INFINITY, low = -1;
    for (uint32_t i = 0; i < sweep->count; i++)
        if (sweep->values[i].bad && sweep->values[i].value < bad) bad = sweep->values[i].value;
    for (uint32_t i = 0; i < sweep->count; i++)
        if (sweep->values[i].value < bad && sweep->values[i].value > low)
            low = sweep->values[i].value;
    return low;
}

double sweep_high(const struct sweep *sweep) {
    double good = -1, high = INFINITY;
    for (uint32_t i = 0; i < sweep->count; i++)
        if (sweep->values[i].good && sweep->values[i].value > good) good = sweep->values[i].value;
    for (uint32_t i = 0; i < sweep->count; i++)
        if (sweep->values[i].bad && sweep->values[i].value > good && sweep->values[i].value < high)
            high = sweep->values[i].value;
    return isinf(high) ? -1 : high;
}
