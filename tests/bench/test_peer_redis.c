#include "peer_told.h"

static const char *const STREAMS[] = {"A/1/O"};
static const struct scene NEW = {.peer = &peer_redis};
static const struct scene SUBSCRIBED = {.peer = &peer_redis, .streams = STREAMS, .count = 1};

#define PONG        "*2\r\n$4\r\npong\r\n$0\r\n\r\n"
#define ACKNOWLEDGE "*3\r\n$9\r\nsubscribe\r\n$5\r\nA/1/O\r\n:1\r\n"

Test(peer_redis, is_ready_when_its_ping_is_answered) {
    struct peer_conn conn = {0};
    struct peer_bytes out = {0};
    cr_assert_eq(peer_redis.hello(&conn, &out), 0);
    cr_assert_arr_eq(out.at, "*1\r\n$4\r\nPING\r\n", 14);
    peer_bytes_fini(&out);
    expect_text(NEW, "+PONG\r\n", "ready\n");
}

Test(peer_redis, tells_messages_and_the_end_of_a_subscribe) {
    expect_text(SUBSCRIBED,
                ACKNOWLEDGE PONG
                "*3\r\n$7\r\nmessage\r\n$5\r\nA/1/O\r\n$5\r\nhello\r\n"
                "*4\r\n$8\r\npmessage\r\n$5\r\n*/1/*\r\n$5\r\nB/1/O\r\n$4\r\n\r\n*1\r\n"
                "*3\r\n$12\r\npunsubscribe\r\n$-1\r\n:0\r\n"
                "*3\r\n$7\r\nmessage\r\n$5\r\nA/1/O\r\n$0\r\n\r\n",
                "subscribed\ndata A/1/O hello\ndata B/1/O \r\n*1\ndata A/1/O \n");
}

Test(peer_redis, counts_of_receivers_mean_nothing) {
    expect_text(NEW, ":12\r\n:0\r\n+PONG\r\n", "ready\n");
}

Test(peer_redis, tells_what_the_server_refuses) {
    expect_text(NEW, "-NOAUTH Authentication required.\r\n+PONG\r\n",
                "error the server said: NOAUTH Authentication required.\n");
    expect_text(SUBSCRIBED, "-ERR Can't execute 'publish'\r\n",
                "error the server said: ERR Can't execute 'publish'\n");
}

Test(peer_redis, refuses_what_is_not_of_redis) {
    static const char *const lines[][2] = {
        {"HTTP/1.1 400\r\n", "error not of Redis: 'HTTP/1.1 400'\n"},
        {"\r\n", "error not of Redis: ''\n"},
        {"$5\r\n", "error not of Redis: '$5'\n"}};
    static const char *const arrays[] = {
        "*5\r\n",
        "*1\r\n$4\r\npong\r\n",
        "*0\r\n",
        "*-1\r\n",
        "*\r\n",
        "*00000000003\r\n",
        "*3\n",
        "*3\r!",
        "*3\r\n+message\r\n",
        "*3\r\n$7\r\nmessage!!",
        "*3\r\n$2097153\r\n",
        "*3\r\n$18446744073709551617\r\n",
        "*3\r\n$-2\r\n",
        "*3\r\n$7\r\nmessage\r\n$2000000\r\n",
    };
    for (size_t i = 0; i < 3; i++) expect_text(SUBSCRIBED, lines[i][0], lines[i][1]);
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays - 1; i++)
        expect_text(SUBSCRIBED, arrays[i], "error not an answer of Redis to a subscriber\n");
    expect_text(SUBSCRIBED, "*2\r\n$4\r\nping\r\n$0\r\n\r\n",
                "error an answer of Redis that nobody asked for\n");
    expect_text(SUBSCRIBED, "*3\r\n$7\r\nmessage\r\n:1\r\n$0\r\n\r\n",
                "error a message of Redis without a channel, or without data\n");
    expect_text(SUBSCRIBED, "*3\r\n$7\r\nmessage\r\n$1\r\na\r\n$-1\r\n",
                "error a message of Redis without a channel, or without data\n");
}

Test(peer_redis, all_of_one_answer_is_bounded) {
    const size_t size = 1 << 20;
    char *bytes = malloc(3 * size), *at = bytes + sprintf(bytes, "*4\r\n");
    for (int i = 0; i < 2; i++) {
        at += sprintf(at, "$%zu\r\n", size);
        memset(at, 'x', size);
        at += size + sprintf(at + size, "\r\n");
    }
    expect_way(&SUBSCRIBED, bytes, at - bytes, 1000, 65536,
               "error not an answer of Redis to a subscriber\n");
    free(bytes);
}

Test(peer_redis, a_large_message_is_gathered) {
    expect_gathered(SUBSCRIBED, "*3\r\n$7\r\nmessage\r\n$5\r\nA/1/O\r\n$%zu\r\n", "\r\n+PONG\r\n",
                    10, "data A/1/O ", "\nsubscribed\n");
}

Test(peer_redis, a_changed_subscription_tells_only_the_change) {
    static const char *const first[] = {"*/1/O", "A/1/O"};
    static const char *const second[] = {"[!A]/1/O", "A/1/O"};
    static const char ping[] = "*1\r\n$4\r\nPING\r\n";
    struct peer_conn conn = {.ready = true};
    char text[300];
    snprintf(text, sizeof text,
             "*2\r\n$10\r\nPSUBSCRIBE\r\n$5\r\n*/1/O\r\n*2\r\n$9\r\nSUBSCRIBE\r\n$5\r\nA/1/O\r\n%s",
             ping);
    expect_asked(&peer_redis, &conn, first, 2, text);
    snprintf(text, sizeof text,
             "*2\r\n$12\r\nPUNSUBSCRIBE\r\n$5\r\n*/1/O\r\n*2\r\n$10\r\nPSUBSCRIBE\r\n$8\r\n[^A]/1/O"
             "\r\n%s",
             ping);
    expect_asked(&peer_redis, &conn, second, 2, text);
    expect_asked(&peer_redis, &conn, second, 2, ping);
    cr_assert_eq(conn.waiting, 3);
    peer_redis.fini(&conn);
}

Test(peer_redis, refuses_streams_that_patterns_cannot_express) {
    expect_refused(&peer_redis, "{A,B}/1/O",
                   "Redis cannot express '{A,B}/1/O': it has no braces, and 256 bytes at most");
}

Test(peer_redis, publishes_any_bytes) {
    struct peer_conn conn = {.ready = true, .publisher = true};
    struct peer_bytes out = {0};
    static const char text[] = "*3\r\n$7\r\nPUBLISH\r\n$5\r\nA/1/O\r\n$3\r\na\0b\r\n";
    cr_assert_eq(peer_redis.publish(&conn, "A/1/O", (const uint8_t *)"a\0b", 3, &out), 0);
    cr_assert_eq(out.count, sizeof text - 1);
    cr_assert_arr_eq(out.at, text, out.count);
    peer_bytes_fini(&out);
    peer_redis.fini(&conn);
}
