#include "ws/origin.h"

#include <string.h>
#include <strings.h>

#include "ws/head.h"

#define PORT_DIGITS 5

struct origin_parts {
    struct ws_text scheme, host;
    uint32_t port; /* 0: the scheme has none of its own, and none is written */
};

static bool same(struct ws_text a, struct ws_text b) {
    if (a.bytes != b.bytes) return false;
    return a.bytes == 0 || strncasecmp(a.at, b.at, a.bytes) == 0; /* `null` has no texts */
}

static struct ws_text take(struct ws_text *text, size_t bytes) {
    struct ws_text taken = {text->at, bytes};
    text->at += bytes;
    text->bytes -= bytes;
    return taken;
}

static uint32_t own_port(struct ws_text scheme) {
    if (head_same(scheme, "http") || head_same(scheme, "ws")) return 80;
    return head_same(scheme, "https") || head_same(scheme, "wss") ? 443 : 0;
}

static const char *take_host(struct ws_text *text, struct ws_text *host) {
    bool literal = text->bytes > 0 && text->at[0] == '[';
    size_t bytes = literal;
    struct ws_text inner = {text->at + bytes, text->bytes - bytes};
    bytes += head_span(inner, literal ? ":." : "-._");
    if (literal && (bytes == text->bytes || text->at[bytes++] != ']'))
        return "its IPv6 address does not end in ]";
    if (bytes == (literal ? 2 : 0)) return "it has no host";
    *host = take(text, bytes);
    return NULL;
}

/* What follows the host: a port, or nothing. */
static const char *take_port(struct ws_text text, uint32_t *port) {
    if (text.bytes == 0) return NULL;
    if (text.at[0] == '/') return "an origin has no path, not even /";
    if (text.at[0] != ':') return "its host has a character that no host has";
    take(&text, 1);
    *port = 0;
    if (text.bytes == 0 || text.bytes > PORT_DIGITS) return "its port is not from 1 to 65535";
    for (size_t i = 0; i < text.bytes; i++) {
        if (text.at[i] == '/') return "an origin has no path, not even /";
        if (text.at[i] < '0' || text.at[i] > '9') return "its port is not from 1 to 65535";
        *port = *port * 10 + (uint32_t)(text.at[i] - '0');
    }
    return *port == 0 || *port > UINT16_MAX ? "its port is not from 1 to 65535" : NULL;
}

/* NULL, or what is wrong. `null` is an origin without parts. */
static const char *parse(struct ws_text text, struct origin_parts *parts) {
    *parts = (struct origin_parts){0};
    if (text.bytes == 0) return "an item is empty";
    if (text.bytes == 4 && memcmp(text.at, "null", 4) == 0) return NULL;
    size_t scheme = head_span(text, "+-.");
    if (scheme == 0 || text.bytes - scheme < 3 || memcmp(text.at + scheme, "://", 3) != 0)
        return "it does not begin with a scheme, as https://";
    parts->scheme = take(&text, scheme);
    take(&text, 3);
    parts->port = own_port(parts->scheme);
    const char *wrong = take_host(&text, &parts->host);
    return wrong != NULL ? wrong : take_port(text, &parts->port);
}

/* The next item of a list, without the spaces around it. False after the last one. */
static bool next_item(const char **at, struct ws_text *item) {
    if (*at == NULL) return false;
    const char *comma = strchr(*at, ',');
    *item = (struct ws_text){*at, comma != NULL ? (size_t)(comma - *at) : strlen(*at)};
    while (item->bytes > 0 && item->at[0] == ' ') take(item, 1);
    while (item->bytes > 0 && item->at[item->bytes - 1] == ' ') item->bytes--;
    *at = comma != NULL ? comma + 1 : NULL;
    return true;
}

const char *ws_origins_wrong(const char *list, struct ws_text *item) {
    struct origin_parts parts;
    while (next_item(&list, item)) {
        const char *wrong = parse(*item, &parts);
        if (wrong != NULL) return wrong;
    }
    return NULL;
}

bool ws_origins_have(const char *list, struct ws_text origin) {
    struct origin_parts asked, listed;
    struct ws_text item;
    if (parse(origin, &asked) != NULL) return false;
    while (next_item(&list, &item)) {
        if (parse(item, &listed) == NULL && same(asked.scheme, listed.scheme) &&
            same(asked.host, listed.host) && asked.port == listed.port)
            return true;
    }
    return false;
}
