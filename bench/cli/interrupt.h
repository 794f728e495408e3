/*
 * SIGINT and SIGTERM while a load runs: the first sets a flag, the second ends the program. A
 * thread waits for them, so that the terminal can be given back before the end.
 */
#ifndef BENCH_CLI_INTERRUPT_H
#define BENCH_CLI_INTERRUPT_H

#include "cli/live.h"

struct interrupt {
    volatile int stop; /**< for struct load_watch */
    struct live *live;
    pthread_t thread;
};

/** Before any other thread is started: all of them leave the signals to this one. 0 or -1. */
int interrupt_begin(struct interrupt *interrupt, struct live *live);
void interrupt_end(struct interrupt *interrupt);

#endif
