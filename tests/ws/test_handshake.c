#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ws/handshake.h"

#define LIMIT 8192

/* Lines of the example in RFC 6455, 1.3, and the requests made of them. */
#define GET     "GET /ws HTTP/1.1\r\n"
#define HOST    "Host: server.example.com\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONN    "Connection: Upgrade\r\n"
#define KEY     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define LINE    "\r\n"

#define WITH_LINE(request_line) request_line HOST UPGRADE CONN KEY VERSION LINE
#define WITH(more)              GET HOST UPGRADE CONN KEY VERSION more LINE
#define WITH_HOST(host)         GET host UPGRADE CONN KEY VERSION LINE
#define WITH_UPGRADE(upgrade)   GET HOST upgrade CONN KEY VERSION LINE
#define WITH_CONN(conn)         GET HOST UPGRADE conn KEY VERSION LINE
#define WITH_KEY(key)           GET HOST UPGRADE CONN key VERSION LINE
#define WITH_VERSION(version)   GET HOST UPGRADE CONN KEY version LINE

/* Status 101 is a good request, 0 one that needs more bytes. */
struct row {
    int status;
    const char *bytes;
    size_t count;
};

#define ROW(status, text)                                                                          \
    { status, text, sizeof(text) - 1 }

static const struct row rows[] = {
    /* good */
    ROW(101, WITH("")),
    ROW(101, WITH_LINE("GET / HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET /ws? HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET /ws?encoding=json&a=b?c HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET /ws?streams=*/1Min/{OHLCV}|\"x\" HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET //ws%20/../ HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET http://host/ws HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET HTTPS://[::1]:5993/ws?x HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET http://host HTTP/1.1\r\n")),
    ROW(101, WITH_LINE("GET http://host?x HTTP/1.1\r\n")),
    ROW(101, GET VERSION KEY CONN UPGRADE HOST LINE),
    ROW(101, GET "hOST:server\r\nUPGRADE:WebSocket\r\nconnection:uPGRADE\r\n"
                 "sec-websocket-key:dGhlIHNhbXBsZSBub25jZQ==\r\nSEC-WEBSOCKET-VERSION:13\r\n" LINE),
    ROW(101, WITH_HOST("Host: \t server:5993 \t \r\n")),
    ROW(101, WITH_HOST("Host: [2001:db8::1]:5993\r\n")),
    ROW(101, WITH_HOST("Host: a_b.c%2d~!\r\n")),
    ROW(101, WITH_UPGRADE("Upgrade: h2c, websocket\r\n")),
    ROW(101, WITH_UPGRADE("Upgrade: TLS/1.0 ,\tWEBSOCKET\t, ,\r\n")),
    ROW(101, WITH_UPGRADE("Upgrade: h2c\r\n" UPGRADE)),
    ROW(101, WITH_UPGRADE(UPGRADE "Upgrade: h2c\r\n")),
    ROW(101, WITH_UPGRADE(UPGRADE "Upgrade:\r\n")),
    ROW(101, WITH_CONN("Connection: keep-alive, Upgrade\r\n")),
    ROW(101, WITH_CONN("Connection: UPGRADE,keep-alive\r\n")),
    ROW(101, WITH_CONN("Connection: ,, upgrade ,\r\n")),
    ROW(101, WITH_CONN("Connection: keep-alive\r\n" CONN)),
    ROW(101, WITH_CONN(CONN "Connection: keep-alive\r\n")),
    ROW(101, WITH_KEY("Sec-WebSocket-Key:  \t AAAAAAAAAAAAAAAAAAAAAA==\t \r\n")),
    ROW(101, WITH_KEY("Sec-WebSocket-Key: +/+/+/+/+/+/+/+/+/+/+A==\r\n")),
    ROW(101, WITH("Sec-WebSocket-Protocol: tickcast.v1.json\r\n")),
    ROW(101, WITH("Sec-WebSocket-Protocol: a, b\r\nSec-WebSocket-Protocol: c\r\n")),
    ROW(101, WITH("Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n")),
    ROW(101, WITH("Origin: https://example.com\r\n")),
    ROW(101, WITH("Forwarded: for=192.0.2.1\r\n")),
    ROW(101, WITH("Content-Length: 0\r\n")),
    ROW(101, WITH("X-Text: caf\xc3\xa9 \x80\xff\r\n")),
    ROW(101, WITH("X-Text: a\tb\r\n")),
    ROW(101, WITH("X-Empty:\r\nX-Empty:   \r\n")),
    ROW(101, WITH("X-!#$%&'*+-.^_`|~09azAZ: :,;\"\r\n")),
    ROW(101, WITH("Hostile: yes\r\nKey: no\r\nUpgrade-Insecure-Requests: 1\r\n")),
    /* methods: before anything else */
    ROW(405, "POST /ws HTTP/1.1\r\n" HOST LINE),
    ROW(405, "HEAD /ws HTTP/1.1\r\n" LINE),
    ROW(405, "OPTIONS * HTTP/1.1\r\n" LINE),
    ROW(405, "CONNECT host:80 HTTP/1.1\r\n" LINE),
    ROW(405, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ROW(405, WITH_LINE("PUT /ws HTTP/1.0\r\n")),
    ROW(405, WITH_LINE("get /ws HTTP/1.1\r\n")),
    ROW(405, WITH_LINE("GETT /ws HTTP/1.1\r\n")),
    ROW(405, WITH_LINE("GE /ws HTTP/1.1\r\n")),
    ROW(405, "POST \x00\x01\n"),
    /* versions */
    ROW(505, WITH_LINE("GET /ws HTTP/1.0\r\n")),
    ROW(505, WITH_LINE("GET /ws HTTP/0.9\r\n")),
    ROW(505, WITH_LINE("GET /ws HTTP/1.2\r\n")),
    ROW(505, WITH_LINE("GET /ws HTTP/2.0\r\n")),
    ROW(505, WITH_LINE("GET /ws HTTP/2\r\n")),
    ROW(505, WITH_LINE("GET /ws HTTP/1.10\r\n")),
    ROW(505, "GET /ws HTTP/1.0\r\nbad header\r\n"),
    /* request lines */
    ROW(400, "\r\n" WITH("")),
    ROW(400, " " WITH("")),
    ROW(400, "\n"),
    ROW(400, ":"),
    ROW(400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"),
    ROW(400, "\x00"),
    ROW(400, "\x80\x2e\x01"),
    ROW(400, "SSH-2.0-OpenSSH_9.2\r\n"),
    ROW(400, "GET\r\n"),
    ROW(400, "GET/ws HTTP/1.1\r\n"),
    ROW(400, "GET\t/ws HTTP/1.1\r\n"),
    ROW(400, "GET  /ws HTTP/1.1\r\n"),
    ROW(400, "GET /ws\r\n"),
    ROW(400, "GET /ws \r\n"),
    ROW(400, "GET /ws  HTTP/1.1\r\n"),
    ROW(400, "GET /ws HTTP/1.1 \r\n"),
    ROW(400, "GET /ws\tHTTP/1.1\r\n"),
    ROW(400, "GET /w s HTTP/1.1\r\n"),
    ROW(400, "GET /ws HTTP/1.1\n"),
    ROW(400, "GET /ws HTTP/1.1\rHost: x\r\n"),
    ROW(400, "GET /ws http/1.1\r\n"),
    ROW(400, "GET /ws HTTP/1.x\r\n"),
    ROW(400, "GET /ws HTTP/\r\n"),
    ROW(400, "GET /ws HTTPS/1.1\r\n"),
    ROW(400, "GET /ws FTP/1.1\r\n"),
    ROW(400, "GET /ws HTTP/1.\x00\r\n"),
    ROW(400, "GET /ws#top HTTP/1.1\r\n"),
    ROW(400, "GET /ws?x#top HTTP/1.1\r\n"),
    ROW(400, "GET /w\xc3\xa9 HTTP/1.1\r\n"),
    ROW(400, "GET /w\x00 HTTP/1.1\r\n"),
    ROW(400, "GET /w\x7f HTTP/1.1\r\n"),
    ROW(400, "GET /w\r\n"),
    ROW(400, "GET ws HTTP/1.1\r\n"),
    ROW(400, "GET * HTTP/1.1\r\n"),
    ROW(400, "GET ?x HTTP/1.1\r\n"),
    ROW(400, "GET ws://host/ws HTTP/1.1\r\n"),
    ROW(400, "GET host:5993 HTTP/1.1\r\n"),
    ROW(400, "GET http:///ws HTTP/1.1\r\n"),
    ROW(400, "GET http://?x HTTP/1.1\r\n"),
    ROW(400, "GET http:/ws HTTP/1.1\r\n"),
    ROW(400, "GET http HTTP/1.1\r\n"),
    ROW(400, "GET http://user@host/ws HTTP/1.1\r\n"),
    ROW(400, "GET http://ho\"st/ws HTTP/1.1\r\n"),
    /* Host */
    ROW(400, WITH_HOST("")),
    ROW(400, WITH_HOST("Host:\r\n")),
    ROW(400, WITH_HOST("Host:  \t\r\n")),
    ROW(400, WITH_HOST(HOST HOST)),
    ROW(400, WITH_HOST("Host: a b\r\n")),
    ROW(400, WITH_HOST("Host: user@host\r\n")),
    ROW(400, WITH_HOST("Host: host/path\r\n")),
    ROW(400, WITH_HOST("Host: h\xc3\xa9\r\n")),
    /* Upgrade and Connection */
    ROW(400, WITH_UPGRADE("")),
    ROW(400, WITH_UPGRADE("Upgrade:\r\n")),
    ROW(400, WITH_UPGRADE("Upgrade: h2c\r\n")),
    ROW(400, WITH_UPGRADE("Upgrade: websockets\r\n")),
    ROW(400, WITH_UPGRADE("Upgrade: web socket\r\n")),
    ROW(400, WITH_UPGRADE("Upgrade: websocket/13\r\n")),
    ROW(400, WITH_UPGRADE("Upgrade: \"h2c, websocket, x\"\r\n")),
    ROW(400, WITH_UPGRADE("X-Upgrade: websocket\r\n")),
    ROW(400, WITH_CONN("")),
    ROW(400, WITH_CONN("Connection: keep-alive\r\n")),
    ROW(400, WITH_CONN("Connection: close\r\n")),
    ROW(400, WITH_CONN("Connection: Upgraded\r\n")),
    ROW(400, WITH_CONN("Connection: keep-alive Upgrade\r\n")),
    ROW(400, WITH_CONN("Connection: keep-alive; Upgrade\r\n")),
    ROW(400, WITH_CONN("Connection: Upgrade\r\nConnection: a@b\r\n")),
    /* key */
    ROW(400, WITH_KEY("")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key:\r\n")),
    ROW(400, WITH_KEY(KEY KEY)),
    ROW(400, WITH_KEY(KEY "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ===\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j==\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAAAA==\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBs-SBub25jZQ==\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNh XBsZSBub25jZQ==\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: ========================\r\n")),
    ROW(400, WITH_KEY("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==, AA\r\n")),
    /* version of the protocol */
    ROW(400, WITH_VERSION("")),
    ROW(400, WITH_VERSION(VERSION VERSION)),
    ROW(400, WITH_VERSION("Sec-WebSocket-Version:\r\n")),
    ROW(400, WITH_VERSION("Sec-WebSocket-Version: 8\r\n")),
    ROW(400, WITH_VERSION("Sec-WebSocket-Version: 14\r\n")),
    ROW(400, WITH_VERSION("Sec-WebSocket-Version: 013\r\n")),
    ROW(400, WITH_VERSION("Sec-WebSocket-Version: 13, 8\r\n")),
    ROW(400, WITH_VERSION("Sec-WebSocket-Version: \"13\"\r\n")),
    /* subprotocols */
    ROW(400, WITH("Sec-WebSocket-Protocol:\r\n")),
    ROW(400, WITH("Sec-WebSocket-Protocol: ,\r\n")),
    ROW(400, WITH("Sec-WebSocket-Protocol: a b\r\n")),
    ROW(400, WITH("Sec-WebSocket-Protocol: a, (b)\r\n")),
    ROW(400, WITH("Sec-WebSocket-Protocol: \xc3\xa9\r\n")),
    /* bodies */
    ROW(400, WITH("Content-Length: 1\r\n")),
    ROW(400, WITH("Content-Length: 00\r\n")),
    ROW(400, WITH("Content-Length: -0\r\n")),
    ROW(400, WITH("Content-Length:\r\n")),
    ROW(400, WITH("Content-Length: 0, 0\r\n")),
    ROW(400, WITH("Content-Length: 0\r\nContent-Length: 5\r\n")),
    ROW(400, WITH("Transfer-Encoding: chunked\r\n")),
    ROW(400, WITH("Transfer-Encoding: identity\r\n")),
    ROW(400, WITH("transfer-encoding:\r\n")),
    /* lines */
    ROW(400, GET " Host: x\r\n"),
    ROW(400, GET "\tHost: x\r\n"),
    ROW(400, WITH("X-A: b\r\n folded\r\n")),
    ROW(400, WITH("X-A: b\r\n\tfolded\r\n")),
    ROW(400, WITH("X-A: b\r\n \r\n")),
    ROW(400, WITH("X-A : b\r\n")),
    ROW(400, WITH("X-A\t: b\r\n")),
    ROW(400, WITH("X A: b\r\n")),
    ROW(400, WITH(": b\r\n")),
    ROW(400, WITH("X-A\r\n")),
    ROW(400, WITH("X(A): b\r\n")),
    ROW(400, WITH("X-\xc3\xa9: b\r\n")),
    ROW(400, WITH("X-\x00: b\r\n")),
    ROW(400, WITH("X-A: \x00\r\n")),
    ROW(400, WITH("X-A: b\x01\r\n")),
    ROW(400, WITH("X-A: b\x0b\r\n")),
    ROW(400, WITH("X-A: b\x1b[31m\r\n")),
    ROW(400, WITH("X-A: b\x7f\r\n")),
    ROW(400, WITH("X-A: b\n")),
    ROW(400, WITH("X-A: b\r\r\n")),
    ROW(400, WITH("X-A: b\rX-B: c\r\n")),
    ROW(400, GET HOST UPGRADE CONN KEY VERSION "\n"),
    ROW(400, GET HOST UPGRADE CONN KEY VERSION "\rx"),
    ROW(400, GET LINE),
    /* not whole yet */
    ROW(0, ""),
    ROW(0, "GET"),
    ROW(0, "GARBAGE"),
    ROW(0, "GET "),
    ROW(0, "GET http:nothing"),
    ROW(0, "GET /ws HTTP/1.0\r"),
    ROW(0, GET HOST UPGRADE CONN KEY VERSION),
    ROW(0, GET HOST UPGRADE CONN KEY VERSION "\r"),
};

#define ROWS (sizeof rows / sizeof *rows)

/* Parses from memory of exactly that size. The status, as in a row. */
static int parse(const char *bytes, size_t count, size_t limit, long *taken, const char **reason) {
    char *copy = malloc(count + (count == 0));
    memcpy(copy, bytes, count);
    struct ws_request request;
    *reason = NULL;
    *taken = ws_request_parse(copy, count, limit, &request, reason);
    free(copy);
    cr_assert_eq(*taken < 0, *reason != NULL, "a refusal has a reason and nothing else has");
    return *taken > 0 ? 101 : (int)-*taken;
}

Test(handshake, the_table_is_answered_as_it_says) {
    cr_assert_geq(ROWS, 100);
    for (size_t i = 0; i < ROWS; i++) {
        long taken;
        const char *reason;
        int status = parse(rows[i].bytes, rows[i].count, LIMIT, &taken, &reason);
        cr_expect_eq(status, rows[i].status, "row %zu: %d (%s) for\n%s", i, status, reason,
                     rows[i].bytes);
        if (status == 101) cr_expect_eq((size_t)taken, rows[i].count);
    }
}

/* After each prefix the answer is "more", or already that of the whole, with the same reason. */
Test(handshake, the_table_is_answered_the_same_split_at_every_byte) {
    for (size_t i = 0; i < ROWS; i++) {
        long taken;
        const char *reason, *part_reason;
        int status = parse(rows[i].bytes, rows[i].count, LIMIT, &taken, &reason);
        for (size_t part = 0; part < rows[i].count; part++) {
            int part_status = parse(rows[i].bytes, part, LIMIT, &taken, &part_reason);
            if (part_status == 0) continue;
            cr_expect_eq(part_status, status, "row %zu cut at %zu: %d", i, part, part_status);
            cr_expect_eq(part_reason, reason, "row %zu cut at %zu: %s", i, part, part_reason);
            cr_expect_neq(status, 101, "row %zu: good already at %zu", i, part);
        }
    }
}

Test(handshake, what_follows_the_request_is_not_taken) {
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].status == 0) continue;
        char bytes[LIMIT];
        long taken;
        const char *reason;
        memcpy(bytes, rows[i].bytes, rows[i].count);
        memcpy(bytes + rows[i].count, "\x82\x80\0\0\0\0", 6);
        int status = parse(bytes, rows[i].count + 6, LIMIT, &taken, &reason);
        cr_expect_eq(status, rows[i].status, "row %zu", i);
        if (status == 101) cr_expect_eq((size_t)taken, rows[i].count);
    }
}

