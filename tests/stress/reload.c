/*
 * Certificates are replaced, again and again and by bad ones too, while TLS connections come and go
 * and messages flow; then the broker stops in the middle of it. Nobody meets a failed handshake,
 * and nothing is left.
 *
 *     reload [PUSHES]      the default is a million; a thousandth of them are reloads
 */
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>

#include "../net/issue.h"
#include "client/client.h"
#include "stress.h"
#include "tickcast/tickcast.h"

#define THREADS         3
#define PUSHES_A_RELOAD 1000
#define KEY             "A/B/C"

static struct tickcast_broker *broker;
static int listener;
static char folder[ISSUE_FOLDER_BYTES], authority[ISSUE_PATH_BYTES], url[64];
static _Atomic bool stopping;
static _Atomic uint32_t connections, payloads;

/* Subscribes and reads until the broker or its own patience ends it. False once the broker stops.
 */
static bool visit(uint32_t *seed) {
    const struct client_options options = {
        .url = url, .files = {.ca = authority}, .timeout_ms = WAIT_MS};
    static const char *const stream = KEY;
    struct client_message message;
    void *request;
    struct client *client = client_new();
    if (client_connect(client, &options) != CLIENT_OK) {
        CHECK(atomic_load(&stopping), "%s", client_error(client));
        client_free(client);
        return false;
    }
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    client_queue(client, WS_BINARY, request, bytes);
    free(request);
    enum client_result result = CLIENT_MESSAGE;
    uint32_t left = 1 + draw(seed, 50);
    for (; left > 0 && result == CLIENT_MESSAGE; left--)
        result = client_receive(client, WAIT_MS, -1, &message);
    CHECK(result == CLIENT_MESSAGE || atomic_load(&stopping), "%s", client_error(client));
    atomic_fetch_add(&connections, 1);
    atomic_fetch_add(&payloads, result == CLIENT_MESSAGE ? 1 : 0);
    if (draw(seed, 2) == 0) client_close(client, WS_CLOSE_NORMAL, WAIT_MS);
    client_free(client);
    return result == CLIENT_MESSAGE;
}

static void *come_and_go(void *arg) {
    uint32_t seed = (uint32_t)(uintptr_t)arg;
    while (visit(&seed)) continue;
    return NULL;
}

/* One in three is bad: the certificate of one with the key of another. */
static void reload(uint32_t number) {
    static const char *const names[] = {"first", "second"};
    char cert[ISSUE_PATH_BYTES], key[ISSUE_PATH_BYTES];
    bool bad = number % 3 == 2;
    const char *name = names[number % 2], *other = names[(number + bad) % 2];
    const struct tickcast_certificate certificate = {issue_path(folder, name, "pem", cert),
                                                     issue_path(folder, other, "key", key)};
    const struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
    int result = tickcast_broker_reload(broker, listener, &tls);
    CHECK(result == (bad ? TICKCAST_ETLS : TICKCAST_OK), "reload %u: %s", number,
          tickcast_strerror(result));
}

static void push_all(uint32_t pushes) {
    for (uint32_t i = 1; i <= pushes; i++) {
        if (i % PUSHES_A_RELOAD == 0) reload(i / PUSHES_A_RELOAD);
        int result;
        while ((result = tickcast_push(broker, KEY, sizeof KEY - 1, "\x93\x01\x02\x03", 4)) ==
               TICKCAST_EAGAIN)
            CHECK(tickcast_wait(broker, WAIT_MS) == TICKCAST_OK, "wait");
        CHECK(result == TICKCAST_OK, "push: %s", tickcast_strerror(result));
    }
}

static void *go_on_reloading(void *arg) {
    (void)arg;
    for (uint32_t i = 0; !atomic_load(&stopping); i += 3) reload(i);
    for (uint32_t i = 0; i < 9; i++) reload(i); /* a stopped broker is no reason to fail */
    return NULL;
}

static void start(void) {
    static const struct issue first = {
        .name = "first", .subject = "first", .signer = "ca", .names = "IP:127.0.0.1"};
    struct issue second = first;
    second.name = second.subject = "second";
    char cert[ISSUE_PATH_BYTES], key[ISSUE_PATH_BYTES];
    struct tickcast_options options;
    issue_folder(folder);
    issue_cert(folder, (struct issue){.name = "ca", .subject = "ca", .authority = true});
    issue_cert(folder, first);
    issue_cert(folder, second);
    issue_path(folder, "ca", "pem", authority);
    const struct tickcast_certificate certificate = {issue_path(folder, "first", "pem", cert),
                                                     issue_path(folder, "first", "key", key)};
    const struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
    options_init_patient(&options);
    options.workers = 2;
    options.tls_ticket_time_ms = 1000; /* the keys of tickets change too */
    CHECK(tickcast_broker_new(&options, &broker) == TICKCAST_OK, "new");
    listener = tickcast_broker_listen(
        broker, &(struct tickcast_listener){.host = "127.0.0.1", .tls = &tls});
    CHECK(listener >= 0, "listen: %s", tickcast_strerror(listener));
    snprintf(url, sizeof url, "wss://127.0.0.1:%u/ws", tickcast_broker_port(broker, listener));
    CHECK(tickcast_broker_start(broker) == TICKCAST_OK, "start");
}

int main(int argc, char **argv) {
    uint32_t pushes = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000000;
    pthread_t threads[THREADS], reloading;
    struct tickcast_stats stats;
    start();
    for (uintptr_t i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, come_and_go, (void *)(i + 1)) == 0, "no thread");
    push_all(pushes);
    CHECK(pthread_create(&reloading, NULL, go_on_reloading, NULL) == 0, "no thread");
    do push_all(PUSHES_A_RELOAD - 1); /* one thread at a time reloads */
    while (atomic_load(&payloads) <= THREADS);
    atomic_store(&stopping, true);
    CHECK(tickcast_broker_stop(broker) == TICKCAST_OK, "stop");
    pthread_join(reloading, NULL);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    tickcast_broker_stats(broker, &stats);
    CHECK(stats.connections_now == 0 && stats.accepted == stats.closed,
          "accepted %llu, closed %llu", (unsigned long long)stats.accepted,
          (unsigned long long)stats.closed);
    CHECK(stats.ended_tls_bad == 0, "%llu handshakes failed",
          (unsigned long long)stats.ended_tls_bad);
    printf("%u connections beside %u reloads\n", atomic_load(&connections),
           pushes / PUSHES_A_RELOAD);
    tickcast_broker_free(broker);
    issue_remove(folder);
    return 0;
}
