/* Instructions counted by callgrind from inside the program; without it these do nothing. */
#ifndef BENCH_COUNTING_H
#define BENCH_COUNTING_H

#include <stdbool.h>

#if defined(__has_include)
#if __has_include(<valgrind/callgrind.h>)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wconversion"
#include <valgrind/callgrind.h>
#define BENCH_CALLGRIND 1
#endif
#endif

/** True if the program runs under valgrind. */
static inline bool counting_on(void) {
#ifdef BENCH_CALLGRIND
    return RUNNING_ON_VALGRIND;
#else
    return false;
#endif
}

/** Writes what was counted since the last dump to the next callgrind.out file, under `name`. (To
 * zero the counters instead leaves the calls that are under way with their old costs.) */
static inline void counting_dump(const char *name) {
#ifdef BENCH_CALLGRIND
    CALLGRIND_DUMP_STATS_AT(name);
#endif
    (void)name;
}

#ifdef BENCH_CALLGRIND
#pragma GCC diagnostic pop
#endif

#endif