/* One byte of a good request spoiled in each possible way: the answer never depends on the cut. */
Test(handshake, spoiled_requests_are_answered_the_same_at_every_byte) {
    static const char good[] = WITH("Sec-WebSocket-Protocol: a, b\r\n");
    for (size_t at = 0; at < sizeof good - 1; at++) {
        for (int value = 0; value < 256; value += value < 128 ? 1 : 37) {
            char bytes[sizeof good];
            memcpy(bytes, good, sizeof good);
            bytes[at] = (char)value;
            struct ws_request request;
            const char *reason = NULL, *whole_reason = NULL;
            long whole = ws_request_parse(bytes, sizeof good - 1, LIMIT, &request, &whole_reason);
            for (size_t part = at > 3 ? at - 3 : 0; part < sizeof good - 1; part++) {
                long answer = ws_request_parse(bytes, part, LIMIT, &request, &reason);
                cr_assert(answer == 0 || (answer == whole && reason == whole_reason),
                          "byte %zu is %d, cut at %zu: %ld, whole %ld", at, value, part, answer,
                          whole);
            }
        }
    }
}

/* Each is refused with its last byte, and not before. */
Test(handshake, a_refusal_comes_with_the_byte_that_makes_it_certain) {
    static const struct row early[] = {
        ROW(400, "\x16"),
        ROW(400, "\r"),
        ROW(405, "POST "),
        ROW(405, "PRI "),
        ROW(400, "SSH-2.0-OpenSSH_9.2\r"),
        ROW(400, "GET *"),
        ROW(400, "GET /ws#"),
        ROW(400, "GET /ws\r"),
        ROW(505, "GET /ws HTTP/1.0\r\n"),
        ROW(400, "GET /ws HTTP/1.1\n"),
        ROW(400, GET " "),
        ROW(400, GET HOST "Host: x\r\n"),
        ROW(400, GET "X-A "),
        ROW(400, GET "X-A: b\x00"),
        ROW(400, GET "X-A: b\rc"),
        ROW(400, GET "Sec-WebSocket-Version: 8\r\n"),
        ROW(400, GET "Transfer-Encoding: chunked\r\n"),
        ROW(400, GET HOST UPGRADE CONN KEY "\r\n"),
    };
    for (size_t i = 0; i < sizeof early / sizeof *early; i++) {
        long taken;
        const char *reason;
        cr_expect_eq(parse(early[i].bytes, early[i].count, LIMIT, &taken, &reason), early[i].status,
                     "row %zu", i);
        cr_expect_eq(parse(early[i].bytes, early[i].count - 1, LIMIT, &taken, &reason), 0,
                     "row %zu", i);
    }
}

