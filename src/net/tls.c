#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "base/special_file.h"
#include "net/tls_try.h"

/* AEAD only, as in TLS 1.3, and ECDHE only, also there: OpenSSL's own groups have finite fields
 * too, of which the largest takes a tenth of a second for a key share that costs its sender
 * nothing. */
#define TLS12_CIPHERS    "ECDHE+AESGCM:ECDHE+CHACHA20"
#define GROUPS           "X25519:P-256:X448:P-521:P-384"
#define EXTENSIONS_BYTES (16 * 1024) /* most of extensions: some 2 KiB are usual, and a ticket */
#define KEY_OF_ANOTHER   "private key does not belong to the certificate:"
#define KEY_ENCRYPTED    "private key is encrypted, which nobody can answer for here:"
#define FILE_BYTES       256 /* of a file's name in an error */

void tls_clear_errors(void) {
    /* to look is much cheaper than to clear what is empty, which is as much as a tenth of a write
     */
    if (ERR_peek_error() != 0) ERR_clear_error();
}

const char *tls_reason(char error[TLS_ERROR_BYTES]) {
    unsigned long code = ERR_get_error();
    const char *reason =
        ERR_SYSTEM_ERROR(code) ? strerror(ERR_GET_REASON(code)) : ERR_reason_error_string(code);
    snprintf(error, TLS_ERROR_BYTES, "%s", reason != NULL ? reason : "unknown TLS error");
    ERR_clear_error();
    return error;
}

void tls_error(char error[TLS_ERROR_BYTES], const char *what, const char *file) {
    char reason[TLS_ERROR_BYTES], name[FILE_BYTES];
    tls_reason(reason);
    printable(file, strlen(file), name, sizeof name);
    snprintf(error, TLS_ERROR_BYTES, "%s %s: %.120s", what, name, reason);
}

bool tls_file_usable(const char *what, const char *file, char error[TLS_ERROR_BYTES]) {
    char name[FILE_BYTES];
    if (!special_file(file)) return true;
    printable(file, strlen(file), name, sizeof name);
    snprintf(error, TLS_ERROR_BYTES, "%s %s: not a regular file", what, name);
    return false;
}

static SSL_CTX *fail(SSL_CTX *context, const char *what, const char *file,
                     char error[TLS_ERROR_BYTES]) {
    tls_error(error, what, file);
    SSL_CTX_free(context);
    return NULL;
}

/* In place of OpenSSL's own, which asks on the terminal. */
static int no_passphrase(char *out, int room, int writing, void *asked) {
    (void)out, (void)room, (void)writing;
    *(bool *)asked = true;
    return -1;
}

static bool key_is_of_another(void) {
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_X509 &&
           (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
            ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
}

/* http/1.1, also among others. Who offers protocols without it would misunderstand every byte
 * (RFC 7301, 3.2). */
static int select_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_bytes,
                           const unsigned char *offered, unsigned offered_bytes, void *arg) {
    static const unsigned char http[] = "\x08http/1.1";
    (void)ssl, (void)arg;
    for (unsigned at = 0; at < offered_bytes; at += 1u + offered[at]) {
        if (offered_bytes - at < sizeof http - 1 ||
            memcmp(offered + at, http, sizeof http - 1) != 0)
            continue;
        *out = http + 1;
        *out_bytes = http[0];
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* OpenSSL looks for the group of each key share among all that are offered, reads each name of an
 * authority, and tries each ticket: with 64 KiB of them that took it up to 30 ms. */
static int check_hello(SSL *ssl, int *alert, void *arg) {
    const unsigned char *at;
    int *types;
    size_t count, bytes, all = 0;
    (void)arg;
    *alert = SSL_AD_INTERNAL_ERROR;
    if (SSL_client_hello_get1_extensions_present(ssl, &types, &count) != 1)
        return SSL_CLIENT_HELLO_ERROR;
    for (size_t i = 0; i < count; i++)
        if (SSL_client_hello_get0_ext(ssl, (unsigned)types[i], &at, &bytes) == 1) all += bytes;
    OPENSSL_free(types);
    if (all <= EXTENSIONS_BYTES) return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_ILLEGAL_PARAMETER;
    ERR_raise(ERR_LIB_SSL, SSL_R_LENGTH_TOO_LONG); /* for the log: OpenSSL's own says less */
    return SSL_CLIENT_HELLO_ERROR;
}

static void set_protocol(SSL_CTX *context) {
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    /* the chain is what the file holds: else each handshake seeks one, among clients' authorities
     */
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(context, 0);
    SSL_CTX_set_alpn_select_cb(context, select_protocol, NULL);
    SSL_CTX_set_client_hello_cb(context, check_hello, NULL);
}

bool tls_use_key(SSL_CTX *context, const char *file, char error[TLS_ERROR_BYTES]) {
    bool asked = false;
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    SSL_CTX_set_default_passwd_cb_userdata(context, &asked);
    bool used = SSL_CTX_use_PrivateKey_file(context, file, SSL_FILETYPE_PEM) == 1 &&
                SSL_CTX_check_private_key(context) == 1;
    SSL_CTX_set_default_passwd_cb_userdata(context, NULL);
    if (!used)
        tls_error(error,
                  asked                 ? KEY_ENCRYPTED
                  : key_is_of_another() ? KEY_OF_ANOTHER
                                        : "private key",
                  file);
    return used;
}

SSL_CTX *tls_context_new(const char *cert_file, const char *key_file, char error[TLS_ERROR_BYTES]) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) return fail(NULL, "TLS", "", error);
    set_protocol(context);
    if (SSL_CTX_set_cipher_list(context, TLS12_CIPHERS) != 1)
        return fail(context, "ciphers", TLS12_CIPHERS, error);
    if (SSL_CTX_set1_groups_list(context, GROUPS) != 1)
        return fail(context, "groups", GROUPS, error);
    bool opened = tls_file_usable("certificate", cert_file, error) &&
                  tls_file_usable("private key", key_file, error);
    if (opened && SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
        return fail(context, "certificate", cert_file, error);
    if (!opened || !tls_use_key(context, key_file, error)) {
        SSL_CTX_free(context);
        return NULL;
    }
    if (!tls_try(context)) return fail(context, "a handshake fails with", cert_file, error);
    ERR_clear_error();
    return context;
}
