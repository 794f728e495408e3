#include "ws/handshake.h"

#include <string.h>
#include <strings.h>

#include "ws/extensions.h"
#include "ws/head.h"

#define PROTOCOL_FIELD "Sec-WebSocket-Protocol"
#define KEY_CHARACTERS 24 /* base64 of 16 bytes: 22 characters and "==" */

#define GO 1 /* a part is good; otherwise 0 for more bytes, or minus the status */

/* What there was among the header lines, as bits. */
enum seen {
    SEEN_HOST = 1,
    SEEN_UPGRADE = 2, /* to websocket */
    SEEN_CONNECTION = 4,
    SEEN_VERSION = 8,
    SEEN_KEY = 16,
    SEEN_LENGTH = 32,
    SEEN_ORIGIN = 64,
};

struct parse {
    struct head head;
    struct ws_request request;
    uint32_t seen;
};

static long refuse(struct parse *parse, int status, const char *reason) {
    parse->head.reason = reason;
    return -status;
}

static bool text_is(struct ws_text text, const char *other) {
    return text.bytes == strlen(other) && memcmp(text.at, other, text.bytes) == 0;
}

static bool text_begins(struct ws_text text, const char *other) {
    return text.bytes >= strlen(other) && strncasecmp(text.at, other, strlen(other)) == 0;
}

static struct ws_text text_from(struct ws_text text, size_t at) {
    return (struct ws_text){text.at + at, text.bytes - at};
}

/* The length of the host, with its port, that the text begins with (RFC 3986, 3.2.2); 0: there is
 * none. */
static size_t host_bytes(struct ws_text text) {
    bool literal = text.bytes > 0 && text.at[0] == '[';
    size_t i = literal;
    i += head_span(text_from(text, i), literal ? ":.%-_~" : "-._~%!$&'()*+,;=");
    if (literal && (i == 1 || i == text.bytes || text.at[i++] != ']')) return 0;
    if (i == 0 || i == text.bytes || text.at[i] != ':') return i;
    i++;
    while (i < text.bytes && text.at[i] >= '0' && text.at[i] <= '9') i++;
    return i;
}

/* The request line. */

static long take_method(struct parse *parse) {
    struct head *head = &parse->head;
    const char *at = head->at;
    while (at < head->end && head_is_token(*at)) at++;
    if (at == head->end) return 0;
    struct ws_text method = {head->at, (size_t)(at - head->at)};
    if (*at != ' ' || method.bytes == 0) return refuse(parse, 400, "not an HTTP request");
    if (!text_is(method, "GET")) return refuse(parse, 405, "method is not GET");
    head->at = at + 1;
    return GO;
}

static bool split_target(struct ws_text target, struct ws_request *request) {
    if (target.at[0] != '/') {
        size_t scheme = text_begins(target, "http://")    ? 7
                        : text_begins(target, "https://") ? 8
                                                          : 0;
        if (scheme == 0) return false;
        target = text_from(target, scheme);
        size_t host = host_bytes(target);
        if (host == 0) return false;
        target = text_from(target, host);
        if (target.bytes > 0 && target.at[0] != '/' && target.at[0] != '?') return false;
    }
    const char *mark = target.bytes > 0 ? memchr(target.at, '?', target.bytes) : NULL;
    size_t path = mark != NULL ? (size_t)(mark - target.at) : target.bytes;
    request->path = (struct ws_text){target.at, path};
    request->query = text_from(target, mark != NULL ? path + 1 : path);
    return true;
}

static long take_target(struct parse *parse) {
    struct head *head = &parse->head;
    const char *at = head->at;
    if (at == head->end) return 0;
    if (*at != '/' && *at != 'h' && *at != 'H')
        return refuse(parse, 400, "target is neither a path nor an http URL");
    while (at<head->end && * at> ' ' && *at < 0x7f && *at != '#') at++;
    if (at == head->end) return 0;
    if (*at == '#') return refuse(parse, 400, "target has a fragment");
    if (*at != ' ') return refuse(parse, 400, "malformed request line");
    if (!split_target((struct ws_text){head->at, (size_t)(at - head->at)}, &parse->request))
        return refuse(parse, 400, "target is neither a path nor an http URL");
    head->at = at + 1;
    return GO;
}

