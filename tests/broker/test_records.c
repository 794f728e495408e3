/* TLS records without data have a rate of their own, whoever sends them. */
#include "../net/certs.h"
#include "raw_tls.h"

#define PING 0x89
#define PONG 0x8a

/* A broker of one TLS listener, whose certificates are in the folder. */
static void stage(struct raw *raw, char folder[64], uint32_t ping_interval_ms) {
    *raw = (struct raw){.socket_count = 0};
    tickcast_options_init(&raw->options);
    raw->options.workers = 1;
    raw->options.ping_interval_ms = ping_interval_ms;
    raw->options.dead_time_ms = 7200000;
    raw->options.message_rate = 0; /* which counts pongs */
    make_certs(folder);
    raw_start(raw, folder);
}

static void unstage(struct raw *raw, const char *folder) {
    raw_fini(raw);
    remove_certs(folder);
}

/* The first byte of the next frame, with a payload of less than 126 bytes. */
static uint8_t read_frame(SSL *ssl, char payload[126]) {
    uint8_t head[2];
    for (int have = 0; have < 2; have++) cr_assert(SSL_read(ssl, head + have, 1) == 1);
    for (int have = 0; have < head[1]; have++) cr_assert(SSL_read(ssl, payload + have, 1) == 1);
    return head[0];
}

/* Whatever was sent before has been read when this returns. */
static void ping(SSL *ssl) {
    static const char frame[] = {(char)PING, (char)0x80, 0, 0, 0, 0};
    char payload[126];
    cr_assert(SSL_write(ssl, frame, sizeof frame) == sizeof frame);
    while (read_frame(ssl, payload) != PONG) {
    }
}

static void wait_for_ping(SSL *ssl) {
    char payload[126];
    while (read_frame(ssl, payload) != PING) {
    }
}

static void wait_for_end(const struct raw *raw, uint64_t count) {
    uint64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
    while (raw_stats(raw).ended_records < count && clock_now_ns() < until_ns) usleep(1000);
    cr_assert_eq(raw_stats(raw).ended_records, count);
    cr_assert_eq(raw_stats(raw).closed, count, "nothing else has ended");
}

Test(records, changes_of_keys_without_end_end_a_connection_in_each_of_its_states) {
    static const char *const paths[] = {NULL, "/ws", "/publish"};
    struct raw raw;
    char folder[64];
    stage(&raw, folder, 3600000);
    for (int i = 0; i < 3; i++) {
        SSL *ssl = raw_tls_open(&raw, paths[i]);
        raw_tls_update_keys(ssl, RAW_TLS_MANY, 0);
        wait_for_end(&raw, (uint64_t)i + 1);
        SSL_free(ssl);
    }
    unstage(&raw, folder);
}

Test(records, the_peer_is_told_why) {
    struct raw raw;
    char folder[64], payload[126] = "";
    stage(&raw, folder, 3600000);
    SSL *ssl = raw_tls_open(&raw, "/ws");
    raw_tls_update_keys(ssl, CONN_IDLE_RECORDS + 1, 0);
    cr_assert_eq(read_frame(ssl, payload), 0x88);
    cr_assert_arr_eq(payload, "\x03\xf0too many TLS records without data", 36);
    SSL_free(ssl);
    unstage(&raw, folder);
}

Test(records, data_between_them_does_not_help) {
    struct raw raw;
    char folder[64];
    static const uint8_t begin[8] = {0x82, 0xfe, 0x80}; /* of 32 KiB */
    stage(&raw, folder, 3600000);
    SSL *ssl = raw_tls_open(&raw, "/ws");
    cr_assert(SSL_write(ssl, begin, sizeof begin) == sizeof begin);
    raw_tls_update_keys(ssl, RAW_TLS_MANY, 1);
    wait_for_end(&raw, 1);
    SSL_free(ssl);
    unstage(&raw, folder);
}

Test(records, as_many_as_are_allowed_may_come_between_two_pings) {
    struct raw raw;
    char folder[64];
    stage(&raw, folder, 100);
    SSL *ssl = raw_tls_open(&raw, "/ws");
    for (int i = 0; i < 3; i++) {
        raw_tls_update_keys(ssl, CONN_IDLE_RECORDS, 0);
        ping(ssl);
        wait_for_ping(ssl);
    }
    ping(ssl);
    cr_assert_eq(raw_stats(&raw).closed, 0);
    SSL_free(ssl);
    unstage(&raw, folder);
}

Test(records, data_is_none_of_them_in_whatever_pieces_it_comes) {
    struct raw raw;
    char folder[64];
    static const char zeros[65000];
    static const uint8_t pong[6] = {PONG, 0x80}; /* to no ping: it may be sent at any time */
    static const uint8_t begin[8] = {0x82, 0xfe, 0xfd, 0xe8};
    stage(&raw, folder, 3600000);
    SSL *ssl = raw_tls_open(&raw, "/ws");
    for (int i = 0; i < 3 * CONN_IDLE_RECORDS; i++)
        cr_assert(SSL_write(ssl, pong, sizeof pong) == sizeof pong);
    cr_assert(SSL_write(ssl, begin, sizeof begin) == sizeof begin);
    cr_assert(SSL_write(ssl, zeros, sizeof zeros) == sizeof zeros); /* long records: many reads */
    ping(ssl);
    cr_assert_eq(raw_stats(&raw).closed, 0);
    SSL_free(ssl);
    unstage(&raw, folder);
}
