#include <stdlib.h>

#include "net/tls_client.h"
#include "tls_stage.h"

/* A listener that asks for certificates of the authority ca; other is another one. */
static void open_asking(struct stage *stage, enum tickcast_client_auth auth) {
    stage_open(stage);
    issue_cert(stage->folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    issue_cert(stage->folder,
               (struct issue){.name = "other", .subject = "other", .authority = true});
    issue_cert(stage->folder, (struct issue){.name = "server", .subject = "server"});
    use(stage, "server");
    use_clients(stage, "ca", auth);
    serve(stage);
}

static void issue_client(const struct stage *stage, const char *subject, const char *names) {
    issue_cert(
        stage->folder,
        (struct issue){.name = "client", .subject = subject, .names = names, .signer = "ca"});
}

/* The name that the server takes from the certificate client; "" if it has none, "!" if the
 * handshake failed. */
static const char *name_of(const struct stage *stage, const char *certificate, int version) {
    static char out[2048];
    char *name = NULL;
    struct hands hands =
        shake_hands(stage, (struct asking){.certificate = certificate, .version = version});
    strcpy(out, "!");
    if (hands.why == 0 && hands.server_why == 0) {
        cr_assert(tls_client_name(hands.server, &name));
        snprintf(out, sizeof out, "%s", name != NULL ? name : "");
    }
    free(name);
    hands_free(&hands);
    return out;
}

Test(tls_client, the_name_is_the_first_of_the_certificate_that_can_stand_for_a_client) {
    struct stage stage;
    char long_name[400];
    open_asking(&stage, TICKCAST_CLIENT_AUTH_REQUIRED);
    static const struct {
        const char *subject, *names, *name;
    } rows[] = {
        {"cn", NULL, "CN:cn"},
        {"cn", "DNS:a.example,email:x@a.example", "DNS:a.example"},
        {"cn", "IP:10.0.0.1,email:x@a.example", "email:x@a.example"},
        {"cn", "URI:spiffe://a/b", "URI:spiffe://a/b"},
        {"cn", "IP:10.0.0.1", "CN:cn"},
        {"a\tb\x1b[31m", NULL, "CN:a\\x09b\\x1b[31m"},
        {"J\xc3\xbcrgen", NULL, "CN:J\xc3\xbcrgen"},
        {"a.example", NULL, "CN:a.example"}, /* one kind is not taken for another, */
        {"DNS:a.example", NULL, "CN:DNS:a.example"},
        {"cn", "URI:DNS:a.example", "URI:DNS:a.example"},
        {"cn", "DNS:a\\\\x09b,DNS:b.example", "DNS:b.example"}, /* nor for what was escaped */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        issue_client(&stage, rows[i].subject, rows[i].names);
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++)
            cr_expect_str_eq(name_of(&stage, "client", version), rows[i].name, "row %zu", i);
    }
    issue_cert(
        stage.folder,
        (struct issue){.name = "client", .subject = "desk", .last_name = "seven", .signer = "ca"});
    cr_expect_str_eq(name_of(&stage, "client", 0), "CN:seven", "the last is the most special");
    snprintf(long_name, sizeof long_name, "URI:a:%0300d", 0);
    issue_client(&stage, "", long_name);
    const char *name = name_of(&stage, "client", 0);
    cr_expect(strncmp(name, "sha256:", 7) == 0 && strlen(name) == 71, "%s", name);
    stage_close(&stage);
}

Test(tls_client, a_required_certificate_must_be_there_and_good) {
    struct stage stage;
    open_asking(&stage, TICKCAST_CLIENT_AUTH_REQUIRED);
    issue_client(&stage, "a", NULL);
    issue_cert(stage.folder, (struct issue){.name = "bad", .subject = "bad", .signer = "other"});
    issue_cert(
        stage.folder,
        (struct issue){
            .name = "old", .subject = "old", .signer = "ca", .from_days = -9, .until_days = -2});
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        cr_expect_str_eq(name_of(&stage, "client", version), "CN:a");
        cr_expect_str_eq(name_of(&stage, NULL, version), "!");
        cr_expect_str_eq(name_of(&stage, "bad", version), "!");
        cr_expect_str_eq(name_of(&stage, "old", version), "!");
    }
    struct hands hands = shake_hands(&stage, (struct asking){.version = TLS1_3_VERSION});
    cr_expect(ERR_GET_REASON(hands.why) == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED);
    cr_expect(ERR_GET_REASON(hands.server_why) == SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE);
    hands_free(&hands);
    stage_close(&stage);
}

Test(tls_client, an_optional_certificate_must_be_good_if_it_is_there) {
    struct stage stage;
    open_asking(&stage, TICKCAST_CLIENT_AUTH_OPTIONAL);
    issue_client(&stage, "a", NULL);
    issue_cert(stage.folder, (struct issue){.name = "bad", .subject = "bad", .signer = "other"});
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        cr_expect_str_eq(name_of(&stage, "client", version), "CN:a");
        cr_expect_str_eq(name_of(&stage, NULL, version), "");
        cr_expect_str_eq(name_of(&stage, "bad", version), "!");
    }
    stage_close(&stage);
}

