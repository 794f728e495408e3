/*
 * A storm of TLS handshakes beside established subscribers. First they get a message every 10 ms
 * while nothing else happens, then while full handshakes with an RSA key come all at once, then as
 * many messages as they take while as many handshakes come again. Nobody loses a message, all
 * handshakes are done, and while messages wait handshakes get no more than half of the time.
 *
 *     tls_storm [COUNT]     COUNT / 500 handshakes; the default is 2000
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../net/issue.h"
#include "base/clock.h"
#include "client/client.h"
#include "stress.h"
#include "tickcast/tickcast.h"

#define SUBSCRIBERS   100
#define HANDSHAKES    2000
#define PER_HANDSHAKE 500 /* of COUNT */
#define INTERVAL_NS   (10 * NS_PER_MS)
#define QUIET_NS      (2 * NS_PER_S)
#define PUBLISH_BATCH 1000
#define LATENCIES     (1 << 20)
#define SLACK_NS      (200 * NS_PER_MS) /* the last slice, not paid back */
#define STALLS        50 /* of the machine, each in a last slice, that are no fault of the broker */
#define KEY           "AAPL/1Min/OHLCV"

struct run {
    struct tickcast_broker *broker;
    int port;
    char ca[ISSUE_PATH_BYTES];
    uint32_t handshakes; /* of a storm */
    uint64_t expected;   /* of the broker, all phases */
    struct client *clients[SUBSCRIBERS];
    uint64_t pushed;       /* messages, all phases */
    _Atomic uint64_t read; /* of them, those that every subscriber has got */
    _Atomic bool storm_over;
    uint64_t *latencies; /* of one phase */
    _Atomic size_t latency_count;
};

/* One client of the storm. */
struct peer_of_storm {
    SSL *ssl;
    int fd;
};

static struct client *subscriber(int port, const char *ca) {
    char url[64];
    const char *stream = KEY;
    void *request;
    struct client_message message;
    struct client *client = client_new();
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/ws", port);
    CHECK(client_connect(client, &(struct client_options){.url = url,
                                                          .files.ca = ca,
                                                          .timeout_ms = WAIT_MS}) == CLIENT_OK,
          "%s", client_error(client));
    size_t bytes = tickcast_subscribe_encode(&stream, 1, &request);
    CHECK_TRUE(client_queue(client, WS_BINARY, request, bytes) == CLIENT_OK);
    CHECK_TRUE(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE);
    free(request);
    return client;
}

/* A message is when it was pushed, a msgpack uint64; 0 is the last. */
static void push(struct run *run, uint64_t at_ns) {
    uint8_t data[9] = {0xcf};
    int result;
    for (int i = 0; i < 8; i++) data[1 + i] = (uint8_t)(at_ns >> (56 - 8 * i));
    while ((result = tickcast_push(run->broker, KEY, sizeof KEY - 1, data, sizeof data)) ==
           TICKCAST_EAGAIN)
        CHECK_TRUE(tickcast_wait(run->broker, WAIT_MS) == TICKCAST_OK);
    CHECK_TRUE(result == TICKCAST_OK);
    run->pushed++;
}

static uint64_t receive(struct client *client) {
    struct client_message message;
    struct tickcast_payload payload;
    CHECK(client_receive(client, WAIT_MS, -1, &message) == CLIENT_MESSAGE, "%s",
          client_error(client));
    CHECK_TRUE(tickcast_payload_decode(message.bytes, message.count, &payload) == 0);
    CHECK_TRUE(payload.data_bytes == 9);
    const uint8_t *data = payload.data;
    uint64_t at_ns = 0;
    for (int i = 0; i < 8; i++) at_ns = at_ns << 8 | data[1 + i];
    return at_ns;
}

/* All subscribers, message by message: each gets the same ones in the same order. */
static void *read_all(void *arg) {
    struct run *run = arg;
    uint64_t at_ns = 1;
    while (at_ns != 0) {
        at_ns = receive(run->clients[0]);
        for (int i = 1; i < SUBSCRIBERS; i++) CHECK_TRUE(receive(run->clients[i]) == at_ns);
        size_t count = atomic_load(&run->latency_count);
        if (count < LATENCIES) {
            run->latencies[count] = clock_now_ns() - at_ns;
            atomic_store(&run->latency_count, count + 1);
        }
        atomic_fetch_add(&run->read, 1);
    }
    return NULL;
}

