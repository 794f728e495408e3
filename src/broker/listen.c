/* Listeners, and connections on their way to a shard. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "broker/broker.h"
#include "ws/handshake.h"

static struct socket_tuning tuning_of(const struct tickcast_options *options) {
    uint32_t longest = options->dead_time_ms;
    if (options->slow_time_ms > longest) longest = options->slow_time_ms;
    return (struct socket_tuning){
        .notsent_lowat_bytes = SOCKET_EARLY_LOWAT_BYTES,
        .user_timeout_ms = (int)longest, /* the kernel also ends readers with a closed window */
    };
}

static int open_socket(const struct tickcast_options *options,
                       const struct tickcast_listener *listener, struct listening_socket *made) {
    if (listener->unix_path != NULL) {
        made->unix_path = strdup(listener->unix_path);
        if (made->unix_path == NULL) return -1;
        made->fd = socket_listen_unix(listener->unix_path, (int)options->backlog);
    } else {
        made->fd =
            socket_listen(listener->host, listener->port, (int)options->backlog, &made->port);
    }
    if (made->fd < 0) {
        int error = errno;
        free(made->unix_path);
        errno = error;
        return -1;
    }
    struct socket_tuning tuning = tuning_of(options);
    socket_tune(made->fd, &tuning); /* accepted sockets inherit it */
    return 0;
}

int tickcast_broker_listen(struct tickcast_broker *broker,
                           const struct tickcast_listener *listener) {
    if (broker->state != BROKER_NEW || broker->listener_count == BROKER_MAX_LISTENERS ||
        (listener->host == NULL) == (listener->unix_path == NULL) ||
        (listener->tls != NULL && !broker_tls_whole(listener->tls)))
        return TICKCAST_EINVAL;
    struct listening_socket made = {.fd = -1};
    if (listener->tls != NULL) {
        char error[TLS_ERROR_BYTES];
        made.tls = broker_tls_new(broker, listener->tls, error);
        if (made.tls == NULL) {
            log_line(&broker->shared.log, LOG_ERROR, "%s", error);
            return TICKCAST_ETLS;
        }
    }
    if (open_socket(&broker->shared.options, listener, &made) < 0) {
        int error = errno;
        tls_server_unref(made.tls);
        errno = error;
        return error == ENOMEM ? TICKCAST_ENOMEM : TICKCAST_ESYSTEM;
    }
    made.speaks_tls = made.tls != NULL;
    broker->listeners[broker->listener_count] = made;
    return (int)broker->listener_count++;
}

uint16_t tickcast_broker_port(const struct tickcast_broker *broker, int number) {
    if (number < 0 || (unsigned)number >= broker->listener_count) return 0;
    return broker->listeners[number].port;
}

void broker_close_listeners(struct tickcast_broker *broker) {
    for (unsigned i = 0; i < broker->listener_count; i++) {
        struct listening_socket *listener = &broker->listeners[i];
        if (listener->fd < 0) continue;
        close(listener->fd);
        listener->fd = -1;
        if (listener->unix_path != NULL) unlink(listener->unix_path);
    }
}

static struct shard *least_loaded(struct tickcast_broker *broker) {
    struct shard *least = broker->shards[0];
    for (uint32_t i = 1; i < broker->shared.options.workers; i++) {
        struct shard *shard = broker->shards[i];
        if (atomic_load_explicit(&shard->load, memory_order_relaxed) <
            atomic_load_explicit(&least->load, memory_order_relaxed))
            least = shard;
    }
    return least;
}

