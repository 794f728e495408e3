#include "tickcastd/again.h"

#include <string.h>

void again_with(char **argv, const char *more, struct paste *paste) {
    paste_program(paste, "tickcastd");
    for (char **arg = argv + 1; *arg != NULL; arg++) paste_word(paste, *arg);
    if (more != NULL) paste_word(paste, more);
}

static const char *flag_of(const struct listen_setting *listener) {
    if (listener->unix_path != NULL) return "--listen-unix";
    return listener->tls != NULL ? "--listen-tls" : "--listen";
}

/* Does the text of a flag say where `listener` listens? */
static bool says(const char *text, const struct listen_setting *listener) {
    if (listener->unix_path != NULL) {
        if (strncmp(text, "unix:", 5) == 0) text += 5;
        return strcmp(text, listener->unix_path) == 0;
    }
    struct listen_setting other = {.port = 0};
    if (listener->tls != NULL) listen_with_tls(&other);
    bool same = listen_parse(text, &other) == 0 && other.host != NULL &&
                other.port == listener->port && strcmp(other.host, listener->host) == 0;
    listen_fini(&other);
    return same;
}

/* The arguments, with another value of the flag that made `listener`. */
static bool replace(const struct listen_setting *listener, char **argv, const char *place,
                    struct paste *paste) {
    bool replaced = false, is_path = listener->unix_path != NULL;
    paste_program(paste, "tickcastd");
    for (char **arg = argv + 1; *arg != NULL; arg++) {
        size_t flag = strcspn(*arg, "=");
        bool listens = strncmp(*arg, "--listen", 8) == 0;
        const char *value = !listens ? NULL : (*arg)[flag] == '=' ? *arg + flag + 1 : arg[1];
        if (replaced || value == NULL || !says(value, listener)) {
            paste_word(paste, *arg);
            continue;
        }
        paste_raw(paste, " %.*s", (int)flag, *arg);
        bool prefix = is_path && strncmp(value, "unix:", 5) == 0;
        char with_prefix[LISTEN_URL_BYTES];
        snprintf(with_prefix, sizeof with_prefix, "unix:%s", place);
        paste_word(paste, prefix ? with_prefix : place);
        if ((*arg)[flag] != '=') arg++;
        replaced = true;
    }
    return replaced;
}

bool again_elsewhere(const struct settings *settings, const struct listen_setting *listener,
                     char **argv, const char *place, struct paste *paste) {
    if (listener->origin.source == FROM_COMMAND_LINE) return replace(listener, argv, place, paste);
    if (settings->listener_count > 1) return false;
    again_with(argv, flag_of(listener), paste);
    paste_word(paste, place);
    if (listener->tls == NULL) return true;
    const struct listen_tls *tls = listener->tls;
    for (unsigned i = 0; i < tls->count; i++) {
        paste_word(paste, "--cert");
        paste_word(paste, tls->certificates[i].cert);
        paste_word(paste, "--key");
        paste_word(paste, tls->certificates[i].key);
    }
    if (tls->client_ca == NULL) return true;
    paste_word(paste, "--client-ca");
    paste_word(paste, tls->client_ca);
    paste_word(paste, "--client-auth");
    paste_word(paste, listen_auth_word(tls->client_auth));
    return true;
}
