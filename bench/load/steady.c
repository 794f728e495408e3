#include "load/steady.h"

#include <math.h>

#define P99_DRIFT (4 * STEADY_DRIFT) /* a tail is noisier than a rate */

bool steady_values(const double *values, uint32_t count, double drift) {
    double first = 0, second = 0;
    for (uint32_t i = 0; i < count; i++) *(i < count / 2 ? &first : &second) += values[i];
    if (!count || first <= 0 || second <= 0) return false;
    return fabs(second - first) <= drift * first;
}

bool steady_reached(struct steady *steady, const struct series *series) {
    if (series->count == steady->seen || series->count < STEADY_SECONDS + 1) return false;
    steady->seen = series->count;
    double received[STEADY_SECONDS], p99[STEADY_SECONDS];
    /* The last row may not be over. */
    const struct series_row *rows = series->rows + series->count - 1 - STEADY_SECONDS;
    for (uint32_t i = 0; i < STEADY_SECONDS; i++) {
        received[i] = (double)rows[i].received;
        p99[i] = rows[i].p99_us;
    }
    return steady_values(received, STEADY_SECONDS, STEADY_DRIFT) &&
           steady_values(p99, STEADY_SECONDS, P99_DRIFT);
}
