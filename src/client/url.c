#include "client/url.h"

#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#define SCHEMES "ws://HOST[:PORT][/PATH], wss://... or unix:///SOCKET[:/PATH]"

static int refuse(char *error, const char *text, const char *why) {
    snprintf(error, CLIENT_ERROR_BYTES, "%.200s: %s", text, why);
    return -1;
}

/* The scheme's standard port, or "" for a Unix socket; `*rest` is what follows "://". */
static const char *scheme_parse(const char *text, struct client_url *url, const char **rest) {
    static const struct {
        const char *prefix, *port;
        enum client_scheme scheme;
    } schemes[] = {
        {"ws://", "80", CLIENT_TCP},
        {"wss://", "443", CLIENT_TLS},
        {"unix://", "", CLIENT_UNIX},
        {"ws+unix://", "", CLIENT_UNIX},
    };
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        size_t bytes = strlen(schemes[i].prefix);
        if (strncasecmp(text, schemes[i].prefix, bytes) != 0) continue;
        url->scheme = schemes[i].scheme;
        *rest = text + bytes;
        return schemes[i].port;
    }
    return NULL;
}

/* The path goes into a request line: a blank or a line end there would make another request. */
static const char *path_parse(const char *path, const char *default_path, struct client_url *url) {
    for (const char *at = path; *at; at++) {
        if (*at <= ' ' || *at > '~') return "the path has a character that must be percent-encoded";
        if (*at == '#') return "a WebSocket address has no #fragment";
    }
    const char *start = *path == '/' ? "" : default_path;
    int bytes = snprintf(url->path, sizeof url->path, "%s%s", start, path);
    return bytes < (int)sizeof url->path ? NULL : "the path is too long";
}

static const char *port_parse(const char *text, size_t bytes, struct client_url *url) {
    static const char why[] = "the port must be a number from 1 to 65535";
    unsigned long port = 0;
    if (bytes == 0 || bytes >= sizeof url->port) return why;
    for (size_t i = 0; i < bytes; i++) {
        if (text[i] < '0' || text[i] > '9') return why;
        port = port * 10 + (unsigned long)(text[i] - '0');
    }
    if (port < 1 || port > 65535) return why;
    snprintf(url->port, sizeof url->port, "%lu", port);
    return NULL;
}

static const char *host_parse(const char *text, size_t bytes, bool bracketed,
                              struct client_url *url) {
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
    if (bytes == 0) return "the host is missing";
    if (bytes >= sizeof url->host) return "the host is too long";
    memcpy(url->host, text, bytes);
    url->host[bytes] = 0;
    if (bracketed) {
        if (strspn(text, "0123456789abcdefABCDEF:.") < bytes) return "not an IPv6 address in [ ]";
    } else if (strspn(text, allowed) < bytes) {
        return "the host has a character that is not allowed";
    }
    return NULL;
}

static const char *authority_parse(const char *text, size_t bytes, const char *standard_port,
                                   struct client_url *url) {
    if (memchr(text, '@', bytes)) return "user names and passwords are not supported in an address";
    bool bracketed = bytes > 0 && *text == '[';
    const char *host = bracketed ? text + 1 : text, *end = text + bytes;
    const char *host_end = memchr(host, bracketed ? ']' : ':', (size_t)(end - host));
    if (bracketed && !host_end) return "the [ of an IPv6 address is not closed";
    if (!host_end) host_end = end;
    const char *why = host_parse(host, (size_t)(host_end - host), bracketed, url);
    if (why) return why;
    const char *after = host_end + (bracketed ? 1 : 0);
    if (after < end && *after != ':') return "after the host comes :PORT or /PATH";
    snprintf(url->port, sizeof url->port, "%s", standard_port);
    if (after < end) {
        why = port_parse(after + 1, (size_t)(end - after - 1), url);
        if (why) return why;
    }
    const char *colon = strcmp(url->port, standard_port) == 0 ? "" : ":";
    snprintf(url->authority, sizeof url->authority, "%s%s%s%s%s", bracketed ? "[" : "", url->host,
             bracketed ? "]" : "", colon, *colon ? url->port : "");
    return NULL;
}

static const char *unix_parse(const char *text, const char *default_path, struct client_url *url) {
    if (*text != '/') return "the path of a Unix socket begins with /, as in unix:///run/x.sock";
    const char *colon = strstr(text, ":/");
    size_t bytes = colon ? (size_t)(colon - text) : strlen(text);
    if (bytes >= sizeof url->socket) return "the path of a Unix socket has at most 107 bytes";
    memcpy(url->socket, text, bytes);
    url->socket[bytes] = 0;
    strcpy(url->authority, "localhost");
    return path_parse(colon ? colon + 1 : "", default_path, url);
}

int client_url_parse(const char *text, const char *default_path, struct client_url *url,
                     char *error) {
    memset(url, 0, sizeof *url);
    const char *rest;
    const char *port = scheme_parse(text, url, &rest);
    if (!port) return refuse(error, text, "not an address; allowed are " SCHEMES);
    const char *why;
    if (url->scheme == CLIENT_UNIX) {
        why = unix_parse(rest, default_path, url);
    } else {
        size_t bytes = strcspn(rest, "/?#");
        why = authority_parse(rest, bytes, port, url);
        if (!why) why = path_parse(rest + bytes, default_path, url);
    }
    return why ? refuse(error, text, why) : 0;
}
