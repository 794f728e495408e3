#include "client/client.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/printable.h"
#include "client/handshake.h"
#include "client/outgoing.h"
#include "client/socket.h"

#define INPUT_BYTES     (64 * 1024)
#define PONG_LIMIT      (256 * 1024) /* a peer that pings and does not read gets no more pongs */
#define FOREVER_NS      UINT64_MAX
#define REASON_TEXT     (4 * WS_REASON_BYTES + 4)
#define CLOSE_NO_STATUS 1005 /* how RFC 6455, 7.4.1 calls a close frame without a code */

struct client {
    struct client_socket socket;
    struct ws_decoder decoder;
    struct outgoing outgoing;
    int watch_fd; /* while connecting */
    int status;
    bool write_blocked; /* the kernel took no more; poll says when it does */
    bool write_failed;  /* what the peer said before is still to be read */
    bool peer_closed;
    bool watched_waits; /* the watched descriptor was readable, and the socket came first */
    uint8_t *input, *input_at, *input_end;
    char url[CLIENT_ERROR_BYTES / 4];
    char error[CLIENT_ERROR_BYTES + CLIENT_ERROR_BYTES / 4 + 4];
};

struct client *client_new(void) {
    struct client *client = calloc(1, sizeof *client);
    if (!client) return NULL;
    client_socket_init(&client->socket);
    client->watch_fd = -1;
    ws_decoder_init(&client->decoder, false, false, CLIENT_MAX_MESSAGE);
    client->input = malloc(INPUT_BYTES);
    client->input_at = client->input_end = client->input;
    if (client->input) return client;
    client_free(client);
    return NULL;
}

void client_free(struct client *client) {
    if (!client) return;
    client_socket_close(&client->socket);
    ws_decoder_fini(&client->decoder);
    outgoing_fini(&client->outgoing);
    free(client->input);
    free(client);
}

const char *client_error(const struct client *client) {
    return client->error;
}

void client_watch(struct client *client, int fd) {
    client->watch_fd = fd;
}

int client_status(const struct client *client) {
    return client->status;
}

size_t client_queued(const struct client *client) {
    return outgoing_bytes(&client->outgoing);
}

static enum client_result fail(struct client *client, enum client_result result, const char *format,
                               ...) __attribute__((format(printf, 3, 4)));