Test(handshake, a_request_longer_than_the_limit_is_431) {
    static const char good[] = WITH("");
    size_t count = sizeof good - 1;
    long taken;
    const char *reason;
    cr_expect_eq(parse(good, count, count, &taken, &reason), 101);
    cr_expect_eq(parse(good, count, count - 1, &taken, &reason), 431);
    cr_expect_eq(parse(good, count - 1, count - 1, &taken, &reason), 431);
    cr_expect_eq(parse(good, count - 2, count - 1, &taken, &reason), 0);
    char endless[LIMIT + 100];
    memset(endless, 'x', sizeof endless);
    cr_expect_eq(parse(endless, LIMIT - 1, LIMIT, &taken, &reason), 0);
    cr_expect_eq(parse(endless, LIMIT, LIMIT, &taken, &reason), 431);
    cr_expect_eq(parse(endless, sizeof endless, LIMIT, &taken, &reason), 431);
    endless[LIMIT] = '\0'; /* an error beyond the limit does not change the answer */
    cr_expect_eq(parse(endless, sizeof endless, LIMIT, &taken, &reason), 431);
}

static void expect_text(struct ws_text text, const char *expected) {
    cr_expect(text.bytes == strlen(expected) &&
                  strncmp(text.at != NULL ? text.at : "", expected, text.bytes) == 0,
              "expected '%s', got '%.*s'", expected, (int)text.bytes, text.at);
}

