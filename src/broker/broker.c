#include "broker/broker.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/hash.h"
#include "broker/options.h"
#include "shard/intake.h"

#define SPARE_FILES  64  /* descriptors of the file limit that are not for connections */
#define STOP_POLL_US 500 /* while parked publishers are waited for */

static int make_rings(struct tickcast_broker *broker) {
    const struct tickcast_options *options = &broker->shared.options;
    struct rings_options rings = {
        .count = options->workers,
        .slots = options->ring_slots,
        .bytes = options_share(options, OPTION_AT_ring_memory),
        .number = intake_number,
        .unwanted = options->max_cached_keys / SHARD_KEYS_PER_UNWANTED,
    };
    return rings_new(&rings, &broker->shared.rings);
}

static int make_parts(struct tickcast_broker *broker, const struct tickcast_options *options) {
    broker->shared.tls_socket = tls_socket_new();
    broker->shared.frames.spares = spares_new(broker->shared.options.ring_slots);
    errno = ENOMEM;
    bool made_all = broker->shared.tls_socket != NULL && broker->shared.frames.spares != NULL &&
                    gate_init(&broker->shared.gate, options, broker->shared.seed);
    int result = made_all ? make_rings(broker) : -1;
    for (uint32_t i = 0; result == 0 && i < broker->shared.options.workers; i++)
        result = shard_new(&broker->shared, i, &broker->shards[i]);
    if (result == 0) return TICKCAST_OK;
    return errno == ENOMEM ? TICKCAST_ENOMEM : TICKCAST_ESYSTEM;
}

int tickcast_broker_new(const struct tickcast_options *options, struct tickcast_broker **made) {
    if (options == NULL || tickcast_options_check(options) != NULL) return TICKCAST_EINVAL;
    struct tickcast_broker *broker = calloc(1, sizeof *broker);
    if (broker == NULL) return TICKCAST_ENOMEM;
    pthread_mutex_init(&broker->tls_lock, NULL);
    broker->shared.options = *options;
    options_resolve(&broker->shared.options);
    for (unsigned i = 0; i < OPTION_TEXT_ROWS; i++) /* the caller's: read here or never */
        option_text_set(&broker->shared.options, i, NULL);
    broker->shared.log = (struct log){options->log, options->log_arg, options->log_level};
    broker->shared.seed = hash_seed();
    broker->shared.outbound_bytes =
        options_share(&broker->shared.options, OPTION_AT_outbound_memory);
    broker->shared.inbound_bytes = options_share(&broker->shared.options, OPTION_AT_inbound_memory);
    int result = make_parts(broker, options);
    if (result == TICKCAST_OK) result = broker_tickets_open(broker, options->tls_ticket_file);
    if (result == TICKCAST_OK) {
        *made = broker;
        return TICKCAST_OK;
    }
    int error = errno;
    tickcast_broker_free(broker);
    errno = error;
    return result;
}

static int start_shards(struct tickcast_broker *broker) {
    uint32_t workers = broker->shared.options.workers;
    for (uint32_t i = 0; i < workers; i++) {
        if (shard_start(broker->shards[i]) == 0) continue;
        int error = errno;
        atomic_store(&broker->shared.phase, PHASE_DRAINING);
        for (uint32_t j = 0; j < i; j++) rings_signal(broker->shared.rings, j);
        for (uint32_t j = 0; j < i; j++) shard_join(broker->shards[j]);
        errno = error;
        return -1;
    }
    return 0;
}

int tickcast_broker_start(struct tickcast_broker *broker) {
    if (broker->state != BROKER_NEW) return TICKCAST_EINVAL;
    if (start_shards(broker) < 0) return TICKCAST_ESYSTEM;
    broker->state = BROKER_STARTED;
    atomic_store(&broker->open, true);
    if (broker->listener_count == 0) return TICKCAST_OK;
    int fds[BROKER_MAX_LISTENERS];
    for (unsigned i = 0; i < broker->listener_count; i++) fds[i] = broker->listeners[i].fd;
    if (acceptor_start(&broker->acceptor, fds, broker->listener_count, &broker->shared.log,
                       broker_accepted, broker_tick, broker) == 0)
        return TICKCAST_OK;
    int error = errno;
    tickcast_broker_stop(broker);
    errno = error;
    return TICKCAST_ESYSTEM;
}

bool broker_own_thread(const struct tickcast_broker *broker) {
    for (uint32_t i = 0; broker->state == BROKER_STARTED && i < broker->shared.options.workers; i++)
        if (pthread_equal(broker->shards[i]->thread, pthread_self())) return true;
    return false;
}

static void signal_all(struct tickcast_broker *broker) {
    for (uint32_t i = 0; i < broker->shared.options.workers; i++)
        rings_signal(broker->shared.rings, i);
}

static void set_phase(struct tickcast_broker *broker, int phase) {
    atomic_store(&broker->shared.phase, phase);
    signal_all(broker);
}

static bool any_parked(const struct tickcast_broker *broker) {
    for (uint32_t i = 0; i < broker->shared.options.workers; i++)
        if (count_get(&broker->shards[i]->stats.parked_now) > 0) return true;
    return false;
}

/* Waits until no publisher is parked, at most until `until_ns`. */
static void wait_for_parked(const struct tickcast_broker *broker, uint64_t until_ns) {
    while (any_parked(broker) && clock_now_ns() < until_ns) usleep(STOP_POLL_US);
}

int tickcast_broker_stop(struct tickcast_broker *broker) {
    if (broker_own_thread(broker)) return TICKCAST_EDEADLK;
    if (broker->state != BROKER_STARTED) {
        broker->state = BROKER_STOPPED;
        rings_close(broker->shared.rings);
        return TICKCAST_OK;
    }
    uint64_t stop_ns = clock_now_ns() + broker->shared.options.stop_timeout_ms * NS_PER_MS;
    uint64_t half_ns = stop_ns - broker->shared.options.stop_timeout_ms * NS_PER_MS / 2;
    atomic_store(&broker->shared.stop_ns, stop_ns);
    atomic_store(&broker->open, false);
    set_phase(broker, PHASE_STOPPING);
    wait_for_parked(broker, half_ns);
    set_phase(broker, PHASE_HALF);
    wait_for_parked(broker, stop_ns);
    rings_close(broker->shared.rings); /* now no push is in flight */
    acceptor_stop(broker->acceptor);
    broker->acceptor = NULL;
    lingering_end(&broker->refused);
    set_phase(broker, PHASE_DRAINING);
    for (uint32_t i = 0; i < broker->shared.options.workers; i++) shard_join(broker->shards[i]);
    broker->state = BROKER_STOPPED;
    broker_close_listeners(broker);
    return TICKCAST_OK;
}

static void drop_frame(void *frame) {
    frame_unref(NULL, frame);
}

void tickcast_broker_free(struct tickcast_broker *broker) {
    if (broker == NULL) return;
    if (broker->state == BROKER_STARTED) tickcast_broker_stop(broker);
    broker_close_listeners(broker);
    for (uint32_t i = 0; i < RINGS_MAX; i++) shard_free(broker->shards[i]);
    if (broker->shared.rings != NULL) rings_free(broker->shared.rings, drop_frame);
    spares_free(broker->shared.frames.spares);
    for (unsigned i = 0; i < broker->listener_count; i++) {
        tls_server_unref(broker->listeners[i].tls);
        free(broker->listeners[i].unix_path);
    }
    tls_tickets_free(broker->tickets);
    pthread_mutex_destroy(&broker->tls_lock);
    BIO_meth_free(broker->shared.tls_socket);
    gate_fini(&broker->shared.gate);
    free(broker);
}
