#include <criterion/criterion.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"
#include "tickcast/client.h"

#define WAIT_MS     60000
#define SHORT_MS    5000              /* also for connecting, on a loaded machine */
#define MANY        ((uint32_t)20000) /* messages, of more bytes than a publisher queues */
#define MAX_PAYLOAD 4096

static struct tickcast_broker *broker;
static struct tickcast_client *subscriber, *publisher;
static struct tickcast_payload payload;
static struct peer peer;
static char url[64];

static struct tickcast_client *open_client(const char *at, const char *ca_file, int timeout_ms) {
    struct tickcast_client *client;
    const struct tickcast_client_options options = {
        .url = at, .ca_file = ca_file, .timeout_ms = timeout_ms};
    cr_assert_eq(tickcast_client_open(&options, &client), TICKCAST_OK);
    return client;
}

static void begin(void) {
    struct tickcast_options options;
    tickcast_options_init(&options);
    options.workers = 2;
    options.max_payload = MAX_PAYLOAD;
    options.slow_time_ms = 600000; /* subscribers read when all is published */
    cr_assert_eq(tickcast_broker_new(&options, &broker), TICKCAST_OK);
    const struct tickcast_listener listener = {.host = "127.0.0.1"};
    cr_assert_eq(tickcast_broker_listen(broker, &listener), 0);
    cr_assert_eq(tickcast_broker_start(broker), TICKCAST_OK);
    snprintf(url, sizeof url, "ws://127.0.0.1:%d", tickcast_broker_port(broker, 0));
    subscriber = open_client(url, NULL, WAIT_MS);
    publisher = open_client(url, NULL, WAIT_MS);
}

static void end(void) {
    tickcast_client_close(subscriber);
    tickcast_client_close(publisher);
    tickcast_broker_free(broker);
}

static void end_peer(void) {
    tickcast_client_close(subscriber);
    tickcast_client_close(publisher);
    peer_join(&peer);
}

static void expect_error(const struct tickcast_client *client, const char *part) {
    cr_assert(strstr(tickcast_client_error(client), part), "%s", tickcast_client_error(client));
}

static int subscribe(const char *stream) {
    return tickcast_client_subscribe(subscriber, &stream, 1);
}

static int publish(const char *key, uint32_t number) {
    const uint8_t data[] = {0xce, (uint8_t)(number >> 24), (uint8_t)(number >> 16),
                            (uint8_t)(number >> 8), (uint8_t)number};
    return tickcast_client_publish(publisher, key, strlen(key), data, sizeof data);
}

static void publish_all(const char *key, uint32_t number) {
    cr_assert_eq(publish(key, number), TICKCAST_OK, "%s", tickcast_client_error(publisher));
    cr_assert_eq(tickcast_client_flush(publisher, WAIT_MS), TICKCAST_OK, "%s",
                 tickcast_client_error(publisher));
}

static void expect(const char *key, uint32_t number) {
    int result = tickcast_client_receive(subscriber, WAIT_MS, &payload);
    cr_assert_eq(result, TICKCAST_OK, "%s", tickcast_client_error(subscriber));
    const uint8_t *data = payload.data;
    cr_assert_eq(payload.key_bytes, strlen(key));
    cr_assert_eq(memcmp(payload.key, key, payload.key_bytes), 0, "not %s", key);
    cr_assert_eq(payload.data_bytes, 5);
    uint32_t got = (uint32_t)data[1] << 24 | data[2] << 16 | data[3] << 8 | data[4];
    cr_assert_eq(got, number, "%u in place of %u", got, number);
}

Test(public, all_that_is_published_arrives_in_its_order, .init = begin, .fini = end) {
    cr_assert_eq(subscribe("*/Tick/TRADE"), TICKCAST_OK);
    for (uint32_t i = 0; i < MANY; i++)
        cr_assert_eq(publish(i % 2 ? "A/Tick/TRADE" : "AVERYLONGSYMBOLINDEED/Tick/TRADE:x/y/z", i),
                     TICKCAST_OK, "%s", tickcast_client_error(publisher));
    cr_assert_eq(tickcast_client_flush(publisher, WAIT_MS), TICKCAST_OK);
    for (uint32_t i = 0; i < MANY; i++)
        expect(i % 2 ? "A/Tick/TRADE" : "AVERYLONGSYMBOLINDEED/Tick/TRADE", i);
    cr_assert_eq(tickcast_client_receive(subscriber, 0, &payload), TICKCAST_ETIMEDOUT);
}

