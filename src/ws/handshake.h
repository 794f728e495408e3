/*
 * The opening handshake of RFC 6455 (section 4), server side: bytes to a request and back. No I/O,
 * no allocation. Offer all bytes received so far; when more come, offer all again.
 */
#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WS_RESPONSE_BYTES 1024 /**< room for any response */

/** Part of the request, inside the bytes offered; not terminated. */
struct ws_text {
    const char *at;
    size_t bytes;
};

struct ws_request {
    struct ws_text path;      /**< without the query */
    struct ws_text query;     /**< what follows '?', or empty */
    struct ws_text key;       /**< Sec-WebSocket-Key, 24 characters */
    struct ws_text protocols; /**< the first Sec-WebSocket-Protocol value, or empty */
    bool origin, forwarded;   /**< there is an Origin; a Forwarded or X-Forwarded-For */
};

/**
 * Parses a request. Returns the bytes it takes if it is a good upgrade, 0 if more are needed, or
 * minus the HTTP status to refuse it with: 405 a method other than GET (looked at first), 505 not
 * HTTP/1.1, 431 longer than `max_bytes`, 400 anything else (also another WebSocket version).
 * `reason` (static, if not NULL) says what was wrong. The path is not judged. Linear in `count`.
 */
long ws_request_parse(const void *bytes, size_t count, size_t max_bytes, struct ws_request *request,
                      const char **reason);

/** True if `name` is one of the comma-separated protocols that the request offers. */
bool ws_request_offers(const struct ws_request *request, const char *name);

/** Writes the 101 response to `out` (WS_RESPONSE_BYTES); `protocol` is NULL for none. Returns its
 *  bytes. */
size_t ws_response_accept(const struct ws_request *request, const char *protocol, char *out);

/** Writes a refusal with a text/plain body to `out` (WS_RESPONSE_BYTES; the body is cut to fit) and
 *  `Connection: close`; 400 carries Sec-WebSocket-Version: 13, 405 Allow: GET. Returns its bytes. */
size_t ws_response_refuse(int status, const char *body, char *out);

/** The Sec-WebSocket-Accept of a key (RFC 6455, 4.2.2): 28 characters and the end to `out`. */
void ws_accept_value(const char *key, size_t key_bytes, char out[29]);

/* Client side. */

/** Writes an upgrade request; `key` is 24 characters of base64. Returns its bytes, 0 if `out_bytes`
 *  do not hold it. `protocol` NULL: none. */
size_t ws_request_write(const char *host, const char *path, const char *key, const char *protocol,
                        char *out, size_t out_bytes);

/** Parses the server's response to `key`. Bytes it takes, 0 if more are needed, -1 if it is not a
 *  good 101 (`reason` static; *status the HTTP status or 0; *body what follows the headers). */
long ws_response_parse(const void *bytes, size_t count, const char *key, int *status,
                       struct ws_text *body, const char **reason);

#endif
