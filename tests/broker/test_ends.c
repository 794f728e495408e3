/*
 * Every row of TICKCAST_ENDS but one, over real sockets: its counter rises, and the sums agree.
 * no_memory needs an allocation that fails: tests/memory does that with every one there is.
 */
#include <stdatomic.h>

#include "../net/certs.h"
#include "raw.h"
#include "raw_tls.h"

static const char subscribe_a[] = "\x81\xa7streams\x91\xa5"
                                  "a/b/c";

static void close_now(struct raw *raw, int fd, bool reset) {
    struct linger linger = {.l_onoff = reset};
    for (int i = 0; i < raw->socket_count; i++)
        if (raw->sockets[i] == fd) raw->sockets[i] = -1;
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
    close(fd);
}

static void do_nothing(struct raw *raw) {
    (void)raw;
}

static void connect_only(struct raw *raw) {
    raw_connect(raw);
}

/* Again and again: a rate of one a second lets in the second one of a machine that stalls. */
static void connect_often(struct raw *raw) {
    for (int i = 0; i < MAX_SOCKETS; i++) raw_connect(raw);
}

static void connect_17(struct raw *raw) {
    for (int i = 0; i < 17; i++) raw_connect(raw);
}

static void ask_often(struct raw *raw) {
    for (int i = 0; i < MAX_SOCKETS; i++) raw_ask(raw_connect(raw), "/ws", "");
}

static void send_garbage(struct raw *raw) {
    raw_send(raw_connect(raw), "garbage garbage\r\n\r\n", 19);
}

static void leave_early(struct raw *raw) {
    close_now(raw, raw_connect(raw), false);
}

static void send_close(struct raw *raw) {
    raw_frame(raw_open(raw, "/ws"), 0x88, "\x03\xe8", 2);
}

static void leave(struct raw *raw) {
    close_now(raw, raw_open(raw, "/ws"), false);
}

static void reset(struct raw *raw) {
    close_now(raw, raw_open(raw, "/ws"), true);
}

static void send_reserved(struct raw *raw) {
    raw_frame(raw_open(raw, "/ws"), 0x83, "", 0);
}

static void send_bad_text(struct raw *raw) {
    raw_frame(raw_open(raw, "/ws"), 0x81, "\xff", 1);
}

static void send_257_bytes(struct raw *raw) {
    static const char zeros[257];
    raw_frame(raw_open(raw, "/ws"), 0x82, zeros, sizeof zeros);
}

static void send_fragments(struct raw *raw) {
    int fd = raw_open(raw, "/ws");
    raw_frame(fd, 0x02, "a", 1);
    raw_frame(fd, 0x00, "a", 1);
    raw_frame(fd, 0x00, "a", 1);
}

static void change_keys_without_end(struct raw *raw) {
    SSL *ssl = raw_tls_open(raw, NULL);
    raw_tls_update_keys(ssl, RAW_TLS_MANY, 0);
    SSL_free(ssl);
}

static void ask_elsewhere(struct raw *raw) {
    raw_ask(raw_connect(raw), "/elsewhere", "");
}

static void ask_from_a_page(struct raw *raw) {
    raw_ask(raw_connect(raw), "/ws", "Origin: https://b.example\r\n");
}

static void publish_from_a_page(struct raw *raw) {
    raw_ask(raw_connect(raw), "/publish", "Origin: https://b.example\r\n");
}

static void publish_through_a_proxy(struct raw *raw) {
    raw_ask(raw_connect(raw), "/publish", "X-Forwarded-For: 192.0.2.1\r\n");
}

/* As a balancer's client from 192.0.2.1. */
static void ask_from_afar(struct raw *raw, const char *path) {
    static const char header[] =
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\1\xc0\0\x02\2\1\1\2\2";
    int fd = raw_connect(raw);
    raw_send(fd, header, sizeof header - 1);
    raw_ask(fd, path, "");
}

static void subscribe_from_afar(struct raw *raw) {
    ask_from_afar(raw, "/ws");
}

