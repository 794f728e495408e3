#include <assert.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "ws/handshake.h"
#include "ws/head.h"

#define GUID       "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define SHA1_BYTES 20
#define HEAD_BYTES 256 /* more than the head of any refusal */

bool ws_accept_value(const char *key, size_t key_bytes, char out[WS_ACCEPT_BYTES]) {
    unsigned char digest[SHA1_BYTES];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context != NULL && EVP_DigestInit_ex(context, EVP_sha1(), NULL) == 1 &&
                EVP_DigestUpdate(context, key, key_bytes) == 1 &&
                EVP_DigestUpdate(context, GUID, strlen(GUID)) == 1 &&
                EVP_DigestFinal_ex(context, digest, NULL) == 1;
    EVP_MD_CTX_free(context);
    out[0] = '\0';
    if (good) EVP_EncodeBlock((unsigned char *)out, digest, SHA1_BYTES);
    return good;
}

size_t ws_response_accept(const struct ws_request *request, const char *protocol, char *out) {
    char accept[WS_ACCEPT_BYTES];
    if (!ws_accept_value(request->key.at, request->key.bytes, accept)) return 0;
    int bytes = snprintf(out, WS_RESPONSE_BYTES,
                         "HTTP/1.1 101 Switching Protocols\r\n"
                         "Upgrade: websocket\r\n"
                         "Connection: Upgrade\r\n"
                         "Sec-WebSocket-Accept: %s\r\n"
                         "%s%s%s\r\n",
                         accept, protocol != NULL ? "Sec-WebSocket-Protocol: " : "",
                         protocol != NULL ? protocol : "", protocol != NULL ? "\r\n" : "");
    assert(bytes > 0 && bytes < WS_RESPONSE_BYTES);
    return (size_t)bytes;
}

static const char *phrase(int status) {
    switch (status) {
    case 400:
        return "Bad Request";
    case 403:
        return "Forbidden";
    case 404:
        return "Not Found";
    case 405:
        return "Method Not Allowed";
    case 408:
        return "Request Timeout";
    case 429:
        return "Too Many Requests";
    case 431:
        return "Request Header Fields Too Large";
    case 500:
        return "Internal Server Error";
    case 503:
        return "Service Unavailable";
    case 505:
        return "HTTP Version Not Supported";
    default:
        return "Refused";
    }
}

size_t ws_response_refuse(int status, const char *body, char *out) {
    static const char head[] = "HTTP/1.1 %d %s\r\n"
                               "Connection: close\r\n"
                               "Content-Type: text/plain; charset=utf-8\r\n"
                               "%s"
                               "Content-Length: %zu\r\n\r\n";
    const char *more = status == 400   ? "Sec-WebSocket-Version: 13\r\n"
                       : status == 405 ? "Allow: GET\r\n"
                       : status == 429 ? "Retry-After: 1\r\n"
                                       : "";
    size_t body_bytes = strlen(body);
    size_t room = WS_RESPONSE_BYTES - HEAD_BYTES;
    if (body_bytes > room) body_bytes = room;
    int head_bytes =
        snprintf(out, WS_RESPONSE_BYTES, head, status, phrase(status), more, body_bytes);
    memcpy(out + head_bytes, body, body_bytes);
    return (size_t)head_bytes + body_bytes;
}