Test(tls_client, a_client_may_send_certificates_up_to_a_limit) {
    struct stage stage;
    open_asking(&stage, TICKCAST_CLIENT_AUTH_OPTIONAL);
    issue_client(&stage, "a", NULL);
    for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
        struct asking asking = {.certificate = "client", .version = version};
        struct hands hands = shake_hands(&stage, asking);
        int bytes = i2d_X509(SSL_get_certificate(hands.client), NULL) + 5; /* and what frames it */
        cr_expect(hands.server_why == 0 && bytes > 100, "%d", bytes);
        hands_free(&hands);
        asking.more = (unsigned)(TLS_CLIENT_CHAIN_BYTES / bytes) - 1;
        hands = shake_hands(&stage, asking);
        cr_expect(hands.server_why == 0, "%u more", asking.more);
        hands_free(&hands);
        asking.more += 3;
        hands = shake_hands(&stage, asking);
        cr_expect(ERR_GET_REASON(hands.server_why) == SSL_R_EXCESSIVE_MESSAGE_SIZE, "%u more",
                  asking.more);
        hands_free(&hands);
    }
    stage_close(&stage);
}

Test(tls_client, who_is_not_asked_has_no_name) {
    struct stage stage;
    open_asking(&stage, TICKCAST_CLIENT_AUTH_OPTIONAL);
    issue_client(&stage, "a", NULL);
    stage.tls.client_auth = TICKCAST_CLIENT_AUTH_NONE;
    stage.tls.client_ca_file = NULL;
    serve(&stage);
    cr_expect_str_eq(name_of(&stage, "client", 0), "");
    stage_close(&stage);
}

Test(tls_client, a_file_of_several_authorities_is_taken_whole_or_not_at_all) {
    struct stage stage;
    char command[3 * ISSUE_PATH_BYTES];
    open_asking(&stage, TICKCAST_CLIENT_AUTH_REQUIRED);
    snprintf(command, sizeof command, "cat %s/ca.pem %s/other.pem > %s/both.pem", stage.folder,
             stage.folder, stage.folder);
    cr_assert(system(command) == 0);
    issue_cert(stage.folder, (struct issue){.name = "client", .subject = "b", .signer = "other"});
    use_clients(&stage, "both", TICKCAST_CLIENT_AUTH_REQUIRED);
    serve(&stage);
    cr_expect_str_eq(name_of(&stage, "client", 0), "CN:b");
    snprintf(command, sizeof command, "sed -i '/BEGIN/,$ s/^M/=/; 3 s/^./=/' %s/both.pem",
             stage.folder);
    static const char *const bad[] = {"both", "nonexistent", "empty"};
    FILE *empty = issue_open(stage.folder, "empty", "pem", "w");
    fclose(empty);
    cr_assert(system(command) == 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        use_clients(&stage, bad[i], TICKCAST_CLIENT_AUTH_REQUIRED);
        cr_expect(tls_server_new(&stage.tls, &stage.log, stage.error) == NULL, "%s", bad[i]);
        cr_expect(strstr(stage.error, "authorities of clients ") == stage.error &&
                      strstr(stage.error, bad[i]) != NULL,
                  "%s", stage.error);
    }
    stage_close(&stage);
}

/* The file NAME.pem of so many authorities with names of some 770 bytes; the last is `last`. */
static void issue_authorities(const struct stage *stage, const char *name, int count) {
    FILE *all = issue_open(stage->folder, name, "pem", "w");
    for (int i = 0; i < count; i++) {
        char subject[16];
        snprintf(subject, sizeof subject, "%d", i);
        issue_cert(
            stage->folder,
            (struct issue){.name = "last", .subject = subject, .units = 10, .authority = true});
        FILE *one = issue_open(stage->folder, "last", "pem", "r");
        for (int byte; (byte = fgetc(one)) != EOF;) fputc(byte, all);
        fclose(one);
    }
    fclose(all);
}

Test(tls_client, the_names_of_authorities_are_told_as_long_as_they_are_not_too_many) {
    enum { SOME = 21, MANY = 22 }; /* about TLS_CLIENT_NAMES_BYTES */
    struct stage stage;
    open_asking(&stage, TICKCAST_CLIENT_AUTH_OPTIONAL);
    static const struct {
        const char *file;
        int count, told;
    } rows[] = {{"some", SOME, SOME}, {"many", MANY, 0}};
    for (int i = 0; i < 2; i++) {
        issue_authorities(&stage, rows[i].file, rows[i].count);
        issue_cert(stage.folder,
                   (struct issue){.name = "client", .subject = "a", .signer = "last"});
        use_clients(&stage, rows[i].file, TICKCAST_CLIENT_AUTH_OPTIONAL);
        serve(&stage);
        for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
            struct hands hands =
                shake_hands(&stage, (struct asking){.certificate = "client", .version = version});
            const STACK_OF(X509_NAME) *names = SSL_get0_peer_CA_list(hands.client);
            cr_assert(hands.why == 0 && hands.server_why == 0, "%s: %s, %s", rows[i].file,
                      ERR_reason_error_string(hands.why),
                      ERR_reason_error_string(hands.server_why));
            cr_expect_eq(names != NULL ? sk_X509_NAME_num(names) : 0, rows[i].told);
            cr_expect(SSL_get0_peer_certificate(hands.server) != NULL, "it is asked all the same");
            hands_free(&hands);
        }
    }
    cr_expect(strstr(stage.said, "many.pem: their 22 names are ") != NULL, "%s", stage.said);
    stage_close(&stage);
}

Test(tls_client, an_authority_of_clients_is_not_sent_as_one_of_the_server) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    issue_cert(stage.folder, (struct issue){.name = "s", .subject = "s", .signer = "ca"});
    use(&stage, "s");
    use_clients(&stage, "ca", TICKCAST_CLIENT_AUTH_OPTIONAL);
    serve(&stage);
    struct hands hands = shake_hands(&stage, (struct asking){0});
    cr_assert_eq(hands.why, 0);
    cr_expect_eq(sk_X509_num(SSL_get_peer_cert_chain(hands.client)), 1, "only what its file holds");
    hands_free(&hands);
    stage_close(&stage);
}
