#include "tickcast/publisher.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "client/answer.h"

#define HIGH_BYTES (1024 * 1024) /* queued bytes at which it waits */
#define LOW_BYTES  (256 * 1024)  /* and until when */
#define STALL_MS   60000         /* a broker that takes and says nothing for so long is given up */
#define PREFIX     16            /* room before a held message for what depends on its id */
#define TEXT_BYTES 512           /* of a refusal */

static int complain(const char *text) {
    char shown[TEXT_BYTES];
    fprintf(stderr, "tickcast pub: %s\n", printable(text, strlen(text), shown, sizeof shown));
    return -1;
}

void publisher_init(struct publisher *publisher, struct client *client, bool ack,
                    const char *input) {
    *publisher = (struct publisher){.client = client, .ack = ack, .input = input};
    msgpack_sbuffer_init(&publisher->held);
}

void publisher_fini(struct publisher *publisher) {
    msgpack_sbuffer_destroy(&publisher->held);
}

static void tell_error(struct publisher *publisher, const struct proto_text *text, uint64_t id) {
    char escaped[TEXT_BYTES], where[64] = "";
    printable(text->at, text->bytes, escaped, sizeof escaped);
    if (publisher->input && id)
        snprintf(where, sizeof where, "%s:%" PRIu64 ": ", publisher->input, id);
    else if (publisher->input)
        snprintf(where, sizeof where, "%s: after line %" PRIu64 ": ", publisher->input,
                 publisher->answered);
    fprintf(stderr, "tickcast pub: %sthe broker refused: %s\n", where, escaped);
    publisher->errors++;
    publisher->published--;
}

static void take_answer(struct publisher *publisher, const struct client_message *message) {
    struct answer answer;
    if (!answer_read(message->bytes, message->count, &answer)) return; /* it is left out */
    if (answer.error.at) tell_error(publisher, &answer.error, answer.id);
    if (answer.id) publisher->answered = answer.id;
}

static int broken(struct publisher *publisher, enum client_result result) {
    if (result != CLIENT_TIMEOUT) return complain(client_error(publisher->client));
    return complain("the broker took and answered nothing for 60 s");
}

static int drain(struct publisher *publisher, size_t left) {
    struct client_message message;
    for (;;) {
        enum client_result result = client_drain(publisher->client, left, STALL_MS, &message);
        if (result == CLIENT_OK) return 0;
        if (result != CLIENT_MESSAGE) return broken(publisher, result);
        take_answer(publisher, &message);
    }
}

/* Writes {"id": line, or { before the held message, whose rest is there, and queues it. */
static int queue_held(struct publisher *publisher, bool ask) {
    uint8_t *message = (uint8_t *)publisher->held.data + PREFIX;
    size_t count = publisher->held.size - PREFIX;
    if (ask) {
        static const uint8_t begin[] = {0x83, 0xa2, 'i', 'd', 0xcf};
        message -= sizeof begin + 8;
        count += sizeof begin + 8;
        memcpy(message, begin, sizeof begin);
        for (unsigned i = 0; i < 8; i++)
            message[sizeof begin + i] = (uint8_t)(publisher->held_line >> (56 - 8 * i));
        publisher->asked = publisher->held_line;
    } else {
        *--message = 0x82;
        count++;
    }
    publisher->held_line = 0;
    if (client_queue(publisher->client, WS_BINARY, message, count) != CLIENT_OK)
        return broken(publisher, CLIENT_FAILED);
    publisher->published++;
    return client_queued(publisher->client) > HIGH_BYTES ? drain(publisher, LOW_BYTES) : 0;
}

static int hold(struct publisher *publisher, const char *key, size_t key_bytes, const void *data,
                size_t data_bytes, uint64_t line) {
    static const char prefix[PREFIX];
    msgpack_packer packer;
    msgpack_sbuffer_clear(&publisher->held);
    msgpack_packer_init(&packer, &publisher->held, msgpack_sbuffer_write);
    if (msgpack_sbuffer_write(&publisher->held, prefix, PREFIX) || msgpack_pack_str(&packer, 3) ||
        msgpack_pack_str_body(&packer, "key", 3) || msgpack_pack_str(&packer, key_bytes) ||
        msgpack_pack_str_body(&packer, key, key_bytes) || msgpack_pack_str(&packer, 4) ||
        msgpack_pack_str_body(&packer, "data", 4) ||
        msgpack_sbuffer_write(&publisher->held, data, data_bytes))
        return complain("no memory");
    publisher->held_line = line;
    return 0;
}

int publisher_put(struct publisher *publisher, const char *key, size_t key_bytes, const void *data,
                  size_t data_bytes, uint64_t line) {
    if (publisher->held_line && queue_held(publisher, publisher->ack)) return -1;
    return hold(publisher, key, key_bytes, data, data_bytes, line);
}

int publisher_pause(struct publisher *publisher) {
    return publisher->held_line ? queue_held(publisher, true) : 0;
}

int publisher_wait(struct publisher *publisher, int fd) {
    struct client_message message;
    for (;;) {
        enum client_result result = client_receive(publisher->client, -1, fd, &message);
        if (result == CLIENT_WATCHED) return 0;
        if (result != CLIENT_MESSAGE) return broken(publisher, result);
        take_answer(publisher, &message);
    }
}

int publisher_finish(struct publisher *publisher) {
    if (publisher_pause(publisher) || drain(publisher, 0)) return -1;
    struct client_message message;
    while (publisher->answered < publisher->asked) {
        enum client_result result = client_receive(publisher->client, STALL_MS, -1, &message);
        if (result != CLIENT_MESSAGE) return broken(publisher, result);
        take_answer(publisher, &message);
    }
    return 0;
}
