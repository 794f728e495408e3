#include "cli/interrupt.h"

#include <signal.h>
#include <unistd.h>

#include "cli/args.h"

static void signals(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

static void *wait_for_them(void *arg) {
    struct interrupt *interrupt = arg;
    sigset_t set;
    int number;
    signals(&set);
    if (sigwait(&set, &number) != 0) return NULL;
    __atomic_store_n(&interrupt->stop, 1, __ATOMIC_RELAXED); /* nothing else is published by it */
    live_stopping(interrupt->live);
    if (sigwait(&set, &number) != 0) return NULL;
    live_leave(interrupt->live);
    _exit(BENCH_EXIT_FAILED);
}

int interrupt_begin(struct interrupt *interrupt, struct live *live) {
    sigset_t set;
    *interrupt = (struct interrupt){.live = live};
    signals(&set);
    if (pthread_sigmask(SIG_BLOCK, &set, NULL) != 0) return -1;
    return pthread_create(&interrupt->thread, NULL, wait_for_them, interrupt) == 0 ? 0 : -1;
}

void interrupt_end(struct interrupt *interrupt) {
    pthread_cancel(interrupt->thread);
    pthread_join(interrupt->thread, NULL);
}
