#include <criterion/criterion.h>
#include <stdlib.h>

#include "client/client.h"
#include "peer.h"

#define WAIT_MS 60000
#define BULK    ((size_t)8 << 20)

static struct peer peer;
static struct client *client;
static struct client_message message;

static void begin(void) {
    client = client_new();
    cr_assert(client);
}

static void end(void) {
    client_free(client);
    peer_join(&peer);
}

static enum client_result connect_to_peer(void) {
    return client_connect(
        client, &(struct client_options){.url = peer.url,
                                         .files = {.ca = peer.ca_file[0] ? peer.ca_file : NULL}});
}

static void expect_message(const void *bytes, size_t count) {
    enum client_result result = client_receive(client, WAIT_MS, -1, &message);
    cr_assert_eq(result, CLIENT_MESSAGE, "%d %s", result, client_error(client));
    cr_assert_eq(message.count, count);
    cr_assert_eq(memcmp(message.bytes, bytes, count), 0);
}

static void expect_error(const char *part) {
    cr_assert(strstr(client_error(client), part), "%s", client_error(client));
}

/* Sends every message back until the client closes; answers its close. */
static void echo(struct peer *self) {
    struct ws_message got;
    peer_accept(self);
    for (;;) {
        switch (peer_next(self, &got)) {
        case WS_EVENT_MESSAGE:
            peer_send(self, got.opcode, got.payload, got.bytes);
            break;
        case WS_EVENT_CLOSE:
            peer_send(self, WS_CLOSE, "\x03\xe8", 2);
            return;
        default:
            return;
        }
    }
}

static void echo_and_close(void) {
    cr_assert_eq(connect_to_peer(), CLIENT_OK, "%s", client_error(client));
    uint8_t *bytes = malloc(BULK);
    for (size_t i = 0; i < BULK; i++) bytes[i] = (uint8_t)(i * 7);
    static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 3000001};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        cr_assert_eq(client_queue(client, WS_BINARY, bytes, sizes[i]), CLIENT_OK);
        expect_message(bytes, sizes[i]);
        cr_assert_eq(message.opcode, WS_BINARY);
    }
    cr_assert_eq(client_close(client, WS_CLOSE_NORMAL, WAIT_MS), CLIENT_OK);
    free(bytes);
}

Test(client, messages_of_all_lengths_come_back_over_tcp, .init = begin, .fini = end) {
    peer_start(&peer, echo);
    echo_and_close();
}

Test(client, messages_of_all_lengths_come_back_over_a_unix_socket, .init = begin, .fini = end) {
    peer_start_unix(&peer, echo);
    echo_and_close();
}

Test(client, messages_of_all_lengths_come_back_over_tls, .init = begin, .fini = end) {
    peer_certificate(&peer, "IP:127.0.0.1");
    peer_start(&peer, echo);
    echo_and_close();
}

Test(client, a_certificate_of_an_unknown_authority_is_refused, .init = begin, .fini = end) {
    peer_certificate(&peer, "IP:127.0.0.1");
    peer_start(&peer, echo);
    const struct client_options options = {.url = peer.url};
    cr_assert_eq(client_connect(client, &options), CLIENT_FAILED);
    expect_error(peer.url);
    expect_error("cannot be verified: self-signed certificate");
}

Test(client, a_certificate_for_another_host_is_refused, .init = begin, .fini = end) {
    peer_certificate(&peer, "DNS:other.example");
    peer_start(&peer, echo);
    cr_assert_eq(connect_to_peer(), CLIENT_FAILED);
    expect_error("not for 127.0.0.1: IP address mismatch");
}

Test(client, a_ca_file_that_is_not_there_is_named, .init = begin, .fini = end) {
    peer_certificate(&peer, "IP:127.0.0.1");
    peer_start(&peer, echo);
    const struct client_options options = {.url = peer.url, .files = {.ca = "/nonexistent/ca.pem"}};
    cr_assert_eq(client_connect(client, &options), CLIENT_FAILED);
    expect_error("/nonexistent/ca.pem: No such file or directory");
}

Test(client, an_encrypted_private_key_is_refused_and_nobody_is_asked_for_its_passphrase) {
    char key[] = "/tmp/client-key-XXXXXX", error[CLIENT_ERROR_BYTES] = "";
    peer_certificate(&peer, "IP:127.0.0.1");
    FILE *file = fdopen(mkstemp(key), "w");
    cr_assert(PEM_write_PrivateKey(file, SSL_CTX_get0_privatekey(peer.context), EVP_aes_256_cbc(),
                                   (const unsigned char *)"secret", 6, NULL, NULL) == 1);
    fclose(file);
    const struct client_tls_files files = {.ca = peer.ca_file, .cert = peer.ca_file, .key = key};
    cr_expect(client_tls_context(&files, error) == NULL);
    cr_expect(strstr(error, "private key is encrypted") && strstr(error, key), "%s", error);
    unlink(key);
    unlink(peer.ca_file);
    SSL_CTX_free(peer.context);
}

