/* A broker's monotonic clock that leaps, so that long times pass at once, or stands; for programs
 * that are linked with --wrap=clock_gettime. */
#ifndef TESTS_SHARD_LEAPING_H
#define TESTS_SHARD_LEAPING_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>

#include "base/clock.h"

static _Atomic uint64_t leapt_ns, stands_ns; /* 0: it goes */

int __real_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now);
int __wrap_clock_gettime(clockid_t clock, struct timespec *now) {
    int result = __real_clock_gettime(clock, now);
    if (clock != CLOCK_MONOTONIC) return result;
    uint64_t now_ns = atomic_load(&stands_ns);
    if (now_ns == 0) now_ns = (uint64_t)now->tv_sec * NS_PER_S + (uint64_t)now->tv_nsec;
    now_ns += atomic_load(&leapt_ns);
    *now = (struct timespec){.tv_sec = (time_t)(now_ns / NS_PER_S), .tv_nsec = now_ns % NS_PER_S};
    return result;
}

static inline void leap_ms(uint64_t ms) {
    atomic_fetch_add(&leapt_ns, ms * NS_PER_MS);
}

static inline void clock_stop(void) {
    atomic_store(&stands_ns, clock_now_ns() - atomic_load(&leapt_ns));
}

static inline void clock_go_on(void) {
    atomic_store(&stands_ns, 0);
}

#endif
