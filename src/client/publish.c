/* The public client as a publisher. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/printable.h"
#include "client/answer.h"
#include "client/public.h"
#include "key/key.h"
#include "proto/msgpack_walk.h"

#define HIGH_BYTES ((size_t)1024 * 1024) /* queued bytes at which it waits */
#define LOW_BYTES  ((size_t)256 * 1024)  /* and until when */
#define KEEP_BYTES ((size_t)1024 * 1024) /* a larger buffer is given back */
#define KEY_BYTES  4096                  /* the longest key that a broker can be set to take */

/* The held message has its id before the fields of a payload: {"id": 8 bytes, "key": .... */
static const uint8_t before_id[] = {0x83, 0xa2, 'i', 'd', 0xcf};
#define ID_BYTES     8
#define PREFIX_BYTES (sizeof before_id + ID_BYTES - 1) /* the payload's own first byte goes */

static void take_answer(struct tickcast_client *client, const struct client_message *message) {
    struct answer answer;
    if (!answer_read(message->bytes, message->count, &answer)) return;
    if (answer.id > client->answered) client->answered = answer.id;
    if (!answer.error.at || client->refused++ > 0) return;
    printable(answer.error.at, answer.error.bytes, client->refusal, sizeof client->refusal);
}

int public_queue_held(struct tickcast_client *client, bool ask) {
    if (client->held_bytes == 0) return TICKCAST_OK;
    uint8_t *message = client->held + PREFIX_BYTES;
    size_t bytes = client->held_bytes;
    if (ask) {
        message = client->held;
        bytes += PREFIX_BYTES;
        memcpy(message, before_id, sizeof before_id);
        for (unsigned i = 0; i < ID_BYTES; i++)
            message[sizeof before_id + i] = (uint8_t)((client->asked + 1) >> (56 - 8 * i));
    }
    if (client_queue(client->wire, WS_BINARY, message, bytes) != CLIENT_OK)
        return public_fail(client, TICKCAST_ENOMEM, "%s", client_error(client->wire));
    client->asked += ask;
    client->held_bytes = 0;
    return TICKCAST_OK;
}

static int hold(struct tickcast_client *client, const char *key, size_t key_bytes, const void *data,
                size_t data_bytes) {
    size_t needed = PREFIX_BYTES + tickcast_payload_size(key_bytes, data_bytes);
    bool shrink = client->held_room > KEEP_BYTES && needed < KEEP_BYTES;
    if (needed > client->held_room || shrink) {
        uint8_t *held = realloc(client->held, needed);
        if (!held) return public_fail(client, TICKCAST_ENOMEM, "no memory for a message");
        client->held = held;
        client->held_room = needed;
    }
    client->held_bytes =
        tickcast_payload_encode(key, key_bytes, data, data_bytes, client->held + PREFIX_BYTES);
    return TICKCAST_OK;
}

static int make_room(struct tickcast_client *client) {
    while (client_queued(client->wire) > HIGH_BYTES) {
        struct client_message message;
        enum client_result got =
            client_drain(client->wire, LOW_BYTES, client->timeout_ms, &message);
        if (got == CLIENT_MESSAGE)
            take_answer(client, &message);
        else if (got == CLIENT_TIMEOUT)
            return public_fail(client, TICKCAST_ETIMEDOUT, "%s: the broker took nothing for %d ms",
                               client->url, client->timeout_ms);
        else if (got != CLIENT_OK)
            return public_end(client);
    }
    return TICKCAST_OK;
}

int tickcast_client_publish(struct tickcast_client *client, const char *key, size_t key_bytes,
                            const void *data, size_t data_bytes) {
    size_t item_bytes = key_item_bytes(key, key_bytes);
    const char *why = key_check(key, item_bytes, KEY_BYTES);
    if (!why && data_bytes > TICKCAST_CLIENT_DATA) why = "data has more than 64 MiB";
    if (!why && (data_bytes == 0 || msgpack_walk(data, data_bytes, PROTO_DATA_DEPTH) != data_bytes))
        why = "data is not exactly one msgpack object, at most 64 deep";
    if (why) return public_fail(client, TICKCAST_EINVAL, "%s", why);
    int result = public_connect(client, PUBLIC_PUBLISHER);
    if (result == TICKCAST_OK) result = make_room(client);
    if (result == TICKCAST_OK) result = public_queue_held(client, false);
    return result == TICKCAST_OK ? hold(client, key, item_bytes, data, data_bytes) : result;
}

/* What the broker refused since the last flush. */
static int verdict(struct tickcast_client *client) {
    uint64_t refused = client->refused;
    client->refused = 0;
    if (refused == 0) return TICKCAST_OK;
    return public_fail(client, TICKCAST_EREFUSED, "%s: the broker refused %" PRIu64 " %s: %s",
                       client->url, refused, refused == 1 ? "message" : "messages, the first one",
                       client->refusal);
}

int tickcast_client_flush(struct tickcast_client *client, int timeout_ms) {
    if (client->ended) return TICKCAST_ECLOSED;
    int result = public_queue_held(client, true);
    if (result != TICKCAST_OK) return result;
    uint64_t deadline = public_deadline(timeout_ms);
    while (client->answered < client->asked) {
        struct client_message message;
        enum client_result got =
            client_receive(client->wire, public_left_ms(deadline), -1, &message);
        if (got == CLIENT_TIMEOUT)
            return public_fail(client, TICKCAST_ETIMEDOUT,
                               "%s: the broker has not answered all in %d ms", client->url,
                               timeout_ms);
        if (got != CLIENT_MESSAGE) return public_end(client);
        take_answer(client, &message);
    }
    return verdict(client);
}
