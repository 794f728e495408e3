#include "fuzz/connection/client.h"

#include <ctype.h>
#include <string.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"

#define FIN         0x80
#define MASK        0x80
#define OPCODE_TEXT 1

static const char handshake[] = " HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
static const char accepted[] = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; /* RFC 6455, 1.3 */

static void receive(void *arg, const uint8_t *bytes, size_t count);

void client_open(struct client *client, unsigned number, struct memory_socket *socket,
                 enum client_path path, struct messages *messages, const bool *failed) {
    memset(client, 0, offsetof(struct client, out));
    client->out_bytes = client->given_bytes = client->got_bytes = 0;
    client->answer_count = client->kept_bytes = 0;
    memset(client->next_of, 0, sizeof client->next_of);
    client->number = number;
    client->socket = socket;
    client->messages = messages;
    client->failed = failed;
    client->path = path;
    client->tame = true;
    client->opened_ns = clock_told();
    client->remote = socket->peer == PEER_REMOTE;
    client->set = -1;
    socket->sent = receive;
    socket->arg = client;
}

/* --- what it sends --- */

bool client_write_raw(struct client *client, const void *bytes, size_t count) {
    if (client->given_bytes + client->out_bytes + count > SOCKETS_INPUT_MAX) return false;
    memcpy(client->out + client->out_bytes, bytes, count);
    client->out_bytes += count;
    return true;
}

void client_write_handshake(struct client *client) {
    static const char *const paths[PATHS] = {"GET /ws", "GET /publish", "GET /nowhere"};
    CHECK(client_write_raw(client, paths[client->path], strlen(paths[client->path])));
    CHECK(client_write_raw(client, handshake, strlen(handshake)));
}

void client_write_proxy(struct client *client, bool stated) {
    /* haproxy's proxy-protocol.txt, 2.2: version 2, TCP over IPv4, 10.1.2.3:1 to 10.1.2.4:2 */
    static const uint8_t address[] =
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x0a\1\2\3\x0a\1\2\4\0\1\0\2";
    static const uint8_t local[] = "\r\n\r\n\0\r\nQUIT\n\x20\0\0";
    client->proxied = true;
    client->remote = stated;
    (void)client_write_raw(client, stated ? address : local, stated ? 28 : 16);
}

bool client_write(struct client *client, uint8_t head, const void *payload, size_t bytes) {
    uint8_t header[14] = {head};
    size_t at = 2;
    if (client->given_bytes + client->out_bytes + sizeof header + bytes > SOCKETS_INPUT_MAX)
        return false;
    if (bytes < 126) {
        header[1] = (uint8_t)(MASK | bytes);
    } else {
        header[1] = MASK | 126;
        header[at++] = (uint8_t)(bytes >> 8);
        header[at++] = (uint8_t)bytes;
    }
    uint32_t key = client->masks++ * 0x9e3779b9U;
    memcpy(header + at, &key, sizeof key);
    (void)client_write_raw(client, header, at + sizeof key);
    for (size_t i = 0; i < bytes; i++)
        client->out[client->out_bytes++] = ((const uint8_t *)payload)[i] ^ header[at + i % 4];
    return true;
}

void client_give(struct client *client, size_t most) {
    struct memory_socket *socket = client->socket;
    size_t bytes = client->out_bytes < most ? client->out_bytes : most;
    if (socket->fin || socket->reset) return;
    memcpy(socket->in + socket->in_bytes, client->out, bytes);
    socket->in_bytes += bytes;
    client->given_bytes += bytes;
    client->out_bytes -= bytes;
    memmove(client->out, client->out + bytes, client->out_bytes);
}

/* --- what it must get --- */

bool client_can_expect(const struct client *client, size_t bytes) {
    return client->answer_count + 2 <= CLIENT_ANSWERS &&
           client->kept_bytes + bytes <= CLIENT_KEPT_BYTES;
}

