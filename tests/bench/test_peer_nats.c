#include "peer_told.h"

static const char *const STREAMS[] = {"AAPL/1Min/OHLCV", "NVDA/1Min/OHLCV"};
static const struct scene NEW = {.peer = &peer_nats};
static const struct scene SUBSCRIBED = {.peer = &peer_nats, .streams = STREAMS, .count = 2};

Test(peer_nats, greets_when_the_server_has_and_is_ready_at_its_pong) {
    expect_text(NEW, "INFO {\"server_id\":\"x\",\"max_payload\":1048576} \r\nPONG\r\n",
                "reply CONNECT {\"verbose\":false,\"pedantic\":false,\"tls_required\":false,"
                "\"lang\":\"c\",\"version\":\"" TICKCAST_VERSION
                "\",\"name\":\"tickcast-bench 7\"}\r\nPING\r\n\nready\n");
}

Test(peer_nats, tells_messages_with_their_keys_and_the_end_of_a_subscribe) {
    expect_text(SUBSCRIBED,
                "PONG\r\nMSG AAPL.1Min.OHLCV 1 5\r\nhello\r\nMSG NVDA.1Min.OHLCV 2 reply.to 0\r\n"
                "\r\n+OK\r\nMSG AAPL.1Min.OHLCV 1 12\r\nMSG a 1 1\r\n!\r\nPING\r\n",
                "subscribed\ndata AAPL/1Min/OHLCV hello\ndata NVDA/1Min/OHLCV \n"
                "data AAPL/1Min/OHLCV MSG a 1 1\r\n!\nreply PONG\r\n\n");
}

Test(peer_nats, a_later_info_means_nothing) {
    expect_text(SUBSCRIBED, "INFO {\"connect_urls\":[]}\r\nPONG\r\n", "subscribed\n");
}

Test(peer_nats, tells_what_the_server_refuses) {
    expect_text(NEW, "-ERR 'Authorization Violation'\r\nPONG\r\n",
                "error the server said: 'Authorization Violation'\n");
    expect_text(SUBSCRIBED, "-ERR 'Slow\x1b Consumer'\r\n",
                "error the server said: 'Slow\\x1b Consumer'\n");
}

Test(peer_nats, refuses_what_is_not_of_nats) {
    static const char *const bad[][2] = {
        {"HTTP/1.1 400\r\n", "error not of NATS: 'HTTP/1.1 400'\n"},
        {"\r\n", "error not of NATS: ''\n"},
        {"MSG a.b.c 1\r\n", "error not a message of NATS: 'MSG a.b.c 1'\n"},
        {"MSG a.b.c 3 1\r\n", "error not a message of NATS: 'MSG a.b.c 3 1'\n"},
        {"MSG a.b.c 0 1\r\n", "error not a message of NATS: 'MSG a.b.c 0 1'\n"},
        {"MSG a.b.c 1 -1\r\n", "error not a message of NATS: 'MSG a.b.c 1 -1'\n"},
        {"MSG a.b.c 1 \r\n", "error not a message of NATS: 'MSG a.b.c 1 '\n"},
        {"MSG  1 1\r\n", "error not a message of NATS: 'MSG  1 1'\n"},
        {"MSG a.b.c 1 2097153\r\n", "error not a message of NATS: 'MSG a.b.c 1 2097153'\n"},
        {"MSG a.b.c 1 18446744073709551617\r\n",
         "error not a message of NATS: 'MSG a.b.c 1 18446744073709551617'\n"},
        {"MSG a.b.c 1 1\r\nabc", "error a message of NATS does not end after its 1 bytes\n"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_text(SUBSCRIBED, bad[i][0], bad[i][1]);
}

Test(peer_nats, a_line_without_end_and_a_long_subject_are_errors) {
    static char line[40000];
    memset(line, 'A', sizeof line - 1);
    expect_way(&NEW, line, sizeof line, sizeof line, 1,
               "error the server sent a line of more than 32768 bytes\n");
    expect_way(&NEW, line, sizeof line, 1000, 1000,
               "error the server sent a line of more than 32768 bytes\n");
    char *text;
    cr_assert_gt(asprintf(&text, "MSG %.257s 1 1\r\n!\r\n", line), 0);
    char *got = told(&SUBSCRIBED, text, strlen(text), 1, 1);
    cr_assert(!strncmp(got, "error not a message of NATS: 'MSG AAA", 37), "%s", got);
    free(got);
    free(text);
}

Test(peer_nats, a_large_message_is_gathered) {
    expect_gathered(SUBSCRIBED, "MSG A.B.C 1 %zu\r\n", "\r\nPING\r\n", 100, "data A/B/C ",
                    "\nreply PONG\r\n\n");
}

Test(peer_nats, a_changed_subscription_tells_only_the_change) {
    static const char *const first[] = {"B/1Min/*", "A/1Min/OHLCV", "B/1Min/*"};
    static const char *const second[] = {"C/1Min/OHLCV", "B/1Min/*"};
    struct peer_conn conn = {.ready = true};
    expect_asked(&peer_nats, &conn, first, 3, "SUB A.1Min.OHLCV 1\r\nSUB B.1Min.* 2\r\nPING\r\n");
    expect_asked(&peer_nats, &conn, second, 2, "UNSUB 1\r\nSUB C.1Min.OHLCV 3\r\nPING\r\n");
    expect_asked(&peer_nats, &conn, second, 2, "PING\r\n");
    cr_assert_eq(conn.waiting, 3);
    cr_assert_eq(conn.subscribed, 3);
    peer_nats.fini(&conn);
}

Test(peer_nats, refuses_streams_that_subjects_cannot_express) {
    expect_refused(&peer_nats, "A*/1Min/OHLCV",
                   "NATS cannot express 'A*/1Min/OHLCV': a wildcard must be a whole element of a "
                   "stream, *");
    expect_refused(
        &peer_nats, "BRK.B/1Min/OHLCV",
        "NATS cannot express 'BRK.B/1Min/OHLCV': an element holds a character that has a "
        "meaning there");
    expect_refused(&peer_nats, "A//OHLCV", "NATS cannot express 'A//OHLCV': an element is empty");
    expect_refused(
        &peer_nats, "A/B/C\r\nPUB x 0",
        "NATS cannot express 'A/B/C\r\nPUB x 0': an element holds a character that has a "
        "meaning there");
}

Test(peer_nats, publishes_under_a_subject) {
    struct peer_conn conn = {.ready = true, .publisher = true};
    struct peer_bytes out = {0};
    cr_assert_eq(peer_nats.publish(&conn, "A/1Min/OHLCV", (const uint8_t *)"a\0b", 3, &out), 0);
    cr_assert_eq(out.count, sizeof "PUB A.1Min.OHLCV 3\r\na\0b\r\n" - 1);
    cr_assert_arr_eq(out.at, "PUB A.1Min.OHLCV 3\r\na\0b\r\n", out.count);
    cr_assert_eq(peer_nats.publish(&conn, "A/*/OHLCV", (const uint8_t *)"", 0, &out), -1);
    peer_bytes_fini(&out);
    peer_nats.fini(&conn);
}