static struct ws_request request_of(const char *text) {
    struct ws_request request;
    cr_assert_gt(ws_request_parse(text, strlen(text), LIMIT, &request, NULL), 0, "%s", text);
    return request;
}

Test(handshake, a_target_is_split_into_path_and_query) {
    static const char *targets[][3] = {
        {"/ws", "/ws", ""},
        {"/ws?", "/ws", ""},
        {"/ws?a=b?c", "/ws", "a=b?c"},
        {"/ws/", "/ws/", ""},
        {"/", "/", ""},
        {"http://host/ws", "/ws", ""},
        {"https://host:5993/ws?a", "/ws", "a"},
        {"HTTP://host", "", ""},
        {"http://host?a", "", "a"},
    };
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        char text[512];
        snprintf(text, sizeof text, "GET %s HTTP/1.1\r\n" HOST UPGRADE CONN KEY VERSION LINE,
                 targets[i][0]);
        struct ws_request request = request_of(text);
        expect_text(request.path, targets[i][1]);
        expect_text(request.query, targets[i][2]);
    }
}

Test(handshake, the_request_tells_key_origin_and_forwarding) {
    struct ws_request request = request_of(WITH(""));
    expect_text(request.key, "dGhlIHNhbXBsZSBub25jZQ==");
    expect_text(request.protocols, "");
    cr_expect(!request.origin && !request.forwarded);
    request = request_of(WITH("ORIGIN: null\r\n"));
    cr_expect(request.origin && !request.forwarded);
    request = request_of(WITH("forwarded: for=x\r\n"));
    cr_expect(!request.origin && request.forwarded);
    request = request_of(WITH("x-forwarded-for:\r\n"));
    cr_expect(!request.origin && request.forwarded);
}

