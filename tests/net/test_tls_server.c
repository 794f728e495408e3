#include <sys/stat.h>

#include "tls_stage.h"

/* One certificate is served, to all. */
static void open_serving(struct stage *stage) {
    stage_open(stage);
    issue_cert(stage->folder,
               (struct issue){.name = "a", .subject = "a", .names = "DNS:a.example"});
    use(stage, "a");
    serve(stage);
}

/* The common name of the certificate that a client gets; "" without a handshake. */
static const char *served(const struct stage *stage, struct asking asking) {
    static char name[64];
    struct hands hands = shake_hands(stage, asking);
    *name = '\0';
    X509 *x509 = hands.why == 0 ? SSL_get0_peer_certificate(hands.client) : NULL;
    if (x509 != NULL)
        X509_NAME_get_text_by_NID(X509_get_subject_name(x509), NID_commonName, name, sizeof name);
    hands_free(&hands);
    return name;
}

Test(tls_server, the_name_that_a_client_asks_for_chooses_its_certificate) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder,
               (struct issue){.name = "a", .subject = "default", .names = "DNS:a.example"});
    issue_cert(stage.folder, (struct issue){.name = "w",
                                            .subject = "wildcard",
                                            .names = "DNS:*.b.example,DNS:p*.d.example"});
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
        {"pq.d.example", "default"},
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
    open_serving(&stage);
    static const struct {
        const char *offered, *chosen;
    } rows[] = {{NULL, ""},
                {"\x08http/1.1", "http/1.1"},
                {"\x02h2\x08http/1.1", "http/1.1"},
                {"\x08http/1.1\x02h2", "http/1.1"},
                {"\x02h2", NULL},
                {"\x08http/1.0\x09http/1.1x", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const unsigned char *chosen = NULL;
        unsigned bytes = 0;
        struct hands hands = shake_hands(&stage, (struct asking){.protocols = rows[i].offered});
        SSL_get0_alpn_selected(hands.client, &chosen, &bytes);
        if (rows[i].chosen == NULL)
            cr_expect(ERR_GET_REASON(hands.why) == SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL,
                      "row %zu", i);
        else
            cr_expect(hands.why == 0 && bytes == strlen(rows[i].chosen) &&
                          (bytes == 0 || memcmp(chosen, rows[i].chosen, bytes) == 0),
                      "row %zu", i);
        hands_free(&hands);
    }
    stage_close(&stage);
}

Test(tls_server, keys_are_exchanged_on_curves_never_in_finite_fields) {
    struct stage stage;
    open_serving(&stage);
    static const struct {
        const char *groups;
        bool good;
    } rows[] = {{"X25519", true},     {"P-256", true},      {"X448", true},
                {"P-521", true},      {"P-384", true},      {"ffdhe8192:P-384", true},
                {"ffdhe2048", false}, {"ffdhe3072", false}, {"ffdhe4096", false},
                {"ffdhe6144", false}, {"ffdhe8192", false}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct hands hands = shake_hands(&stage, (struct asking){.groups = rows[i].groups});
        cr_expect((hands.why == 0) == rows[i].good, "%s", rows[i].groups);
        hands_free(&hands);
    }
    stage_close(&stage);
}

/* Appends `count` bytes, or a number of two. */
static void put(unsigned char **at, const char *bytes, size_t count) {
    memcpy(*at, bytes, count);
    *at += count;
}

static void put_number(unsigned char **at, unsigned number) {
    put(at, (char[]){(char)(number >> 8), (char)number}, 2);
}

/* A ClientHello that offers P-256 and `count` unknown groups. Returns its length. */
static unsigned hello_of_groups(unsigned char *hello, unsigned count) {
    unsigned char *at = hello;
    unsigned list = 2 * (count + 1), extensions = list + 6 + 8 + 6;
    put(&at, "\1\0", 2);
    put_number(&at, 43 + extensions);
    put(&at,
        "\3\3"
        "01234567890123456789012345678901"
        "\0"
        "\0\2\xc0\x2b"
        "\1\0",
        41);
    put_number(&at, extensions);
    put(&at,
        "\0\x0d\0\4\0\2\4\3"
        "\0\x0b\0\2\1\0"
        "\0\x0a",
        16);
    put_number(&at, list + 2);
    put_number(&at, list);
    for (unsigned i = 0; i < count; i++) put_number(&at, 0x7777);
    put_number(&at, 23);
    return (unsigned)(at - hello);
}

/* The reason why it is refused; 0: it is not. */
static int offer_groups(const struct stage *stage, unsigned count) {
    enum { RECORD = 8192 };
    unsigned char hello[65536], head[5], *at = head;
    unsigned left = hello_of_groups(hello, count);
    SSL *ssl = SSL_new(tls_server_context(stage->server));
    BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
    BIO_set_mem_eof_return(in, -1);
    for (const unsigned char *from = hello; left > 0; at = head) {
        unsigned bytes = left < RECORD ? left : RECORD;
        put(&at, "\x16\3\1", 3);
        put_number(&at, bytes);
        BIO_write(in, head, sizeof head);
        BIO_write(in, from, (int)bytes);
        from += bytes;
        left -= bytes;
    }
    SSL_set_bio(ssl, in, out);
    int reason = ERR_GET_REASON(error_of(ssl, SSL_accept(ssl)));
    SSL_free(ssl);
    return reason;
}

Test(tls_server, a_long_hello_is_refused) {
    struct stage stage;
    open_serving(&stage);
    cr_expect_eq(offer_groups(&stage, 0), 0);
    cr_expect_eq(offer_groups(&stage, 8000), 0);
    cr_expect_eq(offer_groups(&stage, 8200), SSL_R_LENGTH_TOO_LONG);
    cr_expect_eq(offer_groups(&stage, 30000), SSL_R_LENGTH_TOO_LONG);
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

Test(tls_server, of_dates_that_the_caller_tells_nothing_is_said) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder,
               (struct issue){.name = "old", .subject = "old", .from_days = -9, .until_days = -2});
    use(&stage, "old");
    stage.tls.dates_told = true;
    serve(&stage);
    cr_expect_str_eq(stage.said, "");
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
