#include "load/schedule.h"

#include <math.h>

#include "base/random.h"

void schedule_init(struct schedule *schedule, const struct load_config *config,
                   const struct replay *replay, uint32_t burst, uint32_t publisher) {
    double rate = config->rate / config->publishers;
    *schedule = (struct schedule){
        .arrivals = config->arrivals,
        .gap_ns = rate > 0 ? burst / rate * 1e9 : 0,
        .phase = (double)publisher / config->publishers,
        .random = random_part(config->seed, 1000 + publisher),
        .replay = replay,
        .speed = config->replay_speed > 0 ? config->replay_speed : 1,
        .publisher = publisher,
        .publishers = config->publishers,
    };
}

/* The next row of a symbol that belongs to this publisher. After the last row one mean gap passes
 * before the first comes again. */
static struct schedule_burst next_row(struct schedule *schedule) {
    const struct replay *replay = schedule->replay;
    for (;;) {
        if (schedule->row == replay->count) {
            uint64_t whole = replay->at_ns[replay->count - 1];
            schedule->passes_ns += whole + whole / replay->count + 1;
            schedule->row = 0;
        }
        uint32_t row = schedule->row++;
        if (replay->symbol[row] % schedule->publishers != schedule->publisher) continue;
        double at = (double)(schedule->passes_ns + replay->at_ns[row]) / schedule->speed;
        return (struct schedule_burst){.at_ns = (uint64_t)at, .count = 1, .row = row};
    }
}

struct schedule_burst schedule_next(struct schedule *schedule, uint32_t burst) {
    if (schedule->arrivals == LOAD_REPLAY) return next_row(schedule);
    uint64_t number = schedule->made++;
    if (schedule->arrivals == LOAD_CONSTANT) {
        double at = ((double)number + schedule->phase) * schedule->gap_ns;
        return (struct schedule_burst){.at_ns = (uint64_t)at, .count = burst};
    }
    schedule->at_ns -= log(random_unit(&schedule->random)) * schedule->gap_ns;
    return (struct schedule_burst){.at_ns = (uint64_t)schedule->at_ns, .count = burst};
}