Test(handshake, a_failed_parse_leaves_the_request_alone) {
    struct ws_request request, before;
    memset(&request, 0x5a, sizeof request);
    memcpy(&before, &request, sizeof request);
    static const char bad[] = WITH("Content-Length: 5\r\n");
    cr_expect_eq(ws_request_parse(bad, sizeof bad - 1, LIMIT, &request, NULL), -400);
    cr_expect_eq(ws_request_parse(bad, 50, LIMIT, &request, NULL), 0);
    cr_expect_arr_eq((char *)&request, (char *)&before, sizeof request);
}

Test(handshake, subprotocols_are_found_in_all_lines_and_with_their_case) {
    struct ws_request request =
        request_of(WITH("Sec-WebSocket-Protocol: chat ,tickcast.v1.json\r\n"
                        "X-Other: soap\r\nsec-websocket-protocol: superchat\r\n"));
    expect_text(request.protocols, "chat ,tickcast.v1.json");
    cr_expect(ws_request_offers(&request, "chat"));
    cr_expect(ws_request_offers(&request, "tickcast.v1.json"));
    cr_expect(ws_request_offers(&request, "superchat"));
    cr_expect_not(ws_request_offers(&request, "soap"));
    cr_expect_not(ws_request_offers(&request, "Chat"));
    cr_expect_not(ws_request_offers(&request, "tickcast.v1"));
    cr_expect_not(ws_request_offers(&request, ""));
    request = request_of(WITH(""));
    cr_expect_not(ws_request_offers(&request, "chat"));
}