static long take_version(struct parse *parse) {
    struct ws_text version;
    enum head_part part = head_line(&parse->head, &version);
    if (part == HEAD_MORE) return 0;
    if (part == HEAD_BAD) return -400;
    if (text_is(version, "HTTP/1.1")) return GO;
    size_t i = strlen("HTTP/");
    if (version.bytes <= i || memcmp(version.at, "HTTP/", i) != 0)
        return refuse(parse, 400, "malformed request line");
    while (i < version.bytes && strchr("0123456789.", version.at[i]) != NULL) i++;
    if (i < version.bytes) return refuse(parse, 400, "malformed request line");
    return refuse(parse, 505, "version is not HTTP/1.1");
}

/* The header lines that matter: each function takes a value and returns what is wrong, or NULL. */

/* False if it was seen before. */
static bool first(struct parse *parse, enum seen what) {
    bool is_first = !(parse->seen & what);
    parse->seen |= what;
    return is_first;
}

static const char *take_host(struct parse *parse, struct ws_text value) {
    if (!first(parse, SEEN_HOST)) return "second Host";
    return value.bytes == 0 || host_bytes(value) < value.bytes ? "malformed Host" : NULL;
}

static const char *take_upgrade(struct parse *parse, struct ws_text value) {
    bool bad;
    if (head_list_has(value, "websocket", &bad)) parse->seen |= SEEN_UPGRADE;
    return bad ? "malformed Upgrade" : NULL;
}

static const char *take_connection(struct parse *parse, struct ws_text value) {
    bool bad;
    if (head_list_has(value, "upgrade", &bad)) parse->seen |= SEEN_CONNECTION;
    return bad ? "malformed Connection" : NULL;
}

static const char *take_key(struct parse *parse, struct ws_text value) {
    if (!first(parse, SEEN_KEY)) return "second Sec-WebSocket-Key";
    size_t i = 0;
    while (i < value.bytes &&
           (head_is_alnum(value.at[i]) || value.at[i] == '+' || value.at[i] == '/'))
        i++;
    if (value.bytes != KEY_CHARACTERS || i != KEY_CHARACTERS - 2 ||
        memcmp(value.at + i, "==", 2) != 0)
        return "Sec-WebSocket-Key is not base64 of 16 bytes";
    parse->request.key = value;
    return NULL;
}

static const char *take_ws_version(struct parse *parse, struct ws_text value) {
    if (!first(parse, SEEN_VERSION)) return "second Sec-WebSocket-Version";
    return text_is(value, "13") ? NULL : "Sec-WebSocket-Version is not 13";
}

static const char *take_protocol(struct parse *parse, struct ws_text value) {
    struct ws_text rest = value, element;
    enum head_part part = head_element(&rest, &element);
    if (part != HEAD_PART) return "malformed " PROTOCOL_FIELD;
    while (part == HEAD_PART) part = head_element(&rest, &element);
    if (part == HEAD_BAD) return "malformed " PROTOCOL_FIELD;
    if (parse->request.protocols.bytes == 0) parse->request.protocols = value;
    return NULL;
}

static const char *take_extensions(struct parse *parse, struct ws_text value) {
    (void)parse;
    return ws_extensions_valid(value) ? NULL : "malformed Sec-WebSocket-Extensions";
}

static const char *take_length(struct parse *parse, struct ws_text value) {
    if (!first(parse, SEEN_LENGTH)) return "second Content-Length";
    return text_is(value, "0") ? NULL : "an upgrade has no body";
}

static const char *take_encoding(struct parse *parse, struct ws_text value) {
    (void)parse, (void)value;
    return "an upgrade has no body";
}

static const char *take_origin(struct parse *parse, struct ws_text value) {
    if (!first(parse, SEEN_ORIGIN)) return "second Origin";
    parse->request.origin = value;
    return NULL;
}

static const char *take_forwarded(struct parse *parse, struct ws_text value) {
    (void)value;
    parse->request.forwarded = true;
    return NULL;
}

