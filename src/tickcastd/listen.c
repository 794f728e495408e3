#include "tickcastd/listen.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "base/nearest.h"
#include "base/units.h"

#define HOST_MAX_BYTES 255

char *text_copy(const char *text) {
    char *copy = strdup(text);
    if (copy == NULL) err(1, "no memory");
    return copy;
}

void listen_fini(struct listen_setting *listener) {
    free(listener->host);
    free(listener->unix_path);
    struct listen_tls *tls = listener->tls;
    for (unsigned i = 0; tls != NULL && i < tls->count; i++) {
        free(tls->certificates[i].cert);
        free(tls->certificates[i].key);
    }
    if (tls != NULL) free(tls->client_ca);
    free(tls);
    *listener = (struct listen_setting){.port = 0};
}

int listen_parse_path(const char *path, struct listen_setting *listener) {
    size_t bytes = strlen(path);
    if (bytes == 0 || bytes >= sizeof(((struct sockaddr_un *)0)->sun_path)) return -1;
    listener->unix_path = text_copy(path);
    return 0;
}

/* Copies a host of `bytes`, without its brackets. */
static bool copy_host(const char *text, size_t bytes, char out[HOST_MAX_BYTES + 1]) {
    bool brackets = bytes >= 2 && text[0] == '[' && text[bytes - 1] == ']';
    if (brackets) text++, bytes -= 2;
    if (bytes == 0 || bytes > HOST_MAX_BYTES) return false;
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c <= ' ' || c >= 0x7f || strchr("/[]", c) != NULL) return false;
        if (c == ':' && !brackets) return false;
    }
    memcpy(out, text, bytes);
    out[bytes] = '\0';
    return true;
}

/* The colon before a port, NULL if there is none: those in brackets are of the address. */
static const char *port_of(const char *text) {
    const char *bracket = strrchr(text, ']');
    return strrchr(bracket != NULL ? bracket : text, ':');
}

int listen_parse(const char *text, struct listen_setting *listener) {
    if (strncmp(text, "unix:", 5) == 0) return listen_parse_path(text + 5, listener);
    const char *colon = port_of(text);
    size_t host_bytes = colon != NULL ? (size_t)(colon - text) : strlen(text);
    uint64_t port = listener->tls != NULL ? LISTEN_TLS_PORT : LISTEN_PORT;
    char host[HOST_MAX_BYTES + 1];
    if (colon != NULL && (!units_parse(UNITS_COUNT, colon + 1, &port) || port > UINT16_MAX))
        return -1;
    /* a number alone is a port that was meant, not a host */
    if (strspn(text, "0123456789") == strlen(text) || !copy_host(text, host_bytes, host)) return -1;
    listener->host = text_copy(host);
    listener->port = (uint16_t)port;
    listener->port_named = colon != NULL;
    return 0;
}

struct listen_tls *listen_with_tls(struct listen_setting *listener) {
    if (listener->tls == NULL) {
        listener->tls = calloc(1, sizeof *listener->tls);
        if (listener->tls == NULL) err(1, "no memory");
        if (!listener->port_named) listener->port = LISTEN_TLS_PORT;
    }
    return listener->tls;
}

static const char *const auth_words[] = {"none", "optional", "required", NULL};

const char *listen_auth_word(enum tickcast_client_auth client_auth) {
    return auth_words[client_auth];
}

void listen_read_auth(struct listen_tls *tls, const char *text, const struct origin *origin,
                      const char *name, struct problems *problems) {
    for (unsigned i = 0; auth_words[i] != NULL; i++) {
        if (strcmp(auth_words[i], text) != 0) continue;
        tls->client_auth = (enum tickcast_client_auth)i;
        tls->client_auth_set = true;
        return;
    }
    problems_value(problems, origin, name, text, LISTEN_AUTH_ALLOWED, nearest(text, auth_words));
}

struct tickcast_tls listen_tls(const struct listen_tls *tls,
                               struct tickcast_certificate *certificates) {
    for (unsigned i = 0; i < tls->count; i++)
        certificates[i] =
            (struct tickcast_certificate){tls->certificates[i].cert, tls->certificates[i].key};
    return (struct tickcast_tls){.certificates = certificates,
                                 .certificate_count = tls->count,
                                 .client_ca_file = tls->client_ca,
                                 .client_auth = tls->client_auth,
                                 .dates_told = true}; /* with what to do about them */
}

const char *listen_url(const struct listen_setting *listener, uint16_t port,
                       char out[LISTEN_URL_BYTES]) {
    const char *scheme = listener->tls != NULL ? "wss" : "ws";
    if (listener->unix_path != NULL) {
        snprintf(out, LISTEN_URL_BYTES, "%sunix:%s", listener->tls != NULL ? "wss+" : "",
                 listener->unix_path);
        return out;
    }
    bool brackets = strchr(listener->host, ':') != NULL;
    snprintf(out, LISTEN_URL_BYTES, "%s://%s%s%s:%u/ws", scheme, brackets ? "[" : "",
             listener->host, brackets ? "]" : "", port);
    return out;
}
