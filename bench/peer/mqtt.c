/*
 * MQTT 3.1.1 at QoS 0 over WebSocket, in BINARY messages that begin and end anywhere. Topics are
 * keys; a stream may have `*` as a whole element, which is `+` there. The session is clean and
 * nameless, and is kept alive without pings.
 */
#include <string.h>

#include "peer/kinds.h"
#include "peer/names.h"
#include "peer/stream.h"
#include "peer/wanted.h"

enum {
    CONNECT = 0x10,
    CONNACK = 0x20,
    PUBLISH = 0x30,
    SUBSCRIBE = 0x82,
    SUBACK = 0x90,
    UNSUBSCRIBE = 0xa2,
    UNSUBACK = 0xb0,
    RETAIN = 0x01, /* of PUBLISH; the other flags are QoS and duplicate, which QoS 0 has not */
};

static const struct names NAMES = {.server = "MQTT", .no_part = "+#", '/', '+'};

static int add_head(struct peer_conn *conn, struct peer_bytes *out, uint8_t type, size_t rest) {
    uint8_t head[5] = {type};
    size_t count = 1;
    do {
        head[count++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
        rest >>= 7;
    } while (rest);
    return stream_add(conn, out, head, count);
}

static int add_16(struct peer_conn *conn, struct peer_bytes *out, size_t number) {
    return stream_add(conn, out, (uint8_t[]){(uint8_t)(number >> 8), (uint8_t)number}, 2);
}

static int say_connect(struct peer_conn *conn, struct peer_bytes *out) {
    /* name, level 4, clean session, no keep-alive, no client id */
    static const uint8_t rest[] = {0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
    if (add_head(conn, out, CONNECT, sizeof rest)) return -1;
    return stream_add(conn, out, rest, sizeof rest);
}

static int add_topic(struct peer_conn *conn, enum names_kind kind, const char *text,
                     struct peer_bytes *out) {
    if (add_16(conn, out, strlen(text))) return -1;
    return names_add(conn, &NAMES, kind, text, out);
}

struct change {
    struct peer_bytes comes, goes; /* what packets are made of */
};

static int tell_change(struct peer_conn *conn, bool comes, const char *stream, uint32_t id,
                       void *arg) {
    (void)id;
    struct change *change = arg;
    if (add_topic(conn, NAMES_STREAM, stream, comes ? &change->comes : &change->goes)) return -1;
    return comes ? stream_add(conn, &change->comes, "", 1) : 0; /* QoS 0 */
}

static int add_change(struct peer_conn *conn, uint8_t type, const struct peer_bytes *topics,
                      struct peer_bytes *out) {
    if (!topics->count) return 0;
    conn->waiting++;
    if (add_head(conn, out, type, topics->count + 2) ||
        add_16(conn, out, 1 + conn->subscribed % 65535))
        return -1;
    return stream_add(conn, out, topics->at, topics->count);
}

static int subscribe(struct peer_conn *conn, const char *const *streams, uint32_t count,
                     struct peer_bytes *out) {
    struct change change = {0};
    int result = wanted_change(conn, streams, count, tell_change, &change);
    /* The set is as it was: something must be acknowledged all the same. */
    if (!result && !change.comes.count && !change.goes.count)
        result = tell_change(conn, true, streams[0], 0, &change);
    if (!result) result = add_change(conn, SUBSCRIBE, &change.comes, out);
    if (!result) result = add_change(conn, UNSUBSCRIBE, &change.goes, out);
    peer_bytes_fini(&change.comes);
    peer_bytes_fini(&change.goes);
    return result;
}

static int publish(struct peer_conn *conn, const char *key, const uint8_t *data, size_t data_bytes,
                   struct peer_bytes *out) {
    if (add_head(conn, out, PUBLISH, 2 + strlen(key) + data_bytes) ||
        add_topic(conn, NAMES_KEY, key, out))
        return -1;
    return stream_add(conn, out, data, data_bytes);
}

/* Reads a packet's head: its bytes, 0 if they are not all there or, with *broken, wrong. */
static size_t read_head(const uint8_t *at, size_t count, size_t *rest, bool *broken) {
    *rest = 0;
    *broken = false;
    for (size_t i = 1; i < count && i <= 4; i++) {
        *rest |= (size_t)(at[i] & 0x7f) << (7 * (i - 1));
        if (!(at[i] & 0x80)) return i + 1;
    }
    *broken = count > 4;
    return 0;
}

static enum peer_event take_publish(struct peer_conn *conn, uint8_t type, const uint8_t *at,
                                    size_t rest, struct peer_message *message) {
    size_t topic = rest < 2 ? 0 : (size_t)at[0] << 8 | at[1];
    if (type & ~(PUBLISH | RETAIN)) return stream_error(conn, "a message of MQTT is not of QoS 0");
    if (topic == 0 || topic > PEER_KEY_MAX || topic > rest - 2)
        return stream_error(conn, "a message of MQTT has %zu bytes with a topic of %zu", rest,
                            topic);
    at += 2;
    *message = (struct peer_message){(const char *)at, topic, at + topic, rest - 2 - topic};
    return PEER_DATA;
}

static enum peer_event take_connack(struct peer_conn *conn, const uint8_t *at, size_t rest) {
    static const char *const refused[] = {NULL,
                                          "it does not speak MQTT 3.1.1",
                                          "it wants a client id",
                                          "it is not available",
                                          "it wants a user name and password",
                                          "not allowed"};
    if (rest != 2 || conn->ready)
        return stream_error(conn, "a CONNACK of MQTT that nobody waits for, or of %zu bytes", rest);
    if (at[1] && at[1] < sizeof refused / sizeof *refused)
        return stream_error(conn, "the server refused: %s", refused[at[1]]);
    if (at[1]) return stream_error(conn, "the server refused with the code %u", at[1]);
    conn->ready = true;
    return PEER_READY;
}

static enum peer_event take_ack(struct peer_conn *conn, uint8_t type, const uint8_t *at,
                                size_t rest) {
    if (!conn->waiting || (type == UNSUBACK ? rest != 2 : rest < 3))
        return stream_error(
            conn, "an acknowledgement of MQTT that nobody waits for, or of %zu bytes", rest);
    if (rest > 2 && memchr(at + 2, 0x80, rest - 2))
        return stream_error(conn, "the server refused a subscription");
    return --conn->waiting ? PEER_NOTHING : PEER_SUBSCRIBED;
}

static enum peer_event parse(struct peer_conn *conn, const uint8_t *at, size_t count,
                             struct stream_unit *unit, struct peer_message *message) {
    const uint8_t type = at[0];
    size_t rest;
    bool broken;
    if (!conn->ready && type != CONNACK)
        return stream_error(conn, "not of MQTT, or not yet: a packet of type 0x%02x", type);
    size_t head = read_head(at, count, &rest, &broken);
    if (broken || rest > PEER_MESSAGE_MAX)
        return stream_error(conn, "a packet of MQTT has no length, or one above %zu",
                            PEER_MESSAGE_MAX);
    unit->need = head ? head + rest : count + 1;
    unit->bytes = unit->need;
    if (count < unit->need) return PEER_MORE;
    at += head;
    if ((type & 0xf0) == PUBLISH) return take_publish(conn, type, at, rest, message);
    if (type == CONNACK) return take_connack(conn, at, rest);
    if (type == SUBACK || type == UNSUBACK) return take_ack(conn, type, at, rest);
    return stream_error(conn, "not of MQTT to a subscriber: a packet of type 0x%02x", type);
}

static enum peer_event take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                            struct peer_message *message) {
    return stream_take(conn, at, end, message, parse);
}

#define FUNCTIONS                                                                                  \
    .publishes = true, .hello = say_connect, .subscribe = subscribe, .publish = publish,           \
    .take = take, .fini = peer_conn_fini

const struct peer peer_mqtt = {
    .name = "mqtt",
    .schemes = "mqtt+ws",
    .path = "/mqtt",
    .subprotocol = "mqtt",
    .websocket = true,
    .port = 8083,
    FUNCTIONS,
};

const struct peer peer_mqtt_tcp = {
    .name = "mqtt",
    .schemes = "mqtt",
    .port = 1883,
    FUNCTIONS,
};
