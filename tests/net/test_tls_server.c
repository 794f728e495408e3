#include <criterion/criterion.h>
#include <openssl/err.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "issue.h"
#include "net/tls_server.h"

/* A listener of the certificates of some names, and what it has logged. */
struct stage {
    char folder[ISSUE_FOLDER_BYTES];
    char said[2048];
    char files[4][2][ISSUE_PATH_BYTES];
    struct tickcast_certificate certificates[4];
    struct tickcast_tls tls;
    struct log log;
    struct tls_server *server;
    char error[TLS_ERROR_BYTES];
};

static void take_line(void *arg, int level, const char *line) {
    struct stage *stage = arg;
    size_t used = strlen(stage->said);
    snprintf(stage->said + used, sizeof stage->said - used, "%d %s\n", level, line);
}

static void use(struct stage *stage, const char *name) {
    unsigned i = stage->tls.certificate_count++;
    stage->certificates[i] =
        (struct tickcast_certificate){issue_path(stage->folder, name, "pem", stage->files[i][0]),
                                      issue_path(stage->folder, name, "key", stage->files[i][1])};
}

static void stage_open(struct stage *stage) {
    *stage = (struct stage){.tls.certificates = stage->certificates};
    stage->log = (struct log){take_line, stage, LOG_DEBUG};
    issue_folder(stage->folder);
}

static void serve(struct stage *stage) {
    stage->server = tls_server_new(&stage->tls, &stage->log, stage->error);
    cr_assert(stage->server != NULL, "%s", stage->error);
}

static void stage_close(struct stage *stage) {
    tls_server_unref(stage->server);
    issue_remove(stage->folder);
}

/* What a client asks for. */
struct asking {
    const char *name;      /* SNI, or NULL */
    const char *sigalgs;   /* that it can verify, or NULL: all */
    const char *protocols; /* of ALPN, each behind its length; or NULL */
    int version;           /* or 0 */
};

static void ask(SSL *client, const struct asking *asking) {
    if (asking->name != NULL) SSL_set_tlsext_host_name(client, asking->name);
    if (asking->sigalgs != NULL) SSL_set1_sigalgs_list(client, asking->sigalgs);
    if (asking->protocols != NULL)
        SSL_set_alpn_protos(client, (const unsigned char *)asking->protocols,
                            (unsigned)strlen(asking->protocols));
    if (asking->version != 0) SSL_set_max_proto_version(client, asking->version);
}

/* One handshake in memory: what the client has when it is over, to be freed; `why` is its error. */
static SSL *shake_hands(const struct stage *stage, const struct asking *asking,
                        unsigned long *why) {
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL *client = SSL_new(context), *server = SSL_new(tls_server_context(stage->server));
    SSL_CTX_free(context);
    BIO *ends[2];
    cr_assert(BIO_new_bio_pair(&ends[0], 1 << 16, &ends[1], 1 << 16) == 1);
    SSL_set_bio(client, ends[0], ends[0]);
    SSL_set_bio(server, ends[1], ends[1]);
    SSL_set_connect_state(client);
    SSL_set_accept_state(server);
    ask(client, asking);
    *why = 0;
    for (int i = 0; i < 10 && *why == 0; i++) {
        ERR_clear_error();
        if (SSL_get_error(client, SSL_do_handshake(client)) == SSL_ERROR_SSL)
            *why = ERR_get_error();
        (void)SSL_do_handshake(server);
    }
    cr_assert(*why != 0 || SSL_is_init_finished(client));
    SSL_free(server);
    ERR_clear_error();
    return client;
}

/* The common name of the certificate that a client gets; "" without a handshake. */
static const char *served(const struct stage *stage, struct asking asking) {
    static char name[64];
    unsigned long why;
    SSL *client = shake_hands(stage, &asking, &why);
    *name = '\0';
    X509 *x509 = why == 0 ? SSL_get0_peer_certificate(client) : NULL;
    if (x509 != NULL)
        X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, name, sizeof name);
    SSL_free(client);
    return name;
}