Test(public, a_flush_with_nothing_published_is_good_and_connects_nobody, .init = begin,
     .fini = end) {
    struct tickcast_stats stats;
    cr_assert_eq(tickcast_client_flush(publisher, WAIT_MS), TICKCAST_OK);
    tickcast_broker_stats(broker, &stats);
    cr_assert_eq(stats.accepted, 0);
    publish_all("A/B/C", 1);
    cr_assert_eq(tickcast_client_flush(publisher, 0), TICKCAST_OK);
}

Test(public, what_was_published_is_sent_by_close, .init = begin, .fini = end) {
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK);
    cr_assert_eq(publish("A/B/C", 1), TICKCAST_OK);
    cr_assert_eq(publish("A/B/C", 2), TICKCAST_OK);
    tickcast_client_close(publisher);
    publisher = NULL;
    expect("A/B/C", 1);
    expect("A/B/C", 2);
}

Test(public, a_later_subscription_replaces_the_set, .init = begin, .fini = end) {
    static const char *const both[] = {"A/B/C", "D/E/*"};
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK);
    publish_all("D/E/F", 1);
    publish_all("A/B/C", 2);
    expect("A/B/C", 2); /* so the first one has passed, and found the old set */
    publish_all("A/B/C", 3);
    cr_assert_eq(tickcast_client_subscribe(subscriber, both, 2), TICKCAST_OK);
    publish_all("D/E/F", 4);
    cr_assert_eq(subscribe("D/E/F"), TICKCAST_OK);
    publish_all("A/B/C", 5);
    publish_all("D/E/F", 6);
    expect("A/B/C", 3);
    expect("D/E/F", 4);
    expect("D/E/F", 6);
}

Test(public, a_refused_subscription_is_told_and_the_old_set_stays, .init = begin, .fini = end) {
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK);
    cr_assert_eq(subscribe("A/B"), TICKCAST_EREFUSED);
    expect_error(subscriber, url);
    expect_error(subscriber, "A/B is an invalid stream");
    publish_all("A/B/C", 1);
    expect("A/B/C", 1);
    cr_assert_eq(tickcast_client_subscribe(subscriber, NULL, 0), TICKCAST_EINVAL);
}

Test(public, what_no_broker_takes_is_refused_at_once, .init = begin, .fini = end) {
    cr_assert_eq(publish("A/B", 1), TICKCAST_EINVAL);
    expect_error(publisher, "three non-empty elements");
    cr_assert_eq(tickcast_client_publish(publisher, "A/B/C", 5, "\x01\x02", 2), TICKCAST_EINVAL);
    expect_error(publisher, "one msgpack object");
    cr_assert_eq(tickcast_client_publish(publisher, "A/B/C", 5, "", 0), TICKCAST_EINVAL);
    publish_all("A/B/C", 1);
}

Test(public, what_the_broker_refuses_is_counted_by_the_next_flush, .init = begin, .fini = end) {
    uint8_t large[MAX_PAYLOAD + 3] = {0xc5, MAX_PAYLOAD >> 8, MAX_PAYLOAD & 0xff};
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK);
    cr_assert_eq(publish("A/B/C", 1), TICKCAST_OK);
    for (unsigned i = 0; i < 2; i++)
        cr_assert_eq(tickcast_client_publish(publisher, "A/B/C", 5, large, sizeof large),
                     TICKCAST_OK);
    cr_assert_eq(publish("A/B/C", 2), TICKCAST_OK);
    cr_assert_eq(tickcast_client_publish(publisher, "A/B/C", 5, large, sizeof large), TICKCAST_OK);
    cr_assert_eq(tickcast_client_flush(publisher, WAIT_MS), TICKCAST_EREFUSED);
    expect_error(publisher, "refused 3 messages");
    expect_error(publisher, "4096");
    publish_all("A/B/C", 3);
    for (uint32_t i = 1; i <= 3; i++) expect("A/B/C", i);
}

