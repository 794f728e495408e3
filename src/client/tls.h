/* What clients of TLS have in common: the server's certificate is always verified. */
#ifndef CLIENT_TLS_H
#define CLIENT_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

/** A context that trusts the PEM file `ca_file`, NULL: the system's authorities. NULL with a
 * sentence in `error` (CLIENT_ERROR_BYTES of url.h). */
SSL_CTX *client_tls_context(const char *ca_file, char *error);

/** The certificate must be for `host`, a name or an address. False without memory. */
bool client_tls_expect(SSL *ssl, const char *host);

/** Says in `error` why SSL_connect failed, with the errno after it. -1. */
int client_tls_refused(const SSL *ssl, const char *host, int saved_errno, char *error);

#endif
