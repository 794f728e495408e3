/* What clients of TLS have in common: the server's certificate is always verified. */
#ifndef CLIENT_TLS_H
#define CLIENT_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>

/** PEM files of a client; each may be NULL. */
struct client_tls_files {
    const char *ca;         /**< authorities that may vouch for the server; NULL: the system's */
    const char *cert, *key; /**< the client's own certificate chain and its key, both or none */
};

/** A context of `files`. NULL with a sentence in `error` (CLIENT_ERROR_BYTES of url.h). */
SSL_CTX *client_tls_context(const struct client_tls_files *files, char *error);

/** The certificate must be for `host`, a name or an address. False without memory. */
bool client_tls_expect(SSL *ssl, const char *host);

/** Says in `error` why SSL_connect failed, with the errno after it. -1. */
int client_tls_refused(const SSL *ssl, const char *host, int saved_errno, char *error);

#endif
