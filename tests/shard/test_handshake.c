/*
 * The time of an opening handshake begins when the connection is accepted, before a shard has it,
 * and with nothing that comes later. The clock of the broker leaps; nothing here takes that long.
 */
#include <fcntl.h>

#include "../broker/raw_tls.h"
#include "../net/certs.h"
#include "broker/broker.h"
#include "leaping.h"

#define TIMEOUT_MS 600000 /* the longest: what ends sooner had a part of it before */

/* A broker of one shard; its certificates are in the folder, if there is one. */
static void stage(struct raw *raw, const char *certs, const char *proxy_from) {
    *raw = (struct raw){.socket_count = 0};
    tickcast_options_init(&raw->options);
    raw->options.workers = 1;
    raw->options.handshake_timeout_ms = TIMEOUT_MS;
    raw->options.proxy_from = proxy_from;
    raw_no_pings(&raw->options);
    raw_start(raw, certs);
}

#define WAIT_FOR(raw, field, value)                                                                \
    do {                                                                                           \
        for (int i = 0; raw_stats(raw).field != (value) && i < PATIENCE_S * 1000; i++)             \
            usleep(1000);                                                                          \
        cr_assert_eq(raw_stats(raw).field, value);                                                 \
    } while (0)

Test(handshake, its_time_is_that_since_the_connection_was_accepted) {
    struct raw raw;
    int pair[2];
    stage(&raw, NULL, NULL);
    cr_assert(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
    cr_assert(fcntl(pair[1], F_SETFL, O_NONBLOCK) == 0);
    /* as broker_accepted does it; then the shard was busy for a long time */
    struct handover *handover = calloc(1, sizeof *handover);
    handover->fd = pair[1];
    handover->since_ns = clock_now_ns() - TIMEOUT_MS * NS_PER_MS;
    atomic_fetch_add(&raw.broker->accepted, 1);
    atomic_fetch_add(&raw.broker->shards[0]->load, 1);
    atomic_fetch_add(&raw.broker->shared.connections, 1);
    cr_assert(shard_hand_over(raw.broker->shards[0], handover) == 0);
    WAIT_FOR(&raw, ended_handshake_late, 1);
    close(pair[0]);
    raw_fini(&raw);
}

/* More than half of the time passes before the peer says anything, and as much after it has gone as
 * far as it can: with `first`, then TLS if there are certificates, then half of a request. */
static void be_slow(const char *certs, const char *proxy_from, const void *first, size_t bytes) {
    static const char half[] = "GET /ws HTTP/1.1\r\nHost: x\r\n";
    struct raw raw;
    stage(&raw, certs, proxy_from);
    int fd = raw_connect(&raw);
    WAIT_FOR(&raw, connections_now, 1);
    leap_ms(TIMEOUT_MS / 5 * 3);
    raw_send(fd, first, bytes);
    SSL *ssl = certs != NULL ? raw_tls_shake(fd) : NULL;
    if (ssl != NULL)
        cr_assert(SSL_write(ssl, half, sizeof half - 1) == sizeof half - 1);
    else
        raw_send(fd, half, sizeof half - 1);
    WAIT_FOR(&raw, inbound_now, sizeof half - 1);
    cr_expect_eq(raw_stats(&raw).closed, 0, "it was not too late then");
    leap_ms(TIMEOUT_MS / 5 * 3);
    WAIT_FOR(&raw, ended_handshake_late, 1);
    SSL_free(ssl);
    raw_fini(&raw);
}

Test(handshake, its_time_does_not_begin_anew_with_the_first_byte) {
    be_slow(NULL, NULL, "", 0);
}

Test(handshake, its_time_does_not_begin_anew_with_TLS) {
    char certs[64];
    make_certs(certs);
    be_slow(certs, NULL, "", 0);
    remove_certs(certs);
}

Test(handshake, its_time_does_not_begin_anew_behind_a_PROXY_header_and_with_TLS) {
    char certs[64];
    static const char header[] =
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\1\xc0\0\x02\2\1\1\2\2";
    make_certs(certs);
    be_slow(certs, "127.0.0.0/8", header, sizeof header - 1);
    remove_certs(certs);
}
