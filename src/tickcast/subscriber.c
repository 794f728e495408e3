#include "tickcast/subscriber.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/printable.h"
#include "proto/subscribe.h"
#include "tickcast/backoff.h"

#define CLOSE_MS      1000
#define TEXT_BYTES    512 /* of an error that the server answers */
#define STEADY_NS     ((uint64_t)BACKOFF_MOST_MS * NS_PER_MS) /* up for so long: begin anew */
#define WATCH_EVERY   64 /* messages: a flood of them must not hide watch_fd */
#define CLIENT_ERRORS 4  /* hundreds: our request is at fault */

static enum subscriber_event ended(struct subscriber *self, const char *why) {
    snprintf(self->why, sizeof self->why, "%s", why);
    return SUBSCRIBER_ENDED;
}

static void disconnect(struct subscriber *self) {
    if (self->client) client_close(self->client, WS_CLOSE_NORMAL, CLOSE_MS);
    client_free(self->client);
    self->client = NULL;
}

static enum subscriber_event lost(struct subscriber *self, const char *why) {
    if (!self->reconnect || !self->was_subscribed) return ended(self, why);
    snprintf(self->why, sizeof self->why, "%s", why);
    uint64_t now = clock_now_ns();
    if (self->state == SUBSCRIBER_RUNNING) {
        self->lost_ns = now;
        if (now - self->since_ns >= STEADY_NS) self->attempt = 0;
    }
    disconnect(self);
    self->state = SUBSCRIBER_WAITING;
    self->wait_ms = backoff_ms(self->attempt++, hash_seed());
    self->deadline_ns = clock_now_ns() + self->wait_ms * NS_PER_MS;
    return SUBSCRIBER_LOST;
}

static uint64_t timeout_ns(const struct subscriber *self) {
    return (uint64_t)self->wanted.timeout_ms * NS_PER_MS;
}

static enum client_result ask(struct subscriber *self) {
    enum client_result result = client_connect(self->client, &self->wanted);
    if (result != CLIENT_OK) return result;
    self->state = SUBSCRIBER_ASKING;
    self->deadline_ns = clock_now_ns() + timeout_ns(self);
    return client_queue(self->client, WS_BINARY, self->request, self->request_bytes);
}

int subscriber_start(struct subscriber *self, const struct client_options *wanted,
                     const char *const *streams, size_t count, bool reconnect) {
    *self = (struct subscriber){.wanted = *wanted, .reconnect = reconnect, .watch_fd = -1};
    self->client = client_new();
    self->request_bytes = tickcast_subscribe_encode(streams, count, &self->request);
    if (!self->client || self->request_bytes == 0) {
        ended(self, "no memory");
        return -1;
    }
    if (ask(self) == CLIENT_OK) return 0;
    ended(self, client_error(self->client));
    return -1;
}

/* An attempt that was given up for watch_fd is made again at the next call. */
static enum subscriber_event attempt(struct subscriber *self) {
    client_free(self->client);
    self->client = client_new();
    if (!self->client) return lost(self, "no memory");
    client_watch(self->client, self->watch_fd);
    switch (ask(self)) {
    case CLIENT_OK:
        return SUBSCRIBER_IDLE;
    case CLIENT_WATCHED:
        return SUBSCRIBER_WATCHED;
    default:
        if (client_status(self->client) / 100 == CLIENT_ERRORS)
            return ended(self, client_error(self->client));
        return lost(self, client_error(self->client));
    }
}

static bool watched(const struct subscriber *self, int timeout_ms) {
    struct pollfd watch = {.fd = self->watch_fd, .events = POLLIN};
    return poll(&watch, 1, timeout_ms) > 0;
}

static int left_ms(uint64_t until_ns) {
    if (until_ns == SUBSCRIBER_NEVER) return -1;
    uint64_t now = clock_now_ns();
    uint64_t left = now < until_ns ? (until_ns - now + NS_PER_MS - 1) / NS_PER_MS : 0;
    return left < INT32_MAX ? (int)left : INT32_MAX;
}

/* Is it the echo of the request? A server may write the map anew. */
static bool is_echo(const struct subscriber *self) {
    const struct client_message *message = &self->message;
    if (message->count == self->request_bytes &&
        memcmp(message->bytes, self->request, message->count) == 0)
        return true;
    struct subscribe_request request = {0};
    enum subscribe_verdict verdict =
        subscribe_decode(message->bytes, message->count, UINT32_MAX, &request);
    if (verdict == SUBSCRIBE_STREAMS) subscribe_request_fini(&request);
    return verdict == SUBSCRIBE_STREAMS;
}

/* A MarketStore may send payloads before the echo. */
static enum subscriber_event take(struct subscriber *self) {
    const struct client_message *message = &self->message;
    const char *text;
    size_t bytes;
    if (tickcast_payload_decode(message->bytes, message->count, &self->payload) == 0)
        return SUBSCRIBER_PAYLOAD;
    if (tickcast_error_decode(message->bytes, message->count, &text, &bytes) == 0) {
        char escaped[TEXT_BYTES];
        return ended(self, printable(text, bytes, escaped, sizeof escaped));
    }
    if (self->state == SUBSCRIBER_RUNNING || !is_echo(self)) return SUBSCRIBER_LEFT_OUT;
    self->state = SUBSCRIBER_RUNNING;
    self->since_ns = clock_now_ns();
    self->away_ns = self->was_subscribed ? self->since_ns - self->lost_ns : 0;
    self->was_subscribed = true;
    return SUBSCRIBER_CONNECTED;
}

static enum subscriber_event receive(struct subscriber *self, uint64_t until_ns) {
    bool asking = self->state == SUBSCRIBER_ASKING;
    if (++self->unwatched % WATCH_EVERY == 0 && watched(self, 0)) return SUBSCRIBER_WATCHED;
    if (asking && self->deadline_ns < until_ns) until_ns = self->deadline_ns;
    int timeout_ms = until_ns == 0 ? 0 : left_ms(until_ns);
    switch (client_receive(self->client, timeout_ms, self->watch_fd, &self->message)) {
    case CLIENT_MESSAGE:
        return take(self);
    case CLIENT_WATCHED:
        return SUBSCRIBER_WATCHED;
    case CLIENT_TIMEOUT:
        if (!asking || clock_now_ns() < self->deadline_ns) return SUBSCRIBER_IDLE;
        return lost(self, "the server did not answer the subscription in time");
    default:
        return lost(self, client_error(self->client));
    }
}

enum subscriber_event subscriber_next(struct subscriber *self, uint64_t until_ns) {
    if (self->state != SUBSCRIBER_WAITING) return receive(self, until_ns);
    uint64_t until = until_ns < self->deadline_ns ? until_ns : self->deadline_ns;
    if (watched(self, left_ms(until))) return SUBSCRIBER_WATCHED;
    return clock_now_ns() < self->deadline_ns ? SUBSCRIBER_IDLE : attempt(self);
}

void subscriber_end(struct subscriber *self) {
    disconnect(self);
    free(self->request);
    self->request = NULL;
}
