#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "certs.h"
#include "net/tls.h"

Test(tls, a_certificate_and_its_key_make_a_context_of_TLS_1_2_and_later) {
    char folder[64], cert[96], key[96], error[TLS_ERROR_BYTES] = "";
    make_certs(folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    SSL_CTX *context = tls_context_new(cert, key, error);
    cr_assert(context != NULL, "%s", error);
    cr_expect(SSL_CTX_get_min_proto_version(context) == TLS1_2_VERSION);
    cr_expect((SSL_CTX_get_options(context) & SSL_OP_NO_RENEGOTIATION) != 0);
    SSL_CTX_free(context);
    remove_certs(folder);
}

Test(tls, files_that_cannot_be_used_are_named_with_the_reason) {
    char folder[64], cert[96], key[96], other[96], error[TLS_ERROR_BYTES] = "";
    make_certs(folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/server.key", folder);
    snprintf(other, sizeof other, "%s/ca.key", folder);
    cr_expect(tls_context_new("/nonexistent", key, error) == NULL);
    cr_expect(strstr(error, "certificate /nonexistent") != NULL, "%s", error);
    cr_expect(tls_context_new(cert, "/nonexistent", error) == NULL);
    cr_expect(strstr(error, "private key /nonexistent") != NULL, "%s", error);
    cr_expect(tls_context_new(cert, other, error) == NULL, "the key of another certificate");
    cr_expect(strstr(error, other) != NULL, "%s", error);
    cr_expect(tls_context_new(key, key, error) == NULL, "a key is no certificate");
    cr_expect(tls_context_new(folder, key, error) == NULL, "a folder is none");
    cr_expect(strstr(error, "not a regular file") != NULL, "%s", error);
    remove_certs(folder);
}

Test(tls, an_encrypted_private_key_is_refused_and_nobody_is_asked_for_its_passphrase) {
    char folder[64], cert[96], key[96], command[256], error[TLS_ERROR_BYTES] = "";
    make_certs(folder);
    snprintf(cert, sizeof cert, "%s/server.pem", folder);
    snprintf(key, sizeof key, "%s/encrypted.key", folder);
    snprintf(command, sizeof command,
             "openssl pkey -in %s/server.key -aes256 -passout pass:secret -out %s", folder, key);
    cr_assert(system(command) == 0);
    cr_expect(tls_context_new(cert, key, error) == NULL);
    cr_expect(strstr(error, "private key is encrypted") == error && strstr(error, key) != NULL,
              "%s", error);
    remove_certs(folder);
}