int broker_assign(struct tickcast_broker *broker, int fd, int listener, const struct peer *peer,
                  const void *bytes, size_t count) {
    if (!atomic_load(&broker->open)) return TICKCAST_ECLOSED;
    struct handover *handover = calloc(1, sizeof *handover + count);
    if (handover == NULL) return TICKCAST_ENOMEM;
    if (atomic_fetch_add(&broker->shared.connections, 1) >=
        broker->shared.options.max_connections) {
        atomic_fetch_sub(&broker->shared.connections, 1);
        free(handover);
        return TICKCAST_EAGAIN;
    }
    handover->tls = listener >= 0 ? broker_tls_of(broker, listener) : NULL;
    handover->fd = fd;
    handover->since_ns = clock_now_ns();
    handover->peer = *peer;
    handover->count = count;
    if (count > 0) memcpy(handover->bytes, bytes, count);
    struct shard *shard = least_loaded(broker);
    atomic_fetch_add(&shard->load, 1);
    if (shard_hand_over(shard, handover) == 0) return TICKCAST_OK;
    atomic_fetch_sub(&shard->load, 1);
    atomic_fetch_sub(&broker->shared.connections, 1);
    handover->fd = -1;
    handover_free(handover);
    return TICKCAST_ECLOSED;
}

static void count_end(struct tickcast_broker *broker, enum conn_end end) {
    atomic_fetch_add_explicit(&broker->ended[end], 1, memory_order_relaxed);
}

/* Closes a connection that no shard gets, and says why where that can be said at once. */
static void turn_away(struct tickcast_broker *broker, int fd, bool tls, int status,
                      const char *body) {
    if (!tls) {
        char response[WS_RESPONSE_BYTES];
        size_t bytes = ws_response_refuse(status, body, response);
        (void)!send(fd, response, bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
        lingering_add(&broker->refused, fd);
        return;
    }
    close(fd);
}

void broker_accepted(void *arg, unsigned listener, int fd, const struct sockaddr_storage *address,
                     socklen_t address_bytes) {
    struct tickcast_broker *broker = arg;
    const struct gate *gate = &broker->shared.gate;
    const struct log *log = &broker->shared.log;
    bool tls = broker->listeners[listener].speaks_tls;
    struct peer peer;
    peer_describe(address, address_bytes, &peer);
    peer.proxied = gate_proxies(gate, &peer);
    atomic_fetch_add_explicit(&broker->accepted, 1, memory_order_relaxed);
    if (!peer.proxied && !gate_admits(gate, gate->connections, &peer, clock_now_ns())) {
        count_end(broker, END_CONNECTION_RATE);
        log_limited(log, LOG_NOTICE, &broker->rate_limit, "%s: refused: connection_rate (%u)",
                    peer.text, broker->shared.options.connection_rate);
        turn_away(broker, fd, tls, 429, GATE_CONNECTION_RATE_BODY);
        return;
    }
    int result = broker_assign(broker, fd, (int)listener, &peer, NULL, 0);
    if (result == TICKCAST_EAGAIN) {
        count_end(broker, END_FULL);
        log_limited(log, LOG_WARNING, &broker->full_limit,
                    "%s: refused: max_connections (%u) reached", peer.text,
                    broker->shared.options.max_connections);
        turn_away(broker, fd, tls, 503, "too many connections\n");
    } else if (result != TICKCAST_OK) {
        count_end(broker, result == TICKCAST_ENOMEM ? END_NO_MEMORY : END_STOPPED);
        close(fd);
    }
}

int tickcast_broker_adopt(struct tickcast_broker *broker, int fd, int listener, const void *bytes,
                          size_t count) {
    if (fd < 0 || listener < -1 || listener >= (int)broker->listener_count ||
        count > broker->shared.options.max_handshake || (listener >= 0 && count > 0) ||
        (listener >= 0 && !broker->listeners[listener].speaks_tls))
        return TICKCAST_EINVAL;
    struct sockaddr_storage address = {0};
    socklen_t address_bytes = sizeof address;
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || getpeername(fd, (struct sockaddr *)&address, &address_bytes) < 0)
        return TICKCAST_EINVAL;
    struct peer peer;
    peer_describe(&address, address_bytes, &peer);
    if (fcntl(fd, F_SETFL, flags | O_NONBLOCK) < 0) return TICKCAST_EINVAL;
    struct socket_tuning tuning = tuning_of(&broker->shared.options);
    socket_tune(fd, &tuning);
    int result = broker_assign(broker, fd, listener, &peer, bytes, count);
    if (result == TICKCAST_OK)
        atomic_fetch_add_explicit(&broker->accepted, 1, memory_order_relaxed);
    return result;
}