void client_expect(struct client *client, uint8_t opcode, bool error, const void *payload,
                   size_t bytes, int set, struct message *acks) {
    CHECK(client->answer_count < CLIENT_ANSWERS);
    CHECK(client->kept_bytes + bytes <= CLIENT_KEPT_BYTES);
    client->answers[client->answer_count++] = (struct answer){.opcode = opcode,
                                                              .error = error,
                                                              .at = client->kept_bytes,
                                                              .bytes = (uint32_t)bytes,
                                                              .set = set,
                                                              .acks = acks};
    if (bytes > 0) memcpy(client->kept + client->kept_bytes, payload, bytes);
    client->kept_bytes += (uint32_t)bytes;
}

bool client_must_get(const struct client *client, uint8_t key) {
    if (client->state != CLIENT_OPEN || client->wild || client->leaves || client->set < 0)
        return false;
    bool wants = set_wants((uint8_t)client->set, key);
    for (uint32_t i = 0; i < client->answer_count; i++)
        if (client->answers[i].set >= 0)
            wants = wants && set_wants((uint8_t)client->answers[i].set, key);
    return wants;
}

/* True if memory has lacked, in this turn or before. */
static bool excused(const struct client *client) {
    return *client->failed || allocations_end();
}

static struct answer next_answer(struct client *client) {
    CHECK(client->answer_count > 0);
    struct answer answer = client->answers[0];
    client->answer_count--;
    memmove(client->answers, client->answers + 1, client->answer_count * sizeof answer);
    return answer;
}

static bool is_error(uint8_t opcode, const uint8_t *payload, size_t bytes) {
    static const char json[] = "{\"error\":", msgpack[] = "\xa5"
                                                          "error";
    if (opcode == OPCODE_TEXT) return bytes > 9 && memcmp(payload, json, 9) == 0;
    return bytes > 7 && (payload[0] == 0x81 || payload[0] == 0x82) &&
           memcmp(payload + 1, msgpack, 6) == 0;
}

static void on_answer(struct client *client, uint8_t opcode, const uint8_t *payload, size_t bytes) {
    /* want of memory is told of messages without an id too: then it is not known what comes next */
    if (client->path == PATH_PUBLISH && is_error(opcode, payload, bytes) && excused(client))
        client->wild = true;
    if (client->wild) return;
    struct answer answer = next_answer(client);
    CHECK(answer.opcode == opcode);
    CHECK(!answer.error || is_error(opcode, payload, bytes));
    if (answer.error) return;
    CHECK(answer.bytes == bytes);
    CHECK(bytes == 0 || memcmp(client->kept + answer.at, payload, bytes) == 0);
    if (answer.set >= 0) client->set = answer.set;
    if (answer.acks != NULL) answer.acks->accepted = true;
    if (client->answer_count == 0) client->kept_bytes = 0;
}

static void on_message(struct client *client, const uint8_t *payload, size_t bytes) {
    struct message *message = messages_find(client->messages, payload, bytes);
    CHECK(client->path == PATH_SUBSCRIBE);
    CHECK(message->number >= client->next_of[message->source]); /* once, and in order */
    client->next_of[message->source] = message->number + 1;
    message->received |= (uint16_t)(1U << client->number);
    CHECK(client->set >= 0 && set_wants((uint8_t)client->set, message->key));
}

static void on_close(struct client *client, const uint8_t *payload, size_t bytes) {
    uint32_t code = bytes >= 2 ? (uint32_t)payload[0] << 8 | payload[1] : 0;
    CHECK(bytes != 1 && bytes <= 125);
    client->state = CLIENT_CLOSED;
    if (client->wild) return;
    const struct answer *first = &client->answers[0];
    if (client->answer_count > 0 && first->opcode == 8 && first->bytes == bytes &&
        (bytes == 0 || memcmp(client->kept + first->at, payload, bytes) == 0))
        return;
    CHECK(code == 1001 || code == 1008 || excused(client));
    CHECK(!client->tame || code == 1001 || excused(client));
}