static void peer_open(struct peer_of_storm *peer, SSL_CTX *context, const struct run *run,
                      int epoll) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)run->port)};
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = peer};
    peer->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    CHECK(peer->fd >= 0, "%s", strerror(errno));
    CHECK_TRUE(connect(peer->fd, (struct sockaddr *)&address, sizeof address) == 0 ||
               errno == EINPROGRESS);
    peer->ssl = SSL_new(context);
    CHECK_TRUE(peer->ssl != NULL && SSL_set_fd(peer->ssl, peer->fd) == 1);
    SSL_set_connect_state(peer->ssl);
    CHECK_TRUE(epoll_ctl(epoll, EPOLL_CTL_ADD, peer->fd, &event) == 0);
}

/* True when its handshake is done. */
static bool peer_goes_on(struct peer_of_storm *peer) {
    if (SSL_is_init_finished(peer->ssl)) return false;
    ERR_clear_error();
    int result = SSL_do_handshake(peer->ssl);
    int error = SSL_get_error(peer->ssl, result);
    CHECK(result == 1 || error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE,
          "a handshake failed: %d, %s", error, ERR_reason_error_string(ERR_peek_error()));
    return result == 1;
}

/* The broker may have to take our last message yet. */
static void wait_for_handshakes(const struct run *run) {
    struct tickcast_stats stats;
    uint64_t until_ns = clock_now_ns() + WAIT_MS * NS_PER_MS;
    do {
        usleep(1000);
        tickcast_broker_stats(run->broker, &stats);
        CHECK(clock_now_ns() < until_ns, "%llu handshakes of %llu are done",
              (unsigned long long)stats.tls_handshakes, (unsigned long long)run->expected);
    } while (stats.tls_handshakes < run->expected);
}

static void *storm(void *arg) {
    struct run *run = arg;
    struct epoll_event events[64];
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    struct peer_of_storm *peers = calloc(run->handshakes, sizeof *peers);
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    CHECK_TRUE(context != NULL && peers != NULL && epoll >= 0);
    for (uint32_t i = 0; i < run->handshakes; i++) peer_open(&peers[i], context, run, epoll);
    for (uint32_t done = 0; done < run->handshakes;) {
        int count = epoll_wait(epoll, events, 64, WAIT_MS);
        CHECK(count > 0, "%u handshakes of %u are done", done, run->handshakes);
        for (int i = 0; i < count; i++) done += peer_goes_on(events[i].data.ptr);
    }
    wait_for_handshakes(run);
    for (uint32_t i = 0; i < run->handshakes; i++) {
        SSL_free(peers[i].ssl);
        close(peers[i].fd);
    }
    close(epoll);
    free(peers);
    SSL_CTX_free(context);
    atomic_store(&run->storm_over, true);
    return NULL;
}

