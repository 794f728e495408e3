/*
 * Addresses of WebSocket endpoints:
 *   ws://HOST[:PORT][/PATH]    port 80 unless given (RFC 6455, section 3)
 *   wss://HOST[:PORT][/PATH]   TLS, port 443
 *   unix:///SOCKET[:/PATH]     a Unix socket; also written ws+unix://
 * Pure functions, no allocation.
 */
#ifndef CLIENT_URL_H
#define CLIENT_URL_H

#include <stdbool.h>

#define CLIENT_ERROR_BYTES 1024 /**< room for any error text of the client */
#define CLIENT_HOST_BYTES  256
#define CLIENT_PATH_BYTES  2048
#define CLIENT_UNIX_BYTES  108 /**< sun_path */

enum client_scheme { CLIENT_TCP, CLIENT_TLS, CLIENT_UNIX };

struct client_url {
    enum client_scheme scheme;
    char host[CLIENT_HOST_BYTES];          /**< a name or an address, IPv6 without brackets */
    char port[6];                          /**< decimal */
    char authority[CLIENT_HOST_BYTES + 8]; /**< value of the Host header */
    char path[CLIENT_PATH_BYTES];          /**< with the query */
    char socket[CLIENT_UNIX_BYTES];        /**< CLIENT_UNIX */
};

/** Parses `text`; `default_path` is used where it names no path. 0, or -1 with a sentence in
 * `error` (CLIENT_ERROR_BYTES). */
int client_url_parse(const char *text, const char *default_path, struct client_url *url,
                     char *error);

#endif
