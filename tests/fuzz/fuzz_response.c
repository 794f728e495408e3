/* Handshakes of a client: a response gets the same answer however it is cut, only a good 101 is
 * accepted, and what we ask our own server accepts. */
#include <string.h>
#include <strings.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "ws/handshake.h"

/* Of RFC 6455, 1.3. */
#define KEY    "dGhlIHNhbXBsZSBub25jZQ=="
#define ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

#define ALL_CUTS  300 /* responses up to here are cut at every byte */
#define SOME_CUTS 40  /* of longer ones */

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    allocations_of_libraries();
    return 0;
}

struct answer {
    long value;
    int status;
    const char *reason;
};

static struct answer parse_copy(const uint8_t *bytes, size_t count) {
    struct answer answer = {0};
    struct ws_text body;
    uint8_t *copy = fuzz_copy(bytes, count);
    answer.value = ws_response_parse(copy, count, KEY, &answer.status, &body, &answer.reason);
    const char *end = (const char *)copy + count;
    CHECK(body.at >= (const char *)copy && body.at + body.bytes == end);
    fuzz_free(copy);
    return answer;
}

static void check_cut(const uint8_t *bytes, size_t cut, const struct answer *whole, bool *told) {
    struct answer part = parse_copy(bytes, cut);
    if (part.value == 0) {
        CHECK(!*told);
        return;
    }
    *told = true;
    CHECK(part.value == whole->value && part.status == whole->status);
    CHECK(part.reason == whole->reason && (part.value > 0) == (part.reason == NULL));
}

static void check_cuts(const uint8_t *bytes, size_t count, const struct answer *whole) {
    size_t step = count <= ALL_CUTS ? 1 : count / SOME_CUTS;
    bool told = false;
    for (size_t cut = 0; cut < count; cut += step) check_cut(bytes, cut, whole, &told);
    check_cut(bytes, count, whole, &told);
}

/* A head that never ends is refused; what follows a whole one changes nothing. */
static void check_long(const uint8_t *bytes, size_t count, const struct answer *whole) {
    uint8_t *longer = malloc(count + WS_RESPONSE_HEAD_BYTES);
    CHECK(longer != NULL);
    if (count > 0) memcpy(longer, bytes, count);
    memset(longer + count, 'x', WS_RESPONSE_HEAD_BYTES);
    struct answer answer = parse_copy(longer, count + WS_RESPONSE_HEAD_BYTES);
    CHECK(answer.value != 0);
    if (whole->value != 0) CHECK(answer.value == whole->value && answer.status == whole->status);
    free(longer);
}

/* True if one line of the head is `name`: value, the case of letters and spaces aside. */
static bool has_line(const char *head, const char *end, const char *name, const char *value) {
    for (const char *line; head < end; head = line + 2) {
        line = memmem(head, (size_t)(end - head), "\r\n", 2);
        CHECK(line != NULL);
        size_t name_bytes = strlen(name);
        if ((size_t)(line - head) < name_bytes + 1 || head[name_bytes] != ':' ||
            strncasecmp(head, name, name_bytes) != 0)
            continue;
        if (value == NULL) return true;
        const char *at = head + name_bytes + 1;
        for (; at + strlen(value) <= line; at++)
            if (strncasecmp(at, value, strlen(value)) == 0) return true;
    }
    return false;
}

static void check_accepted(const char *bytes, long taken, int status) {
    const char *end = bytes + taken;
    CHECK(status == 101 && memcmp(bytes, "HTTP/1.1 101", 12) == 0);
    CHECK(taken > 16 && memcmp(end - 4, "\r\n\r\n", 4) == 0);
    CHECK(has_line(bytes, end, "Upgrade", "websocket"));
    CHECK(has_line(bytes, end, "Connection", "upgrade"));
    CHECK(has_line(bytes, end, "Sec-WebSocket-Accept", ACCEPT));
    CHECK(!has_line(bytes, end, "Sec-WebSocket-Extensions", NULL));
    bool failed = true;
    for (uint32_t nth = 1; failed; nth++) {
        struct ws_text body;
        int again;
        allocations_begin(nth);
        long value = ws_response_parse(bytes, (size_t)taken, KEY, &again, &body, NULL);
        failed = allocations_end() != 0;
        CHECK(value == taken || (failed && value == -1));
    }
}

/* A text of the letters that may stand in a path, a host and a protocol, made of the input's bytes.
 */
static void make_text(struct fuzz_input *input, char *out, size_t most) {
    static const char letters[] = "abcXYZ019-._~!$&'*+";
    size_t bytes = fuzz_number(input, most - 1);
    for (size_t i = 0; i < bytes; i++) out[i] = letters[fuzz_number(input, sizeof letters - 2)];
    out[bytes] = '\0';
}

/* What a client writes a server accepts, whose response the client accepts. */
static void check_round(struct fuzz_input input) {
    char host[40] = "h", path[80] = "/", protocol[20] = "p", out[512], back[WS_RESPONSE_BYTES];
    const char *asked = (fuzz_byte(&input) & 1) != 0 ? protocol : NULL;
    make_text(&input, host + 1, sizeof host - 1);
    make_text(&input, path + 1, sizeof path - 1);
    make_text(&input, protocol + 1, sizeof protocol - 1);
    size_t bytes = ws_request_write(host, path, KEY, asked, out, sizeof out);
    CHECK(bytes > 0 && bytes < sizeof out);
    CHECK(ws_request_write(host, path, KEY, asked, out, bytes) == 0);
    CHECK(ws_request_write(host, path, KEY, asked, out, bytes + 1) == bytes);

    struct ws_request request;
    CHECK(ws_request_parse(out, bytes, sizeof out, &request, NULL) == (long)bytes);
    CHECK(request.path.bytes == strlen(path) && memcmp(request.path.at, path, strlen(path)) == 0);
    CHECK(ws_request_offers(&request, protocol) == (asked != NULL));
    size_t answered = ws_response_accept(&request, asked, back);
    int status;
    struct ws_text body;
    CHECK(ws_response_parse(back, answered, KEY, &status, &body, NULL) == (long)answered);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct answer whole = parse_copy(data, size);
    check_cuts(data, size, &whole);
    check_long(data, size, &whole);
    if (whole.value == 0) CHECK(memmem(data, size, "\r\n\r\n", 4) == NULL);
    if (whole.value > 0) check_accepted((const char *)data, whole.value, whole.status);
    check_round((struct fuzz_input){data, data + size});
    return 0;
}
