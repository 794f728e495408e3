/*
 * The bare loop: the least that delivering the same bytes to N loopback connections can cost. One
 * send() for each connection and batch, on sockets with the broker's options; with TLS one
 * SSL_write() for each connection and record.
 *
 * The first connection is the control: 32 bits of length (native order) and the bytes to send to
 * all others; a length of 0 says the same bytes again. It ends when the control is closed. With TLS
 * the control stays plain; the others get one byte at the end of their handshake, behind which
 * there are only records of what is sent. One thread; SIGPIPE must be ignored with TLS.
 */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <openssl/ssl.h>
#include <stdint.h>

#define BARE_CONNECTIONS 19000 /**< more are not taken: room for one address's ports */

struct bare;

/** Listens at 127.0.0.1:*port, a port of the kernel's choice. `tls` NULL: plain. NULL with errno.
 */
struct bare *bare_new(SSL_CTX *tls, uint16_t *port);
/** Takes the control and serves it to its end. 0, or -1 if it broke or there is no memory. */
int bare_serve(struct bare *bare);
void bare_free(struct bare *bare);

#endif
