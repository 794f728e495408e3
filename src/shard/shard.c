#include "shard/shard.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "shard/conn.h"
#include "shard/turn.h"

/* What is in the inbox, oldest first. */
static struct handover *take_inbox(struct shard *shard) {
    pthread_mutex_lock(&shard->inbox_lock);
    struct handover *newest = shard->inbox, *oldest = NULL;
    shard->inbox = NULL;
    pthread_mutex_unlock(&shard->inbox_lock);
    while (newest != NULL) {
        struct handover *next = newest->next;
        newest->next = oldest;
        oldest = newest;
        newest = next;
    }
    return oldest;
}

/* Thousands may come at once: for a slice. */
static void open_arrived(struct shard *shard) {
    uint64_t begun_ns = shard->now_ns;
    while (shard->now_ns - begun_ns <= SHARD_SLICE_NS) {
        if (shard->arrived == NULL) shard->arrived = take_inbox(shard);
        shard->arrivals = shard->arrived != NULL;
        if (!shard->arrivals) return;
        struct handover *oldest = shard->arrived;
        shard->arrived = oldest->next;
        conn_open(shard, oldest);
        shard->now_ns = clock_now_ns();
    }
}

static void on_ring(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct shard *shard = arg;
    rings_clear(shard->shared->rings, shard->number);
    shard->now_ns = clock_now_ns();
    shard->arrivals = true; /* perhaps */
    publishers_retry(shard);
}

static void on_tick(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what;
    struct shard *shard = arg;
    shard->now_ns = clock_now_ns();
    deadlines_tick(shard);
}

static void on_retry(evutil_socket_t fd, short what, void *arg) {
    (void)fd, (void)what, (void)arg; /* it only ends the sleep: the turn retries */
}

static void serve_resumed(struct shard *shard) {
    const struct list *last = shard->resumed.prev;
    uint64_t begun_ns = shard->now_ns;
    while (!list_empty(&shard->resumed)) {
        struct list *node = list_pop(&shard->resumed);
        conn_resume(LIST_ITEM(node, struct conn, turn));
        if (node == last) break;        /* those that came meanwhile have the next turn */
        shard->now_ns = clock_now_ns(); /* each may have ended a request of thousands of streams */
        if (shard->now_ns - begun_ns > SHARD_SLICE_NS) break;
    }
}

static bool has_work(struct shard *shard) {
    return shard->arrivals || shard->overdue || shard->short_of_memory ||
           !list_empty(&shard->tls) || !list_empty(&shard->slow_groups) ||
           !list_empty(&shard->resumed) || !list_empty(&shard->dirty) ||
           !list_empty(&shard->large_sets) || !list_empty(&shard->leaving_groups) ||
           (shard->lagging == 0 && rings_waiting(shard->shared->rings, shard->number));
}

static void run_loop(struct shard *shard) {
    if (shard->retry_busy) event_add(shard->retry_event, &(struct timeval){.tv_usec = 1000});
    shard->loop_ns = shard->tls_loop_ns = 0;
    bool busy = has_work(shard);
    if (!busy) delay_wake_when_due(shard);
    event_base_loop(shard->base, EVLOOP_ONCE | (busy ? EVLOOP_NONBLOCK : 0));
    shard->now_ns = clock_now_ns();
}

/* One turn. False to end. */
static bool turn(struct shard *shard) {
    run_loop(shard);
    /* after the sleep, which a new phase ends, and before what may be the last pop */
    int phase = atomic_load_explicit(&shard->shared->phase, memory_order_acquire);
    if (shard->arrivals) open_arrived(shard);
    serve_resumed(shard);
    if (shard->retry_busy || (phase >= PHASE_HALF && !list_empty(&shard->parked)))
        publishers_retry(shard);
    if (shard->lagging == 0) fanout_take(shard);
    if (shard->overdue) deadlines_end_overdue(shard);
    evict_slow_readers(shard);
    evict_for_memory(shard);
    if (phase >= PHASE_STOPPING) shard->delay_ns = 0;
    delay_end_due(shard);
    flush_slice(shard);
    if (!list_empty(&shard->tls)) tls_slice(shard);
    if (!list_empty(&shard->large_sets) || !list_empty(&shard->leaving_groups))
        large_sets_slice(shard);
    bool going = phase < PHASE_DRAINING || stop_turn(shard);
    shard_bury(shard);
    return going;
}

static void refuse_all(struct shard *shard, struct handover *left) {
    while (left != NULL) {
        struct handover *next = left->next;
        count_add(&shard->stats.ended[END_STOPPED], 1);
        handover_free(left);
        left = next;
    }
}

static void close_inbox(struct shard *shard) {
    pthread_mutex_lock(&shard->inbox_lock);
    shard->inbox_closed = true;
    pthread_mutex_unlock(&shard->inbox_lock);
    refuse_all(shard, take_inbox(shard));
    refuse_all(shard, shard->arrived);
    shard->arrived = NULL;
}

static void *run(void *arg) {
    struct shard *shard = arg;
    shard->now_ns = clock_now_ns();
    shard->ping_next_ns = shard->now_ns;
    while (turn(shard)) {
    }
    close_inbox(shard);
    large_sets_end(shard);
    return NULL;
}