Test(client, a_refused_connection_names_url_and_cause, .init = begin) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    char url[64];
    cr_assert_eq(bind(fd, (struct sockaddr *)&address, bytes), 0); /* bound, but nobody listens */
    getsockname(fd, (struct sockaddr *)&address, &bytes);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d", ntohs(address.sin_port));
    cr_assert_eq(client_connect(client, &(struct client_options){.url = url}), CLIENT_FAILED);
    expect_error(url);
    expect_error("Connection refused");
    close(fd);
    client_free(client);
}

static void forbid(struct peer *self) {
    char response[WS_RESPONSE_BYTES];
    peer_request(self, response);
    size_t bytes = ws_response_refuse(403, "set publishers_from: any\n", response);
    for (size_t i = 0; i < bytes; i++) peer_write(self, response + i, 1);
}

Test(client, a_refused_handshake_tells_status_and_body, .init = begin, .fini = end) {
    peer_start(&peer, forbid);
    cr_assert_eq(connect_to_peer(), CLIENT_FAILED);
    expect_error("HTTP 403: set publishers_from: any");
    cr_assert_eq(client_status(client), 403);
}

static void silent(struct peer *self) {
    char byte;
    while (peer_read(self, &byte, 1) > 0) continue;
}

Test(client, a_server_that_does_not_answer_is_given_up, .init = begin, .fini = end) {
    peer_start(&peer, silent);
    const struct client_options options = {.url = peer.url, .timeout_ms = 50};
    cr_assert_eq(client_connect(client, &options), CLIENT_FAILED);
    expect_error("did not answer in time");
    client_free(client);
    client = NULL;
}

Test(client, connecting_ends_when_the_watched_descriptor_is_readable, .init = begin, .fini = end) {
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    cr_assert_eq(write(pipes[1], "x", 1), 1);
    peer_start(&peer, silent);
    client_watch(client, pipes[0]);
    cr_assert_eq(connect_to_peer(), CLIENT_WATCHED, "%s", client_error(client));
    cr_assert_eq(client_status(client), 0);
    client_free(client);
    client = NULL;
}

static void close_at_once(struct peer *self) {
    char response[WS_RESPONSE_BYTES];
    peer_request(self, response);
}

Test(client, a_server_that_hangs_up_in_the_handshake_is_told, .init = begin, .fini = end) {
    peer_start(&peer, close_at_once);
    cr_assert_eq(connect_to_peer(), CLIENT_FAILED);
    expect_error("the server closed the connection");
}

static void glued(struct peer *self) {
    char response[WS_RESPONSE_BYTES + 4];
    size_t bytes = peer_request(self, response);
    memcpy(response + bytes, "\x82\x02hi", 4);
    for (size_t i = 0; i < bytes - 1; i++) peer_write(self, response + i, 1);
    peer_write(self, response + bytes - 1, 5);
    silent(self);
}

Test(client, a_message_glued_to_the_response_is_not_lost, .init = begin, .fini = end) {
    peer_start(&peer, glued);
    cr_assert_eq(connect_to_peer(), CLIENT_OK, "%s", client_error(client));
    expect_message("hi", 2);
    cr_assert_eq(client_receive(client, 0, -1, &message), CLIENT_TIMEOUT);
    client_free(client);
    client = NULL;
}

static void ping_then_message(struct peer *self) {
    struct ws_message got;
    peer_accept(self);
    peer_send(self, WS_PING, "abc", 3);
    cr_assert_eq(peer_next(self, &got), WS_EVENT_PONG);
    cr_assert_eq(got.bytes, 3);
    cr_assert_eq(memcmp(got.payload, "abc", 3), 0);
    peer_send(self, WS_TEXT, "after", 5);
    silent(self);
}

Test(client, pings_are_answered_while_waiting, .init = begin, .fini = end) {
    peer_start(&peer, ping_then_message);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    expect_message("after", 5);
    cr_assert_eq(message.opcode, WS_TEXT);
    client_free(client);
    client = NULL;
}

static void evict(struct peer *self) {
    struct ws_message got;
    uint8_t frame[WS_HEADER_BYTES + WS_CONTROL_BYTES];
    peer_accept(self);
    peer_write(self, frame, ws_close_write(WS_CLOSE_POLICY, "slow: 5 bytes\x1b", frame));
    cr_assert_eq(peer_next(self, &got), WS_EVENT_CLOSE);
    cr_assert_eq(got.code, WS_CLOSE_POLICY);
}

