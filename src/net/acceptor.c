#include "net/acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct listening {
    struct acceptor *acceptor;
    struct event *event;
    unsigned number;
};

struct acceptor {
    struct event_base *base;
    struct event *end, *pause, *tick_event;
    int end_fd;
    pthread_t thread;
    struct log log;
    struct log_limit limit;
    acceptor_take take;
    acceptor_tick tick;
    void *arg;
    unsigned count;
    struct listening listening[];
};

/* -1 without memory, the kernel's included (it bounds what a user may poll). */
static int set_listening(struct acceptor *acceptor, bool on) {
    int result = 0;
    for (unsigned i = 0; i < acceptor->count && result == 0; i++) {
        struct event *event = acceptor->listening[i].event;
        result = on ? event_add(event, NULL) : event_del(event);
    }
    return result;
}

static void take_a_pause(struct acceptor *acceptor) {
    (void)set_listening(acceptor, false);
    event_add(acceptor->pause, &(struct timeval){.tv_usec = ACCEPT_PAUSE_MS * 1000});
}

static void on_pause_over(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    if (set_listening(arg, true) < 0) take_a_pause(arg);
}

static void on_acceptable(evutil_socket_t fd, short what, void *arg) {
    (void)what;
    const struct listening *listening = arg;
    struct acceptor *acceptor = listening->acceptor;
    for (int i = 0; i < ACCEPT_BATCH; i++) {
        struct sockaddr_storage address;
        socklen_t bytes = sizeof address;
        int got = accept4(fd, (struct sockaddr *)&address, &bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (got >= 0) {
            acceptor->take(acceptor->arg, listening->number, got, &address, bytes);
            continue;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK) return;
        if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS && errno != ENOMEM) continue;
        log_limited(&acceptor->log, LOG_WARNING, &acceptor->limit,
                    "cannot accept: %s; trying again in %d ms", strerror(errno), ACCEPT_PAUSE_MS);
        take_a_pause(acceptor);
        return;
    }
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    const struct acceptor *acceptor = arg;
    acceptor->tick(acceptor->arg);
}

static void on_end(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct acceptor *acceptor = arg;
    event_base_loopbreak(acceptor->base);
}

static void *run(void *arg) {
    struct acceptor *acceptor = arg;
    event_base_dispatch(acceptor->base);
    return NULL;
}

static void release(struct acceptor *acceptor) {
    for (unsigned i = 0; i < acceptor->count; i++)
        if (acceptor->listening[i].event != NULL) event_free(acceptor->listening[i].event);
    if (acceptor->end != NULL) event_free(acceptor->end);
    if (acceptor->pause != NULL) event_free(acceptor->pause);
    if (acceptor->tick_event != NULL) event_free(acceptor->tick_event);
    if (acceptor->base != NULL) event_base_free(acceptor->base);
    if (acceptor->end_fd >= 0) close(acceptor->end_fd);
    free(acceptor);
}

static int open_events(struct acceptor *acceptor, const int *listeners) {
    acceptor->end_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (acceptor->end_fd < 0) return -1;
    acceptor->base = event_base_new();
    if (acceptor->base == NULL) return -1;
    acceptor->end =
        event_new(acceptor->base, acceptor->end_fd, EV_READ | EV_PERSIST, on_end, acceptor);
    acceptor->pause = event_new(acceptor->base, -1, 0, on_pause_over, acceptor);
    acceptor->tick_event = event_new(acceptor->base, -1, EV_PERSIST, on_tick, acceptor);
    if (acceptor->end == NULL || acceptor->pause == NULL || acceptor->tick_event == NULL) return -1;
    /* room for the timer: it must not fail when it is needed, or nothing were accepted any more */
    if (event_add(acceptor->pause, &(struct timeval){.tv_sec = 1}) < 0) return -1;
    event_del(acceptor->pause);
    for (unsigned i = 0; i < acceptor->count; i++) {
        struct listening *listening = &acceptor->listening[i];
        *listening = (struct listening){.acceptor = acceptor, .number = i};
        listening->event =
            event_new(acceptor->base, listeners[i], EV_READ | EV_PERSIST, on_acceptable, listening);
        if (listening->event == NULL) return -1;
    }
    if (set_listening(acceptor, true) < 0) return -1;
    struct timeval tick = {.tv_sec = ACCEPT_TICK_S};
    if (acceptor->tick != NULL && event_add(acceptor->tick_event, &tick) < 0) return -1;
    return event_add(acceptor->end, NULL);
}

int acceptor_start(struct acceptor **started, const int *listeners, unsigned count,
                   const struct log *log, acceptor_take take, acceptor_tick tick, void *arg) {
    struct acceptor *acceptor = calloc(1, sizeof *acceptor + count * sizeof acceptor->listening[0]);
    if (acceptor == NULL) return -1;
    acceptor->end_fd = -1;
    acceptor->count = count;
    acceptor->log = *log;
    acceptor->take = take;
    acceptor->tick = tick;
    acceptor->arg = arg;
    errno = ENOMEM;
    if (open_events(acceptor, listeners) < 0) {
        release(acceptor);
        return -1;
    }
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before); /* signals are for the host's threads */
    int error = pthread_create(&acceptor->thread, NULL, run, acceptor);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0) {
        release(acceptor);
        errno = error;
        return -1;
    }
    *started = acceptor;
    return 0;
}

void acceptor_stop(struct acceptor *acceptor) {
    if (acceptor == NULL) return;
    uint64_t one = 1;
    (void)!write(acceptor->end_fd, &one, sizeof one);
    pthread_join(acceptor->thread, NULL);
    release(acceptor);
}
