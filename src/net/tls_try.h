/* Whether a server's context serves: handshakes with itself, in memory. */
#ifndef NET_TLS_TRY_H
#define NET_TLS_TRY_H

#include <openssl/ssl.h>
#include <stdbool.h>

/** False if a client that accepts any certificate gets no connection, with TLS 1.3 or with 1.2; the
 * reasons are on this thread's OpenSSL error queue. OpenSSL makes contexts that lack what was not
 * to be had in that moment (memory for a signature algorithm), and does not say so. Takes some 4
 * ms. */
bool tls_try(SSL_CTX *server_context);

#endif