Test(tls_server, the_name_that_a_client_asks_for_chooses_its_certificate) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder,
               (struct issue){.name = "a", .subject = "default", .names = "DNS:a.example"});
    issue_cert(stage.folder,
               (struct issue){.name = "w", .subject = "wildcard", .names = "DNS:*.b.example"});
    issue_cert(
        stage.folder,
        (struct issue){.name = "x", .subject = "exact", .names = "DNS:c.example,DNS:x.b.example"});
    use(&stage, "a"), use(&stage, "w"), use(&stage, "x");
    serve(&stage);
    static const struct {
        const char *asked, *served;
    } rows[] = {
        {NULL, "default"},           {"a.example", "default"},  {"A.Example", "default"},
        {"y.b.example", "wildcard"}, {"x.b.example", "exact"},  {"X.B.EXAMPLE", "exact"},
        {"c.example", "exact"},      {"b.example", "default"},  {"z.y.b.example", "default"},
        {"unknown", "default"},      {".b.example", "default"}, {"*.b.example", "wildcard"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
            cr_expect_str_eq(
                served(&stage, (struct asking){.name = rows[i].asked, .version = version}),
                rows[i].served, "%s", rows[i].asked);
    stage_close(&stage);
}

Test(tls_server, an_RSA_and_an_ECDSA_certificate_of_one_name_are_both_served) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder,
               (struct issue){.name = "d", .subject = "default", .names = "DNS:d.example"});
    issue_cert(
        stage.folder,
        (struct issue){.name = "r", .subject = "rsa", .names = "DNS:a.example", .rsa_bits = 2048});
    issue_cert(stage.folder,
               (struct issue){.name = "e", .subject = "ecdsa", .names = "DNS:a.example"});
    use(&stage, "d"), use(&stage, "r"), use(&stage, "e");
    serve(&stage);
    struct asking rsa = {.name = "a.example", .sigalgs = "rsa_pss_rsae_sha256"};
    struct asking ecdsa = {.name = "a.example", .sigalgs = "ecdsa_secp256r1_sha256"};
    cr_expect_str_eq(served(&stage, rsa), "rsa");
    cr_expect_str_eq(served(&stage, ecdsa), "ecdsa");
    rsa.name = "d.example";
    cr_expect_str_eq(served(&stage, rsa), "", "no certificate of another name instead");
    stage_close(&stage);
}

Test(tls_server, http_1_1_is_chosen_also_among_others_and_nothing_else_is_spoken) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder, (struct issue){.name = "a", .subject = "a", .names = "DNS:a.example"});
    use(&stage, "a");
    serve(&stage);
    static const struct {
        const char *offered, *chosen;
    } rows[] = {{NULL, ""},
                {"\x08http/1.1", "http/1.1"},
                {"\x02h2\x08http/1.1", "http/1.1"},
                {"\x08http/1.1\x02h2", "http/1.1"},
                {"\x02h2", NULL},
                {"\x08http/1.0\x09http/1.1x", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        unsigned long why;
        const unsigned char *chosen = NULL;
        unsigned bytes = 0;
        SSL *client = shake_hands(&stage, &(struct asking){.protocols = rows[i].offered}, &why);
        SSL_get0_alpn_selected(client, &chosen, &bytes);
        if (rows[i].chosen == NULL)
            cr_expect(ERR_GET_REASON(why) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL, "row %zu",
                      i);
        else
            cr_expect(why == 0 && bytes == strlen(rows[i].chosen) &&
                          (bytes == 0 || memcmp(chosen, rows[i].chosen, bytes) == 0),
                      "row %zu", i);
        SSL_free(client);
    }
    stage_close(&stage);
}

Test(tls_server, what_can_be_used_but_ought_not_to_be_is_told) {
    struct stage stage;
    char path[ISSUE_PATH_BYTES];
    stage_open(&stage);
    issue_cert(stage.folder,
               (struct issue){.name = "old", .subject = "old", .from_days = -9, .until_days = -2});
    issue_cert(stage.folder,
               (struct issue){.name = "new", .subject = "new", .from_days = 5, .until_days = 9});
    issue_cert(stage.folder, (struct issue){.name = "open", .subject = "open"});
    cr_assert(chmod(issue_path(stage.folder, "open", "key", path), 0644) == 0);
    use(&stage, "old"), use(&stage, "new"), use(&stage, "open");
    serve(&stage);
    cr_expect(strstr(stage.said, "/old.pem has expired on 20") != NULL, "%s", stage.said);
    cr_expect(strstr(stage.said, "/new.pem is not valid before 20") != NULL, "%s", stage.said);
    cr_expect(strstr(stage.said, "/open.key is open to every user of this host (mode 644)") != NULL,
              "%s", stage.said);
    cr_expect(strstr(tls_server_summary(stage.server), "old.pem, valid until 20") != NULL);
    cr_expect(strstr(tls_server_summary(stage.server), " and 2 more") != NULL);
    stage_close(&stage);
}

Test(tls_server, one_bad_file_among_good_ones_is_named_and_nothing_is_made) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder, (struct issue){.name = "a", .subject = "a", .names = "DNS:a.example"});
    issue_cert(stage.folder, (struct issue){.name = "b", .subject = "b", .names = "DNS:b.example"});
    FILE *file = issue_open(stage.folder, "b", "key", "w");
    fprintf(file,
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMA==\n-----END ENCRYPTED PRIVATE KEY-----\n");
    fclose(file);
    use(&stage, "a"), use(&stage, "b");
    cr_assert(tls_server_new(&stage.tls, &stage.log, stage.error) == NULL);
    cr_expect(strstr(stage.error, "/b.key: ") != NULL, "%s", stage.error);
    cr_expect_str_eq(stage.said, "", "nothing is said of what is not served");
    stage_close(&stage);
}