static const struct {
    const char *name;
    const char *(*take)(struct parse *parse, struct ws_text value);
} fields[] = {
    {"Host", take_host},
    {"Upgrade", take_upgrade},
    {"Connection", take_connection},
    {"Sec-WebSocket-Key", take_key},
    {"Sec-WebSocket-Version", take_ws_version},
    {PROTOCOL_FIELD, take_protocol},
    {"Sec-WebSocket-Extensions", take_extensions},
    {"Content-Length", take_length},
    {"Transfer-Encoding", take_encoding},
    {"Origin", take_origin},
    {"Forwarded", take_forwarded},
    {"X-Forwarded-For", take_forwarded},
};

static const char *take_field(struct parse *parse, struct ws_text name, struct ws_text value) {
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (head_same(name, fields[i].name)) return fields[i].take(parse, value);
    return NULL;
}

static const char *missing(const struct parse *parse) {
    if (!(parse->seen & SEEN_HOST)) return "no Host";
    if (!(parse->seen & SEEN_UPGRADE)) return "Upgrade is not websocket";
    if (!(parse->seen & SEEN_CONNECTION)) return "Connection is not Upgrade";
    if (!(parse->seen & SEEN_VERSION)) return "no Sec-WebSocket-Version";
    if (!(parse->seen & SEEN_KEY)) return "no Sec-WebSocket-Key";
    return NULL;
}

static long take_fields(struct parse *parse) {
    struct ws_text name, value;
    const char *start = parse->head.at;
    enum head_part part;
    while ((part = head_field(&parse->head, &name, &value)) == HEAD_PART) {
        const char *wrong = take_field(parse, name, value);
        if (wrong != NULL) return refuse(parse, 400, wrong);
    }
    if (part == HEAD_MORE) return 0;
    if (part == HEAD_BAD) return -400;
    const char *wrong = missing(parse);
    if (wrong != NULL) return refuse(parse, 400, wrong);
    parse->request.fields = (struct ws_text){start, (size_t)(parse->head.at - start)};
    return GO;
}

/* 0: its header lines go on, and progress says from where. */
static long parse_from(struct ws_progress *progress, struct parse *parse, const char *start) {
    long answer = GO;
    if (progress->line == 0) {
        answer = take_method(parse);
        if (answer == GO) answer = take_target(parse);
        if (answer == GO) answer = take_version(parse);
        if (answer != GO) return answer;
    }
    parse->head.at += progress->line;
    parse->seen = progress->seen;
    answer = take_fields(parse);
    if (answer == 0)
        *progress = (struct ws_progress){(uint32_t)(parse->head.at - start), parse->seen};
    return answer;
}

long ws_request_go_on(struct ws_progress *progress, const void *bytes, size_t count,
                      size_t max_bytes, struct ws_request *request, const char **reason) {
    const char *start = bytes;
    size_t most = count < max_bytes ? count : max_bytes;
    struct parse parse = {.head = {.at = start, .end = start + most}};
    bool in_part = progress->line > 0;
    long answer = parse_from(progress, &parse, start);
    if (answer == GO && in_part) {
        *progress = (struct ws_progress){0}; /* now for the texts of all lines */
        return ws_request_go_on(progress, bytes, count, max_bytes, request, reason);
    }
    if (answer == 0 && count >= max_bytes) answer = refuse(&parse, 431, "request too long");
    if (answer < 0 && reason != NULL) *reason = parse.head.reason;
    if (answer != GO) return answer;
    *request = parse.request;
    return (long)(parse.head.at - start);
}

long ws_request_parse(const void *bytes, size_t count, size_t max_bytes, struct ws_request *request,
                      const char **reason) {
    struct ws_progress progress = {0};
    return ws_request_go_on(&progress, bytes, count, max_bytes, request, reason);
}

bool ws_request_offers(const struct ws_request *request, const char *name) {
    struct head head = {.at = request->fields.at,
                        .end = request->fields.at + request->fields.bytes};
    struct ws_text field, value, element;
    while (head_field(&head, &field, &value) == HEAD_PART) {
        if (!head_same(field, PROTOCOL_FIELD)) continue;
        while (head_element(&value, &element) == HEAD_PART)
            if (text_is(element, name)) return true;
    }
    return false;
}