static void publish_from_afar(struct raw *raw) {
    ask_from_afar(raw, "/publish");
}

/* A reader that never reads what is published for it. */
static void read_nothing(struct raw *raw) {
    static uint8_t data[60000] = {0xc5, 0xea, 0x5d}; /* bin16 of 59997 bytes */
    char echo[126];
    int fd = raw_open(raw, "/ws");
    raw_frame(fd, 0x82, subscribe_a, sizeof subscribe_a - 1);
    cr_assert(raw_read_frame(fd, echo) == sizeof subscribe_a - 1);
    uint64_t begun = raw_stats(raw).closed, until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
    while (raw_stats(raw).closed == begun && clock_now_ns() < until_ns)
        if (tickcast_push(raw->broker, "a/b/c", 5, data, sizeof data) == TICKCAST_EAGAIN)
            tickcast_wait(raw->broker, 100);
}

/* 40 messages of which nobody sends the end: more than inbound_memory. */
static void begin_messages(struct raw *raw) {
    static const char zeros[4000];
    for (int i = 0; i < 40; i++) raw_frame(raw_open(raw, "/ws"), 0x02, zeros, sizeof zeros);
}

/* On a Unix socket nothing but answers to pings tells that a peer lives. */
static void answer_no_ping(struct raw *raw) {
    int fd = raw_adopt(raw);
    raw_ask(fd, "/ws", "");
    raw_read_head(fd);
}

static void connect_and_stop(struct raw *raw) {
    raw_open(raw, "/ws");
    tickcast_broker_stop(raw->broker);
}

#define SET(field, value)                                                                          \
    static void set_##field(struct tickcast_options *options) {                                    \
        options->field = value;                                                                    \
    }
SET(strict_utf8, true)
SET(max_message, 256)
SET(max_fragments, 2)
SET(slow_memory, 4 * TICKCAST_KIB)
SET(max_connections, 1)
SET(max_handshakes, 16)
SET(handshake_timeout_ms, 100)
SET(origins, "https://a.example")
SET(proxy_from, "127.0.0.0/8")

static void set_nothing(struct tickcast_options *options) {
    (void)options;
}

static void set_outbound(struct tickcast_options *options) {
    options->outbound_memory = TICKCAST_MIB;
    options->max_payload = 64 * TICKCAST_KIB;
    options->slow_memory = TICKCAST_GIB;
}

static void set_inbound(struct tickcast_options *options) {
    options->inbound_memory = 64 * TICKCAST_KIB;
    options->max_payload = options->max_message = 8 * TICKCAST_KIB;
}

static void set_dead(struct tickcast_options *options) {
    options->ping_interval_ms = 100;
    options->dead_time_ms = 200;
}

static void set_connection_rate(struct tickcast_options *options) {
    options->connection_rate = 1;
    options->limit_loopback = true;
}

static void set_handshake_rate(struct tickcast_options *options) {
    options->handshake_rate = 1;
    options->limit_loopback = true;
}

static void set_loopback(struct tickcast_options *options) {
    options->proxy_from = "127.0.0.0/8";
    options->subscribers_from = TICKCAST_PEERS_LOOPBACK;
}

