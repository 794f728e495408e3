#include <math.h>
#include <string.h>

#include "report/plot.h"

#define TICKS 6 /* about as many fit */

static double step_of(double span) {
    double power = pow(10, floor(log10(span / TICKS)));
    double times = span / TICKS / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

struct axis axis_linear(double low, double high, enum value_unit unit, const char *title) {
    if (!(high > low)) high = low + (low != 0 ? fabs(low) : 1);
    double step = step_of(high - low);
    return (struct axis){.scale = AXIS_LINEAR,
                         .from = floor(low / step) * step,
                         .to = ceil(high / step - 1e-9) * step,
                         .step = step,
                         .unit = unit,
                         .title = title};
}

/* The number 1, 2 or 5 times a power of ten that is next to `value` in a direction. */
static double round_log(double value, bool up) {
    static const double digits[] = {1, 2, 5, 10};
    double power = pow(10, floor(log10(value)));
    double best = up ? power * 10 : power;
    for (size_t i = 0; i < 4; i++) {
        double here = digits[i] * power;
        if (up ? here >= value * (1 - 1e-9) && here < best
               : here <= value * (1 + 1e-9) && here > best)
            best = here;
    }
    return best;
}

struct axis axis_log(double low, double high, enum value_unit unit, const char *title) {
    if (!(low > 0)) low = 1e-3;
    if (!(high > low)) high = low * 10;
    return (struct axis){.scale = AXIS_LOG,
                         .from = round_log(low, false),
                         .to = round_log(high, true),
                         .unit = unit,
                         .title = title};
}

struct axis axis_percentile(double count, const char *title) {
    return (struct axis){.scale = AXIS_PERCENTILE,
                         .to = fmax(2, fmin(log10(fmax(count, 1)), 9)),
                         .unit = VALUE_SHARE,
                         .title = title};
}

double axis_place(const struct axis *axis, double value) {
    double at = 0;
    switch (axis->scale) {
    case AXIS_LINEAR:
        at = (value - axis->from) / (axis->to - axis->from);
        break;
    case AXIS_LOG:
        at = value > 0 ? log(value / axis->from) / log(axis->to / axis->from) : 0;
        break;
    case AXIS_PERCENTILE:
        at = value >= 100 ? 1 : -log10(1 - value / 100) / axis->to;
        break;
    }
    return fmin(1, fmax(0, at));
}
