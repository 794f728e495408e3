/* A program with a broker inside: it publishes a bar every 10 ms until standard input ends. */
#include <msgpack.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tickcast/tickcast.h"

static const char key[] = "AAPL/1Sec/OHLCV";

static int publish_bar(struct tickcast_broker *broker, msgpack_sbuffer *buffer, int number) {
    msgpack_packer packer;
    msgpack_packer_init(&packer, buffer, msgpack_sbuffer_write);
    msgpack_sbuffer_clear(buffer);
    msgpack_pack_map(&packer, 2);
    msgpack_pack_str_with_body(&packer, "Epoch", 5);
    msgpack_pack_int(&packer, number);
    msgpack_pack_str_with_body(&packer, "Close", 5);
    msgpack_pack_double(&packer, 100.0 + number % 7);
    return tickcast_push(broker, key, strlen(key), buffer->data, buffer->size);
}

int main(void) {
    struct tickcast_options options;
    struct tickcast_broker *broker;
    tickcast_options_init(&options);
    options.workers = 2;
    int result = tickcast_broker_new(&options, &broker);
    if (result == TICKCAST_OK) {
        struct tickcast_listener listener = {.host = "127.0.0.1", .port = 0};
        result = tickcast_broker_listen(broker, &listener);
        if (result >= 0) result = tickcast_broker_start(broker);
        if (result == TICKCAST_OK) printf("ws://127.0.0.1:%d\n", tickcast_broker_port(broker, 0));
        fflush(stdout);

        msgpack_sbuffer buffer;
        msgpack_sbuffer_init(&buffer);
        struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
        for (int number = 0; result == TICKCAST_OK && poll(&input, 1, 10) == 0; number++)
            result = publish_bar(broker, &buffer, number);
        msgpack_sbuffer_destroy(&buffer);
        tickcast_broker_free(broker); // stops it first
    }
    if (result != TICKCAST_OK) fprintf(stderr, "embed: %s\n", tickcast_strerror(result));
    return result != TICKCAST_OK;
}
