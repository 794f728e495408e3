/*
 * Where connections go: the URL, taken apart and resolved once, and what TLS needs. Read-only once
 * it is made: any thread.
 */
#ifndef BENCH_LOAD_TARGET_H
#define BENCH_LOAD_TARGET_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <sys/socket.h>

#include "client/url.h"
#include "load/config.h"
#include "peer/peer.h"

#define TARGET_PORTS_A_SOURCE 20000 /**< connections of one address: fewer than it has ports */
#define TARGET_SOURCES_MAX    200

struct target {
    const struct peer *peer;
    const char *text; /**< the URL as it was given */
    struct client_url url;
    char publisher_path[CLIENT_PATH_BYTES];
    struct sockaddr_storage address;
    socklen_t address_bytes;
    uint32_t sources; /**< addresses 127.0.0.1, .2, ... to connect from; 0: the kernel chooses */
    bool tls;
};

/** 0, or -1 with a sentence in `error` (LOAD_ERROR_BYTES). */
int target_init(struct target *target, const struct load_config *config, char *error);

/** What a thread needs for TLS: one each, since contexts have locks. NULL with a sentence. */
SSL_CTX *target_tls(const struct target *target, const struct load_config *config, char *error);

/** A non-blocking socket that connects; `number` spreads the connections over the sources. -1 with
 * errno. */
int target_connect(const struct target *target, uint32_t number);

#endif
