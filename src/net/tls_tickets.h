/*
 * Session tickets: with one a client comes back without a full handshake, to any shard and listener
 * of the broker. Their keys change from time to time; tickets of the former two are still taken,
 * and renewed. With a file they outlive a restart.
 *
 * One set a broker. Handshakes of all threads use it without a lock; one thread at a time rotates.
 */
#ifndef NET_TLS_TICKETS_H
#define NET_TLS_TICKETS_H

#include <stdbool.h>

#include "net/ticket_keys.h"

struct tls_tickets;

/** Makes the keys, or takes those of `file` (NULL: none), which is made if it is not there.
 *  `time_ms` is the age at which a key is replaced. 0; TICKCAST_ETLS (the file is not to be used),
 *  TICKCAST_ESYSTEM, TICKCAST_ENOMEM: `error` says why. */
int tls_tickets_new(const char *file, uint64_t time_ms, struct tls_tickets **tickets,
                    char error[TLS_ERROR_BYTES]);
/** When no context uses them any more; wipes the keys. NULL is allowed. */
void tls_tickets_free(struct tls_tickets *tickets);

/** Lets connections of `context`, which has none yet, give and take tickets. False without memory.
 */
bool tls_tickets_use(struct tls_tickets *tickets, SSL_CTX *context);

/** Replaces the key if it is old enough at `now_ms` (since the epoch), and writes the file: at
 * once, or when it can be written again. 0 or TICKCAST_ESYSTEM, with `error`: the first time that
 * it cannot be written. Waits for the disk. */
int tls_tickets_rotate(struct tls_tickets *tickets, uint64_t now_ms, char error[TLS_ERROR_BYTES]);

#endif
