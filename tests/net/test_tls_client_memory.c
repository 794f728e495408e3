/* The names of clients again, under another name and with alternative ones that cannot be read when
 * told. */
#include <openssl/x509v3.h>

#include "tls_stage.h"

static bool failing;

static void *failing_extension(const X509 *x509, int nid, int *critical, int *at) {
    void *extension = X509_get_ext_d2i(x509, nid, critical, at);
    if (!failing) return extension;
    GENERAL_NAMES_free(extension);
    return NULL;
}

#define X509_get_ext_d2i failing_extension
#define tls_client_ask   failing_client_ask
#define tls_client_name  failing_client_name
#include "net/tls_client.c"

Test(tls_client_memory, without_memory_for_its_alternative_names_no_client_gets_its_common_name) {
    struct stage stage;
    stage_open(&stage);
    issue_cert(stage.folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    issue_cert(stage.folder, (struct issue){.name = "server", .subject = "server"});
    use(&stage, "server");
    use_clients(&stage, "ca", TICKCAST_CLIENT_AUTH_REQUIRED);
    serve(&stage);
    static const char *const names[] = {"DNS:a.example", NULL}, *const good[] = {"DNS:a.example",
                                                                                 "CN:cn"};
    for (int i = 0; i < 2; i++) {
        issue_cert(stage.folder,
                   (struct issue){.name = "c", .subject = "cn", .names = names[i], .signer = "ca"});
        struct hands hands = shake_hands(&stage, (struct asking){.certificate = "c"});
        char *name;
        failing = false;
        cr_assert(failing_client_name(hands.server, &name));
        cr_expect_str_eq(name, good[i]);
        free(name);
        failing = true;
        bool named = failing_client_name(hands.server, &name);
        cr_expect(named == (names[i] == NULL), "%d", i); /* there is nothing to be read */
        if (named) free(name);
        hands_free(&hands);
    }
    stage_close(&stage);
}
