#include "tickcastd/listen.h"

#include <err.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

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
    free(listener->cert);
    free(listener->key);
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

int listen_parse(const char *text, struct listen_setting *listener) {
    if (strncmp(text, "unix:", 5) == 0) return listen_parse_path(text + 5, listener);
    const char *colon = strrchr(text, ':');
    uint64_t port;
    char host[HOST_MAX_BYTES + 1];
    if (colon == NULL || !units_parse(UNITS_COUNT, colon + 1, &port) || port > UINT16_MAX)
        return -1;
    if (!copy_host(text, (size_t)(colon - text), host)) return -1;
    listener->host = text_copy(host);
    listener->port = (uint16_t)port;
    return 0;
}

void listen_certify(struct listen_setting *listener, const char *cert, const char *key) {
    free(listener->cert);
    free(listener->key);
    listener->cert = cert != NULL ? text_copy(cert) : NULL;
    listener->key = key != NULL ? text_copy(key) : NULL;
}

const char *listen_url(const struct listen_setting *listener, uint16_t port,
                       char out[LISTEN_URL_BYTES]) {
    const char *scheme = listener->cert != NULL ? "wss" : "ws";
    if (listener->unix_path != NULL) {
        snprintf(out, LISTEN_URL_BYTES, "%sunix:%s", listener->cert != NULL ? "wss+" : "",
                 listener->unix_path);
        return out;
    }
    bool brackets = strchr(listener->host, ':') != NULL;
    snprintf(out, LISTEN_URL_BYTES, "%s://%s%s%s:%u/ws", scheme, brackets ? "[" : "",
             listener->host, brackets ? "]" : "", port);
    return out;
}
