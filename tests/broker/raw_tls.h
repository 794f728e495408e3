/* TLS over raw sockets, to send records that hold no data. Beside raw.h. */
#ifndef TESTS_BROKER_RAW_TLS_H
#define TESTS_BROKER_RAW_TLS_H

#include <openssl/ssl.h>
#include <signal.h>

#include "raw.h"
#include "shard/conn.h"

/* A connection after the TLS handshake. */
static inline SSL *raw_tls_shake(int fd) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *ssl = SSL_new(context);
    SSL_CTX_free(context);
    signal(SIGPIPE, SIG_IGN);
    cr_assert(SSL_set_fd(ssl, fd) == 1 && SSL_connect(ssl) == 1);
    return ssl;
}

/* The same and, with a path, after the opening handshake. */
static inline SSL *raw_tls_open(struct raw *raw, const char *path) {
    static const char request[] = "GET %s HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    char text[512], last[4] = "";
    SSL *ssl = raw_tls_shake(raw_connect(raw));
    if (path == NULL) return ssl;
    int bytes = snprintf(text, sizeof text, request, path);
    cr_assert(SSL_write(ssl, text, bytes) == bytes);
    while (memcmp(last, "\r\n\r\n", 4) != 0) {
        memmove(last, last + 1, 3);
        cr_assert(SSL_read(ssl, last + 3, 1) == 1, "no response");
    }
    return ssl;
}

/* Far more changes of keys than are allowed: if nobody minds them, a test ends too. */
#define RAW_TLS_MANY (100 * CONN_IDLE_RECORDS)

/* Changes its keys `count` times, as long as there is somebody to tell, and sends `bytes` of an
 * endless message after each. */
static inline void raw_tls_update_keys(SSL *ssl, int count, int bytes) {
    static const char zeros[16];
    for (int i = 0; i < count; i++)
        if (SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED) != 1 || SSL_do_handshake(ssl) != 1 ||
            (bytes > 0 && SSL_write(ssl, zeros, bytes) != bytes))
            return;
}

#endif
