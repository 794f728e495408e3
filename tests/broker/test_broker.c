/* The public API with real sockets on loopback. */
#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "stage.h"

Test(broker, a_push_reaches_its_subscriber_without_the_category_part_of_its_key) {
    int port;
    struct tickcast_broker *broker = start(NULL, &port);
    struct client *client = subscribe(port, "AAPL/*/OHLCV");
    struct client_message message;
    struct tickcast_payload payload;
    cr_assert(push(broker, "AAPL/1D/TRADE", NIL, 1) == TICKCAST_OK);
    cr_assert(push(broker, "AAPL/1Min/OHLCV:Symbol/Timeframe/AttributeGroup", "\x91\x07", 2) ==
              TICKCAST_OK);
    cr_assert(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE);
    cr_assert(tickcast_payload_decode(message.bytes, message.count, &payload) == 0);
    cr_assert(payload.key_bytes == 15 && memcmp(payload.key, "AAPL/1Min/OHLCV", 15) == 0);
    cr_assert(payload.data_bytes == 2 && memcmp(payload.data, "\x91\x07", 2) == 0);
    client_free(client);
    tickcast_broker_free(broker);
}

Test(broker, a_bad_key_or_bad_data_is_refused) {
    static const struct {
        const char *key, *data;
        size_t bytes;
    } bad[] = {
        {"AAPL/1Min", "\xc0", 1},
        {"AAPL//OHLCV", "\xc0", 1},
        {"A/B/C/D", "\xc0", 1},
        {"*/1Min/OHLCV", "\xc0", 1},
        {"A\n/1Min/O", "\xc0", 1},
        {"A\xff/1Min/O", "\xc0", 1},
        {"AAPL/1Min/OHLCV", "", 0},
        {"AAPL/1Min/OHLCV", "\xc1", 1},
        {"AAPL/1Min/OHLCV", "\x92\x01", 2},
        {"AAPL/1Min/OHLCV", "\x01\x02", 2},
    };
    int port;
    struct tickcast_broker *broker = start(NULL, &port);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        cr_expect(push(broker, bad[i].key, bad[i].data, bad[i].bytes) == TICKCAST_EINVAL, "row %zu",
                  i);
    tickcast_broker_free(broker);
}

