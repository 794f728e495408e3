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

/* Has listener `number` a certificate that none before it has? */
static bool is_first_with_its(const struct settings *settings, uint32_t number) {
    const char *cert = settings->listeners[number].cert;
    for (uint32_t i = 0; cert != NULL && i < number; i++) {
        const char *other = settings->listeners[i].cert;
        if (other != NULL && strcmp(other, cert) == 0) return false;
    }
    return cert != NULL;
}

void warnings_gather(const struct settings *settings, struct warnings *warnings) {
    *warnings = (struct warnings){.count = 0};
    const struct warner warner = {keep, warnings};
    settings_warn(settings, keep, warnings);
    environment_warn(settings, &warner);
    for (uint32_t i = 0; i < settings->listener_count; i++)
        if (is_first_with_its(settings, i))
            certificate_warn(settings->listeners[i].cert, settings->listeners[i].key, &warner);
}

void warnings_free(struct warnings *warnings) {
    for (uint32_t i = 0; i < warnings->count; i++) free(warnings->lines[i]);
    free(warnings->lines);
}
