#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "requests.h"
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

#define WITH(more) GET HOST UPGRADE CONN KEY VERSION more LINE

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

/* Whether this peer may have that path is not the parser's to say. */
static int parsed_status(const struct row *row) {
    return row->status == 403 || row->status == 404 ? 101 : row->status;
}

static void each_row(void (*check)(const struct row *row)) {
    size_t count;
    struct row *rows = requests_read(&count);
    cr_assert_geq(count, 290);
    for (size_t i = 0; i < count; i++) check(&rows[i]);
    requests_free(rows, count);
}

static void check_whole(const struct row *row) {
    long taken;
    const char *reason;
    int status = parse(row->bytes, row->count, LIMIT, &taken, &reason);
    cr_expect_eq(status, parsed_status(row), "%s: %d (%s)", row->name, status, reason);
    if (status == 101) cr_expect_eq((size_t)taken, row->count, "%s", row->name);
}

Test(handshake, the_table_is_answered_as_it_says) {
    each_row(check_whole);
}

/* After each prefix the answer is "more", or already that of the whole, with the same reason. */
static void check_split(const struct row *row) {
    long taken;
    const char *reason, *part_reason;
    int status = parse(row->bytes, row->count, LIMIT, &taken, &reason);
    bool certain = false;
    for (size_t part = 0; part < row->count; part++) {
        int part_status = parse(row->bytes, part, LIMIT, &taken, &part_reason);
        cr_assert(part_status != 0 || !certain, "%s: open again at %zu", row->name, part);
        if (part_status == 0) continue;
        certain = true;
        cr_assert_eq(part_status, status, "%s: %d at %zu", row->name, part_status, part);
        cr_assert_eq(part_reason, reason, "%s: %s at %zu", row->name, part_reason, part);
        cr_assert_neq(status, 101, "%s: good already at %zu", row->name, part);
    }
}

Test(handshake, the_table_is_answered_the_same_split_at_every_byte) {
    each_row(check_split);
}

static void check_followed(const struct row *row) {
    if (row->status == 0) return;
    char bytes[REQUEST_BYTES + 6];
    long taken;
    const char *reason;
    memcpy(bytes, row->bytes, row->count);
    memcpy(bytes + row->count, "\x82\x80\0\0\0\0", 6);
    int status = parse(bytes, row->count + 6, LIMIT, &taken, &reason);
    cr_expect_eq(status, parsed_status(row), "%s", row->name);
    if (status == 101) cr_expect_eq((size_t)taken, row->count, "%s", row->name);
}

Test(handshake, what_follows_the_request_is_not_taken) {
    each_row(check_followed);
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
            struct ws_progress progress = {0};
            long piece = 0;
            for (size_t part = at > 3 ? at - 3 : 0; part < sizeof good - 1; part++) {
                long answer = ws_request_parse(bytes, part, LIMIT, &request, &reason);
                cr_assert(answer == 0 || (answer == whole && reason == whole_reason),
                          "byte %zu is %d, cut at %zu: %ld, whole %ld", at, value, part, answer,
                          whole);
                if (piece != 0) continue;
                piece = ws_request_go_on(&progress, bytes, part, LIMIT, &request, &reason);
                cr_assert(piece == answer && (piece == 0 || reason == whole_reason),
                          "byte %zu is %d, piece to %zu: %ld, at once %ld", at, value, part, piece,
                          answer);
            }
        }
    }
}

/* A peer that sends single bytes makes each line be looked at again, not the whole request. */
Test(handshake, in_pieces_only_the_line_that_is_not_whole_is_looked_at_again) {
    static const char good[] =
        WITH("Origin: http://a\r\nForwarded: x\r\nSec-WebSocket-Protocol: a, b\r\n");
    struct ws_progress progress = {0};
    struct ws_request request, whole;
    size_t line = 0;
    for (size_t part = 1; part < sizeof good - 1; part++) {
        if (good[part - 1] == '\n') line = part;
        cr_assert_eq(ws_request_go_on(&progress, good, part, LIMIT, &request, NULL), 0);
        cr_assert_eq(progress.line, line, "%zu bytes", part);
    }
    long all = (long)sizeof good - 1;
    cr_assert_eq(ws_request_go_on(&progress, good, (size_t)all, LIMIT, &request, NULL), all);
    cr_assert_eq(ws_request_parse(good, (size_t)all, LIMIT, &whole, NULL), all);
    cr_expect(request.path.at == whole.path.at && request.key.at == whole.key.at);
    cr_expect(request.origin.at == whole.origin.at && request.protocols.at == whole.protocols.at);
    cr_expect(request.fields.bytes == whole.fields.bytes && whole.fields.bytes > 0);
    cr_expect(request.forwarded);
}

/* Each is refused with its last byte, and not before. */
Test(handshake, a_refusal_comes_with_the_byte_that_makes_it_certain) {
#define ROW(status, text)                                                                          \
    { status, text, sizeof(text) - 1, text }
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
    cr_expect(request.origin.at == NULL && !request.forwarded);
    request = request_of(WITH("ORIGIN: null\r\n"));
    cr_expect(request.origin.at != NULL && !request.forwarded);
    request = request_of(WITH("forwarded: for=x\r\n"));
    cr_expect(request.origin.at == NULL && request.forwarded);
    request = request_of(WITH("x-forwarded-for:\r\n"));
    cr_expect(request.origin.at == NULL && request.forwarded);
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
