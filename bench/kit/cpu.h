/* CPU time of a process and of a core, and pinning. Any thread. */
#ifndef BENCH_CPU_H
#define BENCH_CPU_H

#include <stdint.h>
#include <sys/types.h>

/** CPU time of all threads of `pid`, user and system, in ns. The kernel keeps it to the ns, and
 * counts softirqs to whom they interrupt. 0 if there is no such process. */
uint64_t cpu_process_ns(pid_t pid);

/** Time that `core` was not idle, in ns: /proc/stat, thus sampled by the tick (10 ms at best). */
uint64_t cpu_core_busy_ns(int core);

/** Pins the calling thread (and those that it starts) to `core`; below 0 does nothing. 0 or -1. */
int cpu_pin(int core);

#endif