/* Of the index: before a subscription is in force, let alone answered. */
static void on_wanted(void *arg, const char *key, uint32_t key_bytes, uint64_t hash) {
    const struct shard *shard = arg;
    if (key == NULL)
        rings_want_any_key(shard->shared->rings, shard->number);
    else
        rings_want_key(shard->shared->rings, shard->number,
                       &(struct ring_key){key, key_bytes, hash});
}

static int open_events(struct shard *shard) {
    struct event_config *config = event_config_new();
    if (config == NULL) return -1;
    event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK); /* one thread */
    shard->base = event_base_new_with_config(config);
    event_config_free(config);
    if (shard->base == NULL) return -1;
    int eventfd = rings_eventfd(shard->shared->rings, shard->number);
    shard->ring_event = event_new(shard->base, eventfd, EV_READ | EV_PERSIST, on_ring, shard);
    shard->tick_event = event_new(shard->base, -1, EV_PERSIST, on_tick, shard);
    shard->retry_event = event_new(shard->base, -1, 0, on_retry, shard);
    if (shard->ring_event == NULL || shard->tick_event == NULL || shard->retry_event == NULL ||
        delay_open(shard) < 0 || throttle_open(shard) < 0)
        return -1;
    struct timeval tick = {.tv_usec = SHARD_TICK_MS * 1000};
    return event_add(shard->ring_event, NULL) < 0 || event_add(shard->tick_event, &tick) < 0 ? -1
                                                                                             : 0;
}

static void init_lists(struct shard *shard) {
    struct list *lists[] = {
        &shard->dirty,          &shard->delayed,    &shard->slow_groups, &shard->conns,
        &shard->closings,       &shard->handshakes, &shard->blocked,     &shard->starved,
        &shard->unfinished,     &shard->resumed,    &shard->parked,      &shard->doomed,
        &shard->dead_groups,    &shard->tls,        &shard->throttled,   &shard->begun,
        &shard->leaving_groups, &shard->large_sets};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) list_init(lists[i]);
    for (int i = 0; i < SHARD_PINGS; i++) list_init(&shard->pings[i]);
}

int shard_new(struct shard_shared *shared, uint32_t number, struct shard **made) {
    const struct tickcast_options *options = &shared->options;
    struct shard *shard = aligned_alloc(64, (sizeof *shard + 63) / 64 * 64);
    if (shard == NULL) return -1;
    memset(shard, 0, sizeof *shard);
    shard->shared = shared;
    shard->number = number;
    shard->delay_fd = -1;
    pthread_mutex_init(&shard->inbox_lock, NULL);
    init_lists(shard);
    shard->frames =
        (struct frame_cache){.spares = shared->frames.spares, .most = FRAME_CACHED_COUNT};
    shard->outbound.limit = shared->outbound_bytes;
    shard->inbound.limit = shared->inbound_bytes;
    pool_init(&shard->pool, &shard->outbound);
    shard->index = sub_index_new(&(struct sub_limits){options->max_cached_keys, shared->seed,
                                                      .wanted = on_wanted, .arg = shard});
    errno = ENOMEM;
    if (shard->index == NULL || !table_init(&shard->groups) ||
        !group_init(&shard->lobby, &shard->pool) || open_events(shard) < 0) {
        shard_free(shard);
        return -1;
    }
    *made = shard;
    return 0;
}

void shard_free(struct shard *shard) {
    if (shard == NULL) return;
    close_inbox(shard);
    if (shard->lobby.log != NULL) group_fini(&shard->lobby);
    if (shard->ring_event != NULL) event_free(shard->ring_event);
    if (shard->tick_event != NULL) event_free(shard->tick_event);
    if (shard->retry_event != NULL) event_free(shard->retry_event);
    delay_close(shard);
    throttle_close(shard);
    if (shard->base != NULL) event_base_free(shard->base);
    if (shard->index != NULL) sub_index_free(shard->index);
    table_fini(&shard->groups);
    pool_fini(&shard->pool);
    frame_cache_fini(&shard->frames);
    pthread_mutex_destroy(&shard->inbox_lock);
    free(shard);
}

int shard_start(struct shard *shard) {
    sigset_t all, before;
    sigfillset(&all); /* signals are for the host's threads */
    pthread_sigmask(SIG_BLOCK, &all, &before);
    int error = pthread_create(&shard->thread, NULL, run, shard);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) return 0;
    errno = error;
    return -1;
}

void shard_join(struct shard *shard) {
    pthread_join(shard->thread, NULL);
}

int shard_hand_over(struct shard *shard, struct handover *handover) {
    pthread_mutex_lock(&shard->inbox_lock);
    bool closed = shard->inbox_closed;
    if (!closed) {
        handover->next = shard->inbox;
        shard->inbox = handover;
    }
    pthread_mutex_unlock(&shard->inbox_lock);
    if (closed) return -1;
    rings_signal(shard->shared->rings, shard->number);
    return 0;
}

void handover_free(struct handover *handover) {
    tls_server_unref(handover->tls);
    if (handover->fd >= 0) close(handover->fd);
    free(handover);
}
