#include "load/server.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kit/cpu.h"

#define STAT_USER   14 /* fields of /proc/PID/stat, from 1 */
#define STAT_SYSTEM 15

/* Reads a file of /proc into `text`, terminated. */
static bool read_proc(const char *path, char *text, size_t room) {
    FILE *file = fopen(path, "r");
    if (!file) return false;
    size_t count = fread(text, 1, room - 1, file);
    fclose(file);
    text[count] = 0;
    return count > 0;
}

static bool read_stat(pid_t pid, char *text, size_t room) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    return read_proc(path, text, room);
}

/* A field of /proc/PID/stat; the second is in brackets and may hold anything. */
static uint64_t stat_field(const char *stat, int field) {
    const char *at = strrchr(stat, ')');
    for (int i = 2; at && i < field; i++) at = strchr(at + 1, ' ');
    return at ? strtoull(at, NULL, 10) : 0;
}

int server_core(pid_t pid) {
    cpu_set_t set;
    if (sched_getaffinity(pid, sizeof set, &set)) return -1;
    if (CPU_COUNT(&set) != 1) return -1; /* where it ran last is not where it runs */
    int core = 0;
    while (!CPU_ISSET((size_t)core, &set)) core++;
    return core;
}

int server_watch_init(struct server_watch *watch, pid_t pid, int core) {
    *watch = (struct server_watch){.pid = pid, .core = -1};
    if (!pid) return 0;
    char stat[1024], path[64];
    if (!read_stat(pid, stat, sizeof stat)) return -1;
    watch->core = core >= 0 ? core : server_core(pid);
    snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
    if (read_proc(path, watch->name, sizeof watch->name))
        watch->name[strcspn(watch->name, "\n")] = 0;
    return 0;
}

static uint64_t rss_bytes(pid_t pid) {
    char path[64], text[256];
    unsigned long long pages = 0;
    snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    if (!read_proc(path, text, sizeof text) || sscanf(text, "%*u %llu", &pages) != 1) return 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t tcp_bytes(void) {
    char text[2048];
    if (!read_proc("/proc/net/sockstat", text, sizeof text)) return 0;
    const char *line = strstr(text, "\nTCP: "), *mem = line ? strstr(line, " mem ") : NULL;
    return mem ? strtoull(mem + 5, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

bool server_sample(const struct server_watch *watch, struct server_sample *sample) {
    char stat[1024];
    *sample = (struct server_sample){0};
    if (!watch->pid || !read_stat(watch->pid, stat, sizeof stat)) return false;
    uint64_t tick_ns = 1000000000U / (uint64_t)sysconf(_SC_CLK_TCK);
    sample->cpu_ns = cpu_process_ns(watch->pid);
    sample->user_ns = stat_field(stat, STAT_USER) * tick_ns;
    sample->system_ns = stat_field(stat, STAT_SYSTEM) * tick_ns;
    sample->core_ns = cpu_core_busy_ns(watch->core);
    sample->rss_bytes = rss_bytes(watch->pid);
    sample->kernel_bytes = tcp_bytes();
    return sample->cpu_ns > 0;
}
