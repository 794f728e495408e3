/* The public client as a subscriber. */
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "client/public.h"
#include "proto/subscribe.h"

static void drop_given(struct tickcast_client *client) {
    free(client->given);
    client->given = NULL;
}

void public_drop_kept(struct tickcast_client *client) {
    drop_given(client);
    while (client->first) {
        struct kept *kept = client->first;
        client->first = kept->next;
        free(kept);
    }
    client->last = &client->first;
    client->kept_bytes = 0;
}

static int keep(struct tickcast_client *client, const struct client_message *message) {
    bool room = message->count <= TICKCAST_CLIENT_KEPT - client->kept_bytes;
    struct kept *kept = room ? malloc(sizeof *kept + message->count) : NULL;
    if (!kept) {
        client->ended = true;
        return public_fail(client, TICKCAST_ECLOSED, "%s: %s", client->url,
                           room ? "no memory for the payloads before the answer to a subscription"
                                : "more than 64 MiB came before the answer to a subscription");
    }
    kept->next = NULL;
    kept->count = message->count;
    memcpy(kept->bytes, message->bytes, message->count);
    *client->last = kept;
    client->last = &kept->next;
    client->kept_bytes += message->count;
    return TICKCAST_OK;
}

/* Is it the echo of the request? A server may write the map anew. */
static bool is_echo(const struct client_message *message, const void *request, size_t bytes) {
    if (message->count == bytes && memcmp(message->bytes, request, bytes) == 0) return true;
    struct subscribe_request echoed = {0};
    bool is =
        subscribe_decode(message->bytes, message->count, UINT32_MAX, &echoed) == SUBSCRIBE_STREAMS;
    if (is) subscribe_request_fini(&echoed);
    return is;
}

static int refused(struct tickcast_client *client, const char *text, size_t bytes) {
    char words[PUBLIC_TEXT_BYTES];
    return public_fail(client, TICKCAST_EREFUSED, "%s: the subscription was refused: %s",
                       client->url, printable(text, bytes, words, sizeof words));
}

/* Where the answer stays away nobody knows which set counts: the connection is of no more use. */
static int unanswered(struct tickcast_client *client) {
    client->ended = true;
    return public_fail(client, TICKCAST_ECLOSED, "%s: the subscription was not answered in %d ms",
                       client->url, client->timeout_ms);
}

static int await_answer(struct tickcast_client *client, const void *request, size_t bytes) {
    uint64_t deadline = public_deadline(client->timeout_ms);
    for (;;) {
        struct client_message message;
        struct tickcast_payload payload;
        const char *text;
        size_t text_bytes;
        enum client_result got =
            client_receive(client->wire, public_left_ms(deadline), -1, &message);
        if (got == CLIENT_TIMEOUT) return unanswered(client);
        if (got != CLIENT_MESSAGE) return public_end(client);
        if (tickcast_payload_decode(message.bytes, message.count, &payload) == 0) {
            int result = keep(client, &message);
            if (result != TICKCAST_OK) return result;
        } else if (tickcast_error_decode(message.bytes, message.count, &text, &text_bytes) == 0) {
            return refused(client, text, text_bytes);
        } else if (is_echo(&message, request, bytes)) {
            return TICKCAST_OK;
        }
    }
}

int tickcast_client_subscribe(struct tickcast_client *client, const char *const *streams,
                              size_t count) {
    drop_given(client);
    if (count == 0) return public_fail(client, TICKCAST_EINVAL, "no streams to subscribe");
    int result = public_connect(client, PUBLIC_SUBSCRIBER);
    if (result != TICKCAST_OK) return result;
    void *request = NULL;
    size_t bytes = tickcast_subscribe_encode(streams, count, &request);
    if (bytes > 0 && client_queue(client->wire, WS_BINARY, request, bytes) == CLIENT_OK)
        result = await_answer(client, request, bytes);
    else
        result = public_fail(client, TICKCAST_ENOMEM, "no memory for a subscription");
    free(request);
    return result;
}

static bool give_kept(struct tickcast_client *client, struct tickcast_payload *payload) {
    struct kept *kept = client->first;
    if (!kept) return false;
    client->first = kept->next;
    if (!client->first) client->last = &client->first;
    client->kept_bytes -= kept->count;
    client->given = kept;
    return tickcast_payload_decode(kept->bytes, kept->count, payload) == 0;
}

int tickcast_client_receive(struct tickcast_client *client, int timeout_ms,
                            struct tickcast_payload *payload) {
    drop_given(client);
    if (give_kept(client, payload)) return TICKCAST_OK;
    if (client->ended) return TICKCAST_ECLOSED;
    if (client->role != PUBLIC_SUBSCRIBER)
        return public_fail(client, TICKCAST_EINVAL, "nothing was subscribed");
    uint64_t deadline = public_deadline(timeout_ms);
    for (;;) {
        struct client_message message;
        enum client_result got =
            client_receive(client->wire, public_left_ms(deadline), -1, &message);
        if (got == CLIENT_TIMEOUT)
            return public_fail(client, TICKCAST_ETIMEDOUT, "%s: nothing came in %d ms", client->url,
                               timeout_ms);
        if (got != CLIENT_MESSAGE) return public_end(client);
        if (tickcast_payload_decode(message.bytes, message.count, payload) == 0) return TICKCAST_OK;
    }
}
