/* Opening handshakes as a server reads them: a request gets the same answer however it is cut, an
 * accepted one has all that RFC 6455 (4.2.1) asks for, and our answers are well-formed. */
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <regex.h>
#include <string.h>
#include <strings.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "ws/handshake.h"

#define MOST      8192 /* bytes of a request, as the broker's default */
#define ALL_CUTS  300  /* requests up to here are cut at every byte */
#define SOME_CUTS 40   /* of longer ones */
#define PROTOCOL  "tickcast.v1.json"

/* Sec-WebSocket-Extensions (9.1), an element or more of which may be empty. */
#define CHARACTER  "[-!#$%&'*+.^_`|~0-9A-Za-z]"
#define BLANKS     "[ \t]*"
#define VALUE      "(" CHARACTER "+|\"(\\\\?" CHARACTER ")+\")"
#define PARAMETER  CHARACTER "+(" BLANKS "=" BLANKS VALUE ")?"
#define EXTENSION  CHARACTER "+(" BLANKS ";" BLANKS PARAMETER ")*"
#define EXTENSIONS "^[ \t,]*" EXTENSION BLANKS "(," BLANKS "(" EXTENSION ")?" BLANKS ")*$"
static regex_t extensions;

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    allocations_of_libraries();
    CHECK(regcomp(&extensions, EXTENSIONS, REG_EXTENDED | REG_NOSUB) == 0);
    return 0;
}

struct answer {
    long value;
    const char *reason;
    struct ws_request request;
};

/* Parses a copy of exactly so many bytes. The texts of the request lie in memory that is gone. */
static struct answer parse_copy(const uint8_t *bytes, size_t count, size_t most) {
    struct answer answer = {0};
    uint8_t *copy = fuzz_copy(bytes, count);
    answer.value = ws_request_parse(copy, count, most, &answer.request, &answer.reason);
    fuzz_free(copy);
    return answer;
}

/* The same as the next piece of what was offered before. */
static void check_piece(const uint8_t *bytes, size_t cut, const struct answer *part,
                        struct ws_progress *progress) {
    struct answer piece = {0};
    uint8_t *copy = fuzz_copy(bytes, cut);
    piece.value = ws_request_go_on(progress, copy, cut, MOST, &piece.request, &piece.reason);
    CHECK(piece.value == part->value && piece.reason == part->reason);
    CHECK(progress->line <= cut && (part->value != 0 || progress->line == 0 ||
                                    memcmp(bytes + progress->line - 2, "\r\n", 2) == 0));
    if (piece.value > 0) {
        CHECK(piece.request.key.bytes == part->request.key.bytes);
        CHECK(piece.request.origin.bytes == part->request.origin.bytes);
        CHECK(piece.request.path.bytes == part->request.path.bytes);
        CHECK(piece.request.fields.bytes == part->request.fields.bytes);
        CHECK(piece.request.forwarded == part->request.forwarded);
    }
    fuzz_free(copy);
}

static void check_cut(const uint8_t *bytes, size_t cut, const struct answer *whole, bool *told,
                      struct ws_progress *progress) {
    struct answer part = parse_copy(bytes, cut, MOST);
    if (!*told) check_piece(bytes, cut, &part, progress);
    if (part.value == 0) {
        CHECK(!*told);
        return;
    }
    *told = true;
    CHECK(part.value == whole->value);
    if (part.value < 0) CHECK(part.reason != NULL && part.reason == whole->reason);
    if (part.value > 0) CHECK((size_t)part.value <= cut);
}

static void check_cuts(const uint8_t *bytes, size_t count, const struct answer *whole) {
    size_t step = count <= ALL_CUTS ? 1 : count / SOME_CUTS;
    struct ws_progress progress = {0};
    bool told = false;
    for (size_t cut = 0; cut < count; cut += step) check_cut(bytes, cut, whole, &told, &progress);
    check_cut(bytes, count, whole, &told, &progress);
}

