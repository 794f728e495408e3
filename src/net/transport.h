/*
 * The bytes of a connection, plain or TLS. Non-blocking; one thread. The caller waits for what a
 * result names and calls again; a write that was blocked is repeated with the same bytes or more.
 */
#ifndef NET_TRANSPORT_H
#define NET_TRANSPORT_H

#include <errno.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "net/tls.h"

#define TRANSPORT_RECORD_BYTES 16384 /**< of one SSL_write: a full TLS record (RFC 8446, 5.1) */

struct transport {
    int fd;
    uint32_t idle_records; /**< TLS: read, and had no data; the caller may set it back */
    SSL *ssl;              /**< NULL: plain */
};

/** Results below 0. */
enum transport_result {
    TRANSPORT_AGAIN = -1, /**< the kernel takes or has nothing now */
    TRANSPORT_CROSS = -2, /**< TLS: a read waits for writing, or a write for reading */
    TRANSPORT_GONE = -3,  /**< reset, or a TLS error: the connection is of no more use */
    TRANSPORT_BAD = -4,   /**< a TLS handshake that cannot be finished */
    TRANSPORT_HTTP = -5,  /**< HTTP in place of a TLS handshake */
};

/** A plain connection, until transport_start_tls makes it one of TLS by `socket` (tls_socket.h),
 * which is false without memory. */
void transport_open(struct transport *transport, int fd);
bool transport_start_tls(struct transport *transport, SSL_CTX *context, BIO_METHOD *socket);

/** Goes on with the TLS handshake. 0 when it is done, or a result; with TRANSPORT_BAD `why` says
 *  what was wrong, and the peer has been told. */
int transport_handshake(struct transport *transport, char why[TLS_ERROR_BYTES]);

/** Plain again: what is sent now is not TLS. */
void transport_end_tls(struct transport *transport);

/** Closes: in order, or with `reset` by RST. */
void transport_close(struct transport *transport, bool reset);

/** Says that nothing more will be sent (close_notify, FIN). */
void transport_shutdown(struct transport *transport);

/** Reads up to `room` bytes (TLS handshakes on the way). Bytes, 0 at the end, or a result. */
ssize_t transport_read(struct transport *transport, void *bytes, size_t room);

/** True if TLS holds bytes that no poll of the socket will tell of. */
bool transport_pending(const struct transport *transport);

/** Writes from the pieces: plain all of them in one call, TLS at most one record of the first.
 * Bytes taken or a result. */
ssize_t transport_write(struct transport *transport, const struct iovec *pieces, int count);

/** The result of a call that returned bytes or -errno. */
static inline ssize_t transport_result(ssize_t taken) {
    if (taken >= 0) return taken;
    return taken == -EAGAIN || taken == -EINTR ? TRANSPORT_AGAIN : TRANSPORT_GONE;
}

/** send() of one piece to a plain socket: bytes taken, or -errno. The bare system call: glibc's
 * send is a cancellation point, which in a process with threads costs twice what the whole visit of
 * a member does. */
static inline ssize_t transport_send(const struct transport *transport, const void *bytes,
                                     size_t count) {
#if defined(__x86_64__) && !defined(__ILP32__) && !defined(FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION)
    long fd = transport->fd; /* before the registers: a sanitizer makes a call of this load */
    register long flags __asm__("r10") = MSG_NOSIGNAL;
    register long address __asm__("r8") = 0;
    register long address_bytes __asm__("r9") = 0;
    ssize_t taken;
    __asm__ volatile("syscall"
                     : "=a"(taken)
                     : "0"(SYS_sendto), "D"(fd), "S"(bytes), "d"(count), "r"(flags), "r"(address),
                       "r"(address_bytes)
                     : "rcx", "r11", "memory");
    return taken;
#else
    ssize_t taken = syscall(SYS_sendto, transport->fd, bytes, count, MSG_NOSIGNAL, NULL, 0);
    return taken < 0 ? -errno : taken;
#endif
}

/** What transport_write offers to TLS of these pieces: after TRANSPORT_AGAIN it is committed. */
static inline size_t transport_offer(const struct iovec *pieces) {
    return pieces[0].iov_len < TRANSPORT_RECORD_BYTES ? pieces[0].iov_len : TRANSPORT_RECORD_BYTES;
}

#endif
