/*
 * What a listener asks of the certificates of its clients (mutual TLS), and the name in a good one.
 */
#ifndef NET_TLS_CLIENT_H
#define NET_TLS_CLIENT_H

#include <stdbool.h>

#include "base/log.h"
#include "net/tls.h"
#include "tickcast/tickcast.h"

#define TLS_CLIENT_NAME_BYTES                                                                      \
    256 /**< longest name; of one that is longer the fingerprint stands                            \
         */
#define TLS_CLIENT_NAMES_BYTES                                                                     \
    (16 * 1024) /**< of authorities that clients are told: some (Java) take no message above       \
                     32 KiB, and what a peer that only begins costs has a bound */
#define TLS_CLIENT_DEPTH 8 /**< longest chain of authorities */
#define TLS_CLIENT_CHAIN_BYTES                                                                     \
    (10 * 1024) /**< most certificates, in bytes, that a client may send: small ones cost 0.1 ms   \
                     each to be read, in one step, whoever signed them */

/** Lets `context` ask clients for certificates of the authorities in the file; nothing if `tls`
 * asks for none. Sessions are bound to what is asked: they are resumed only where the same is.
 * `log` is told if clients are not told the names. False: `error` says what is wrong with the file.
 */
bool tls_client_ask(SSL_CTX *context, const struct tickcast_tls *tls, const struct log *log,
                    char error[TLS_ERROR_BYTES]);

/** After the handshake: the name in the client's certificate, which was good, behind its kind:
 *  "DNS:", "email:" or "URI:" and the first of these, else "CN:" and its common name, else
 * "sha256:" and its fingerprint. Fit for a line, and each line is that of one name only. *name is
 * heap, or NULL if there was no certificate. False without memory. */
bool tls_client_name(const SSL *ssl, char **name);

#endif
