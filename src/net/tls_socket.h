/*
 * How TLS reaches its socket: a BIO in place of OpenSSL's own. A write raises no SIGPIPE, both
 * directions go to the kernel by bare system calls (see transport_send), what OpenSSL asks its BIO
 * several times for each record (is there kernel TLS?) is answered at once, and a read does not go
 * on for as long as the peer sends: now and then it wants to be waited for, though there is more.
 */
#ifndef NET_TLS_SOCKET_H
#define NET_TLS_SOCKET_H

#include <openssl/bio.h>
#include <openssl/ssl.h>
#include <stdbool.h>

/** What all such BIOs share; any thread. NULL without memory. Free it with BIO_meth_free, after the
 * last SSL that uses it. */
BIO_METHOD *tls_socket_new(void);

/** Whole TLS records that `ssl` has read since the last call. Those that hold data are among them.
 */
unsigned tls_socket_records(SSL *ssl);

/** Lets `ssl` read from and write to `fd`, which stays the caller's. False without memory. */
bool tls_socket_attach(BIO_METHOD *method, SSL *ssl, int fd);

#endif
