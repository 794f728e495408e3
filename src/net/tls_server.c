#include "net/tls_server.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/printable.h"
#include "net/tls_client.h"

#define DATE_BYTES 32
#define FILE_BYTES 256 /* of a file's name in a line */

struct tls_server {
    _Atomic uint32_t references;
    unsigned count;
    char summary[TLS_SUMMARY_BYTES];
    SSL_CTX *contexts[]; /* one a certificate; connections are made of the first */
};

static const char *file_text(const char *file, char out[FILE_BYTES]) {
    return printable(file, strlen(file), out, FILE_BYTES);
}

static const char *date_text(const ASN1_TIME *time, char out[DATE_BYTES]) {
    struct tm utc = {0};
    ASN1_TIME_to_tm(time, &utc);
    strftime(out, DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &utc);
    return out;
}

static void warn_of_time(const struct log *log, const char *file, const X509 *x509) {
    char name[FILE_BYTES], date[DATE_BYTES];
    const ASN1_TIME *from = X509_get0_notBefore(x509), *until = X509_get0_notAfter(x509);
    if (X509_cmp_current_time(until) < 0)
        log_line(log, LOG_WARNING, "certificate %s has expired on %s", file_text(file, name),
                 date_text(until, date));
    if (X509_cmp_current_time(from) > 0)
        log_line(log, LOG_WARNING, "certificate %s is not valid before %s", file_text(file, name),
                 date_text(from, date));
}

static void warn_of_mode(const struct log *log, const char *file) {
    struct stat status;
    char name[FILE_BYTES];
    if (stat(file, &status) == 0 && (status.st_mode & S_IRWXO) != 0)
        log_line(log, LOG_WARNING, "private key %s is open to every user of this host (mode %o)",
                 file_text(file, name), (unsigned)status.st_mode & 07777);
}

/* Gives `ssl` the certificates for `name`, the first of each kind of key (RSA, ECDSA), in place of
 * the default. False if there is none. */
static bool use_certificates_for(SSL *ssl, const struct tls_server *server, const char *name,
                                 unsigned flags) {
    bool found = false;
    for (unsigned i = 0; i < server->count; i++) {
        SSL_CTX *context = server->contexts[i];
        X509 *x509 = SSL_CTX_get0_certificate(context);
        if (X509_check_host(x509, name, 0, flags, NULL) != 1) continue;
        if (!found) SSL_certs_clear(ssl);
        found = true;
        STACK_OF(X509) *chain = NULL;
        SSL_CTX_get0_chain_certs(context, &chain);
        /* it fails where a kind has its certificate, and that is meant */
        (void)SSL_use_cert_and_key(ssl, x509, SSL_CTX_get0_privatekey(context), chain, 0);
        ERR_clear_error();
    }
    return found;
}

/* OpenSSL asks before each full handshake. A certificate for exactly the name is better than one
 * with a wildcard, whatever their order. */
static int choose_certificates(SSL *ssl, void *arg) {
    const struct tls_server *server = arg;
    const char *name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == NULL || server->count == 1) return 1;
    if (*name == '.') return 1; /* no name of a host, and a pattern for X509_check_host */
    if (!use_certificates_for(ssl, server, name, X509_CHECK_FLAG_NO_WILDCARDS))
        (void)use_certificates_for(ssl, server, name, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return 1;
}

static void describe(struct tls_server *server, const struct tickcast_tls *tls) {
    char name[FILE_BYTES], date[DATE_BYTES], more[32] = "";
    const X509 *x509 = SSL_CTX_get0_certificate(server->contexts[0]);
    if (server->count > 1) snprintf(more, sizeof more, " and %u more", server->count - 1);
    snprintf(server->summary, sizeof server->summary, "%s, valid until %s%s",
             file_text(tls->certificates[0].cert_file, name),
             date_text(X509_get0_notAfter(x509), date), more);
}

struct tls_server *tls_server_new(const struct tickcast_tls *tls, const struct log *log,
                                  char error[TLS_ERROR_BYTES]) {
    struct tls_server *server =
        calloc(1, sizeof *server + tls->certificate_count * sizeof server->contexts[0]);
    if (server == NULL) {
        snprintf(error, TLS_ERROR_BYTES, "no memory");
        return NULL;
    }
    atomic_init(&server->references, 1);
    for (; server->count < tls->certificate_count; server->count++) {
        const struct tickcast_certificate *files = &tls->certificates[server->count];
        SSL_CTX *context = tls_context_new(files->cert_file, files->key_file, error);
        if (context == NULL) {
            tls_server_unref(server);
            return NULL;
        }
        server->contexts[server->count] = context;
    }
    if (!tls_client_ask(server->contexts[0], tls, log, error)) {
        tls_server_unref(server);
        return NULL;
    }
    for (unsigned i = 0; i < server->count; i++) {
        if (!tls->dates_told)
            warn_of_time(log, tls->certificates[i].cert_file,
                         SSL_CTX_get0_certificate(server->contexts[i]));
        warn_of_mode(log, tls->certificates[i].key_file);
    }
    SSL_CTX_set_cert_cb(server->contexts[0], choose_certificates, server);
    describe(server, tls);
    return server;
}

bool tls_server_use_tickets(struct tls_server *server, struct tls_tickets *tickets) {
    return tls_tickets_use(tickets, server->contexts[0]);
}

struct tls_server *tls_server_ref(struct tls_server *server) {
    atomic_fetch_add_explicit(&server->references, 1, memory_order_relaxed);
    return server;
}

void tls_server_unref(struct tls_server *server) {
    /* what others did with it happened before it is freed */
    if (server == NULL ||
        atomic_fetch_sub_explicit(&server->references, 1, memory_order_acq_rel) > 1)
        return;
    for (unsigned i = 0; i < server->count; i++) SSL_CTX_free(server->contexts[i]);
    free(server);
}

SSL_CTX *tls_server_context(const struct tls_server *server) {
    return server->contexts[0];
}

const char *tls_server_summary(const struct tls_server *server) {
    return server->summary;
}
