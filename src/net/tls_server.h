/*
 * TLS of one listener: its certificates, of which the name that a client asks for (SNI) chooses,
 * and what it wants of the client's own. A server is read and checked as a whole and never changed:
 * new files make a new server, and connections keep that with which they began. Reference-counted;
 * any thread.
 */
#ifndef NET_TLS_SERVER_H
#define NET_TLS_SERVER_H

#include "base/log.h"
#include "net/tls.h"
#include "net/tls_tickets.h"
#include "tickcast/tickcast.h"

#define TLS_SUMMARY_BYTES 384

struct tls_server;

/** Reads all files that `tls` names; the caller has looked at its counts and pointers. What can be
 *  used but ought not to be (expired, a key that everybody may read) is told to `log`. The caller
 *  gets the first reference. NULL: `error` says which file cannot be used and why. */
struct tls_server *tls_server_new(const struct tickcast_tls *tls, const struct log *log,
                                  char error[TLS_ERROR_BYTES]);

/** Lets its connections, of which there is none yet, have session tickets. `tickets` outlive it.
 * False without memory. */
bool tls_server_use_tickets(struct tls_server *server, struct tls_tickets *tickets);

struct tls_server *tls_server_ref(struct tls_server *server);
/** NULL is allowed. */
void tls_server_unref(struct tls_server *server);

/** What connections are made of. Until its handshake is done a connection holds a reference to the
 * server besides. */
SSL_CTX *tls_server_context(const struct tls_server *server);

/** What is served, in words: the first certificate, until when it is valid, how many others. */
const char *tls_server_summary(const struct tls_server *server);

#endif
