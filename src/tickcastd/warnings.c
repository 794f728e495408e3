#include "tickcastd/warnings.h"

#include <err.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tickcastd/certificate.h"
#include "tickcastd/environment.h"

void warner_say(const struct warner *warner, const char *format, ...) {
    char sentence[WARNINGS_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    warner->say(warner->arg, sentence);
}

static void keep(void *arg, const char *sentence) {
    struct warnings *warnings = arg;
    char **more = reallocarray(warnings->lines, warnings->count + 1, sizeof warnings->lines[0]);
    if (more == NULL) err(1, "no memory");
    warnings->lines = more;
    warnings->lines[warnings->count++] = text_copy(sentence);
}

/* Is this the first use of `cert`, which is certificate `at` of listener `number`? */
static bool is_first_use(const struct settings *settings, uint32_t number, unsigned at,
                         const char *cert) {
    for (uint32_t i = 0; i <= number; i++) {
        const struct listen_tls *tls = settings->listeners[i].tls;
        for (unsigned j = 0; tls != NULL && j < tls->count && (i < number || j < at); j++)
            if (strcmp(tls->certificates[j].cert, cert) == 0) return false;
    }
    return true;
}

void warnings_of_certificates(const struct settings *settings, const struct warner *warner) {
    for (uint32_t i = 0; i < settings->listener_count; i++) {
        const struct listen_tls *tls = settings->listeners[i].tls;
        for (unsigned j = 0; tls != NULL && j < tls->count; j++)
            if (is_first_use(settings, i, j, tls->certificates[j].cert))
                certificate_warn(tls->certificates[j].cert, tls->certificates[j].key, warner);
    }
}

void warnings_gather(const struct settings *settings, struct warnings *warnings) {
    *warnings = (struct warnings){.count = 0};
    const struct warner warner = {keep, warnings};
    settings_warn(settings, keep, warnings);
    environment_warn(settings, &warner);
    warnings_of_certificates(settings, &warner);
}

void warnings_free(struct warnings *warnings) {
    for (uint32_t i = 0; i < warnings->count; i++) free(warnings->lines[i]);
    free(warnings->lines);
}