/* Responses. */

#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

Test(handshake, the_accept_value_of_rfc_6455) {
    char accept[WS_ACCEPT_BYTES];
    cr_expect(ws_accept_value("dGhlIHNhbXBsZSBub25jZQ==", 24, accept));
    cr_expect_str_eq(accept, ACCEPT);
}

Test(handshake, a_good_request_gets_101) {
    char out[WS_RESPONSE_BYTES];
    struct ws_request request = request_of(WITH("Sec-WebSocket-Protocol: a, b\r\n"));
    size_t bytes = ws_response_accept(&request, NULL, out);
    static const char plain[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n\r\n";
    cr_expect_eq(bytes, sizeof plain - 1);
    cr_expect_arr_eq(out, plain, bytes);
    bytes = ws_response_accept(&request, "b", out);
    static const char chosen[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
                                 "Connection: Upgrade\r\nSec-WebSocket-Accept: " ACCEPT "\r\n"
                                 "Sec-WebSocket-Protocol: b\r\n\r\n";
    cr_expect_eq(bytes, sizeof chosen - 1);
    cr_expect_arr_eq(out, chosen, bytes);
}

Test(handshake, a_refusal_has_its_headers_and_body) {
    static const struct {
        int status;
        const char *first, *has;
    } refusals[] = {
        {400, "HTTP/1.1 400 Bad Request\r\n", "\r\nSec-WebSocket-Version: 13\r\n"},
        {405, "HTTP/1.1 405 Method Not Allowed\r\n", "\r\nAllow: GET\r\n"},
        {403, "HTTP/1.1 403 Forbidden\r\n", "\r\nConnection: close\r\n"},
        {404, "HTTP/1.1 404 Not Found\r\n", "\r\nContent-Length: 3\r\n"},
        {431, "HTTP/1.1 431 Request Header Fields Too Large\r\n", "\r\n\r\nwhy"},
        {503, "HTTP/1.1 503 Service Unavailable\r\n", "\r\nContent-Type: text/plain"},
        {505, "HTTP/1.1 505 HTTP Version Not Supported\r\n", "\r\nConnection: close\r\n"},
        {418, "HTTP/1.1 418 Refused\r\n", "\r\n\r\nwhy"},
    };
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        char out[WS_RESPONSE_BYTES + 1];
        size_t bytes = ws_response_refuse(refusals[i].status, "why", out);
        out[bytes] = '\0';
        cr_expect_eq(strncmp(out, refusals[i].first, strlen(refusals[i].first)), 0, "%s", out);
        cr_expect_not_null(strstr(out, refusals[i].has), "%s", out);
        cr_expect_str_eq(out + bytes - 7, "\r\n\r\nwhy");
    }
}

Test(handshake, a_long_body_is_cut_to_the_room_of_a_response) {
    char body[4000], *out = malloc(WS_RESPONSE_BYTES);
    memset(body, 'b', sizeof body - 1);
    body[sizeof body - 1] = '\0';
    for (int status = 400; status < 506; status++) {
        size_t bytes = ws_response_refuse(status, body, out), length;
        cr_assert_leq(bytes, WS_RESPONSE_BYTES);
        cr_assert_eq(out[bytes - 1], 'b');
        char *end = memmem(out, bytes, "\r\n\r\n", 4);
        cr_assert_eq(
            sscanf(memmem(out, bytes, "Content-Length", 14), "Content-Length: %zu", &length), 1);
        cr_assert_eq(end + 4 + length, out + bytes);
    }
    free(out);
}