Test(public, a_client_either_subscribes_or_publishes, .init = begin, .fini = end) {
    cr_assert_eq(tickcast_client_receive(subscriber, 0, &payload), TICKCAST_EINVAL);
    expect_error(subscriber, "nothing was subscribed");
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK);
    publish_all("A/B/C", 1);
    cr_assert_eq(tickcast_client_publish(subscriber, "A/B/C", 5, "\x01", 1), TICKCAST_EINVAL);
    expect_error(subscriber, "either subscribes or publishes");
    const char *stream = "A/B/C";
    cr_assert_eq(tickcast_client_subscribe(publisher, &stream, 1), TICKCAST_EINVAL);
    cr_assert_eq(tickcast_client_receive(publisher, 0, &payload), TICKCAST_EINVAL);
    publish_all("A/B/C", 2);
    expect("A/B/C", 1);
    expect("A/B/C", 2);
}

Test(public, a_path_in_the_url_counts, .init = begin, .fini = end) {
    char wrong[128];
    snprintf(wrong, sizeof wrong, "%s/nowhere", url);
    tickcast_client_close(subscriber);
    subscriber = open_client(wrong, NULL, WAIT_MS);
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_ECLOSED);
    expect_error(subscriber, "HTTP 404");
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_ECLOSED);
    expect_error(subscriber, wrong);
}

Test(public, the_end_of_the_broker_is_told_after_the_last_payload, .init = begin, .fini = end) {
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK);
    publish_all("A/B/C", 1);
    tickcast_broker_stop(broker);
    expect("A/B/C", 1);
    for (unsigned i = 0; i < 2; i++)
        cr_assert_eq(tickcast_client_receive(subscriber, WAIT_MS, &payload), TICKCAST_ECLOSED);
    expect_error(subscriber, "closed by the server: 1001");
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_ECLOSED);
    cr_assert_eq(publish("A/B/C", 2), TICKCAST_OK);
    cr_assert_eq(tickcast_client_flush(publisher, WAIT_MS), TICKCAST_ECLOSED);
    cr_assert_eq(publish("A/B/C", 3), TICKCAST_ECLOSED);
}

Test(public, bad_options_make_no_client) {
    struct tickcast_client *client = (void *)url;
    cr_assert_eq(tickcast_client_open(&(struct tickcast_client_options){0}, &client),
                 TICKCAST_EINVAL);
    cr_assert_null(client);
    expect_error(client, "no url");
    tickcast_client_close(client);
    subscriber = open_client("http://127.0.0.1", NULL, 0);
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_EINVAL);
    expect_error(subscriber, "ws://HOST");
    tickcast_client_close(subscriber);
}

/* A server that sends `first` payloads of the key A/B/C before it answers. */
static unsigned first;
static size_t first_bytes;

static void late_answer(struct peer *self) {
    struct ws_message got;
    uint8_t *data = calloc(1, first_bytes), *message = malloc(first_bytes + 64);
    peer_accept(self);
    cr_assert_eq(peer_next(self, &got), WS_EVENT_MESSAGE);
    for (uint32_t i = 0; i < first; i++) {
        const uint8_t head[] = {0xc6, (uint8_t)((first_bytes - 5) >> 24),
                                (uint8_t)((first_bytes - 5) >> 16),
                                (uint8_t)((first_bytes - 5) >> 8), (uint8_t)(first_bytes - 5)};
        if (first_bytes == 5)
            memcpy(data, (uint8_t[]){0xce, 0, 0, 0, (uint8_t)i}, 5);
        else
            memcpy(data, head, sizeof head);
        peer_send(self, WS_BINARY, message,
                  tickcast_payload_encode("A/B/C", 5, data, first_bytes, message));
    }
    peer_send(self, WS_BINARY, got.payload, got.bytes);
    peer_send(self, WS_BINARY, message,
              tickcast_payload_encode("A/B/C", 5, (uint8_t[]){0xce, 0, 0, 0, (uint8_t)first}, 5,
                                      message));
    free(message);
    free(data);
    while (peer_next(self, &got) == WS_EVENT_MESSAGE) continue;
    peer_send(self, WS_CLOSE, "\x03\xe8", 2);
}

Test(public, payloads_before_the_answer_are_kept, .fini = end_peer) {
    first = 3;
    first_bytes = 5;
    peer_start(&peer, late_answer);
    subscriber = open_client(peer.url, NULL, WAIT_MS);
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_OK, "%s", tickcast_client_error(subscriber));
    for (uint32_t i = 0; i <= first; i++) expect("A/B/C", i);
}

