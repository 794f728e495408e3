#include "peer/names.h"

#include <string.h>

#include "peer/stream.h"

static bool has_any(const char *text, size_t count, const char *set) {
    for (size_t i = 0; i < count; i++)
        if (strchr(set, text[i])) return true;
    return false;
}

static bool has_control(const char *text, size_t count) {
    for (size_t i = 0; i < count; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f) return true;
    return false;
}

static int refuse(struct peer_conn *conn, const struct names *names, const char *text,
                  const char *why) {
    stream_error(conn, "%s cannot express '%.60s': %s", names->server, text, why);
    return -1;
}

static const char *why_not(const struct names *names, const char *element, size_t count) {
    if (!count) return "an element is empty";
    if (has_any(element, count, "*?[]{}\\"))
        return "a wildcard must be a whole element of a stream, *";
    if (has_any(element, count, names->no_part) || has_control(element, count))
        return "an element holds a character that has a meaning there";
    return NULL;
}

int names_add(struct peer_conn *conn, const struct names *names, enum names_kind kind,
              const char *text, struct peer_bytes *out) {
    size_t bytes = strlen(text);
    if (bytes > PEER_KEY_MAX) return refuse(conn, names, text, "it is longer than 256 bytes");
    char *to = (char *)peer_bytes_room(out, bytes);
    if (!to) return stream_error(conn, "no memory"), -1;
    out->count += bytes;
    for (const char *at = text;;) {
        size_t count = strcspn(at, "/");
        bool any = kind == NAMES_STREAM && count == 1 && *at == '*';
        const char *why = any ? NULL : why_not(names, at, count);
        if (why) return refuse(conn, names, text, why);
        memcpy(to, any ? &names->wildcard : at, count);
        to += count;
        at += count;
        if (!*at++) return 0;
        *to++ = names->separator;
    }
}
