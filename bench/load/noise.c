#include "load/noise.h"

#include <sys/prctl.h>
#include <time.h>

#include "base/clock.h"

static void sleep_often(struct histogram *late) {
    int slack = prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* as the workers have it */
    uint64_t now = clock_now_ns(), end = now + NOISE_PART_NS;
    while (now < end) {
        uint64_t until = now + NOISE_SLEEP_NS;
        struct timespec time = {(time_t)(until / NS_PER_S), (long)(until % NS_PER_S)};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, NULL);
        now = clock_now_ns();
        if (now >= until) histogram_record(late, now - until, 1);
    }
    if (slack > 0) prctl(PR_SET_TIMERSLACK, (unsigned long)slack, 0UL, 0UL, 0UL);
}

static double look_at_clock(void) {
    uint64_t began = clock_now_ns(), last = began, stolen = 0;
    while (last - began < NOISE_PART_NS) {
        uint64_t now = clock_now_ns();
        if (now - last > NOISE_GAP_NS) stolen += now - last;
        last = now;
    }
    return (double)stolen / (double)(last - began);
}

int noise_measure(struct noise *noise) {
    *noise = (struct noise){.late = histogram_new(HISTOGRAM_HIGHEST, HISTOGRAM_DIGITS)};
    if (!noise->late) return -1;
    sleep_often(noise->late);
    noise->stolen = look_at_clock();
    return 0;
}

void noise_fini(struct noise *noise) {
    histogram_free(noise->late);
    noise->late = NULL;
}