/* A connected pair of TCP sockets on loopback. */
static void tcp_pair(int fds[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(bind(listener, (struct sockaddr *)&address, sizeof address) == 0);
    cr_assert(listen(listener, 1) == 0);
    getsockname(listener, (struct sockaddr *)&address, &bytes);
    fds[0] = socket(AF_INET, SOCK_STREAM, 0);
    cr_assert(connect(fds[0], (struct sockaddr *)&address, sizeof address) == 0);
    fds[1] = accept(listener, NULL, NULL);
    close(listener);
}

Test(broker, an_adopted_socket_is_served_with_the_bytes_already_read_from_it) {
    static const char request[] = "GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
                                  "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    int port, fds[2];
    struct tickcast_broker *broker = start(NULL, &port);
    tcp_pair(fds);
    size_t half = sizeof request / 2;
    cr_assert(tickcast_broker_adopt(broker, fds[1], -1, request, half) == TICKCAST_OK);
    cr_assert(write(fds[0], request + half, sizeof request - 1 - half) > 0);
    char response[512] = "";
    size_t have = 0;
    while (strstr(response, "\r\n\r\n") == NULL) {
        ssize_t got = read(fds[0], response + have, sizeof response - 1 - have);
        cr_assert(got > 0);
        have += (size_t)got;
    }
    cr_assert(strncmp(response, "HTTP/1.1 101 ", 13) == 0);
    cr_assert(strstr(response, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != NULL);
    close(fds[0]);
    tickcast_broker_free(broker);
}

Test(broker, adopt_refuses_what_is_no_connected_socket) {
    int port, pipes[2];
    struct tickcast_broker *broker = start(NULL, &port);
    cr_assert(pipe(pipes) == 0);
    cr_assert(tickcast_broker_adopt(broker, -1, -1, NULL, 0) == TICKCAST_EINVAL);
    cr_assert(tickcast_broker_adopt(broker, pipes[0], -1, NULL, 0) == TICKCAST_EINVAL);
    cr_assert(tickcast_broker_adopt(broker, pipes[0], 7, NULL, 0) == TICKCAST_EINVAL);
    cr_assert(close(pipes[0]) == 0, "the caller keeps a socket that was refused");
    close(pipes[1]);
    tickcast_broker_free(broker);
}

Test(broker, the_connection_limit_is_kept_for_adopted_sockets) {
    struct tickcast_options options;
    int port, first[2], second[2];
    tickcast_options_init(&options);
    options.max_connections = 1;
    struct tickcast_broker *broker = start(&options, &port);
    tcp_pair(first);
    tcp_pair(second);
    cr_assert(tickcast_broker_adopt(broker, first[1], -1, NULL, 0) == TICKCAST_OK);
    cr_assert(tickcast_broker_adopt(broker, second[1], -1, NULL, 0) == TICKCAST_EAGAIN);
    close(first[0]);
    close(second[0]);
    close(second[1]);
    tickcast_broker_free(broker);
}

static void *stop_broker(void *broker) {
    cr_assert(tickcast_broker_stop(broker) == TICKCAST_OK);
    return NULL;
}

Test(broker, after_stop_pushes_are_refused_and_subscribers_get_1001) {
    int port;
    struct tickcast_broker *broker = start(NULL, &port);
    struct client *client = subscribe(port, "*/*/*");
    struct client_message message;
    cr_assert(push(broker, "A/B/C", NIL, 1) == TICKCAST_OK);
    pthread_t thread;
    pthread_create(&thread, NULL, stop_broker, broker);
    cr_assert(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE,
              "what was accepted is delivered");
    cr_assert(client_receive(client, WAIT_MS, -1, &message) == CLIENT_CLOSED);
    cr_assert(strstr(client_error(client), "1001") != NULL, "%s", client_error(client));
    client_free(client);
    pthread_join(thread, NULL);
    cr_assert(push(broker, "A/B/C", NIL, 1) == TICKCAST_ECLOSED);
    cr_assert(tickcast_wait(broker, 1000) == TICKCAST_ECLOSED);
    cr_assert(tickcast_broker_stop(broker) == TICKCAST_OK, "also the second time");
    tickcast_broker_free(broker);
}

Test(broker, wait_returns_at_once_when_a_push_would_succeed) {
    int port;
    struct tickcast_broker *broker = start(NULL, &port);
    cr_assert(tickcast_wait(broker, WAIT_MS) == TICKCAST_OK);
    tickcast_broker_free(broker);
}

Test(broker, counters_tell_what_happened) {
    int port;
    struct tickcast_broker *broker = start(NULL, &port);
    struct client *client = subscribe(port, "A/B/*");
    struct client_message message;
    struct tickcast_stats stats;
    for (int i = 0; i < 3; i++) cr_assert(push(broker, "A/B/C", NIL, 1) == TICKCAST_OK);
    cr_assert(push(broker, "X/Y/Z", NIL, 1) == TICKCAST_OK);
    for (int i = 0; i < 3; i++)
        cr_assert(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE);
    tickcast_broker_stats(broker, &stats);
    cr_expect(stats.pushed == 4 && stats.matched == 3 && stats.appends == 3);
    cr_expect(stats.subscribers_now == 1 && stats.groups_now == 1 && stats.subscriptions_now == 1);
    cr_expect(stats.connections_now == 1 && stats.accepted == 1 && stats.handshakes == 1);
    client_free(client);
    tickcast_broker_free(broker);
}

Test(broker, messages_that_nobody_wants_are_checked_and_counted_as_others_are) {
    int port;
    struct tickcast_broker *broker = start(NULL, &port);
    struct client *client = subscribe(port, "A/B/*");
    struct tickcast_stats stats;
    for (int i = 0; i < 1000; i++) {
        cr_assert(push(broker, "X/Y/Z", NIL, 1) == TICKCAST_OK);
        cr_assert(push(broker, "X/Y/Z", "\xc1", 1) == TICKCAST_EINVAL);
        cr_assert(push(broker, "X/Y", NIL, 1) == TICKCAST_EINVAL);
    }
    tickcast_broker_stats(broker, &stats);
    cr_expect(stats.pushed == 1000 && stats.matched == 0 && stats.appends == 0);
    client_free(client);
    cr_assert(tickcast_broker_stop(broker) == TICKCAST_OK);
    cr_assert(push(broker, "X/Y/Z", NIL, 1) == TICKCAST_ECLOSED);
    tickcast_broker_free(broker);
}

Test(broker, options_and_listeners_that_are_not_allowed_are_refused) {
    struct tickcast_options options;
    struct tickcast_broker *broker;
    tickcast_options_init(&options);
    options.workers = 64;
    cr_assert(tickcast_broker_new(&options, &broker) == TICKCAST_EINVAL);
    cr_assert_str_eq(tickcast_options_check(&options), "workers");
    options.workers = 1;
    cr_assert(tickcast_broker_new(&options, &broker) == TICKCAST_OK);
    struct tickcast_listener none = {0};
    struct tickcast_listener half = {
        .host = "127.0.0.1",
        .tls = &(struct tickcast_tls){.certificate_count = 1,
                                      .certificates =
                                          &(struct tickcast_certificate){.cert_file = "x"}}};
    struct tickcast_listener missing = {
        .host = "127.0.0.1",
        .tls =
            &(struct tickcast_tls){.certificate_count = 1,
                                   .certificates = &(struct tickcast_certificate){
                                       .cert_file = "/nonexistent", .key_file = "/nonexistent"}}};
    struct tickcast_listener nowhere = {.host = "host.invalid"};
    cr_expect(tickcast_broker_listen(broker, &none) == TICKCAST_EINVAL);
    cr_expect(tickcast_broker_listen(broker, &half) == TICKCAST_EINVAL);
    cr_expect(tickcast_broker_listen(broker, &missing) == TICKCAST_ETLS);
    cr_expect(tickcast_broker_listen(broker, &nowhere) == TICKCAST_ESYSTEM && errno == ENOENT);
    tickcast_broker_free(broker);
}
