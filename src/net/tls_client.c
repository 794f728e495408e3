#include "net/tls_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"

#define ESCAPED      4   /* bytes of one, at most, in a line */
#define FILE_BYTES   256 /* of a file's name in a line */
#define LENGTH_BYTES 2   /* of a name that is sent (RFC 8446, 4.2.4) */
#define FINGERPRINT  "sha256:"

/* An authority for `context`; `digest` is of what is asked of clients. The first line reads its
 * extensions: OpenSSL would do it when a client comes, and if memory were short then, the authority
 * would be invalid for good. */
static bool add_authority(SSL_CTX *context, X509 *x509, EVP_MD_CTX *digest) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned bytes;
    return X509_check_purpose(x509, -1, 0) == 1 &&
           X509_STORE_add_cert(SSL_CTX_get_cert_store(context), x509) == 1 &&
           SSL_CTX_add_client_CA(context, x509) == 1 &&
           X509_digest(x509, EVP_sha256(), hash, &bytes) == 1 &&
           EVP_DigestUpdate(digest, hash, bytes) == 1;
}

/* The names of the authorities are a hint for clients that have several certificates: without it
 * they choose by themselves. More than 64 KiB no handshake could send. False without memory. */
static bool bound_names(SSL_CTX *context, const char *file, const struct log *log) {
    const STACK_OF(X509_NAME) *names = SSL_CTX_get_client_CA_list(context);
    char name[FILE_BYTES];
    int count = sk_X509_NAME_num(names);
    size_t all = 0;
    for (int i = 0; i < count; i++) {
        int bytes = i2d_X509_NAME(sk_X509_NAME_value(names, i), NULL);
        if (bytes < 0) return false;
        all += (size_t)bytes + LENGTH_BYTES;
    }
    if (all <= TLS_CLIENT_NAMES_BYTES) return true;
    SSL_CTX_set_client_CA_list(context, NULL);
    log_line(
        log, LOG_NOTICE,
        "authorities of clients %s: their %d names are %zu bytes, more than %d, so clients are "
        "not told them",
        printable(file, strlen(file), name, sizeof name), count, all, TLS_CLIENT_NAMES_BYTES);
    return true;
}

/* All certificates of the file, one at least. */
static bool read_authorities(SSL_CTX *context, const char *file, EVP_MD_CTX *digest) {
    BIO *in = BIO_new_file(file, "r");
    bool good = in != NULL;
    int count = 0;
    X509 *x509;
    while (good && (x509 = PEM_read_bio_X509(in, NULL, NULL, NULL)) != NULL) {
        good = add_authority(context, x509, digest);
        X509_free(x509);
        count++;
    }
    BIO_free(in);
    if (!good || count == 0) return false;
    bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
    if (at_end) ERR_clear_error();
    return at_end;
}

/* A session outlives no certificate: whose has expired shakes hands in full, and is refused there.
 */
static SSL_TICKET_RETURN take_ticket(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
                                     size_t name_bytes, SSL_TICKET_STATUS status, void *arg) {
    (void)ssl, (void)name, (void)name_bytes, (void)arg;
    if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    const X509 *x509 = SSL_SESSION_get0_peer(session);
    if (x509 != NULL && X509_cmp_current_time(X509_get0_notAfter(x509)) < 0)
        return SSL_TICKET_RETURN_IGNORE_RENEW;
    return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
}

