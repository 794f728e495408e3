#include "net/transport.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net/socket.h"
#include "net/tls_socket.h"

void transport_open(struct transport *transport, int fd) {
    *transport = (struct transport){.fd = fd};
}

bool transport_start_tls(struct transport *transport, SSL_CTX *context, BIO_METHOD *socket) {
    SSL *ssl = SSL_new(context);
    if (ssl == NULL || !tls_socket_attach(socket, ssl, transport->fd)) {
        SSL_free(ssl);
        ERR_clear_error();
        return false;
    }
    SSL_set_accept_state(ssl);
    transport->ssl = ssl;
    return true;
}

void transport_end_tls(struct transport *transport) {
    SSL_free(transport->ssl);
    transport->ssl = NULL;
    ERR_clear_error();
}

void transport_close(struct transport *transport, bool reset) {
    if (transport->ssl != NULL) transport_end_tls(transport);
    if (reset)
        socket_reset(transport->fd);
    else
        close(transport->fd);
    *transport = (struct transport){.fd = -1};
}

void transport_shutdown(struct transport *transport) {
    if (transport->ssl != NULL && SSL_is_init_finished(transport->ssl)) {
        tls_clear_errors();
        (void)SSL_shutdown(transport->ssl); /* best effort: the close frame was the real end */
        ERR_clear_error();
    }
    (void)shutdown(transport->fd, SHUT_WR);
}

static int result_of(SSL *ssl, int result, int crossed) {
    int error = SSL_get_error(ssl, result);
    int same = crossed == SSL_ERROR_WANT_WRITE ? SSL_ERROR_WANT_READ : SSL_ERROR_WANT_WRITE;
    if (error == same) return TRANSPORT_AGAIN;
    if (error == crossed) return TRANSPORT_CROSS;
    ERR_clear_error();
    return TRANSPORT_GONE;
}

/* What OpenSSL says, and of a certificate more than that it is not good. */
static void explain(const SSL *ssl, char why[TLS_ERROR_BYTES]) {
    char reason[TLS_ERROR_BYTES];
    bool of_certificate = ERR_GET_REASON(ERR_peek_error()) == SSL_R_CERTIFICATE_VERIFY_FAILED;
    tls_reason(reason);
    snprintf(why, TLS_ERROR_BYTES, "%.200s%s%.200s", reason, of_certificate ? ": " : "",
             of_certificate ? X509_verify_cert_error_string(SSL_get_verify_result(ssl)) : "");
}

int transport_handshake(struct transport *transport, char why[TLS_ERROR_BYTES]) {
    ERR_clear_error();
    int result = SSL_do_handshake(transport->ssl);
    if (result == 1) {
        (void)tls_socket_records(transport->ssl); /* those of the handshake */
        return 0;
    }
    if (SSL_get_error(transport->ssl, result) != SSL_ERROR_SSL)
        return result_of(transport->ssl, result, SSL_ERROR_WANT_WRITE);
    int reason = ERR_GET_REASON(ERR_peek_error());
    if (reason != SSL_R_UNEXPECTED_EOF_WHILE_READING && reason != SSL_R_HTTP_REQUEST) {
        explain(transport->ssl, why);
        return TRANSPORT_BAD;
    }
    ERR_clear_error();
    return reason == SSL_R_HTTP_REQUEST ? TRANSPORT_HTTP : TRANSPORT_GONE;
}

static ssize_t tls_read(struct transport *transport, void *bytes, size_t room) {
    SSL *ssl = transport->ssl;
    tls_clear_errors();
    size_t got;
    int result = SSL_read_ex(ssl, bytes, room, &got);
    unsigned records = tls_socket_records(ssl);
    /* a read ends with the first record that has data; the next reads may take what it left */
    if (records > 0) transport->idle_records += records - (result == 1);
    if (result == 1) return (ssize_t)got;
    if (SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN) return 0;
    return result_of(ssl, result, SSL_ERROR_WANT_WRITE);
}

ssize_t transport_read(struct transport *transport, void *bytes, size_t room) {
    if (transport->ssl != NULL) return tls_read(transport, bytes, room);
    ssize_t got;
    do got = recv(transport->fd, bytes, room, 0);
    while (got < 0 && errno == EINTR);
    if (got >= 0) return got;
    return errno == EAGAIN || errno == EWOULDBLOCK ? TRANSPORT_AGAIN : TRANSPORT_GONE;
}

bool transport_pending(const struct transport *transport) {
    return transport->ssl != NULL && SSL_pending(transport->ssl) > 0;
}

static ssize_t tls_write(SSL *ssl, const struct iovec *pieces) {
    tls_clear_errors();
    size_t taken;
    int result = SSL_write_ex(ssl, pieces[0].iov_base, transport_offer(pieces), &taken);
    if (result == 1) return (ssize_t)taken;
    return result_of(ssl, result, SSL_ERROR_WANT_READ);
}

ssize_t transport_write(struct transport *transport, const struct iovec *pieces, int count) {
    if (transport->ssl != NULL) return tls_write(transport->ssl, pieces);
    ssize_t taken;
    do {
        if (count == 1) {
            taken = transport_send(transport, pieces[0].iov_base, pieces[0].iov_len);
        } else {
            struct msghdr message = {.msg_iov = (struct iovec *)(uintptr_t)pieces,
                                     .msg_iovlen = (size_t)count};
            taken = syscall(SYS_sendmsg, transport->fd, &message, MSG_NOSIGNAL);
            if (taken < 0) taken = -errno;
        }
    } while (taken == -EINTR);
    return transport_result(taken);
}
