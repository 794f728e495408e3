/* Warnings of a certificate's dates, with the command that makes a new one: certificate_warn. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/paste.h"
#include "tickcastd/certificate.h"

#define DAY_S 86400

static void word_and(struct paste *paste, const char *file, const char *end) {
    char name[PATH_MAX + 8];
    snprintf(name, sizeof name, "%s%s", file, end);
    paste_word(paste, name);
}

/* The key of an authority, if it lies beside its certificate as scripts/gen-certs makes them. */
static bool authority_key(const char *authority, char key[PATH_MAX]) {
    const char *end = strrchr(authority, '.');
    int bytes = end != NULL ? (int)(end - authority) : 0;
    if (snprintf(key, PATH_MAX, "%.*s.key", bytes, authority) >= PATH_MAX) return false;
    return bytes > 0 && access(key, R_OK) == 0;
}

/* For the same names with the same key: signed as it was, as far as the files for that are here.
 * Else only the request is made, which the authority must sign. */
static bool paste_renewal(const struct certificate *certificate, const char *file, const char *key,
                          struct paste *paste) {
    char authority[PATH_MAX], secret[PATH_MAX];
    if (certificate->self_signed) {
        paste_raw(paste, "openssl x509 -days %d -signkey", CERTIFICATE_DAYS);
        paste_word(paste, key);
        paste_raw(paste, " -in");
        paste_word(paste, file);
        paste_raw(paste, " -out");
        word_and(paste, file, ".new");
    } else {
        paste_raw(paste, "openssl x509 -x509toreq -copy_extensions copyall -signkey");
        paste_word(paste, key);
        paste_raw(paste, " -in");
        paste_word(paste, file);
        paste_raw(paste, " -out");
        word_and(paste, file, ".csr");
        if (!certificate_authority(file, authority) || !authority_key(authority, secret))
            return false;
        paste_raw(paste, " && openssl x509 -req -copy_extensions copyall -days %d -CA",
                  CERTIFICATE_DAYS);
        paste_word(paste, authority);
        paste_raw(paste, " -CAkey");
        paste_word(paste, secret);
        paste_raw(paste, " -CAcreateserial -in");
        word_and(paste, file, ".csr");
        paste_raw(paste, " -out");
        word_and(paste, file, ".new");
    }
    paste_raw(paste, " && mv");
    word_and(paste, file, ".new");
    paste_word(paste, file);
    return true;
}

static void warn_end(const struct certificate *certificate, const char *file, const char *key,
                     const struct warner *warner) {
    struct paste paste = {.used = 0};
    const long long days = certificate->valid_for_s / DAY_S;
    char when[64] = "has expired", ask[CERTIFICATE_NAME_BYTES + 64] = "";
    if (certificate->valid_for_s >= 0)
        snprintf(when, sizeof when, "expires in %lld day%s", days, days == 1 ? "" : "s");
    if (!paste_renewal(certificate, file, key, &paste))
        snprintf(ask, sizeof ask, " is signed by '%s' from this request", certificate->issuer);
    warner_say(warner,
               "certificate %s %s, at %s: clients refuse it%s; a new one for the same names with "
               "the same key%s, is taken up by itself" WARNINGS_RUN "%s",
               file, when, certificate->until, certificate->valid_for_s >= 0 ? " then" : "", ask,
               paste.text);
}

void certificate_warn(const char *file, const char *key, const struct warner *warner) {
    struct certificate certificate;
    if (certificate_read(file, &certificate) < 0) return;
    if (certificate.valid_since_s < 0) {
        struct paste clock = {.used = 0};
        paste_sudo(&clock);
        paste_raw(&clock, "timedatectl set-ntp true");
        warner_say(warner,
                   "certificate %s is valid from %s on, which is not yet: clients refuse it; if "
                   "`date -u` shows that the clock of this host is wrong" WARNINGS_RUN "%s",
                   file, certificate.from, clock.text);
    } else if (certificate.valid_for_s < (long long)CERTIFICATE_SOON_DAYS * DAY_S) {
        warn_end(&certificate, file, key, warner);
    }
}