/* With less room: the same answer if the request fits, otherwise 431 unless another came before. */
static void check_limit(const uint8_t *bytes, size_t count, size_t most,
                        const struct answer *whole) {
    struct answer less = parse_copy(bytes, count, most);
    if (whole->value > 0)
        CHECK(less.value == ((size_t)whole->value <= most ? whole->value : -431));
    else if (whole->value < 0)
        CHECK(less.value == whole->value || less.value == -431);
    else
        CHECK(less.value == (count >= most ? -431 : 0));
}

/* What 4.2.1 asks for, found line by line. */
struct found {
    int hosts, upgrades, connections, keys, versions, bodies, lengths, origins, forwarded;
    bool offered; /* PROTOCOL */
    struct ws_text key;
};

static bool same(struct ws_text text, const char *other) {
    return text.bytes == strlen(other) && strncasecmp(text.at, other, text.bytes) == 0;
}

static bool identical(struct ws_text text, const char *other) {
    return text.bytes == strlen(other) && memcmp(text.at, other, text.bytes) == 0;
}

static struct ws_text trimmed(const char *at, const char *end) {
    while (at < end && (*at == ' ' || *at == '\t')) at++;
    while (end > at && (end[-1] == ' ' || end[-1] == '\t')) end--;
    return (struct ws_text){at, (size_t)(end - at)};
}

static bool lists(struct ws_text value, const char *word,
                  bool (*equal)(struct ws_text text, const char *other)) {
    const char *at = value.at, *end = value.at + value.bytes;
    while (at < end) {
        const char *comma = memchr(at, ',', (size_t)(end - at));
        if (comma == NULL) comma = end;
        if (equal(trimmed(at, comma), word)) return true;
        at = comma + 1;
    }
    return false;
}

static void find(struct found *found, struct ws_text name, struct ws_text value) {
    found->hosts += same(name, "Host");
    found->upgrades += same(name, "Upgrade") && lists(value, "websocket", same);
    found->connections += same(name, "Connection") && lists(value, "Upgrade", same);
    found->versions += same(name, "Sec-WebSocket-Version");
    if (same(name, "Sec-WebSocket-Version")) CHECK(same(value, "13"));
    found->bodies += same(name, "Transfer-Encoding");
    found->bodies += same(name, "Content-Length") && !same(value, "0");
    found->lengths += same(name, "Content-Length");
    found->origins += same(name, "Origin");
    found->forwarded += same(name, "Forwarded") || same(name, "X-Forwarded-For");
    if (same(name, "Sec-WebSocket-Extensions")) {
        char *text = fuzz_text(value.at, value.bytes);
        CHECK(regexec(&extensions, text, 0, NULL, 0) == 0);
        fuzz_free(text);
    }
    if (same(name, "Sec-WebSocket-Protocol") && lists(value, PROTOCOL, identical))
        found->offered = true;
    if (same(name, "Sec-WebSocket-Key")) found->keys++, found->key = value;
}

/* The lines of an accepted request: each ends in CR LF and has no other control character. */
static void find_all(const char *at, const char *end, struct found *found) {
    const char *line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
    CHECK(line_end != NULL && line_end - at >= 13);
    CHECK(memcmp(at, "GET ", 4) == 0 && memcmp(line_end - 9, " HTTP/1.1", 9) == 0);
    for (at = line_end + 2; at < end - 2; at = line_end + 2) {
        line_end = memmem(at, (size_t)(end - at), "\r\n", 2);
        CHECK(line_end != NULL && line_end > at);
        const char *colon = memchr(at, ':', (size_t)(line_end - at));
        CHECK(colon != NULL && colon > at);
        for (const char *c = at; c < colon; c++) CHECK(*c > ' ' && *c != 0x7f);
        for (const char *c = colon; c < line_end; c++)
            CHECK(((unsigned char)*c >= ' ' || *c == '\t') && *c != 0x7f);
        find(found, (struct ws_text){at, (size_t)(colon - at)}, trimmed(colon + 1, line_end));
    }
    CHECK(at == end - 2 && memcmp(at, "\r\n", 2) == 0);
}

