/*
 * The server's process, watched by its pid: CPU time, the busy time of its core, memory. Reads
 * /proc only. One thread.
 */
#ifndef BENCH_LOAD_SERVER_H
#define BENCH_LOAD_SERVER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct server_sample {
    uint64_t cpu_ns;             /**< of all threads, exact */
    uint64_t user_ns, system_ns; /**< sampled by the tick; only their proportion is used */
    uint64_t core_ns;            /**< busy time of its core, which also holds softirqs */
    uint64_t rss_bytes;
    uint64_t kernel_bytes; /**< memory of TCP sockets on this machine */
};

struct server_watch {
    pid_t pid; /**< 0: nobody is watched */
    int core;  /**< -1: not known */
    char name[64];
    bool gone;                       /**< it ended during the run */
    struct server_sample alone;      /**< before anybody connected */
    struct server_sample connected;  /**< when all were subscribed */
    struct server_sample begin, end; /**< of the measured time */
};

/** `core` -1: it is found if the process is pinned to one. 0, or -1 if there is no such process. */
int server_watch_init(struct server_watch *watch, pid_t pid, int core);
/** False: the process is gone, or nobody is watched. */
bool server_sample(const struct server_watch *watch, struct server_sample *sample);
/** The core that a process is pinned to; -1: to none alone. */
int server_core(pid_t pid);

#endif
