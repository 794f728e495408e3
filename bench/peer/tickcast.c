/* MarketStore's stream contract, and tickcast's /publish. */
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "peer/contract.h"
#include "peer/kinds.h"
#include "proto/payload.h"
#include "tickcast/messages.h"

#define BIN_HEAD_BYTES 5 /* of the longest */

static int no_memory(struct peer_conn *conn) {
    snprintf(conn->error, sizeof conn->error, "no memory");
    return -1;
}

int contract_hello(struct peer_conn *conn, struct peer_bytes *out) {
    (void)out;
    conn->ready = true;
    return 0;
}

static int subscribe(struct peer_conn *conn, const char *const *streams, uint32_t count,
                     struct peer_bytes *out) {
    void *request;
    size_t bytes = tickcast_subscribe_encode(streams, count, &request);
    if (!bytes) return no_memory(conn);
    peer_bytes_fini(&conn->request);
    conn->request = (struct peer_bytes){.at = request, .count = bytes, .room = bytes};
    conn->waiting = 1;
    return peer_bytes_add(out, request, bytes) ? no_memory(conn) : 0;
}

static size_t bin_head(size_t bytes, uint8_t *out) {
    size_t wide = bytes <= UINT8_MAX ? 1 : bytes <= UINT16_MAX ? 2 : 4;
    out[0] = (uint8_t)(0xc4 + (wide >> 1));
    for (size_t i = wide; i > 0; i--, bytes >>= 8) out[i] = (uint8_t)bytes;
    return 1 + wide;
}

int contract_publish(struct peer_conn *conn, const char *key, const uint8_t *data,
                     size_t data_bytes, struct peer_bytes *out) {
    uint8_t head[BIN_HEAD_BYTES];
    size_t key_bytes = strlen(key), head_bytes = bin_head(data_bytes, head);
    size_t bytes = tickcast_payload_size(key_bytes, head_bytes + data_bytes);
    uint8_t *at = peer_bytes_room(out, bytes);
    if (!at) return no_memory(conn);
    at += tickcast_payload_encode(key, key_bytes, head, head_bytes, at);
    memcpy(at, data, data_bytes);
    out->count += bytes;
    return 0;
}

/* Takes the head of bin off; other data stays what it is: one object of msgpack. */
static void set_data(const uint8_t *at, size_t bytes, struct peer_message *message) {
    size_t head = bytes >= 2 && at[0] == 0xc4   ? 2
                  : bytes >= 3 && at[0] == 0xc5 ? 3
                  : bytes >= 5 && at[0] == 0xc6 ? 5
                                                : 0;
    message->data = at + head;
    message->data_bytes = bytes - head;
}

/* A payload as MarketStore's and ours are: the key first, and short. */
static bool take_usual(const uint8_t *at, const uint8_t *end, struct peer_message *message) {
    size_t count = (size_t)(end - at);
    if (count < PAYLOAD_BEFORE_KEY_BYTES + 2 ||
        memcmp(at, PAYLOAD_BEFORE_KEY, PAYLOAD_BEFORE_KEY_BYTES) != 0)
        return false;
    at += PAYLOAD_BEFORE_KEY_BYTES;
    size_t head = (*at & 0xe0) == 0xa0 ? 1 : *at == 0xd9 ? 2 : 0;
    size_t key_bytes = head == 1 ? *at & 0x1fU : at[1];
    if (!head || (size_t)(end - at) <= head + key_bytes + PAYLOAD_BEFORE_DATA_BYTES) return false;
    message->key = (const char *)at + head;
    message->key_bytes = key_bytes;
    at += head + key_bytes;
    if (memcmp(at, PAYLOAD_BEFORE_DATA, PAYLOAD_BEFORE_DATA_BYTES) != 0) return false;
    at += PAYLOAD_BEFORE_DATA_BYTES;
    set_data(at, (size_t)(end - at), message);
    return true;
}

/* An {"error": text}, or something that is not of the contract. */
static enum peer_event refused(struct peer_conn *conn, const uint8_t *at, size_t count) {
    const char *text;
    size_t text_bytes;
    char shown[sizeof conn->error - 48];
    bool error = tickcast_error_decode(at, count, &text, &text_bytes) == 0;
    if (error)
        printable(text, text_bytes, shown, sizeof shown);
    else
        printable(at, count, shown, sizeof shown);
    snprintf(conn->error, sizeof conn->error, "the server %s: %s",
             error ? "answered" : "sent what is not of the contract", shown);
    return PEER_ERROR;
}

enum peer_event contract_take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                              struct peer_message *message) {
    const uint8_t *start = *at;
    size_t count = (size_t)(end - start);
    *at = end;
    if (take_usual(start, end, message)) return PEER_DATA;
    if (!count) return PEER_MORE;
    if (conn->waiting && count == conn->request.count && !memcmp(start, conn->request.at, count)) {
        conn->waiting = 0;
        return PEER_SUBSCRIBED;
    }
    struct tickcast_payload payload;
    if (tickcast_payload_decode(start, count, &payload)) return refused(conn, start, count);
    message->key = payload.key;
    message->key_bytes = payload.key_bytes;
    set_data(payload.data, payload.data_bytes, message);
    return PEER_DATA;
}

const struct peer peer_tickcast = {
    .name = "tickcast",
    .schemes = "ws wss unix",
    .path = "/ws",
    .publisher_path = "/publish",
    .websocket = true,
    .framed = true,
    .publishes = true,
    .hello = contract_hello,
    .subscribe = subscribe,
    .publish = contract_publish,
    .take = contract_take,
    .fini = peer_conn_fini,
};
