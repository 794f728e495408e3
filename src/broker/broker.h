/* The broker behind the public API: what its files share. */
#ifndef BROKER_BROKER_H
#define BROKER_BROKER_H

#include "net/acceptor.h"
#include "net/lingering.h"
#include "shard/shard.h"

#define BROKER_MAX_LISTENERS 64

/** A bound listener. */
struct listening_socket {
    int fd;
    uint16_t port;
    bool speaks_tls;        /**< fixed, as all but fd and tls is */
    struct tls_server *tls; /**< NULL: plain; under tls_lock once the broker has started */
    char *unix_path;        /**< heap; freed with the broker */
};

enum broker_state { BROKER_NEW, BROKER_STARTED, BROKER_STOPPED };

struct tickcast_broker {
    struct shard_shared shared;
    struct shard *shards[RINGS_MAX];
    struct acceptor *acceptor;
    struct listening_socket listeners[BROKER_MAX_LISTENERS];
    unsigned listener_count;
    struct tls_tickets *tickets;             /**< of all listeners; the acceptor's thread rotates */
    pthread_mutex_t tls_lock;                /**< of what a reload replaces; held for a reference */
    enum broker_state state;                 /**< of the owner's thread */
    _Atomic bool open;                       /**< adopt is allowed */
    struct log_limit full_limit, rate_limit; /**< of lines of the acceptor's thread */
    struct lingering refused;                /**< likewise: told 503 or 429 */
    _Atomic uint64_t accepted, push_again;
    _Atomic uint64_t ended[END_COUNT]; /**< connections that no shard has seen */
};

/** Gives an accepted socket to the least loaded shard. On failure the caller keeps `fd`:
 *  EAGAIN, ECLOSED, ENOMEM. `listener` -1: plain. Any thread. */
int broker_assign(struct tickcast_broker *broker, int fd, int listener, const struct peer *peer,
                  const void *bytes, size_t count);

/* certificates.c */

/** The keys of session tickets: 0, or a result that the log explains. */
int broker_tickets_open(struct tickcast_broker *broker, const char *file);
/** acceptor_tick of a broker. */
void broker_tick(void *arg);
/** What a listener is to serve; NULL: the files cannot be used, and `error` says why. */
struct tls_server *broker_tls_new(struct tickcast_broker *broker, const struct tickcast_tls *tls,
                                  char error[TLS_ERROR_BYTES]);
/** True if nothing is missing in it and nothing too much. */
bool broker_tls_whole(const struct tickcast_tls *tls);
/** A reference to what listener `number` serves now; NULL: it is plain. Any thread. */
struct tls_server *broker_tls_of(struct tickcast_broker *broker, int number);

/** acceptor_take of a broker. */
void broker_accepted(void *arg, unsigned listener, int fd, const struct sockaddr_storage *address,
                     socklen_t address_bytes);

/** Closes the listening sockets and removes Unix socket files. */
void broker_close_listeners(struct tickcast_broker *broker);

/** True on a thread of the broker. */
bool broker_own_thread(const struct tickcast_broker *broker);

#endif
