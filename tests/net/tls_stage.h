/* TLS handshakes in memory with what a listener serves. */
#ifndef TESTS_NET_TLS_STAGE_H
#define TESTS_NET_TLS_STAGE_H

#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>

#include "issue.h"
#include "net/tls_server.h"

/* A listener of the certificates of some names, and what it has logged. */
struct stage {
    char folder[ISSUE_FOLDER_BYTES];
    char said[2048];
    char files[4][2][ISSUE_PATH_BYTES], ca_file[ISSUE_PATH_BYTES];
    struct tickcast_certificate certificates[4];
    struct tickcast_tls tls;
    struct log log;
    struct tls_server *server;
    char error[TLS_ERROR_BYTES];
};

static inline void take_line(void *arg, int level, const char *line) {
    struct stage *stage = arg;
    size_t used = strlen(stage->said);
    snprintf(stage->said + used, sizeof stage->said - used, "%d %s\n", level, line);
}

static inline void use(struct stage *stage, const char *name) {
    unsigned i = stage->tls.certificate_count++;
    stage->certificates[i] =
        (struct tickcast_certificate){issue_path(stage->folder, name, "pem", stage->files[i][0]),
                                      issue_path(stage->folder, name, "key", stage->files[i][1])};
}

static inline void use_clients(struct stage *stage, const char *name,
                               enum tickcast_client_auth auth) {
    stage->tls.client_ca_file = issue_path(stage->folder, name, "pem", stage->ca_file);
    stage->tls.client_auth = auth;
}

static inline void stage_open(struct stage *stage) {
    *stage = (struct stage){.tls.certificates = stage->certificates};
    stage->log = (struct log){take_line, stage, LOG_DEBUG};
    issue_folder(stage->folder);
}

/* In place of what was served before. */
static inline void serve(struct stage *stage) {
    tls_server_unref(stage->server);
    stage->server = tls_server_new(&stage->tls, &stage->log, stage->error);
    cr_assert(stage->server != NULL, "%s", stage->error);
}

static inline void stage_close(struct stage *stage) {
    tls_server_unref(stage->server);
    issue_remove(stage->folder);
}

/* What a client asks for; all zero is good. */
struct asking {
    const char *name;        /* SNI */
    const char *sigalgs;     /* that it can verify */
    const char *groups;      /* of its key shares */
    const char *protocols;   /* of ALPN, each behind its length */
    const char *certificate; /* its own: name of the files */
    unsigned more;           /* certificates behind that one */
    SSL_SESSION *session;    /* of an earlier handshake */
    int version;             /* at most */
};

/* Both ends when the handshake is over; `why` is the client's error, 0 if it was good. */
struct hands {
    SSL *client, *server;
    unsigned long why, server_why;
};

static inline void ask(const struct stage *stage, SSL *client, const struct asking *asking) {
    char path[ISSUE_PATH_BYTES];
    if (asking->name != NULL) SSL_set_tlsext_host_name(client, asking->name);
    if (asking->sigalgs != NULL) SSL_set1_sigalgs_list(client, asking->sigalgs);
    if (asking->groups != NULL) SSL_set1_groups_list(client, asking->groups);
    if (asking->protocols != NULL)
        SSL_set_alpn_protos(client, (const unsigned char *)asking->protocols,
                            (unsigned)strlen(asking->protocols));
    if (asking->version != 0) SSL_set_max_proto_version(client, asking->version);
    if (asking->session != NULL) SSL_set_session(client, asking->session);
    if (asking->certificate == NULL) return;
    issue_path(stage->folder, asking->certificate, "pem", path);
    cr_assert(SSL_use_certificate_file(client, path, SSL_FILETYPE_PEM) == 1);
    issue_path(stage->folder, asking->certificate, "key", path);
    cr_assert(SSL_use_PrivateKey_file(client, path, SSL_FILETYPE_PEM) == 1);
    for (unsigned i = 0; i < asking->more; i++)
        cr_assert(SSL_add1_chain_cert(client, SSL_get_certificate(client)) == 1);
}

static inline unsigned long error_of(SSL *ssl, int result) {
    unsigned long why = SSL_get_error(ssl, result) == SSL_ERROR_SSL ? ERR_get_error() : 0;
    ERR_clear_error();
    return why;
}

/* One handshake in memory, and the client reads what comes after it (tickets, alerts). */
static inline struct hands shake_hands(const struct stage *stage, struct asking asking) {
    char byte;
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct hands hands = {SSL_new(context), SSL_new(tls_server_context(stage->server)), 0, 0};
    SSL_CTX_free(context);
    BIO *ends[2];
    cr_assert(BIO_new_bio_pair(&ends[0], 1 << 16, &ends[1], 1 << 16) == 1);
    SSL_set_bio(hands.client, ends[0], ends[0]);
    SSL_set_bio(hands.server, ends[1], ends[1]);
    SSL_set_connect_state(hands.client);
    SSL_set_accept_state(hands.server);
    ask(stage, hands.client, &asking);
    ERR_clear_error();
    for (int i = 0; i < 10 && hands.why == 0; i++) {
        hands.why = error_of(hands.client, SSL_do_handshake(hands.client));
        if (hands.server_why == 0)
            hands.server_why = error_of(hands.server, SSL_do_handshake(hands.server));
    }
    if (hands.why == 0) hands.why = error_of(hands.client, SSL_peek(hands.client, &byte, 1));
    cr_assert(hands.why != 0 || SSL_is_init_finished(hands.client));
    return hands;
}

static inline void hands_free(struct hands *hands) {
    SSL_set_shutdown(hands->client, SSL_SENT_SHUTDOWN); /* or its session could not be resumed */
    SSL_free(hands->client);
    SSL_free(hands->server);
    ERR_clear_error();
}

#endif
