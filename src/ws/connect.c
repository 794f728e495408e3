#include <stdio.h>
#include <string.h>

#include "ws/handshake.h"
#include "ws/head.h"

size_t ws_request_write(const char *host, const char *path, const char *key, const char *protocol,
                        char *out, size_t out_bytes) {
    int bytes = snprintf(out, out_bytes,
                         "GET %s HTTP/1.1\r\n"
                         "Host: %s\r\n"
                         "Upgrade: websocket\r\n"
                         "Connection: Upgrade\r\n"
                         "Sec-WebSocket-Key: %s\r\n"
                         "Sec-WebSocket-Version: 13\r\n"
                         "%s%s%s\r\n",
                         path, host, key, protocol != NULL ? "Sec-WebSocket-Protocol: " : "",
                         protocol != NULL ? protocol : "", protocol != NULL ? "\r\n" : "");
    return bytes < 0 || (size_t)bytes >= out_bytes ? 0 : (size_t)bytes;
}

/* What the response has said so far. */
struct response {
    struct head head;
    const char *key;
    int status;
    bool upgrade, connection, accept;
};

/* "HTTP/1.1 101" and perhaps a space and a phrase. Returns the status, 0 if it is not that. */
static int read_status(struct ws_text line) {
    static const char version[] = "HTTP/1.1 ";
    size_t at = strlen(version);
    if (line.bytes < at + 3 || memcmp(line.at, version, at) != 0) return 0;
    if (line.bytes > at + 3 && line.at[at + 3] != ' ') return 0;
    int status = 0;
    for (size_t i = at; i < at + 3; i++) {
        if (line.at[i] < '0' || line.at[i] > '9') return 0;
        status = 10 * status + (line.at[i] - '0');
    }
    return status;
}

/* Takes one header line of a 101. Returns what is wrong with it, or NULL. */
static const char *take_field(struct response *response, struct ws_text name,
                              struct ws_text value) {
    bool bad = false;
    if (head_same(name, "Upgrade")) {
        if (head_list_has(value, "websocket", &bad)) response->upgrade = true;
    } else if (head_same(name, "Connection")) {
        if (head_list_has(value, "upgrade", &bad)) response->connection = true;
    } else if (head_same(name, "Sec-WebSocket-Accept")) {
        char accept[WS_ACCEPT_BYTES];
        if (response->accept) return "second Sec-WebSocket-Accept";
        if (!ws_accept_value(response->key, strlen(response->key), accept)) return "no memory";
        if (value.bytes != strlen(accept) || memcmp(value.at, accept, value.bytes) != 0)
            return "wrong Sec-WebSocket-Accept";
        response->accept = true;
    } else if (head_same(name, "Sec-WebSocket-Extensions")) {
        return "extension that was not asked for";
    }
    return bad ? "malformed Upgrade or Connection" : NULL;
}

static const char *missing(const struct response *response) {
    if (response->status != 101) return "refused";
    if (!response->upgrade) return "Upgrade is not websocket";
    if (!response->connection) return "Connection is not Upgrade";
    if (!response->accept) return "no Sec-WebSocket-Accept";
    return NULL;
}

static enum head_part take_response(struct response *response) {
    struct head *head = &response->head;
    struct ws_text name, value;
    enum head_part part = head_line(head, &value);
    if (part != HEAD_PART) return part;
    response->status = read_status(value);
    if (response->status == 0) {
        head->reason = "not an HTTP/1.1 response";
        return HEAD_BAD;
    }
    while ((part = head_field(head, &name, &value)) == HEAD_PART) {
        head->reason = response->status == 101 ? take_field(response, name, value) : NULL;
        if (head->reason != NULL) return HEAD_BAD;
    }
    return part;
}

long ws_response_parse(const void *bytes, size_t count, const char *key, int *status,
                       struct ws_text *body, const char **reason) {
    const char *start = bytes, *end = start + count;
    bool full = count >= WS_RESPONSE_HEAD_BYTES;
    struct response response = {.key = key};
    response.head = (struct head){.at = start, .end = full ? start + WS_RESPONSE_HEAD_BYTES : end};
    enum head_part part = take_response(&response);
    *status = response.status;
    *body = (struct ws_text){end, 0};
    if (part == HEAD_MORE && !full) return 0;
    const char *wrong = part == HEAD_MORE ? "response too long" : response.head.reason;
    if (part == HEAD_END) {
        wrong = missing(&response);
        if (wrong == NULL) return (long)(response.head.at - start);
        *body = (struct ws_text){response.head.at, (size_t)(end - response.head.at)};
    }
    if (reason != NULL) *reason = wrong;
    return -1;
}
