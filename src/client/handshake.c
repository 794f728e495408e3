#include "client/handshake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"
#include "ws/handshake.h"

#define NONCE_BYTES 16
#define KEY_BYTES   25 /* 24 of base64 and the end */
#define BODY_BYTES  400
#define BODY_MS     1000 /* for the body of a refusal, which may follow its headers */

static int fail(char *error, const char *what, const char *why) {
    snprintf(error, CLIENT_ERROR_BYTES, "%s: %s", what, why);
    return -1;
}

static int send_request(struct client_socket *client, const struct client_url *url,
                        const char *protocol, const char *key, uint64_t deadline, char *error) {
    char request[CLIENT_PATH_BYTES + 1024];
    size_t count =
        ws_request_write(url->authority, url->path, key, protocol, request, sizeof request);
    if (count == 0) return fail(error, "handshake failed", "the request is too long");
    for (size_t done = 0; done < count;) {
        ssize_t sent = client_socket_write(client, request + done, count - done);
        if (sent > 0)
            done += (size_t)sent;
        else if (sent != CLIENT_SOCKET_AGAIN)
            return fail(error, "handshake failed", client->failure);
        else if (client_poll(client, client->write_wants, deadline) <= 0)
            return fail(error, "handshake failed", "the server takes no bytes");
    }
    return 0;
}

/* Reads more: 1 there is more, 0 the end, a full buffer or the deadline, -1 failed. */
static int read_more(struct client_socket *client, uint8_t *bytes, size_t *count,
                     uint64_t deadline) {
    for (;;) {
        if (*count == CLIENT_RESPONSE_BYTES) return 0;
        ssize_t got = client_socket_read(client, bytes + *count, CLIENT_RESPONSE_BYTES - *count);
        if (got > 0) {
            *count += (size_t)got;
            return 1;
        }
        if (got != CLIENT_SOCKET_AGAIN) return got == CLIENT_SOCKET_END ? 0 : -1;
        if (client_poll(client, client->read_wants, deadline) <= 0) return 0;
    }
}

static bool is_space(char c) {
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static int refused(struct client_socket *client, const char *key, uint8_t *bytes, size_t count,
                   char *error) {
    uint64_t deadline = clock_now_ns() + BODY_MS * NS_PER_MS;
    while (read_more(client, bytes, &count, deadline) > 0) continue;
    int status = 0;
    const char *reason = "";
    struct ws_text body = {"", 0};
    ws_response_parse(bytes, count, key, &status, &body, &reason);
    if (status == 0 || status == 101) return fail(error, "handshake failed", reason);
    while (body.bytes > 0 && is_space(body.at[body.bytes - 1])) body.bytes--;
    char text[BODY_BYTES];
    printable(body.at, body.bytes, text, sizeof text);
    snprintf(error, CLIENT_ERROR_BYTES, "the server answered HTTP %d%s%s", status,
             *text ? ": " : "", text);
    return -status;
}

static int read_response(struct client_socket *client, const char *key, uint64_t deadline,
                         uint8_t *bytes, size_t *count, char *error) {
    size_t have = 0;
    for (;;) {
        int more = read_more(client, bytes, &have, deadline);
        if (more < 0) return fail(error, "handshake failed", client->failure);
        int status = 0;
        const char *reason = "";
        struct ws_text body;
        long taken = ws_response_parse(bytes, have, key, &status, &body, &reason);
        if (taken < 0) return refused(client, key, bytes, have, error);
        if (taken > 0) {
            *count = have - (size_t)taken;
            memmove(bytes, bytes + taken, *count);
            return 0;
        }
        if (more > 0) continue;
        if (have == CLIENT_RESPONSE_BYTES)
            return fail(error, "handshake failed", "the response is too long");
        bool late = client_left_ms(deadline) == 0;
        return fail(error, "handshake failed",
                    late ? "the server did not answer in time"
                         : "the server closed the connection");
    }
}

int client_handshake(struct client_socket *client, const struct client_url *url,
                     const char *protocol, uint64_t deadline_ns, uint8_t *bytes, size_t *count,
                     char *error) {
    unsigned char nonce[NONCE_BYTES];
    char key[KEY_BYTES];
    if (RAND_bytes(nonce, sizeof nonce) != 1)
        return fail(error, "handshake failed", "no random numbers");
    EVP_EncodeBlock((unsigned char *)key, nonce, sizeof nonce);
    if (send_request(client, url, protocol, key, deadline_ns, error)) return -1;
    return read_response(client, key, deadline_ns, bytes, count, error);
}
