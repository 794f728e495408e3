/*
 * Redis pub/sub in RESP2 over plain TCP. Channels are keys; a stream with wildcards is a pattern of
 * Redis, whose `*` also crosses `/`. A message comes once for each subscription that it matches, so
 * streams must not overlap. A publisher is another connection: subscribers may not publish.
 */
#include <stdio.h>
#include <string.h>

#include "base/printable.h"
#include "peer/kinds.h"
#include "peer/stream.h"
#include "peer/wanted.h"

#define ITEMS_MAX  4 /* of an array: pmessage, pattern, channel, data */
#define DIGITS_MAX 10

static const char PING[] = "*1\r\n$4\r\nPING\r\n";

static int add_bulk(struct peer_conn *conn, struct peer_bytes *out, const void *bytes,
                    size_t count) {
    char head[32];
    int head_bytes = snprintf(head, sizeof head, "$%zu\r\n", count);
    if (stream_add(conn, out, head, (size_t)head_bytes) || stream_add(conn, out, bytes, count))
        return -1;
    return stream_add(conn, out, "\r\n", 2);
}

static int say_ping(struct peer_conn *conn, struct peer_bytes *out) {
    return stream_add(conn, out, PING, sizeof PING - 1);
}

/* A stream as Redis' pattern, in `out` (PEER_KEY_MAX + 1). */
static int to_pattern(struct peer_conn *conn, const char *stream, char *out) {
    if (strlen(stream) > PEER_KEY_MAX || strchr(stream, '{')) {
        stream_error(conn, "Redis cannot express '%.60s': it has no braces, and 256 bytes at most",
                     stream);
        return -1;
    }
    strcpy(out, stream);
    for (char *class = out; (class = strstr(class, "[!")); class ++) class[1] = '^';
    return 0;
}

static int tell_change(struct peer_conn *conn, bool comes, const char *stream, uint32_t id,
                       void *arg) {
    (void)id;
    struct peer_bytes *out = arg;
    char pattern[PEER_KEY_MAX + 1];
    const bool literal = !strpbrk(stream, "*?[{\\");
    if (to_pattern(conn, stream, pattern) || stream_add(conn, out, "*2\r\n", 4)) return -1;
    const char *command = literal ? comes ? "SUBSCRIBE" : "UNSUBSCRIBE"
                          : comes ? "PSUBSCRIBE"
                                  : "PUNSUBSCRIBE";
    if (add_bulk(conn, out, command, strlen(command))) return -1;
    return add_bulk(conn, out, pattern, strlen(pattern));
}

static int subscribe(struct peer_conn *conn, const char *const *streams, uint32_t count,
                     struct peer_bytes *out) {
    if (wanted_change(conn, streams, count, tell_change, out)) return -1;
    conn->waiting++;
    return stream_add(conn, out, PING,
                      sizeof PING - 1); /* its answer says that all before is in force */
}

static int publish(struct peer_conn *conn, const char *key, const uint8_t *data, size_t data_bytes,
                   struct peer_bytes *out) {
    static const char command[] = "*3\r\n$7\r\nPUBLISH\r\n";
    if (stream_add(conn, out, command, sizeof command - 1) || add_bulk(conn, out, key, strlen(key)))
        return -1;
    return add_bulk(conn, out, data, data_bytes);
}

/* Text, or without `at` a number or nil. */
struct item {
    const uint8_t *at;
    size_t bytes;
};

static bool item_is(struct item item, const char *text) {
    return item.at && item.bytes == strlen(text) && !memcmp(item.at, text, item.bytes);
}

/* Reads "TYPE number CR LF" at *at, where `nil` is what -1 is read as. PEER_NOTHING if it is there,
 * PEER_MORE if it is not whole, PEER_ERROR if it is something else. */
static enum peer_event read_number(const uint8_t **at, const uint8_t *end, size_t highest,
                                   size_t *number) {
    const uint8_t *digit = *at + 1;
    size_t sum = 0;
    for (; digit < end && *digit != '\r'; digit++) {
        if (*digit < '0' || *digit > '9' || digit - *at > DIGITS_MAX) return PEER_ERROR;
        sum = sum * 10 + (size_t)(*digit - '0');
        if (sum > highest) return PEER_ERROR;
    }
    if (digit == *at + 1 && digit < end) return PEER_ERROR;
    if (end - digit < 2) return PEER_MORE;
    if (digit[1] != '\n') return PEER_ERROR;
    *at = digit + 2;
    *number = sum;
    return PEER_NOTHING;
}

