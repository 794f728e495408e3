#include "kit/cpu.h"

#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

uint64_t cpu_process_ns(pid_t pid) {
    clockid_t clock;
    struct timespec time;
    if (pid <= 0 || clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &time)) return 0;
    return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

uint64_t cpu_core_busy_ns(int core) {
    FILE *file = core < 0 ? NULL : fopen("/proc/stat", "r");
    if (!file) return 0;
    char line[512], name[32];
    int name_bytes = snprintf(name, sizeof name, "cpu%d ", core);
    uint64_t busy = 0;
    while (fgets(line, sizeof line, file)) {
        if (strncmp(line, name, (size_t)name_bytes) != 0) continue;
        unsigned long long user, nice, system, idle, wait, irq, softirq;
        if (sscanf(line + name_bytes, "%llu %llu %llu %llu %llu %llu %llu", &user, &nice, &system,
                   &idle, &wait, &irq, &softirq) == 7)
            busy = user + nice + system + irq + softirq;
        break;
    }
    fclose(file);
    return busy * (1000000000U / (uint64_t)sysconf(_SC_CLK_TCK));
}

int cpu_pin(int core) {
    if (core < 0) return 0;
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)core, &set);
    return sched_setaffinity(0, sizeof set, &set);
}
