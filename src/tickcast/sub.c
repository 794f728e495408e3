#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/printable.h"
#include "client/client.h"
#include "proto/json.h"
#include "proto/subscribe.h"
#include "tickcast/commands.h"
#include "tickcast/messages.h"

#define OUTPUT_BYTES (256 * 1024)
#define KEY_TEXT     4096
#define TEXT_BYTES   512 /* of a complaint */
#define CLOSE_MS     1000

struct sub {
    const struct cli *options;
    struct client *client;
    void *request; /* the subscribe message, which the server echoes */
    size_t request_bytes;
    bool subscribed;
    uint64_t received;
    int signals; /* signalfd of SIGINT and SIGTERM */
};

static enum exit_code complain(const char *text) {
    fflush(stdout);
    fprintf(stderr, "tickcast sub: %s\n", text);
    return EXIT_FAILED;
}

static void print_payload(const struct sub *sub, const struct client_message *message,
                          const struct tickcast_payload *payload) {
    if (sub->options->raw) {
        fwrite(message->bytes, 1, message->count, stdout);
        return;
    }
    bool whole = sub->options->json;
    char *json = whole ? msgpack_to_json(message->bytes, message->count)
                       : msgpack_to_json(payload->data, payload->data_bytes);
    if (!whole) {
        char key[KEY_TEXT]; /* for a terminal */
        fputs(printable(payload->key, payload->key_bytes, key, sizeof key), stdout);
        fputs("  ", stdout);
    }
    puts(json ? json : "null");
    free(json);
}

/* Is it the echo of the request? A server may write the map anew. */
static bool is_echo(const struct sub *sub, const struct client_message *message) {
    if (message->count == sub->request_bytes &&
        memcmp(message->bytes, sub->request, message->count) == 0)
        return true;
    struct subscribe_request request = {0};
    enum subscribe_verdict verdict =
        subscribe_decode(message->bytes, message->count, UINT32_MAX, &request);
    if (verdict == SUBSCRIBE_STREAMS) subscribe_request_fini(&request);
    return verdict == SUBSCRIBE_STREAMS;
}

/* True as long as more is wanted. A MarketStore may send payloads before the echo. */
static bool take(struct sub *sub, const struct client_message *message, enum exit_code *code) {
    struct tickcast_payload payload;
    const char *text;
    size_t bytes;
    if (tickcast_payload_decode(message->bytes, message->count, &payload) == 0) {
        print_payload(sub, message, &payload);
        sub->received++;
        if (!ferror(stdout)) return sub->received != sub->options->count;
        *code = EXIT_FAILED;
        return false;
    }
    if (tickcast_error_decode(message->bytes, message->count, &text, &bytes) == 0) {
        char escaped[TEXT_BYTES];
        *code = complain(printable(text, bytes, escaped, sizeof escaped));
        return false;
    }
    if (is_echo(sub, message)) {
        sub->subscribed = true;
        return true;
    }
    char line[TEXT_BYTES];
    snprintf(line, sizeof line, "left out a message of %zu bytes that is not a payload",
             message->count);
    complain(line);
    return true;
}

/* Waits for the next message; output is kept back only while there is more to read at once. */
static enum client_result next(struct sub *sub, uint64_t deadline, struct client_message *message) {
    enum client_result result = client_receive(sub->client, 0, sub->signals, message);
    if (result != CLIENT_TIMEOUT) return result;
    fflush(stdout);
    int timeout_ms = -1;
    if (!sub->subscribed) {
        uint64_t now = clock_now_ns();
        timeout_ms = now < deadline ? (int)((deadline - now) / NS_PER_MS) + 1 : 0;
    }
    return client_receive(sub->client, timeout_ms, sub->signals, message);
}

static enum exit_code receive(struct sub *sub) {
    uint64_t deadline = clock_now_ns() + sub->options->timeout_ms * NS_PER_MS;
    enum exit_code code = EXIT_GOOD;
    struct client_message message;
    for (;;) {
        switch (next(sub, deadline, &message)) {
        case CLIENT_MESSAGE:
            if (take(sub, &message, &code)) break;
            return code;
        case CLIENT_WATCHED:
            return EXIT_GOOD;
        case CLIENT_TIMEOUT:
            if (sub->subscribed) break;
            return complain("the server did not answer the subscription in time");
        default:
            return complain(client_error(sub->client));
        }
    }
}

/* From here on the ending signals are events to close on; before, they end the process at once. */
static int catch_signals(void) {
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGINT);
    sigaddset(&ends, SIGTERM);
    sigprocmask(SIG_BLOCK, &ends, NULL);
    return signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
}

static enum exit_code subscribe(struct sub *sub) {
    const struct cli *options = sub->options;
    const struct client_options wanted = {
        .url = options->url ? options->url : CLI_URL,
        .ca_file = options->ca,
        .timeout_ms = (int)options->timeout_ms,
    };
    sub->request_bytes = tickcast_subscribe_encode((const char *const *)options->arguments,
                                                   (size_t)options->argument_count, &sub->request);
    if (sub->request_bytes == 0) return complain("no memory");
    if (client_connect(sub->client, &wanted) != CLIENT_OK ||
        client_queue(sub->client, WS_BINARY, sub->request, sub->request_bytes) != CLIENT_OK)
        return complain(client_error(sub->client));
    sub->signals = catch_signals();
    enum exit_code code = sub->signals < 0 ? complain(strerror(errno)) : receive(sub);
    client_close(sub->client, WS_CLOSE_NORMAL, CLOSE_MS);
    return code;
}

enum exit_code sub_run(const struct cli *options) {
    setvbuf(stdout, NULL, _IOFBF, OUTPUT_BYTES);
    struct sub sub = {.options = options, .client = client_new(), .signals = -1};
    enum exit_code code = sub.client ? subscribe(&sub) : complain("no memory");
    if (sub.signals >= 0) close(sub.signals);
    client_free(sub.client);
    free(sub.request);
    if (fflush(stdout) == 0 && !ferror(stdout)) return code;
    if (errno != EPIPE) complain("cannot write to standard output");
    return EXIT_FAILED;
}