/* Reads one element of an array, moving *at behind it. */
static enum peer_event read_item(const uint8_t **at, const uint8_t *end, size_t *lacks,
                                 struct item *item) {
    size_t number;
    *item = (struct item){0};
    if (*at == end) return PEER_MORE;
    const uint8_t type = **at;
    if (type != '$' && type != ':') return PEER_ERROR;
    if (type == '$' && end - *at >= 5 && !memcmp(*at, "$-1\r\n", 5)) {
        *at += 5;
        return PEER_NOTHING;
    }
    if (type == '$' && end - *at < 5 && !memcmp(*at, "$-1\r\n", (size_t)(end - *at)))
        return PEER_MORE;
    enum peer_event event =
        read_number(at, end, type == '$' ? PEER_MESSAGE_MAX : UINT32_MAX, &number);
    if (event != PEER_NOTHING || type == ':') return event;
    if ((size_t)(end - *at) < number + 2) {
        *lacks = number + 2 - (size_t)(end - *at);
        return PEER_MORE;
    }
    *item = (struct item){*at, number};
    *at += number;
    if (memcmp(*at, "\r\n", 2)) return PEER_ERROR;
    *at += 2;
    return PEER_NOTHING;
}

static enum peer_event take_pong(struct peer_conn *conn) {
    if (!conn->ready) {
        conn->ready = true;
        return PEER_READY;
    }
    return conn->waiting && --conn->waiting == 0 ? PEER_SUBSCRIBED : PEER_NOTHING;
}

static enum peer_event take_array(struct peer_conn *conn, const struct item *items, size_t count,
                                  struct peer_message *message) {
    const struct item *key = &items[count - 2], *data = &items[count - 1];
    const bool single = count == 3 && item_is(items[0], "message");
    if (single || (count == 4 && item_is(items[0], "pmessage"))) {
        if (!key->at || !key->bytes || key->bytes > PEER_KEY_MAX || !data->at)
            return stream_error(conn, "a message of Redis without a channel, or without data");
        *message = (struct peer_message){(const char *)key->at, key->bytes, data->at, data->bytes};
        return PEER_DATA;
    }
    if (count == 2 && item_is(items[0], "pong")) return take_pong(conn);
    if (count == 3 && items[0].bytes >= 9 &&
        !memcmp(items[0].at + items[0].bytes - 9, "subscribe", 9))
        return PEER_NOTHING; /* (p)(un)subscribe: the answer to PING comes after them */
    return stream_error(conn, "an answer of Redis that nobody asked for");
}

static enum peer_event parse_array(struct peer_conn *conn, const uint8_t *at, size_t count,
                                   struct stream_unit *unit, struct peer_message *message) {
    const uint8_t *from = at, *end = at + count;
    struct item items[ITEMS_MAX];
    size_t item_count = 0, lacks = 0;
    enum peer_event event = read_number(&at, end, ITEMS_MAX, &item_count);
    if (event == PEER_NOTHING && item_count < 2) event = PEER_ERROR;
    for (size_t i = 0; event == PEER_NOTHING && i < item_count; i++)
        event = read_item(&at, end, &lacks, &items[i]);
    unit->bytes = (size_t)(at - from);
    unit->need = lacks ? count + lacks : 0;
    if (event == PEER_ERROR || unit->bytes + lacks > PEER_MESSAGE_MAX)
        return stream_error(conn, "not an answer of Redis to a subscriber");
    if (event == PEER_MORE) return event;
    return take_array(conn, items, item_count, message);
}

static enum peer_event parse(struct peer_conn *conn, const uint8_t *at, size_t count,
                             struct stream_unit *unit, struct peer_message *message) {
    char text[100];
    enum peer_event event;
    if (*at == '*') return parse_array(conn, at, count, unit, message);
    unit->bytes = stream_line(conn, at, count, unit, &event);
    if (!unit->bytes) return event;
    size_t bytes =
        unit->bytes >= 2 && at[unit->bytes - 2] == '\r' ? unit->bytes - 2 : unit->bytes - 1;
    if (bytes == 5 && !memcmp(at, "+PONG", 5)) return take_pong(conn);
    if (bytes > 1 && *at == ':') return PEER_NOTHING; /* how many a message was published to */
    if (bytes > 1 && *at == '-')
        return stream_error(conn, "the server said: %s",
                            printable(at + 1, bytes - 1, text, sizeof text));
    return stream_error(conn, "not of Redis: '%s'", printable(at, bytes, text, sizeof text));
}

static enum peer_event take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                            struct peer_message *message) {
    return stream_take(conn, at, end, message, parse);
}

const struct peer peer_redis = {
    .name = "redis",
    .schemes = "redis",
    .port = 6379,
    .publishes = true,
    .hello = say_ping,
    .subscribe = subscribe,
    .publish = publish,
    .take = take,
    .fini = peer_conn_fini,
};
