/* Certificates as tests want them: any names, times and authorities, in PEM files. */
#ifndef TESTS_NET_ISSUE_H
#define TESTS_NET_ISSUE_H

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define ISSUE_FOLDER_BYTES 64
#define ISSUE_PATH_BYTES   192
#define ISSUE_DAY_S        86400

/* Criterion takes an abort for a failure, other programs end with it. */
#define ISSUE_CHECK(condition, what)                                                               \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, what);                              \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

/* What a certificate is to be; all zero but `name` and `subject` is good. */
struct issue {
    const char *name;          /* of its files: FOLDER/NAME.pem and NAME.key */
    const char *subject;       /* common name */
    const char *last_name;     /* another common name, behind that */
    int units;                 /* that stand in it besides, of 64 bytes each */
    const char *names;         /* subjectAltName, as DNS:a.example,email:x@a.example */
    const char *signer;        /* name of the authority's files; NULL: itself */
    int from_days, until_days; /* from now; both 0: from yesterday to in 30 days */
    long until_s;              /* instead of until_days; 0: that */
    int rsa_bits;              /* 0: ECDSA on P-256 */
    bool authority;
};

static inline const char *issue_path(const char *folder, const char *name, const char *end,
                                     char path[ISSUE_PATH_BYTES]) {
    char text[ISSUE_PATH_BYTES]; /* GCC takes members of one struct for overlapping */
    snprintf(text, sizeof text, "%.60s/%.60s.%.8s", folder, name, end);
    return strcpy(path, text);
}

static inline void issue_folder(char folder[ISSUE_FOLDER_BYTES]) {
    strcpy(folder, "/tmp/tickcast-tls-XXXXXX");
    ISSUE_CHECK(mkdtemp(folder) != NULL, folder);
}

static inline void issue_remove(const char *folder) {
    char command[ISSUE_PATH_BYTES + 16];
    snprintf(command, sizeof command, "rm -r %s", folder);
    ISSUE_CHECK(system(command) == 0, command);
}

static inline void issue_extend(X509 *x509, X509 *signer, int nid, const char *value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, signer, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    ISSUE_CHECK(extension != NULL && X509_add_ext(x509, extension, -1) == 1, value);
    X509_EXTENSION_free(extension);
}

static inline FILE *issue_open(const char *folder, const char *name, const char *end,
                               const char *how) {
    char path[ISSUE_PATH_BYTES];
    FILE *file = fopen(issue_path(folder, name, end, path), how);
    ISSUE_CHECK(file != NULL, path);
    if (*how == 'w') ISSUE_CHECK(chmod(path, 0600) == 0, path);
    return file;
}

static inline void issue_write(const char *folder, const char *name, X509 *x509, EVP_PKEY *key) {
    FILE *cert = issue_open(folder, name, "pem", "w"),
         *secret = issue_open(folder, name, "key", "w");
    ISSUE_CHECK(PEM_write_X509(cert, x509) == 1 &&
                    PEM_write_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1,
                name);
    fclose(cert);
    fclose(secret);
}

static inline void issue_cert(const char *folder, struct issue wanted) {
    EVP_PKEY *key = wanted.rsa_bits ? EVP_RSA_gen((unsigned)wanted.rsa_bits) : EVP_EC_gen("P-256");
    EVP_PKEY *signer_key = key;
    X509 *x509 = X509_new(), *signer = x509;
    if (wanted.signer != NULL) {
        FILE *cert = issue_open(folder, wanted.signer, "pem", "r");
        FILE *secret = issue_open(folder, wanted.signer, "key", "r");
        signer = PEM_read_X509(cert, NULL, NULL, NULL);
        signer_key = PEM_read_PrivateKey(secret, NULL, NULL, NULL);
        fclose(cert);
        fclose(secret);
    }
    ISSUE_CHECK(key != NULL && signer != NULL && signer_key != NULL, wanted.name);
    if (wanted.until_days == 0 && wanted.from_days == 0)
        wanted.from_days = -1, wanted.until_days = 30;
    static long serial;
    X509_set_version(x509, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x509), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x509), (long)wanted.from_days * ISSUE_DAY_S);
    X509_gmtime_adj(X509_getm_notAfter(x509),
                    wanted.until_s ? wanted.until_s : (long)wanted.until_days * ISSUE_DAY_S);
    X509_set_pubkey(x509, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                               (const unsigned char *)wanted.subject, -1, -1, 0);
    if (wanted.last_name != NULL)
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "CN", MBSTRING_UTF8,
                                   (const unsigned char *)wanted.last_name, -1, -1, 0);
    for (int i = 0; i < wanted.units; i++) {
        char unit[65]; /* as long as it may be */
        snprintf(unit, sizeof unit, "%064d", i);
        X509_NAME_add_entry_by_txt(X509_get_subject_name(x509), "OU", MBSTRING_ASC,
                                   (const unsigned char *)unit, -1, -1, 0);
    }
    X509_set_issuer_name(x509, X509_get_subject_name(signer));
    issue_extend(x509, signer, NID_basic_constraints,
                 wanted.authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (wanted.names != NULL) issue_extend(x509, signer, NID_subject_alt_name, wanted.names);
    ISSUE_CHECK(X509_sign(x509, signer_key, EVP_sha256()) > 0, wanted.name);
    issue_write(folder, wanted.name, x509, key);
    if (signer != x509) X509_free(signer);
    if (signer_key != key) EVP_PKEY_free(signer_key);
    X509_free(x509);
    EVP_PKEY_free(key);
}

#endif