bool tls_client_ask(SSL_CTX *context, const struct tickcast_tls *tls, const struct log *log,
                    char error[TLS_ERROR_BYTES]) {
    if (tls->client_ca_file != NULL &&
        !tls_file_usable("authorities of clients", tls->client_ca_file, error))
        return false;
    unsigned char session[EVP_MAX_MD_SIZE], asked = (unsigned char)tls->client_auth;
    unsigned bytes = 0;
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    ERR_clear_error();
    bool good = digest != NULL && EVP_DigestInit_ex(digest, EVP_sha256(), NULL) == 1 &&
                EVP_DigestUpdate(digest, &asked, 1) == 1;
    if (good && tls->client_auth != TICKCAST_CLIENT_AUTH_NONE) {
        bool required = tls->client_auth == TICKCAST_CLIENT_AUTH_REQUIRED;
        SSL_CTX_set_verify(
            context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), NULL);
        SSL_CTX_set_verify_depth(context, TLS_CLIENT_DEPTH);
        SSL_CTX_set_max_cert_list(context, TLS_CLIENT_CHAIN_BYTES);
        SSL_CTX_set_session_ticket_cb(context, NULL, take_ticket, NULL);
        good = read_authorities(context, tls->client_ca_file, digest) &&
               bound_names(context, tls->client_ca_file, log);
    }
    good = good && EVP_DigestFinal_ex(digest, session, &bytes) == 1 &&
           SSL_CTX_set_session_id_context(context, session, bytes) == 1;
    EVP_MD_CTX_free(digest);
    if (!good)
        tls_error(error, "authorities of clients",
                  tls->client_ca_file != NULL ? tls->client_ca_file : "");
    return good;
}

/* What of a certificate's names stands for the client, and its kind. */
static const ASN1_STRING *alternative_name(const GENERAL_NAME *name, const char **kind) {
    switch (name->type) {
    case GEN_DNS:
        *kind = "DNS:";
        return name->d.dNSName;
    case GEN_EMAIL:
        *kind = "email:";
        return name->d.rfc822Name;
    case GEN_URI:
        *kind = "URI:";
        return name->d.uniformResourceIdentifier;
    default:
        return NULL;
    }
}

/* A line of `kind` and the name; NULL without memory. */
static char *line_of(const char *kind, const unsigned char *text, int bytes) {
    size_t head = strlen(kind), room = (size_t)bytes * ESCAPED + 1;
    char *line = malloc(head + room);
    if (line == NULL) return NULL;
    memcpy(line, kind, head);
    printable(text, (size_t)bytes, line + head, room);
    return line;
}

/* With a backslash its line could be that of a name of which something was escaped. */
static bool good_name(const unsigned char *text, int bytes) {
    return bytes > 0 && bytes <= TLS_CLIENT_NAME_BYTES && memchr(text, '\\', (size_t)bytes) == NULL;
}

/* True if it has such a name; *line is NULL without memory, also for its names: another would stand
 * for another client. */
static bool take_alternative(const X509 *x509, char **line) {
    int critical;
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, &critical, NULL);
    bool found = names == NULL && critical != -1; /* they are there, but cannot be read */
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !found; i++) {
        const char *kind;
        const ASN1_STRING *text = alternative_name(sk_GENERAL_NAME_value(names, i), &kind);
        found = text != NULL && good_name(ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
        if (found) *line = line_of(kind, ASN1_STRING_get0_data(text), ASN1_STRING_length(text));
    }
    GENERAL_NAMES_free(names);
    return found;
}

/* The last common name of the subject is the most special one. */
static bool take_common_name(const X509 *x509, char **line) {
    const X509_NAME *subject = X509_get_subject_name(x509);
    int last = -1;
    for (int at; (at = X509_NAME_get_index_by_NID(subject, NID_commonName, last)) >= 0;) last = at;
    if (last < 0) return false;
    unsigned char *text = NULL;
    int bytes =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, last)));
    bool found = good_name(text, bytes);
    if (found) *line = line_of("CN:", text, bytes);
    OPENSSL_free(text);
    return found;
}

static char *fingerprint_of(const X509 *x509) {
    unsigned char hash[EVP_MAX_MD_SIZE];
    unsigned bytes = 0;
    char *line = malloc(sizeof FINGERPRINT + 2 * EVP_MAX_MD_SIZE);
    if (line == NULL || X509_digest(x509, EVP_sha256(), hash, &bytes) != 1) {
        free(line);
        return NULL;
    }
    int used = sprintf(line, FINGERPRINT);
    for (unsigned i = 0; i < bytes; i++) used += sprintf(line + used, "%02x", hash[i]);
    return line;
}

bool tls_client_name(const SSL *ssl, char **name) {
    const X509 *x509 = SSL_get0_peer_certificate(ssl);
    *name = NULL;
    if (x509 == NULL) return true;
    if (!take_alternative(x509, name) && !take_common_name(x509, name))
        *name = fingerprint_of(x509);
    ERR_clear_error();
    return *name != NULL;
}
