/* TLS of listeners: made by listen, replaced by reload, taken by each connection. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"
#include "broker/broker.h"

int broker_tickets_open(struct tickcast_broker *broker, const char *file) {
    char error[TLS_ERROR_BYTES];
    int result =
        tls_tickets_new(file, broker->shared.options.tls_ticket_time_ms, &broker->tickets, error);
    if (result != 0) log_line(&broker->shared.log, LOG_ERROR, "%s", error);
    return result;
}

void broker_tick(void *arg) {
    struct tickcast_broker *broker = arg;
    char error[TLS_ERROR_BYTES];
    lingering_tick(&broker->refused);
    if (tls_tickets_rotate(broker->tickets, clock_wall_ms(), error) != 0)
        log_line(&broker->shared.log, LOG_ERROR, "%s; until it can be, the keys are in memory only",
                 error);
}

struct tls_server *broker_tls_new(struct tickcast_broker *broker, const struct tickcast_tls *tls,
                                  char error[TLS_ERROR_BYTES]) {
    struct tls_server *server = tls_server_new(tls, &broker->shared.log, error);
    if (server == NULL || tls_server_use_tickets(server, broker->tickets)) return server;
    tls_server_unref(server);
    snprintf(error, TLS_ERROR_BYTES, "no memory");
    return NULL;
}

bool broker_tls_whole(const struct tickcast_tls *tls) {
    if (tls->certificates == NULL || tls->certificate_count == 0 ||
        tls->certificate_count > TICKCAST_CERTIFICATES_MAX)
        return false;
    for (unsigned i = 0; i < tls->certificate_count; i++)
        if (tls->certificates[i].cert_file == NULL || tls->certificates[i].key_file == NULL)
            return false;
    if (tls->client_auth > TICKCAST_CLIENT_AUTH_REQUIRED) return false;
    return (tls->client_ca_file == NULL) == (tls->client_auth == TICKCAST_CLIENT_AUTH_NONE);
}

struct tls_server *broker_tls_of(struct tickcast_broker *broker, int number) {
    struct listening_socket *listener = &broker->listeners[number];
    if (!listener->speaks_tls) return NULL;
    pthread_mutex_lock(&broker->tls_lock);
    struct tls_server *server = tls_server_ref(listener->tls);
    pthread_mutex_unlock(&broker->tls_lock);
    return server;
}

/* "port 5994" or the path, for lines of the log. */
static void describe(const struct listening_socket *listener, char out[PEER_TEXT_BYTES]) {
    if (listener->unix_path == NULL)
        snprintf(out, PEER_TEXT_BYTES, "port %u", listener->port);
    else
        printable(listener->unix_path, strlen(listener->unix_path), out, PEER_TEXT_BYTES);
}

int tickcast_broker_reload(struct tickcast_broker *broker, int number,
                           const struct tickcast_tls *tls) {
    if (number < 0 || (unsigned)number >= broker->listener_count || tls == NULL ||
        !broker->listeners[number].speaks_tls || !broker_tls_whole(tls))
        return TICKCAST_EINVAL;
    struct listening_socket *listener = &broker->listeners[number];
    const struct log *log = &broker->shared.log;
    char error[TLS_ERROR_BYTES], place[PEER_TEXT_BYTES];
    describe(listener, place);
    struct tls_server *fresh = broker_tls_new(broker, tls, error);
    if (fresh == NULL) {
        log_line(log, LOG_ERROR, "%s: %s", place, error);
        log_line(log, LOG_ERROR, "%s: still served is %s", place,
                 tls_server_summary(listener->tls));
        return TICKCAST_ETLS;
    }
    pthread_mutex_lock(&broker->tls_lock);
    struct tls_server *old = listener->tls;
    listener->tls = fresh;
    pthread_mutex_unlock(&broker->tls_lock);
    tls_server_unref(old); /* its connections have their own references */
    log_line(log, LOG_NOTICE, "%s: now served is %s", place, tls_server_summary(fresh));
    return TICKCAST_OK;
}