#define ROW(name, set, drive)                                                                      \
    { #name, offsetof(struct tickcast_stats, ended_##name), set_##set, drive }

static const struct row {
    const char *name;
    size_t counter;
    void (*set)(struct tickcast_options *options);
    void (*drive)(struct raw *raw);
} rows[] = {
    ROW(peer_close, nothing, send_close),
    ROW(peer_gone, nothing, leave),
    ROW(peer_reset, nothing, reset),
    ROW(protocol, nothing, send_reserved),
    ROW(invalid_data, strict_utf8, send_bad_text),
    ROW(too_big, max_message, send_257_bytes),
    ROW(fragments, max_fragments, send_fragments),
    ROW(records, nothing, change_keys_without_end),
    ROW(slow, slow_memory, read_nothing),
    ROW(outbound, outbound, read_nothing),
    ROW(inbound, inbound, begin_messages),
    ROW(dead, dead, answer_no_ping),
    ROW(full, max_connections, connect_often),
    ROW(connection_rate, connection_rate, connect_often),
    ROW(handshake_rate, handshake_rate, ask_often),
    ROW(proxy_bad, proxy_from, send_garbage),
    ROW(tls_bad, nothing, send_garbage),
    ROW(handshakes_full, max_handshakes, connect_17),
    ROW(handshake_late, handshake_timeout_ms, connect_only),
    ROW(handshake_bad, nothing, send_garbage),
    ROW(handshake_gone, nothing, leave_early),
    ROW(unknown_path, nothing, ask_elsewhere),
    ROW(subscriber_address, loopback, subscribe_from_afar),
    ROW(subscriber_origin, origins, ask_from_a_page),
    ROW(publisher_address, proxy_from, publish_from_afar),
    ROW(publisher_origin, nothing, publish_from_a_page),
    ROW(publisher_proxy, nothing, publish_through_a_proxy),
    ROW(no_memory, nothing, do_nothing), /* see above */
    ROW(stopped, nothing, connect_and_stop),
};

static uint64_t count_of(const struct raw *raw, const struct row *row) {
    struct tickcast_stats stats = raw_stats(raw);
    return *(const uint64_t *)(const void *)((const char *)&stats + row->counter);
}

/* "PEER: SENTENCE: SENTENCE" tells nobody more. From any thread. */
static void look_at_line(void *arg, int level, const char *line) {
    static const char *const sentences[] = {
#define SENTENCE(name, NAME, code, level, sentence) sentence,
        TICKCAST_ENDS(SENTENCE)
#undef SENTENCE
    };
    (void)level;
    for (size_t i = 0; i < sizeof sentences / sizeof *sentences; i++) {
        const char *first = strstr(line, sentences[i]);
        if (first != NULL && strstr(first + 1, sentences[i]) != NULL) *(atomic_bool *)arg = true;
    }
}

static void check_row(const struct row *row, const char *certs) {
    struct raw raw = {.socket_count = 0};
    tickcast_options_init(&raw.options);
    raw.options.workers = 1;
    raw.options.close_timeout_ms = 50; /* nobody here answers a close */
    raw_no_pings(&raw.options);
    atomic_bool twice = false;
    raw.options.log = look_at_line;
    raw.options.log_arg = &twice;
    raw.options.log_level = 3;
    row->set(&raw.options);
    bool tls = strcmp(row->name, "tls_bad") == 0 || strcmp(row->name, "records") == 0;
    raw_start(&raw, tls ? certs : NULL);
    row->drive(&raw);
    uint64_t until_ns = clock_now_ns() + PATIENCE_S * NS_PER_S;
    while (count_of(&raw, row) == 0 && row->drive != do_nothing && clock_now_ns() < until_ns)
        usleep(1000);
    cr_expect((count_of(&raw, row) > 0) == (row->drive != do_nothing), "ended_%s", row->name);
    raw_fini(&raw);
    cr_expect(!twice, "ended_%s: its line says the same twice", row->name);
}

Test(ends, each_has_a_counter_that_rises_and_all_of_them_are_what_was_accepted) {
    char certs[64];
    size_t count = 0;
#define COUNT(name, NAME, code, level, sentence) count++;
    TICKCAST_ENDS(COUNT)
#undef COUNT
    cr_assert(count == sizeof rows / sizeof *rows, "a row without a test");
    make_certs(certs);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) check_row(&rows[i], certs);
    remove_certs(certs);
}

Test(ends, connections_that_are_there_are_in_the_sum) {
    struct raw raw = {.socket_count = 0};
    tickcast_options_init(&raw.options);
    raw_start(&raw, NULL);
    for (int i = 0; i < 5; i++) raw_open(&raw, "/ws");
    cr_assert(raw_stats(&raw).connections_now == 5);
    raw_check_sum(&raw);
    raw_fini(&raw);
}
