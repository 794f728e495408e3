/* The codecs alone: handshake, frames, messages. Each line is for one operation of its name. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kit/micro.h"
#include "kit/plan.h"
#include "proto/error.h"
#include "proto/msgpack_walk.h"
#include "proto/publish.h"
#include "proto/subscribe.h"
#include "tickcast/messages.h"
#include "ws/frame.h"
#include "ws/handshake.h"

#define TIMES 100

static const char REQUEST[] = "GET /ws HTTP/1.1\r\n"
                              "Host: broker.example.com:5993\r\n"
                              "User-Agent: Go-http-client/1.1\r\n"
                              "Connection: Upgrade\r\n"
                              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                              "Sec-WebSocket-Version: 13\r\n"
                              "Upgrade: websocket\r\n\r\n";
static const uint8_t MASK[4] = {0x37, 0xfa, 0x21, 0x3d};

static void request_step(void *arg) {
    (void)arg;
    struct ws_request request;
    for (int i = 0; i < TIMES; i++)
        micro_keep((uint64_t)ws_request_parse(REQUEST, sizeof REQUEST - 1, 8192, &request, NULL));
}

static void accept_step(void *arg) {
    (void)arg;
    struct ws_request request;
    char response[WS_RESPONSE_BYTES];
    ws_request_parse(REQUEST, sizeof REQUEST - 1, 8192, &request, NULL);
    for (int i = 0; i < TIMES; i++) micro_keep(ws_response_accept(&request, NULL, response));
}

static void encode_step(void *arg) {
    uint8_t *frame = arg;
    for (int i = 0; i < TIMES; i++) {
        size_t head = ws_header_write(WS_BINARY, PLAN_HEAD_BYTES + PLAN_DATA_BYTES, frame);
        micro_keep(tickcast_payload_encode("AAAA/Tick/TRADE", 15, frame + 512, PLAN_DATA_BYTES,
                                           frame + head));
    }
}

struct stream_of_frames {
    uint8_t *bytes, *copy;
    size_t count;
    struct ws_decoder decoder;
};

/* The decoder unmasks in place, so each round needs the masked bytes anew: the copy is counted too.
 */
static void decode_step(void *arg) {
    struct stream_of_frames *frames = arg;
    struct ws_message message;
    memcpy(frames->copy, frames->bytes, frames->count);
    uint8_t *at = frames->copy, *end = at + frames->count;
    while (ws_decode(&frames->decoder, &at, end, &message) == WS_EVENT_MESSAGE)
        micro_keep(message.bytes);
}

static void measure_decode(const char *name, size_t payload_bytes) {
    struct stream_of_frames frames = {0};
    size_t room = TIMES * (payload_bytes + WS_HEADER_BYTES);
    frames.bytes = malloc(room);
    frames.copy = malloc(room);
    if (!frames.bytes || !frames.copy) exit(1);
    memset(frames.bytes, 0x55, room);
    for (int i = 0; i < TIMES; i++) {
        frames.count +=
            ws_header_write_masked(WS_BINARY, payload_bytes, MASK, frames.bytes + frames.count) +
            payload_bytes;
    }
    ws_decoder_init(&frames.decoder, true, false, 1 << 20);
    micro_run(name, TIMES, decode_step, &frames);
    ws_decoder_fini(&frames.decoder);
    free(frames.bytes);
    free(frames.copy);
}

struct message {
    uint8_t *bytes;
    size_t count;
};

static void subscribe_step(void *arg) {
    struct message *message = arg;
    for (int i = 0; i < TIMES; i++) {
        struct subscribe_request request;
        if (subscribe_decode(message->bytes, message->count, 4096, &request) != SUBSCRIBE_STREAMS)
            exit(1);
        micro_keep(request.count);
        subscribe_request_fini(&request);
    }
}

static void publish_step(void *arg) {
    struct message *message = arg;
    char error[PROTO_ERROR_BYTES];
    for (int i = 0; i < TIMES; i++) {
        struct publication publication;
        if (publish_decode(PUBLISH_MSGPACK, message->bytes, message->count, 1 << 20, &publication,
                           error))
            exit(1);
        micro_keep(publication.key.bytes);
        publication_fini(&publication);
    }
}

static void walk_step(void *arg) {
    struct message *message = arg;
    for (int i = 0; i < TIMES; i++)
        micro_keep(
            msgpack_walk(message->bytes + PLAN_HEAD_BYTES, PLAN_DATA_BYTES, PROTO_DATA_DEPTH));
}

int main(void) {
    struct plan plan;
    struct plan_options options = {
        .connections = 1, .streams = 50, .symbols = 5000, .seed = 1, .data_bytes = PLAN_DATA_BYTES};
    uint8_t payload[PLAN_HEAD_BYTES + PLAN_DATA_BYTES], frame[1024] = {0};
    struct message request, publication = {payload, sizeof payload};
    if (plan_init(&plan, &options)) return 1;
    request.bytes = plan_request(&plan, 0, &request.count);
    if (!request.bytes) return 1;
    plan_payload(&plan, 0, 1, payload);

    micro_run("codec: parse an upgrade request", TIMES, request_step, NULL);
    micro_run("codec: write its 101 answer", TIMES, accept_step, NULL);
    micro_run("codec: encode a frame of a trade (74 bytes)", TIMES, encode_step, frame);
    measure_decode("codec: decode a masked frame of 72 bytes", sizeof payload);
    measure_decode("codec: decode a masked frame of 4000 bytes", 4000);
    micro_run("codec: decode a subscribe request of 50 streams", TIMES, subscribe_step, &request);
    micro_run("codec: decode a publication of a trade", TIMES, publish_step, &publication);
    micro_run("codec: walk its data (9 objects)", TIMES, walk_step, &publication);
    free(request.bytes);
    plan_fini(&plan);
    return 0;
}