static enum client_result fail(struct client *client, enum client_result result, const char *format,
                               ...) {
    char text[CLIENT_ERROR_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    snprintf(client->error, sizeof client->error, "%s: %s", client->url, text);
    return result;
}

static int connect_and_shake(struct client *client, const struct client_options *options,
                             const struct client_url *url, char *error) {
    int timeout_ms = options->timeout_ms ? options->timeout_ms : CLIENT_TIMEOUT_MS;
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    client->socket.watch_fd = client->watch_fd;
    if (client_socket_open(&client->socket, url, &options->files, deadline, error)) return -1;
    _Static_assert(INPUT_BYTES >= CLIENT_RESPONSE_BYTES, "the input takes the response");
    size_t count = 0;
    int result = client_handshake(&client->socket, url, options->protocol, deadline, client->input,
                                  &count, error);
    if (result < -1) client->status = -result;
    client->socket.watch_fd = -1;
    client->input_end = client->input + count;
    return result;
}

enum client_result client_connect(struct client *client, const struct client_options *options) {
    struct client_url url;
    char error[CLIENT_ERROR_BYTES] = "";
    const char *path = options->default_path ? options->default_path : "/ws";
    if (client_url_parse(options->url, path, &url, error)) {
        snprintf(client->error, sizeof client->error, "%s", error);
        return CLIENT_FAILED;
    }
    snprintf(client->url, sizeof client->url, "%s", options->url);
    if (connect_and_shake(client, options, &url, error))
        return fail(client, client->socket.watched ? CLIENT_WATCHED : CLIENT_FAILED, "%s", error);
    return CLIENT_OK;
}

enum client_result client_queue(struct client *client, enum ws_opcode opcode, const void *bytes,
                                size_t count) {
    if (outgoing_frame(&client->outgoing, opcode, bytes, count)) return CLIENT_OK;
    return fail(client, CLIENT_FAILED, "no memory for a message of %zu bytes", count);
}

/* The peer's close frame is answered with its own code. */
static enum client_result peer_closes(struct client *client, const struct ws_message *close) {
    uint8_t payload[2] = {(uint8_t)(close->code >> 8), (uint8_t)close->code};
    client->peer_closed = true;
    outgoing_frame(&client->outgoing, WS_CLOSE, payload, close->code ? sizeof payload : 0);
    char reason[REASON_TEXT];
    printable(close->payload, close->bytes, reason, sizeof reason);
    return fail(client, CLIENT_CLOSED, "closed by the server: %d%s%s",
                close->code ? (int)close->code : CLOSE_NO_STATUS, *reason ? " " : "", reason);
}

/* The next message of the bytes at hand; CLIENT_OK if more are needed. */
static enum client_result take(struct client *client, struct client_message *message) {
    struct ws_message got;
    for (;;) {
        switch (ws_decode(&client->decoder, &client->input_at, client->input_end, &got)) {
        case WS_EVENT_MORE:
            return CLIENT_OK;
        case WS_EVENT_MESSAGE:
            *message = (struct client_message){got.opcode, got.payload, got.bytes};
            return CLIENT_MESSAGE;
        case WS_EVENT_PING:
            if (client_queued(client) < PONG_LIMIT)
                outgoing_frame(&client->outgoing, WS_PONG, got.payload, got.bytes);
            break;
        case WS_EVENT_PONG:
            break;
        case WS_EVENT_CLOSE:
            return peer_closes(client, &got);
        case WS_EVENT_ERROR:
            return fail(client, CLIENT_FAILED, "the server broke the protocol: %s", got.reason);
        case WS_EVENT_NOMEM:
            return fail(client, CLIENT_FAILED, "no memory for a message");
        }
    }
}

/* Sends what the kernel takes. True if bytes moved. */
static bool send_some(struct client *client) {
    bool moved = false;
    while (client_queued(client) > 0 && !client->write_blocked && !client->write_failed) {
        ssize_t sent = client_socket_write(&client->socket, outgoing_at(&client->outgoing),
                                           client_queued(client));
        if (sent > 0) {
            outgoing_sent(&client->outgoing, (size_t)sent);
            moved = true;
        } else if (sent == CLIENT_SOCKET_AGAIN) {
            client->write_blocked = true;
        } else {
            client->write_failed = true;
        }
    }
    return moved;
}

/* Reads into the input, which is empty. CLIENT_OK if bytes came, TIMEOUT if there are none. */
static enum client_result fill(struct client *client) {
    ssize_t got = client_socket_read(&client->socket, client->input, INPUT_BYTES);
    if (got > 0) {
        client->input_at = client->input;
        client->input_end = client->input + got;
        return CLIENT_OK;
    }
    if (got == CLIENT_SOCKET_AGAIN) return CLIENT_TIMEOUT;
    if (got == CLIENT_SOCKET_FAILED)
        return fail(client, CLIENT_FAILED, "the connection broke: %s", client->socket.failure);
    return fail(client, CLIENT_FAILED, "the server ended the connection without a close frame");
}

/* Waits for the socket and `watch_fd`. OK: the socket may be read; WATCHED: the other. */
static enum client_result wait_for_events(struct client *client, uint64_t deadline, int watch_fd) {
    bool sending = client_queued(client) > 0 && !client->write_failed;
    short write_wants = sending ? client->socket.write_wants : 0;
    struct pollfd fds[2] = {
        {.fd = client->socket.fd, .events = (short)(client->socket.read_wants | write_wants)},
        {.fd = watch_fd, .events = POLLIN},
    };
    int timeout = deadline == FOREVER_NS ? -1 : client_left_ms(deadline);
    if (client_socket_pending(&client->socket)) timeout = 0;
    int ready = poll(fds, 2, timeout);
    if (ready < 0 && errno == EINTR) return CLIENT_OK;
    if (ready < 0) return fail(client, CLIENT_FAILED, "poll: %s", strerror(errno));
    if (fds[0].revents & write_wants) client->write_blocked = false;
    bool readable = fds[0].revents || client_socket_pending(&client->socket);
    bool watched = fds[1].revents && (client->watched_waits || !readable);
    client->watched_waits = fds[1].revents && !watched; /* in turns: a flood starves neither */
    if (watched) return CLIENT_WATCHED;
    return readable ? CLIENT_OK : CLIENT_TIMEOUT;
}

struct goal {
    int timeout_ms, watch_fd;
    bool drain; /* until at most `left` bytes are queued; the time counts from the last byte */
    size_t left;
};

static uint64_t deadline_of(const struct goal *goal) {
    if (goal->timeout_ms < 0) return FOREVER_NS;
    return clock_now_ns() + (uint64_t)goal->timeout_ms * NS_PER_MS;
}

static enum client_result run(struct client *client, const struct goal *goal,
                              struct client_message *message) {
    uint64_t deadline = deadline_of(goal);
    for (;;) {
        enum client_result result = take(client, message);
        bool moved = send_some(client);
        if (result != CLIENT_OK) return result;
        if (goal->drain && client_queued(client) <= goal->left) return CLIENT_OK;
        result = wait_for_events(client, deadline, goal->watch_fd);
        if (result != CLIENT_OK) return result;
        result = fill(client);
        if (result < 0) return result;
        if (goal->drain && (moved || result == CLIENT_OK)) deadline = deadline_of(goal);
        if (result == CLIENT_TIMEOUT && goal->timeout_ms == 0) return result;
    }
}

enum client_result client_receive(struct client *client, int timeout_ms, int watch_fd,
                                  struct client_message *message) {
    const struct goal goal = {.timeout_ms = timeout_ms, .watch_fd = watch_fd};
    return run(client, &goal, message);
}

enum client_result client_drain(struct client *client, size_t left, int timeout_ms,
                                struct client_message *message) {
    const struct goal goal = {
        .timeout_ms = timeout_ms, .watch_fd = -1, .drain = true, .left = left};
    return run(client, &goal, message);
}

/* Reads to the peer's FIN, so that no reset overtakes the close frame. */
static void read_to_end(struct client *client, uint64_t deadline) {
    for (;;) {
        ssize_t got = client_socket_read(&client->socket, client->input, INPUT_BYTES);
        if (got > 0) continue;
        if (got != CLIENT_SOCKET_AGAIN) return;
        if (client_poll(&client->socket, client->socket.read_wants, deadline) <= 0) return;
    }
}

enum client_result client_close(struct client *client, enum ws_close_code code, int timeout_ms) {
    if (client->socket.fd < 0) return CLIENT_FAILED;
    uint64_t deadline = clock_now_ns() + (uint64_t)timeout_ms * NS_PER_MS;
    struct client_message dropped;
    enum client_result result = CLIENT_MESSAGE;
    if (!client->peer_closed) {
        const uint8_t payload[2] = {(uint8_t)(code >> 8), (uint8_t)code};
        outgoing_frame(&client->outgoing, WS_CLOSE, payload, sizeof payload);
    }
    while (!client->peer_closed && result == CLIENT_MESSAGE && client_left_ms(deadline) > 0)
        result = client_receive(client, client_left_ms(deadline), -1, &dropped);
    while (client->peer_closed && client_queued(client) > 0 && !client->write_failed) {
        client->write_blocked = false;
        send_some(client);
        if (client->write_blocked &&
            client_poll(&client->socket, client->socket.write_wants, deadline) <= 0)
            break;
    }
    client_socket_shutdown(&client->socket);
    if (client->peer_closed) read_to_end(client, deadline);
    client_socket_close(&client->socket);
    return client->peer_closed ? CLIENT_OK : CLIENT_FAILED;
}
