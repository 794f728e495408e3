/* A broker in this process and clients of it, on loopback. */
#ifndef TESTS_BROKER_STAGE_H
#define TESTS_BROKER_STAGE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "client/client.h"
#include "tickcast/tickcast.h"

#define WAIT_MS 60000

static const uint8_t NIL[] = {0xc0};

static inline struct tickcast_broker *start(const struct tickcast_options *changed, int *port) {
    struct tickcast_options options;
    struct tickcast_broker *broker;
    tickcast_options_init(&options);
    if (changed != NULL) options = *changed;
    cr_assert(tickcast_broker_new(&options, &broker) == TICKCAST_OK);
    int number = tickcast_broker_listen(broker, &(struct tickcast_listener){.host = "127.0.0.1"});
    cr_assert(number == 0);
    *port = tickcast_broker_port(broker, number);
    cr_assert(tickcast_broker_start(broker) == TICKCAST_OK);
    return broker;
}

static inline struct client *subscribe(int port, const char *stream) {
    char url[64];
    struct client *client = client_new();
    struct client_message message;
    void *request;
    snprintf(url, sizeof url, "ws://127.0.0.1:%d/ws", port);
    cr_assert(client_connect(client, &(struct client_options){.url = url}) == CLIENT_OK, "%s",
              client_error(client));
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    client_queue(client, WS_BINARY, request, bytes);
    cr_assert(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE);
    cr_assert(message.count == bytes && memcmp(message.bytes, request, bytes) == 0);
    free(request);
    return client;
}

static inline int push(struct tickcast_broker *broker, const char *key, const void *data,
                       size_t bytes) {
    return tickcast_push(broker, key, strlen(key), data, bytes);
}

#endif
