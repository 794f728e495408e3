/*
 * The opening handshake of RFC 6455 (section 4), server side: bytes to a request and back. No I/O,
 * no allocation. Offer all bytes received so far; when more come, offer all again.
 */
#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WS_RESPONSE_BYTES      1024  /**< room for any response of ours */
#define WS_ACCEPT_BYTES        29    /**< the accept value: 28 characters and the end */
#define WS_RESPONSE_HEAD_BYTES 16384 /**< longest head of a response that a client takes */

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
    struct ws_text fields;    /**< all header lines */
    struct ws_text origin;    /**< its value; `at` NULL: there is none */
    bool forwarded;           /**< there is a Forwarded or X-Forwarded-For */
};

/**
 * Parses a request. Returns the bytes it takes if it is a good upgrade, 0 if more are needed, or
 * minus the HTTP status to refuse it with: 405 a method other than GET (looked at first), 505 not
 * HTTP/1.1, 431 longer than `max_bytes`, 400 anything else (also another WebSocket version).
 * `reason` (static, if not NULL) says what was wrong. The path is not judged. Linear in `count`.
 *
 * A refusal comes with the first byte that makes it certain (a TLS hello: the first one), and is
 * the same however the bytes were cut. What follows the request is not looked at.
 *
 * The target is a path, or an http or https URL, as RFC 9112 (3.2.2) asks for: its host is passed
 * over and its path may be empty. Fragments, user names, and other than printable ASCII are 400. So
 * are empty lines before the request, and a body: Transfer-Encoding, or a Content-Length but 0.
 */
long ws_request_parse(const void *bytes, size_t count, size_t max_bytes, struct ws_request *request,
                      const char **reason);

/** What is known of a request of which more is to come; all zero before its first byte. */
struct ws_progress {
    uint32_t
        line; /**< where the first header line begins that is not whole; 0: none was looked at */
    uint32_t seen; /**< what the lines before it hold */
};

/** The same for a request that comes in pieces: the whole lines that the last call saw, which this
 * one is offered again, are not looked at before all have come. So a peer that sends single bytes
 * pays for each by a line and not by the whole request. */
long ws_request_go_on(struct ws_progress *progress, const void *bytes, size_t count,
                      size_t max_bytes, struct ws_request *request, const char **reason);

/** True if `name` is one of the comma-separated protocols that the request offers. */
bool ws_request_offers(const struct ws_request *request, const char *name);

/** Writes the 101 response to `out` (WS_RESPONSE_BYTES); `protocol` is NULL for none. Returns its
 *  bytes, 0 if OpenSSL has no memory. */
size_t ws_response_accept(const struct ws_request *request, const char *protocol, char *out);

/** Writes a refusal with a text/plain body to `out` (WS_RESPONSE_BYTES; the body is cut to fit) and
 *  `Connection: close`; 400 carries Sec-WebSocket-Version: 13, 405 Allow: GET, 429 Retry-After: 1.
 * Returns its bytes.
 */
size_t ws_response_refuse(int status, const char *body, char *out);

/** Writes the Sec-WebSocket-Accept of a key (RFC 6455, 4.2.2) to `out`. False and "" if OpenSSL has
 *  no memory. */
bool ws_accept_value(const char *key, size_t key_bytes, char out[WS_ACCEPT_BYTES]);

/* Client side. */

/** Writes an upgrade request; `key` is 24 characters of base64. Returns its bytes, 0 if `out_bytes`
 *  do not hold it. `protocol` NULL: none. The texts go out as they are. */
size_t ws_request_write(const char *host, const char *path, const char *key, const char *protocol,
                        char *out, size_t out_bytes);

/** Parses the server's response to `key`. Bytes it takes, 0 if more are needed, -1 if it is not a
 *  good 101 (`reason` static; *status the HTTP status or 0; *body what has come after the headers).
 *  An extension is refused, since none is ever asked for. */
long ws_response_parse(const void *bytes, size_t count, const char *key, int *status,
                       struct ws_text *body, const char **reason);

#endif