static void on_frame(struct client *client, uint8_t opcode, const uint8_t *payload, size_t bytes) {
    CHECK(client->state == CLIENT_OPEN); /* nothing follows a close */
    bool message = opcode == 2 && bytes > 4 &&
                   memcmp(payload,
                          "\x82\xa3"
                          "key",
                          5) == 0;
    if (opcode == 9)
        CHECK(bytes == 0);
    else if (opcode == 8)
        on_close(client, payload, bytes);
    else if (message && !client->wild)
        on_message(client, payload, bytes);
    else if (!message)
        on_answer(client, opcode, payload, bytes);
}

/* Bytes of the frame that `got` begins with, 0 if it is not whole: RFC 6455, 5.2. */
static size_t take_frame(struct client *client) {
    const uint8_t *at = client->got;
    if (client->got_bytes < 2) return 0;
    uint8_t opcode = at[0] & 0x0f;
    CHECK((at[0] & 0xf0) == FIN);
    CHECK(opcode == 1 || opcode == 2 || (opcode >= 8 && opcode <= 10));
    CHECK((at[1] & MASK) == 0);
    uint64_t bytes = at[1];
    size_t header = bytes < 126 ? 2 : bytes == 126 ? 4 : 10;
    CHECK(opcode < 8 || header == 2);
    if (client->got_bytes < header) return 0;
    if (header > 2) bytes = 0;
    for (size_t i = 2; i < header; i++) bytes = bytes << 8 | at[i];
    CHECK(header == 2 || bytes > (header == 4 ? 125 : 65535)); /* the shortest form */
    CHECK(bytes < CLIENT_FRAME_BYTES - 10);
    if (client->got_bytes < header + bytes) return 0;
    on_frame(client, opcode, at + header, bytes);
    return header + bytes;
}

/* The end of the response's head, 0 if it is not there. */
static size_t take_head(struct client *client) {
    static const unsigned statuses[PATHS] = {101, 101, 404};
    client->got[client->got_bytes] = '\0';
    const char *text = (const char *)client->got, *end = strstr(text, "\r\n\r\n");
    if (end == NULL) return 0;
    unsigned status = 0;
    CHECK(sscanf(text, "HTTP/1.1 %3u ", &status) == 1);
    client->state = status == 101 ? CLIENT_OPEN : CLIENT_REFUSED;
    CHECK(status == 101 || (status >= 400 && status < 600));
    if (status == 101) CHECK(strstr(text, accepted) != NULL);
    bool forbidden = client->remote && client->path == PATH_PUBLISH;
    if (!client->wild && !(client->limited && status == 429))
        CHECK(status == (forbidden ? 403 : statuses[client->path]));
    return status == 101 ? (size_t)(end + 4 - text) : 0; /* with a refusal its head is kept */
}

static void receive(void *arg, const uint8_t *bytes, size_t count) {
    struct client *client = arg;
    while (count > 0) {
        size_t part = sizeof client->got - 1 - client->got_bytes;
        if (part > count) part = count;
        CHECK(part > 0);
        memcpy(client->got + client->got_bytes, bytes, part);
        client->got_bytes += part;
        bytes += part;
        count -= part;
        for (size_t taken = 1; taken > 0 && client->got_bytes > 0;) {
            if (client->state == CLIENT_REFUSED) break;
            CHECK(client->state != CLIENT_CLOSED);
            taken = client->state == CLIENT_HEAD ? take_head(client) : take_frame(client);
            client->got_bytes -= taken;
            memmove(client->got, client->got + taken, client->got_bytes);
        }
    }
}

/* A refusal is whole: its body is as long as its head says. */
static void check_refusal(const struct client *client) {
    const char *text = (const char *)client->got, *length = strstr(text, "Content-Length: ");
    const char *body = strstr(text, "\r\n\r\n");
    CHECK(body != NULL && length != NULL && length < body);
    size_t bytes = client->got_bytes - (size_t)(body + 4 - text);
    CHECK(bytes == strtoul(length + 16, NULL, 10));
}

void client_ended(struct client *client) {
    if (client->leaves || client->wild || excused(client)) return;
    client->got[client->got_bytes] = '\0';
    if (client->state == CLIENT_REFUSED && client->tame) check_refusal(client);
    CHECK(client->state >= CLIENT_REFUSED || !client->tame);
}