static void check_response(const struct ws_request *request, const char *protocol) {
    char key[25] = {0}, text[64 + 25], accept[64], out[WS_RESPONSE_BYTES + 1];
    uint8_t digest[20];
    memcpy(key, request->key.at, 24);
    snprintf(text, sizeof text, "%s258EAFA5-E914-47DA-95CA-C5AB0DC85B11", key);
    SHA1((const uint8_t *)text, strlen(text), digest);
    EVP_EncodeBlock((uint8_t *)accept, digest, sizeof digest);

    size_t bytes = ws_response_accept(request, protocol, out);
    CHECK(bytes > 0 && bytes < WS_RESPONSE_BYTES);
    out[bytes] = '\0';
    CHECK(strstr(out, accept) != NULL);
    CHECK((protocol != NULL) == (strstr(out, "Sec-WebSocket-Protocol") != NULL));
    int status;
    struct ws_text body;
    CHECK(ws_response_parse(out, bytes, key, &status, &body, NULL) == (long)bytes);
    CHECK(status == 101);

    bool failed = true; /* of OpenSSL's allocations each, in its turn */
    for (uint32_t nth = 1; failed; nth++) {
        allocations_begin(nth);
        size_t again = ws_response_accept(request, protocol, out);
        failed = allocations_end() != 0;
        CHECK(again == bytes || (failed && again == 0));
    }
}

static void check_accepted(const char *bytes, long taken, const struct ws_request *request) {
    struct found found = {0};
    uint8_t key[24];
    find_all(bytes, bytes + taken, &found);
    CHECK(found.hosts == 1 && found.upgrades >= 1 && found.connections >= 1);
    CHECK(found.keys == 1 && found.versions == 1 && found.bodies == 0);
    CHECK(found.lengths <= 1 && found.origins <= 1);
    CHECK(found.key.at == request->key.at && found.key.bytes == 24 && request->key.bytes == 24);
    CHECK(EVP_DecodeBlock(key, (const uint8_t *)found.key.at, 24) == 18);
    CHECK(memcmp(found.key.at + 22, "==", 2) == 0);
    CHECK((request->origin.at != NULL) == (found.origins > 0) &&
          request->forwarded == (found.forwarded > 0));
    const char *line_end = memmem(bytes, (size_t)taken, "\r\n", 2);
    CHECK(request->path.at > bytes && request->query.at + request->query.bytes <= line_end - 9);
    CHECK(request->path.bytes == 0 || request->path.at[0] == '/');
    CHECK(memchr(request->path.at, '?', request->path.bytes) == NULL);
    CHECK(ws_request_offers(request, PROTOCOL) == found.offered);
    check_response(request, found.offered ? PROTOCOL : NULL);
}

/* A refusal is a response that our own client reads, with the reason, cut where it is long, as its
 * body. */
static void check_refusal(int status, const char *reason) {
    char out[WS_RESPONSE_BYTES];
    size_t bytes = ws_response_refuse(status, reason, out);
    int read_status;
    struct ws_text body;
    CHECK(bytes <= WS_RESPONSE_BYTES);
    CHECK(ws_response_parse(out, bytes, "", &read_status, &body, NULL) == -1);
    CHECK(read_status == status);
    CHECK(body.bytes <= strlen(reason) && memcmp(body.at, reason, body.bytes) == 0);
    if (strlen(reason) < 512) CHECK(body.bytes == strlen(reason));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const int statuses[] = {400, 403, 404, 405, 408, 429, 431, 500, 503, 505, 599};
    struct ws_request request;
    const char *reason = NULL;
    long value = ws_request_parse(data, size, MOST, &request, &reason);
    struct answer whole = {value, reason, request};
    check_cuts(data, size, &whole);
    check_limit(data, size, size / 2 + 1, &whole);
    check_limit(data, size, size, &whole);
    if (value == 0) CHECK(size < MOST && memmem(data, size, "\r\n\r\n", 4) == NULL);
    if (value > 0) check_accepted((const char *)data, value, &request);
    if (value < 0) {
        CHECK(value == -400 || value == -405 || value == -431 || value == -505);
        check_refusal((int)-value, reason);
    }
    char *text = fuzz_text(data, size);
    check_refusal(statuses[size % (sizeof statuses / sizeof *statuses)], text);
    fuzz_free(text);
    return 0;
}
