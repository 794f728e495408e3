#include "net/tls.h"

#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* ECDHE with AEAD only; TLS 1.3 has nothing else. */
#define TLS12_CIPHERS  "ECDHE+AESGCM:ECDHE+CHACHA20"
#define KEY_OF_ANOTHER "private key does not belong to the certificate:"

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

static SSL_CTX *fail(SSL_CTX *context, const char *what, const char *file,
                     char error[TLS_ERROR_BYTES]) {
    char reason[TLS_ERROR_BYTES];
    tls_reason(reason);
    snprintf(error, TLS_ERROR_BYTES, "%s %.80s: %.120s", what, file, reason);
    SSL_CTX_free(context);
    return NULL;
}

static bool key_is_of_another(void) {
    unsigned long code = ERR_peek_last_error();
    return ERR_GET_LIB(code) == ERR_LIB_X509 &&
           (ERR_GET_REASON(code) == X509_R_KEY_VALUES_MISMATCH ||
            ERR_GET_REASON(code) == X509_R_KEY_TYPE_MISMATCH);
}

SSL_CTX *tls_context_new(const char *cert_file, const char *key_file, char error[TLS_ERROR_BYTES]) {
    ERR_clear_error();
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (context == NULL) return fail(NULL, "TLS", "", error);
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                     SSL_OP_CIPHER_SERVER_PREFERENCE);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                  SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(context, 0);
    if (SSL_CTX_set_cipher_list(context, TLS12_CIPHERS) != 1)
        return fail(context, "ciphers", TLS12_CIPHERS, error);
    if (SSL_CTX_use_certificate_chain_file(context, cert_file) != 1)
        return fail(context, "certificate", cert_file, error);
    if (SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(context) != 1)
        return fail(context, key_is_of_another() ? KEY_OF_ANOTHER : "private key", key_file, error);
    return context;
}
