/* The keys of TLS session tickets, and the file in which they outlive the process. */
#ifndef NET_TICKET_KEYS_H
#define NET_TICKET_KEYS_H

#include <stdint.h>

#include "net/tls.h"

#define TICKET_KEYS 3 /**< the current one and two former */

/** One key: its name stands in the tickets that it encrypts (AES-256) and signs (SHA-256). */
struct ticket_key {
    uint64_t made_ms; /**< since the epoch; 0: there is none */
    unsigned char name[16], cipher[32], mac[32];
};

/** Newest first. Without padding, so that copies and the file hold nothing else. */
struct ticket_keys {
    struct ticket_key keys[TICKET_KEYS];
};

_Static_assert(sizeof(struct ticket_keys) == TICKET_KEYS * (8 + 16 + 32 + 32), "padding");

/** Reads what ticket_keys_write has written. 0; 1 if there is no such file; TICKCAST_ETLS if it is
 *  not to be used (others may read it, it is no regular file, not ours or of another form), or
 *  TICKCAST_ESYSTEM: `error` says why. */
int ticket_keys_read(const char *file, struct ticket_keys *keys, char error[TLS_ERROR_BYTES]);

/** Replaces the file by one that only its owner may read, at once and for good: a crash leaves the
 *  old or the new. 0 or TICKCAST_ESYSTEM, with `error`. Waits for the disk. */
int ticket_keys_write(const char *file, const struct ticket_keys *keys,
                      char error[TLS_ERROR_BYTES]);

#endif