Test(client, the_close_of_a_server_is_told_and_answered_with_its_code, .init = begin, .fini = end) {
    peer_start(&peer, evict);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    cr_assert_eq(client_receive(client, WAIT_MS, -1, &message), CLIENT_CLOSED);
    expect_error("closed by the server: 1008 slow: 5 bytes\\x1b");
}

static void vanish(struct peer *self) {
    peer_accept(self);
}

Test(client, an_end_without_a_close_frame_is_a_failure, .init = begin, .fini = end) {
    peer_start(&peer, vanish);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    cr_assert_eq(client_receive(client, WAIT_MS, -1, &message), CLIENT_FAILED);
    expect_error("without a close frame");
}

/* Reads nothing before all that it has to say is taken, as a parked broker with answers would. */
static void write_first(struct peer *self) {
    struct ws_message got;
    uint8_t *bytes = calloc(1, 65536);
    peer_accept(self);
    for (size_t sent = 0; sent < BULK; sent += 65536) peer_send(self, WS_BINARY, bytes, 65536);
    free(bytes);
    for (size_t received = 0; received < BULK; received += got.bytes)
        cr_assert_eq(peer_next(self, &got), WS_EVENT_MESSAGE);
    peer_send(self, WS_TEXT, "all", 3);
    silent(self);
}

static void send_to_one_that_writes_first(void) {
    peer_start(&peer, write_first);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    uint8_t *bytes = calloc(1, 65536);
    for (size_t queued = 0; queued < BULK; queued += 65536)
        cr_assert_eq(client_queue(client, WS_BINARY, bytes, 65536), CLIENT_OK);
    free(bytes);
    size_t received = 0;
    enum client_result result;
    while ((result = client_drain(client, 0, WAIT_MS, &message)) == CLIENT_MESSAGE)
        received += message.count;
    cr_assert_eq(result, CLIENT_OK, "%d %s", result, client_error(client));
    cr_assert_eq(client_queued(client), 0);
    while (client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE &&
           message.opcode == WS_BINARY)
        received += message.count;
    cr_assert_eq(received, BULK);
    cr_assert_eq(message.opcode, WS_TEXT);
    client_free(client);
    client = NULL;
}

Test(client, sending_reads_too_so_that_nobody_waits_for_ever, .init = begin, .fini = end) {
    send_to_one_that_writes_first();
}

Test(client, sending_over_tls_reads_too, .init = begin, .fini = end) {
    peer_certificate(&peer, "IP:127.0.0.1");
    send_to_one_that_writes_first();
}

Test(client, a_readable_descriptor_ends_the_waiting, .init = begin, .fini = end) {
    int pipes[2];
    cr_assert_eq(pipe(pipes), 0);
    peer_start(&peer, echo);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    cr_assert_eq(client_receive(client, 10, pipes[0], &message), CLIENT_TIMEOUT);
    cr_assert_eq(write(pipes[1], "x", 1), 1);
    cr_assert_eq(client_receive(client, WAIT_MS, pipes[0], &message), CLIENT_WATCHED);
    client_close(client, WS_CLOSE_NORMAL, WAIT_MS);
}

static void flood(struct peer *self) {
    static const char frame[] = {'\x82', 3, 'a', 'b', 'c'};
    static char frames[13000][sizeof frame];
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        memcpy(frames[i], frame, sizeof frame);
    peer_accept(self);
    while (send(self->fd, frames, sizeof frames, MSG_NOSIGNAL) > 0) {
    }
}

Test(client, a_readable_descriptor_is_seen_in_a_flood_of_messages, .init = begin, .fini = end) {
    int pipes[2];
    enum client_result result = CLIENT_MESSAGE;
    cr_assert_eq(pipe(pipes), 0);
    cr_assert_eq(write(pipes[1], "x", 1), 1);
    peer_start(&peer, flood);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    for (int i = 0; i < 10000000 && result == CLIENT_MESSAGE; i++)
        result = client_receive(client, WAIT_MS, pipes[0], &message);
    cr_assert_eq(result, CLIENT_WATCHED);
    client_free(client);
    client = NULL;
}

static void bad_frame(struct peer *self) {
    peer_accept(self);
    peer_write(self, "\x82\x81maskx", 7); /* a server must not mask */
    silent(self);
}

Test(client, a_frame_that_breaks_the_protocol_is_a_failure, .init = begin, .fini = end) {
    peer_start(&peer, bad_frame);
    cr_assert_eq(connect_to_peer(), CLIENT_OK);
    cr_assert_eq(client_receive(client, WAIT_MS, -1, &message), CLIENT_FAILED);
    expect_error("broke the protocol");
    client_free(client);
    client = NULL;
}
