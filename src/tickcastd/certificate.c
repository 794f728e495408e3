#include "tickcastd/certificate.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/printable.h"
#include "base/special_file.h"

#define DAY_S 86400

static FILE *open_file(const char *file) {
    return special_file(file) ? NULL : fopen(file, "r");
}

static X509 *first_of(const char *file) {
    FILE *in = open_file(file);
    if (in == NULL) return NULL;
    X509 *x509 = PEM_read_X509(in, NULL, NULL, NULL);
    fclose(in);
    ERR_clear_error();
    return x509;
}

static void date_of(const ASN1_TIME *time, char out[CERTIFICATE_DATE_BYTES]) {
    struct tm utc = {0};
    ASN1_TIME_to_tm(time, &utc);
    strftime(out, CERTIFICATE_DATE_BYTES, "%Y-%m-%d %H:%M:%S UTC", &utc);
}

/* From now to `time`. */
static long long seconds_to(const ASN1_TIME *time) {
    int days = 0, seconds = 0;
    ASN1_TIME_diff(&days, &seconds, NULL, time);
    return (long long)days * DAY_S + seconds;
}

/* One name as text; false for other kinds than DNS names and addresses. */
static bool name_text(const GENERAL_NAME *name, char out[CERTIFICATE_NAME_BYTES]) {
    if (name->type == GEN_DNS) {
        size_t bytes = (size_t)ASN1_STRING_length(name->d.dNSName);
        printable(ASN1_STRING_get0_data(name->d.dNSName), bytes, out, CERTIFICATE_NAME_BYTES);
        return bytes > 0 && bytes < CERTIFICATE_NAME_BYTES;
    }
    if (name->type != GEN_IPADD) return false;
    int family = ASN1_STRING_length(name->d.iPAddress) == 4 ? AF_INET : AF_INET6;
    if (family == AF_INET6 && ASN1_STRING_length(name->d.iPAddress) != 16) return false;
    const void *address = ASN1_STRING_get0_data(name->d.iPAddress);
    return inet_ntop(family, address, out, CERTIFICATE_NAME_BYTES) != NULL;
}

/* Calls `take` for each name until it says true. */
static void each_name(X509 *x509, bool (*take)(void *arg, const char *name), void *arg) {
    GENERAL_NAMES *names = X509_get_ext_d2i(x509, NID_subject_alt_name, NULL, NULL);
    char text[CERTIFICATE_NAME_BYTES];
    for (int i = 0; names != NULL && i < sk_GENERAL_NAME_num(names); i++)
        if (name_text(sk_GENERAL_NAME_value(names, i), text) && take(arg, text)) break;
    GENERAL_NAMES_free(names);
}

static bool append_name(void *arg, const char *name) {
    char *names = arg;
    size_t used = strlen(names);
    if (used + strlen(name) + 3 > CERTIFICATE_NAMES_BYTES) return true;
    sprintf(names + used, "%s%s", used > 0 ? ", " : "", name);
    return false;
}

int certificate_read(const char *file, struct certificate *certificate) {
    X509 *x509 = first_of(file);
    if (x509 == NULL) return -1;
    *certificate = (struct certificate){.self_signed = X509_self_signed(x509, 0) == 1};
    each_name(x509, append_name, certificate->names);
    char issuer[CERTIFICATE_NAME_BYTES] = "";
    X509_NAME_get_text_by_NID(X509_get_issuer_name(x509), NID_commonName, issuer, sizeof issuer);
    printable(issuer, strlen(issuer), certificate->issuer, sizeof certificate->issuer);
    date_of(X509_get0_notBefore(x509), certificate->from);
    date_of(X509_get0_notAfter(x509), certificate->until);
    certificate->valid_since_s = -seconds_to(X509_get0_notBefore(x509));
    certificate->valid_for_s = seconds_to(X509_get0_notAfter(x509));
    X509_free(x509);
    return 0;
}

static bool is_for(X509 *x509, const char *host) {
    return X509_check_ip_asc(x509, host, 0) == 1 || X509_check_host(x509, host, 0, 0, NULL) == 1;
}

static bool take_first(void *name, const char *first) {
    strcpy(name, first);
    return true;
}

bool certificate_name(const char *file, const char *host, bool loopback,
                      char name[CERTIFICATE_NAME_BYTES]) {
    X509 *x509 = first_of(file);
    *name = '\0';
    if (x509 == NULL) return false;
    if (is_for(x509, host))
        snprintf(name, CERTIFICATE_NAME_BYTES, "%s", host);
    else if (loopback && is_for(x509, "localhost"))
        strcpy(name, "localhost");
    else
        each_name(x509, take_first, name);
    X509_free(x509);
    ERR_clear_error();
    return *name != '\0';
}

/* The certificates of a file behind the first. */
static STACK_OF(X509) * chain_of(const char *file) {
    STACK_OF(X509) *chain = sk_X509_new_null();
    FILE *in = open_file(file);
    X509 *x509 = in != NULL ? PEM_read_X509(in, NULL, NULL, NULL) : NULL;
    X509_free(x509);
    while (x509 != NULL && (x509 = PEM_read_X509(in, NULL, NULL, NULL)) != NULL)
        sk_X509_push(chain, x509);
    if (in != NULL) fclose(in);
    return chain;
}

bool certificate_is_trusted(const char *file) {
    X509 *x509 = first_of(file);
    STACK_OF(X509) *chain = chain_of(file);
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool trusted = x509 != NULL && X509_STORE_set_default_paths(store) == 1 &&
                   X509_STORE_CTX_init(context, store, x509, chain) == 1 &&
                   X509_verify_cert(context) == 1;
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_pop_free(chain, X509_free);
    X509_free(x509);
    ERR_clear_error();
    return trusted;
}

static bool signed_by(X509 *x509, const char *file) {
    X509 *authority = first_of(file);
    bool is = authority != NULL && X509_check_issued(authority, x509) == X509_V_OK &&
              X509_verify(x509, X509_get0_pubkey(authority)) == 1;
    X509_free(authority);
    ERR_clear_error();
    return is;
}

bool certificate_authority(const char *file, char authority[PATH_MAX]) {
    X509 *x509 = first_of(file);
    if (x509 == NULL) return false;
    const char *slash = strrchr(file, '/');
    char folder[PATH_MAX];
    snprintf(folder, sizeof folder, "%.*s", slash != NULL ? (int)(slash - file) + 1 : 0, file);
    snprintf(authority, PATH_MAX, "%s", file);
    bool found = signed_by(x509, file);
    DIR *entries = found ? NULL : opendir(*folder != '\0' ? folder : ".");
    const struct dirent *entry;
    for (int i = 0; !found && i < CERTIFICATE_FILES && entries != NULL; i++) {
        if ((entry = readdir(entries)) == NULL) break;
        const char *end = strrchr(entry->d_name, '.');
        if (end == NULL || (strcmp(end, ".pem") != 0 && strcmp(end, ".crt") != 0)) continue;
        int bytes = snprintf(authority, PATH_MAX, "%s%s", folder, entry->d_name);
        found = bytes < PATH_MAX && signed_by(x509, authority);
    }
    if (entries != NULL) closedir(entries);
    X509_free(x509);
    return found;
}
