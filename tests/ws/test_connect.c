#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "ws/handshake.h"

#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

#define STATUS  "HTTP/1.1 101 Switching Protocols\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONN    "Connection: Upgrade\r\n"
#define ACCEPT  "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
#define LINE    "\r\n"

Test(connect, a_written_request_is_one_that_the_server_takes) {
    char out[512];
    struct ws_request request;
    size_t bytes = ws_request_write("host:5993", "/ws?a", KEY, NULL, out, sizeof out);
    cr_assert_gt(bytes, 0);
    cr_assert_eq(ws_request_parse(out, bytes, sizeof out, &request, NULL), (long)bytes);
    cr_assert_eq(request.path.bytes, 3);
    cr_assert_eq(request.query.bytes, 1);
    cr_assert_arr_eq(request.key.at, KEY, 24);
    cr_assert_eq(request.protocols.bytes, 0);
    bytes = ws_request_write("host", "/ws", KEY, "tickcast.v1.json", out, sizeof out);
    cr_assert_eq(ws_request_parse(out, bytes, sizeof out, &request, NULL), (long)bytes);
    cr_assert(ws_request_offers(&request, "tickcast.v1.json"));
}

Test(connect, a_request_that_does_not_fit_is_not_written) {
    char out[512];
    size_t bytes = ws_request_write("host", "/ws", KEY, NULL, out, sizeof out);
    for (size_t room = 0; room <= bytes; room++) {
        char *exact = malloc(room + (room == 0));
        cr_assert_eq(ws_request_write("host", "/ws", KEY, NULL, exact, room), 0);
        free(exact);
    }
    cr_assert_eq(ws_request_write("host", "/ws", KEY, NULL, out, bytes + 1), bytes);
}

/* `http` is the status told; a good response has `taken` true. */
static const struct {
    bool taken;
    int http;
    const char *text, *body;
} rows[] = {
    {true, 101, STATUS UPGRADE CONN ACCEPT LINE, ""},
    {true, 101, "HTTP/1.1 101\r\n" UPGRADE CONN ACCEPT LINE, ""},
    {true, 101, "HTTP/1.1 101 \r\n" UPGRADE CONN ACCEPT LINE, ""},
    {true, 101, STATUS "upgrade: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n" ACCEPT LINE, ""},
    {true, 101, STATUS "Server: x\r\n" ACCEPT CONN UPGRADE "Date: today\r\n" LINE, ""},
    {false, 101, STATUS CONN ACCEPT LINE, ""},
    {false, 101, STATUS UPGRADE ACCEPT LINE, ""},
    {false, 101, STATUS UPGRADE CONN LINE, ""},
    {false, 101, STATUS "Upgrade: h2c\r\n" CONN ACCEPT LINE, ""},
    {false, 101, STATUS UPGRADE CONN ACCEPT ACCEPT LINE, ""},
    {false, 101, STATUS UPGRADE CONN "Sec-WebSocket-Accept: AAAA\r\n" LINE, ""},
    {false, 101, STATUS UPGRADE CONN "Sec-WebSocket-Accept: S3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n", ""},
    {false, 101, STATUS UPGRADE CONN ACCEPT "Sec-WebSocket-Extensions: permessage-deflate\r\n", ""},
    {false, 101, STATUS " folded\r\n", ""},
    {false, 0, "HTTP/1.0 101 Switching Protocols\r\n" UPGRADE CONN ACCEPT LINE, ""},
    {false, 0, "HTTP/1.1 1010\r\n", ""},
    {false, 0, "HTTP/1.1 x01\r\n", ""},
    {false, 0, "\x15\x03\x03\x00\x02\x02\x16", ""},
    {false, 0, "SSH-2.0-OpenSSH\r\n", ""},
    {false, 200, "HTTP/1.1 200 OK\r\n" UPGRADE CONN ACCEPT LINE, ""},
    {false, 403, "HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", "no"},
};

Test(connect, responses_are_told_as_the_table_says_whole_and_at_every_cut) {
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t count = strlen(rows[i].text);
        for (size_t part = 0; part <= count; part++) {
            char *copy = malloc(part + (part == 0));
            memcpy(copy, rows[i].text, part);
            int status = -1;
            struct ws_text body;
            const char *reason = NULL;
            long taken = ws_response_parse(copy, part, KEY, &status, &body, &reason);
            if (part == count || taken != 0) {
                cr_expect_eq(taken, rows[i].taken ? (long)count : -1, "row %zu at %zu", i, part);
                cr_expect_eq(status, rows[i].http, "row %zu: %d", i, status);
                cr_expect_eq(reason == NULL, rows[i].taken);
            }
            if (part == count)
                cr_expect(body.bytes == strlen(rows[i].body) &&
                              memcmp(body.at, rows[i].body, body.bytes) == 0,
                          "row %zu", i);
            free(copy);
        }
    }
}

Test(connect, frames_behind_the_response_are_not_taken) {
    static const char text[] = STATUS UPGRADE CONN ACCEPT LINE "\x82\x01x";
    int status;
    struct ws_text body;
    cr_assert_eq(ws_response_parse(text, sizeof text - 1, KEY, &status, &body, NULL),
                 (long)sizeof text - 1 - 3);
}

Test(connect, an_endless_response_is_given_up) {
    static char text[WS_RESPONSE_HEAD_BYTES + 10];
    memset(text, 'x', sizeof text);
    memcpy(text, STATUS, sizeof STATUS - 1);
    int status;
    struct ws_text body;
    const char *reason = NULL;
    cr_assert_eq(ws_response_parse(text, WS_RESPONSE_HEAD_BYTES - 1, KEY, &status, &body, &reason),
                 0);
    cr_assert_eq(ws_response_parse(text, WS_RESPONSE_HEAD_BYTES, KEY, &status, &body, &reason), -1);
    cr_assert_str_eq(reason, "response too long");
    cr_assert_eq(ws_response_parse(text, sizeof text, KEY, &status, &body, &reason), -1);
}
