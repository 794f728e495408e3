#include "tickcastd/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/exit_code.h"

#define SAME_SIGNAL_NS 50000000 /* nobody presses Ctrl-C twice within 50 ms */

static void ending(sigset_t *set) {
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
}

int signals_open(struct signals *signals) {
    struct sigaction before;
    sigset_t set;
    ending(&set);
    sigaddset(&set, SIGHUP);
    sigaction(SIGHUP, NULL, &before);
    signals->hangup_ends = before.sa_handler != SIG_IGN && isatty(STDIN_FILENO);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    signals->fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    return signals->fd < 0 ? -1 : 0;
}

void signals_close(struct signals *signals) {
    close(signals->fd);
}

int signals_take(struct signals *signals) {
    struct signalfd_siginfo info;
    if (read(signals->fd, &info, sizeof info) != sizeof info) return 0;
    return (int)info.ssi_signo;
}

bool signals_stops(const struct signals *signals, int number) {
    if (number == SIGTERM || number == SIGINT) return true;
    return number == SIGHUP && signals->hangup_ends && !isatty(STDIN_FILENO);
}

static void on_second_signal(int number) {
    (void)number;
    _exit(EXIT_FAILED);
}

void signals_stopping(void) {
    sigset_t set;
    ending(&set);
    /* timeout(1) and the like tell a process and then its group: that is one wish, not two */
    const struct timespec moment = {.tv_nsec = SAME_SIGNAL_NS};
    while (sigtimedwait(&set, NULL, &moment) > 0) continue;
    struct sigaction action = {.sa_handler = on_second_signal};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}