static void endless(struct peer *self) {
    struct ws_message got;
    uint8_t *message = calloc(1, first_bytes + 64);
    uint8_t *data = calloc(1, first_bytes);
    memcpy(data, (uint8_t[]){0xc6, 0, 0x10, 0, 0}, 5);
    size_t bytes = tickcast_payload_encode("A/B/C", 5, data, first_bytes, message);
    uint8_t header[WS_HEADER_BYTES];
    size_t header_bytes = ws_header_write(WS_BINARY, bytes, header);
    peer_accept(self);
    cr_assert_eq(peer_next(self, &got), WS_EVENT_MESSAGE);
    bool open = true;
    while (open)
        open = send(self->fd, header, header_bytes, MSG_NOSIGNAL) == (ssize_t)header_bytes &&
               send(self->fd, message, bytes, MSG_NOSIGNAL) == (ssize_t)bytes;
    free(message);
    free(data);
}

Test(public, the_payloads_before_the_answer_have_a_limit, .fini = end_peer) {
    first_bytes = 5 + ((size_t)1 << 20);
    peer_start(&peer, endless);
    subscriber = open_client(peer.url, NULL, WAIT_MS);
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_ECLOSED);
    expect_error(subscriber, "more than 64 MiB");
    size_t received = 0;
    while (tickcast_client_receive(subscriber, 0, &payload) == TICKCAST_OK)
        received += payload.data_bytes;
    cr_assert_lt(received, TICKCAST_CLIENT_KEPT);
    cr_assert_gt(received, TICKCAST_CLIENT_KEPT - ((size_t)2 << 20));
}

static void silent(struct peer *self) {
    struct ws_message got;
    peer_accept(self);
    while (peer_next(self, &got) == WS_EVENT_MESSAGE) continue;
}

Test(public, a_subscription_without_an_answer_ends_the_connection, .fini = end_peer) {
    peer_start(&peer, silent);
    subscriber = open_client(peer.url, NULL, SHORT_MS);
    cr_assert_eq(subscribe("A/B/C"), TICKCAST_ECLOSED);
    expect_error(subscriber, "was not answered in 5000 ms");
}

Test(public, a_flush_that_is_not_answered_in_time_may_be_repeated, .fini = end_peer) {
    peer_start(&peer, silent);
    publisher = open_client(peer.url, NULL, WAIT_MS);
    cr_assert_eq(publish("A/B/C", 1), TICKCAST_OK);
    for (unsigned i = 0; i < 2; i++)
        cr_assert_eq(tickcast_client_flush(publisher, 10), TICKCAST_ETIMEDOUT);
    expect_error(publisher, "has not answered all in 10 ms");
}

static sem_t over;

static void unread(struct peer *self) {
    peer_accept(self);
    while (sem_wait(&over) != 0) continue;
}

Test(public, a_publish_ends_when_the_broker_takes_nothing, .fini = end_peer) {
    uint8_t data[65536 + 5] = {0xc6, 0, 1, 0, 0};
    int result = TICKCAST_OK;
    sem_init(&over, 0, 0);
    peer_start(&peer, unread);
    publisher = open_client(peer.url, NULL, SHORT_MS);
    for (unsigned i = 0; i < 1024 && result == TICKCAST_OK; i++)
        result = tickcast_client_publish(publisher, "A/B/C", 5, data, sizeof data);
    sem_post(&over);
    cr_assert_eq(result, TICKCAST_ETIMEDOUT, "%d", result);
    expect_error(publisher, "took nothing for 5000 ms");
}

Test(public, a_broker_that_vanished_raises_no_signal) {
    peer_certificate(&peer, "IP:127.0.0.1");
    peer_start(&peer, peer_accept);
    publisher = open_client(peer.url, peer.ca_file, WAIT_MS);
    cr_assert_eq(publish("A/B/C", 1), TICKCAST_OK);
    peer_join(&peer);
    for (unsigned i = 0; i < 3; i++)
        cr_assert_eq(tickcast_client_flush(publisher, WAIT_MS), TICKCAST_ECLOSED);
    expect_error(publisher, peer.url);
    tickcast_client_close(publisher);
}
