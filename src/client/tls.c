#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "client/socket.h"
#include "client/tls.h"
#include "net/tls.h"
#include "net/tls_socket.h"

static const char *library_reason(void) {
    unsigned long code = ERR_peek_error();
    const char *reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    return reason ? reason : "no reason given";
}

static int refuse(char *error, const char *what, const char *why) {
    snprintf(error, CLIENT_ERROR_BYTES, "%s: %s", what, why);
    ERR_clear_error();
    return -1;
}

static int refuse_file(char *error, const char *what, const char *file) {
    char text[CLIENT_ERROR_BYTES / 2];
    snprintf(text, sizeof text, "cannot use the %s of %.300s", what, file);
    return refuse(error, text, library_reason());
}

static int use_files(SSL_CTX *context, const struct client_tls_files *files, char *error) {
    if (files->ca == NULL)
        SSL_CTX_set_default_verify_paths(context);
    else if (SSL_CTX_load_verify_file(context, files->ca) != 1)
        return refuse_file(error, "authorities", files->ca);
    if (files->cert == NULL && files->key == NULL) return 0;
    if (files->cert == NULL || files->key == NULL) {
        snprintf(error, CLIENT_ERROR_BYTES, "a client's certificate needs its key, and the key it");
        return -1;
    }
    if (SSL_CTX_use_certificate_chain_file(context, files->cert) != 1)
        return refuse_file(error, "certificate", files->cert);
    char why[TLS_ERROR_BYTES];
    if (tls_use_key(context, files->key, why)) return 0;
    snprintf(error, CLIENT_ERROR_BYTES, "%s", why);
    return -1;
}

SSL_CTX *client_tls_context(const struct client_tls_files *files, char *error) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    if (!context) {
        refuse(error, "TLS cannot be used", library_reason());
        return NULL;
    }
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    if (use_files(context, files, error) == 0) return context;
    SSL_CTX_free(context);
    return NULL;
}

bool client_tls_expect(SSL *ssl, const char *host) {
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1) return true;
    ERR_clear_error();
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

int client_tls_refused(const SSL *ssl, const char *host, int saved_errno, char *error) {
    long verdict = SSL_get_verify_result(ssl);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
        char what[CLIENT_ERROR_BYTES / 2];
        snprintf(what, sizeof what, "the server's certificate is not for %s", host);
        return refuse(error, what, X509_verify_cert_error_string(verdict));
    }
    if (verdict != X509_V_OK)
        return refuse(error, "the server's certificate cannot be verified",
                      X509_verify_cert_error_string(verdict));
    if (ERR_peek_error()) return refuse(error, "TLS handshake failed", library_reason());
    return refuse(error, "TLS handshake failed",
                  saved_errno ? strerror(saved_errno) : "the server closed the connection");
}

int client_tls_open(struct client_socket *client, const struct client_url *url,
                    const struct client_tls_files *files, uint64_t deadline_ns, char *error) {
    ERR_clear_error();
    client->context = client_tls_context(files, error);
    if (!client->context) return -1;
    client->ssl = SSL_new(client->context);
    client->bio_method = tls_socket_new();
    if (!client->ssl || !client->bio_method ||
        !tls_socket_attach(client->bio_method, client->ssl, client->fd) ||
        !client_tls_expect(client->ssl, url->host))
        return refuse(error, "TLS cannot be used", library_reason());
    for (;;) {
        ERR_clear_error();
        errno = 0;
        int result = SSL_connect(client->ssl);
        int saved_errno = errno;
        if (result == 1) return 0;
        int wants = SSL_get_error(client->ssl, result);
        if (wants != SSL_ERROR_WANT_READ && wants != SSL_ERROR_WANT_WRITE)
            return client_tls_refused(client->ssl, url->host, saved_errno, error);
        short events = wants == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
        if (client_poll(client, events, deadline_ns) <= 0)
            return refuse(error, "TLS handshake failed", "the server did not answer in time");
    }
}

/* What a call that moved no bytes means; `wants` is set where it should be tried again. */
static ssize_t outcome(struct client_socket *client, int result, short *wants) {
    int saved_errno = errno;
    switch (SSL_get_error(client->ssl, result)) {
    case SSL_ERROR_WANT_READ:
        *wants = POLLIN;
        return CLIENT_SOCKET_AGAIN;
    case SSL_ERROR_WANT_WRITE:
        *wants = POLLOUT;
        return CLIENT_SOCKET_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return CLIENT_SOCKET_END;
    default:
        break;
    }
    snprintf(client->failure, sizeof client->failure, "TLS: %s",
             ERR_peek_error() || !saved_errno ? library_reason() : strerror(saved_errno));
    ERR_clear_error();
    return CLIENT_SOCKET_FAILED;
}

ssize_t client_tls_read(struct client_socket *client, void *out, size_t room) {
    size_t count;
    ERR_clear_error();
    errno = 0;
    client->read_wants = POLLIN;
    int result = SSL_read_ex(client->ssl, out, room, &count);
    return result == 1 ? (ssize_t)count : outcome(client, result, &client->read_wants);
}

ssize_t client_tls_write(struct client_socket *client, const void *bytes, size_t count) {
    size_t sent;
    ERR_clear_error();
    errno = 0;
    client->write_wants = POLLOUT;
    int result = SSL_write_ex(client->ssl, bytes, count, &sent);
    return result == 1 ? (ssize_t)sent : outcome(client, result, &client->write_wants);
}
