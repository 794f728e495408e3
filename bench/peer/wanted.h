/* The streams that a connection has asked for, so that a change tells a server only what goes and
 * what comes. They are kept in conn->request; their ids are those of conn->subscribed. */
#ifndef BENCH_PEER_WANTED_H
#define BENCH_PEER_WANTED_H

#include "peer/peer.h"

/** Told about each stream that comes or goes. 0, or -1 with conn->error. */
typedef int (*wanted_tell)(struct peer_conn *conn, bool comes, const char *stream, uint32_t id,
                           void *arg);

/** Makes `streams` (duplicates count once) the wanted ones. 0, or -1 with conn->error; then those
 * before are still the wanted ones. */
int wanted_change(struct peer_conn *conn, const char *const *streams, uint32_t count,
                  wanted_tell tell, void *arg);

#endif
