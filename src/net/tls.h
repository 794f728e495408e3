/*
 * TLS 1.2 and 1.3 with one certificate chain and key. A context is made and checked as a whole and
 * never changed; connections hold their own reference (OpenSSL's). tls_server.h has listeners of
 * several certificates.
 */
#ifndef NET_TLS_H
#define NET_TLS_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>

#define TLS_ERROR_BYTES 448 /**< less than a log line */

/** Makes a server's context. NULL if the files cannot be used: then `error` says which and why. */
SSL_CTX *tls_context_new(const char *cert_file, const char *key_file, char error[TLS_ERROR_BYTES]);

/** Gives `context`, which has its certificate, the key in a PEM file. False: `error` says why; also
 * of a key that is encrypted, since nobody is asked for its passphrase. */
bool tls_use_key(SSL_CTX *context, const char *file, char error[TLS_ERROR_BYTES]);

/** False if `file` is none that may be opened, as a pipe: then `error` says so, and what the file
 * is. */
bool tls_file_usable(const char *what, const char *file, char error[TLS_ERROR_BYTES]);

/** Empties this thread's OpenSSL error queue, as each call that SSL_get_error is asked about wants.
 */
void tls_clear_errors(void);

/** Writes "WHAT FILE: the reason on this thread's OpenSSL error queue", and clears that. */
void tls_error(char error[TLS_ERROR_BYTES], const char *what, const char *file);

/** The oldest reason on this thread's OpenSSL error queue in words, and clears it. */
const char *tls_reason(char error[TLS_ERROR_BYTES]);

#endif
