/*
 * The acceptor: one thread that takes connections from all listeners and hands them to a callback.
 *
 * It takes them in batches of ACCEPT_BATCH. When descriptors run out (EMFILE, ENFILE) and the like,
 * it leaves the listeners alone for ACCEPT_PAUSE_MS. Beside that it does what is rare and may wait
 * for a disk: no connection that has been accepted waits for this thread.
 */
#ifndef NET_ACCEPTOR_H
#define NET_ACCEPTOR_H

#include <sys/socket.h>

#include "base/log.h"

#define ACCEPT_BATCH    64
#define ACCEPT_PAUSE_MS 100
#define ACCEPT_TICK_S   1

struct acceptor;

/** On the acceptor's thread, once a connection; owns `fd` (non-blocking, close-on-exec). */
typedef void (*acceptor_take)(void *arg, unsigned listener, int fd,
                              const struct sockaddr_storage *address, socklen_t address_bytes);

/** On the acceptor's thread, every ACCEPT_TICK_S. */
typedef void (*acceptor_tick)(void *arg);

/** Starts the thread for `count` listening sockets, which stay the caller's; `tick` may be NULL.
 *  -1 with errno. */
int acceptor_start(struct acceptor **acceptor, const int *listeners, unsigned count,
                   const struct log *log, acceptor_take take, acceptor_tick tick, void *arg);

/** Joins the thread and frees. NULL is allowed. */
void acceptor_stop(struct acceptor *acceptor);

#endif
