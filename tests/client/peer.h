/*
 * The server of the client's tests: a real socket on loopback (or a Unix socket), one connection,
 * which a thread serves with the test's script. TLS uses a certificate made on the spot.
 */
#ifndef TESTS_CLIENT_PEER_H
#define TESTS_CLIENT_PEER_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "ws/frame.h"
#include "ws/handshake.h"

struct peer {
    int listener, fd;
    char url[160];
    void (*script)(struct peer *peer);
    pthread_t thread;
    SSL_CTX *context; /* TLS */
    SSL *ssl;
    char ca_file[64];
    struct ws_decoder decoder;
    uint8_t input[65536], *at, *end;
};

static inline ssize_t peer_read(struct peer *peer, void *out, size_t room) {
    return peer->ssl ? SSL_read(peer->ssl, out, (int)room) : read(peer->fd, out, room);
}

static inline void peer_write(struct peer *peer, const void *bytes, size_t count) {
    while (count > 0) {
        ssize_t sent = peer->ssl ? SSL_write(peer->ssl, bytes, (int)count)
                                 : send(peer->fd, bytes, count, MSG_NOSIGNAL);
        cr_assert_gt(sent, 0);
        bytes = (const char *)bytes + sent;
        count -= (size_t)sent;
    }
}

/* Reads a request and writes its 101 to `out` (WS_RESPONSE_BYTES); returns its bytes. */
static inline size_t peer_request(struct peer *peer, char *out) {
    size_t have = 0;
    struct ws_request request;
    const char *reason;
    long taken = 0;
    while (taken == 0) {
        ssize_t got = peer_read(peer, peer->input + have, sizeof peer->input - have);
        cr_assert_gt(got, 0);
        have += (size_t)got;
        taken = ws_request_parse(peer->input, have, 8192, &request, &reason);
    }
    cr_assert_gt(taken, 0, "%s", reason);
    size_t bytes = ws_response_accept(&request, NULL, out);
    peer->at = peer->end = peer->input;
    return bytes;
}

static inline void peer_accept(struct peer *peer) {
    char response[WS_RESPONSE_BYTES];
    peer_write(peer, response, peer_request(peer, response));
}

/* The next event of the client; WS_EVENT_ERROR at the end of the connection. */
static inline enum ws_event peer_next(struct peer *peer, struct ws_message *message) {
    for (;;) {
        enum ws_event event = ws_decode(&peer->decoder, &peer->at, peer->end, message);
        if (event != WS_EVENT_MORE) return event;
        ssize_t got = peer_read(peer, peer->input, sizeof peer->input);
        if (got <= 0) return WS_EVENT_ERROR;
        peer->at = peer->input;
        peer->end = peer->input + got;
    }
}

static inline void peer_send(struct peer *peer, enum ws_opcode opcode, const void *bytes,
                             size_t count) {
    uint8_t header[WS_HEADER_BYTES];
    peer_write(peer, header, ws_header_write(opcode, count, header));
    peer_write(peer, bytes, count);
}

static inline void *peer_run(void *arg) {
    struct peer *peer = arg;
    peer->fd = accept(peer->listener, NULL, NULL);
    cr_assert_geq(peer->fd, 0);
    if (peer->context) {
        peer->ssl = SSL_new(peer->context);
        SSL_set_fd(peer->ssl, peer->fd);
    }
    if (!peer->ssl || SSL_accept(peer->ssl) == 1) peer->script(peer);
    SSL_free(peer->ssl);
    close(peer->fd);
    return NULL;
}

static inline void peer_start(struct peer *peer, void (*script)(struct peer *)) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert_eq(bind(peer->listener, (struct sockaddr *)&address, bytes), 0);
    cr_assert_eq(listen(peer->listener, 4), 0);
    getsockname(peer->listener, (struct sockaddr *)&address, &bytes);
    snprintf(peer->url, sizeof peer->url, "%s://127.0.0.1:%d", peer->context ? "wss" : "ws",
             ntohs(address.sin_port));
    peer->script = script;
    ws_decoder_init(&peer->decoder, true, false, UINT64_C(64) << 20);
    cr_assert_eq(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static inline void peer_start_unix(struct peer *peer, void (*script)(struct peer *)) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "/tmp/peer-%d.sock", getpid());
    unlink(address.sun_path);
    peer->listener = socket(AF_UNIX, SOCK_STREAM, 0);
    cr_assert_eq(bind(peer->listener, (struct sockaddr *)&address, sizeof address), 0);
    cr_assert_eq(listen(peer->listener, 4), 0);
    snprintf(peer->url, sizeof peer->url, "unix://%s", address.sun_path);
    peer->script = script;
    ws_decoder_init(&peer->decoder, true, false, UINT64_C(64) << 20);
    cr_assert_eq(pthread_create(&peer->thread, NULL, peer_run, peer), 0);
}

static inline void peer_join(struct peer *peer) {
    pthread_join(peer->thread, NULL);
    close(peer->listener);
    ws_decoder_fini(&peer->decoder);
    SSL_CTX_free(peer->context);
    if (peer->ca_file[0]) unlink(peer->ca_file);
    if (strncmp(peer->url, "unix://", 7) == 0) unlink(peer->url + 7);
}

/* A self-signed certificate for `names` ("IP:127.0.0.1"), also written to peer->ca_file. */
static inline void peer_certificate(struct peer *peer, const char *names) {
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    X509_set_version(certificate, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"peer", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    X509V3_CTX v3;
    X509V3_set_ctx(&v3, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &v3, NID_subject_alt_name, names);
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
    X509_sign(certificate, key, EVP_sha256());
    peer->context = SSL_CTX_new(TLS_server_method());
    SSL_CTX_use_certificate(peer->context, certificate);
    SSL_CTX_use_PrivateKey(peer->context, key);
    strcpy(peer->ca_file, "/tmp/peer-ca-XXXXXX");
    FILE *file = fdopen(mkstemp(peer->ca_file), "w");
    PEM_write_X509(file, certificate);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

#endif