static int compare(const void *a, const void *b) {
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void wait_for_readers(struct run *run) {
    while (atomic_load(&run->read) < run->pushed) usleep(100);
}

/* What the slowest of the subscribers waited for each message. */
static void report(struct run *run, const char *phase, const struct tickcast_stats *before) {
    struct tickcast_stats now;
    wait_for_readers(run);
    tickcast_broker_stats(run->broker, &now);
    size_t count = atomic_load(&run->latency_count);
    qsort(run->latencies, count, sizeof run->latencies[0], compare);
    printf("%-6s %6zu messages, latency p50 %.2f p99 %.2f max %.2f ms; TLS %.0f ms, other work "
           "%.0f ms\n",
           phase, count, (double)run->latencies[count / 2] / 1e6,
           (double)run->latencies[count * 99 / 100] / 1e6, (double)run->latencies[count - 1] / 1e6,
           (double)(now.tls_ns - before->tls_ns) / 1e6,
           (double)(now.tls_yielded_ns - before->tls_yielded_ns) / 1e6);
    atomic_store(&run->latency_count, 0);
}

static void push_paced(struct run *run, uint64_t until_ns) {
    for (uint64_t next_ns = clock_now_ns();
         until_ns != 0 ? next_ns < until_ns : !atomic_load(&run->storm_over);
         next_ns += INTERVAL_NS) {
        while (clock_now_ns() < next_ns) usleep(200);
        push(run, clock_now_ns());
    }
}

/* Messages that nobody wants, as many as the broker reads. */
static void *publish_all(void *arg) {
    struct run *run = arg;
    char url[64];
    struct client_message message;
    struct client *client = client_new();
    static const uint8_t publication[] = "\x82\xa3key\xa5"
                                         "A/B/C"
                                         "\xa4"
                                         "data\xc0";
    snprintf(url, sizeof url, "wss://127.0.0.1:%d/publish", run->port);
    struct client_options options = {.url = url, .files.ca = run->ca, .timeout_ms = WAIT_MS};
    CHECK(client_connect(client, &options) == CLIENT_OK, "%s", client_error(client));
    while (!atomic_load(&run->storm_over)) {
        for (int i = 0; i < PUBLISH_BATCH; i++)
            CHECK_TRUE(client_queue(client, WS_BINARY, publication, sizeof publication - 1) ==
                       CLIENT_OK);
        CHECK(client_drain(client, 0, WAIT_MS, &message) == CLIENT_OK, "%s", client_error(client));
    }
    client_free(client);
    return NULL;
}

/* What the last slice took is not paid back before the next one, and whoever stops the broker in it
 * makes it long: then there is one more. What handshakes had too much is not paid back by any. */
static void check_shares(const struct run *run) {
    struct tickcast_stats now;
    for (int i = 0;
         tickcast_broker_stats(run->broker, &now), now.tls_ns > now.tls_yielded_ns + SLACK_NS;
         i++) {
        CHECK(i < STALLS, "handshakes had more than half of the time: %llu ns, other work %llu ns",
              (unsigned long long)now.tls_ns, (unsigned long long)now.tls_yielded_ns);
        client_free(subscriber(run->port, run->ca));
    }
}

/* A storm, and a publisher beside it. */
static void phase(struct run *run, const char *name, bool flooded) {
    pthread_t thread, publisher;
    struct tickcast_stats before, after;
    tickcast_broker_stats(run->broker, &before);
    run->expected = before.tls_handshakes + run->handshakes + flooded;
    atomic_store(&run->storm_over, false);
    CHECK_TRUE(pthread_create(&thread, NULL, storm, run) == 0);
    if (flooded) CHECK_TRUE(pthread_create(&publisher, NULL, publish_all, run) == 0);
    push_paced(run, 0);
    pthread_join(thread, NULL);
    if (flooded) pthread_join(publisher, NULL);
    report(run, name, &before);
    tickcast_broker_stats(run->broker, &after);
    CHECK_TRUE(after.tls_handshakes == run->expected);
    CHECK_TRUE(after.tls_resumed == before.tls_resumed);
    CHECK_TRUE(after.tls_ns > before.tls_ns);
    check_shares(run);
}

static void run_open(struct run *run, const char *folder) {
    char key[ISSUE_PATH_BYTES];
    issue_cert(
        folder,
        (struct issue){.name = "rsa", .subject = "rsa", .names = "IP:127.0.0.1", .rsa_bits = 2048});
    struct tickcast_certificate certificate = {issue_path(folder, "rsa", "pem", run->ca),
                                               issue_path(folder, "rsa", "key", key)};
    struct tickcast_tls tls = {.certificates = &certificate, .certificate_count = 1};
    struct tickcast_options options;
    options_init_patient(&options);
    options.workers = 1;
    CHECK_TRUE(tickcast_broker_new(&options, &run->broker) == TICKCAST_OK);
    CHECK_TRUE(tickcast_broker_listen(run->broker, &(struct tickcast_listener){.host = "127.0.0.1",
                                                                               .tls = &tls}) == 0);
    run->port = tickcast_broker_port(run->broker, 0);
    CHECK_TRUE(tickcast_broker_start(run->broker) == TICKCAST_OK);
    for (int i = 0; i < SUBSCRIBERS; i++) run->clients[i] = subscriber(run->port, run->ca);
    run->latencies = calloc(LATENCIES, sizeof run->latencies[0]);
    CHECK_TRUE(run->latencies != NULL);
}

int main(int argc, char **argv) {
    static struct run run;
    char folder[ISSUE_FOLDER_BYTES];
    pthread_t reader;
    struct tickcast_stats before;
    long count = argc > 1 ? atol(argv[1]) : HANDSHAKES * PER_HANDSHAKE;
    run.handshakes =
        (uint32_t)(count / PER_HANDSHAKE < SUBSCRIBERS ? SUBSCRIBERS : count / PER_HANDSHAKE);
    issue_folder(folder);
    run_open(&run, folder);
    CHECK_TRUE(pthread_create(&reader, NULL, read_all, &run) == 0);
    tickcast_broker_stats(run.broker, &before);
    push_paced(&run, clock_now_ns() + QUIET_NS);
    report(&run, "quiet", &before);
    phase(&run, "storm", false);
    phase(&run, "flood", true);
    push(&run, 0);
    pthread_join(reader, NULL);
    for (int i = 0; i < SUBSCRIBERS; i++) client_free(run.clients[i]);
    tickcast_broker_free(run.broker);
    free(run.latencies);
    issue_remove(folder);
    return 0;
}
