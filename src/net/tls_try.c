#include "net/tls_try.h"

#define ROUNDS 64 /* more than a chain of certificates as long as TLS allows takes */

static bool failed(const SSL *ssl, int result) {
    int error = SSL_get_error(ssl, result);
    return error != SSL_ERROR_NONE && error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE;
}

static bool shake_hands(SSL *client, SSL *server) {
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    for (int i = 0; i < ROUNDS; i++) {
        int client_result = SSL_do_handshake(client);
        if (failed(client, client_result)) return false;
        int server_result = SSL_do_handshake(server);
        if (failed(server, server_result)) return false;
        if (client_result == 1 && server_result == 1) return true;
    }
    return false;
}

static bool connect_ends(SSL *client, SSL *server) {
    BIO *client_end, *server_end;
    if (BIO_new_bio_pair(&client_end, 0, &server_end, 0) != 1) return false;
    SSL_set_bio(client, client_end, client_end);
    SSL_set_bio(server, server_end, server_end);
    return true;
}

static bool try_version(SSL_CTX *server_context, int version) {
    SSL_CTX *client_context = SSL_CTX_new(TLS_client_method());
    SSL *client = client_context != NULL ? SSL_new(client_context) : NULL;
    SSL *server = SSL_new(server_context);
    bool good = client != NULL && server != NULL;
    if (good) SSL_set_security_level(client, 0); /* what clients demand is their affair */
    good = good && SSL_set_min_proto_version(client, version) == 1 &&
           SSL_set_max_proto_version(client, version) == 1 && connect_ends(client, server) &&
           shake_hands(client, server);
    SSL_free(client);
    SSL_free(server);
    SSL_CTX_free(client_context);
    return good;
}

bool tls_try(SSL_CTX *server_context) {
    return try_version(server_context, TLS1_3_VERSION) &&
           try_version(server_context, TLS1_2_VERSION);
}
