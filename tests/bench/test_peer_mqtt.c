#include "peer_told.h"

static const char *const STREAMS[] = {"AAPL/1Min/OHLCV", "NVDA/1Min/OHLCV"};
static const struct scene NEW = {.peer = &peer_mqtt};
static const struct scene SUBSCRIBED = {.peer = &peer_mqtt, .streams = STREAMS, .count = 2};

#define EXPECT(scene, bytes, text) expect_told(scene, bytes, sizeof(bytes) - 1, text)

static void expect_bytes(const struct peer_bytes *out, const void *bytes, size_t count) {
    cr_assert_eq(out->count, count);
    cr_assert_arr_eq(out->at, bytes, count);
}

Test(peer_mqtt, connects_with_a_clean_session) {
    struct peer_conn conn = {0};
    struct peer_bytes out = {0};
    cr_assert_eq(peer_mqtt.hello(&conn, &out), 0);
    expect_bytes(&out, "\x10\x0c\0\4MQTT\4\2\0\0\0\0", 14);
    peer_bytes_fini(&out);
    EXPECT(NEW, "\x20\x02\0\0", "ready\n");
}

Test(peer_mqtt, tells_why_it_was_not_let_in) {
    EXPECT(NEW, "\x20\x02\0\1", "error the server refused: it does not speak MQTT 3.1.1\n");
    EXPECT(NEW, "\x20\x02\0\5", "error the server refused: not allowed\n");
    EXPECT(NEW, "\x20\x02\0\6", "error the server refused with the code 6\n");
}

Test(peer_mqtt, tells_messages_and_the_end_of_a_subscribe) {
    EXPECT(SUBSCRIBED,
           "\x90\x04\0\3\0\0\x30\x16\0\x0f"
           "AAPL/1Min/OHLCVhello\x31\x11\0\x0fNVDA/1Min/OHLCV",
           "subscribed\ndata AAPL/1Min/OHLCV hello\ndata NVDA/1Min/OHLCV \n");
}

Test(peer_mqtt, refuses_what_is_not_of_mqtt) {
    EXPECT(NEW, "HTTP/1.1 400", "error not of MQTT, or not yet: a packet of type 0x48\n");
    EXPECT(NEW, "\x30\x05\0\1a!!", "error not of MQTT, or not yet: a packet of type 0x30\n");
    EXPECT(NEW, "\x20\x03\0\0\0", "error a CONNACK of MQTT that nobody waits for, or of 3 bytes\n");
    EXPECT(SUBSCRIBED, "\x20\x02\0\0",
           "error a CONNACK of MQTT that nobody waits for, or of 2 bytes\n");
    EXPECT(SUBSCRIBED, "\xd0\0", "error not of MQTT to a subscriber: a packet of type 0xd0\n");
    EXPECT(SUBSCRIBED, "\x30\0", "error a message of MQTT has 0 bytes with a topic of 0\n");
    EXPECT(SUBSCRIBED, "\x30\3\0\2a", "error a message of MQTT has 3 bytes with a topic of 2\n");
    EXPECT(SUBSCRIBED, "\x30\3\0\0a", "error a message of MQTT has 3 bytes with a topic of 0\n");
    EXPECT(SUBSCRIBED, "\x32\5\0\1a\0\1", "error a message of MQTT is not of QoS 0\n");
    EXPECT(SUBSCRIBED, "\x90\2\0\3",
           "error an acknowledgement of MQTT that nobody waits for, or of 2 bytes\n");
    EXPECT(SUBSCRIBED, "\x90\4\0\3\0\x80", "error the server refused a subscription\n");
    EXPECT(SUBSCRIBED, "\x90\4\0\3\0\0\xb0\2\0\3",
           "subscribed\nerror an acknowledgement of MQTT that nobody waits for, or of 2 bytes\n");
}

Test(peer_mqtt, lengths_are_checked_before_anything_is_kept) {
    EXPECT(SUBSCRIBED, "\x30\xff\xff\xff\xff\1",
           "error a packet of MQTT has no length, or one above 2097152\n");
    EXPECT(SUBSCRIBED, "\x30\x81\x80\x80\1",
           "error a packet of MQTT has no length, or one above 2097152\n");
}

Test(peer_mqtt, a_large_message_is_gathered) {
    const size_t size = 1 << 20;
    struct peer_conn conn = {.ready = true};
    struct peer_bytes out = {0};
    uint8_t *data = calloc(1, size);
    memset(data, 'x', size);
    cr_assert_eq(peer_mqtt.publish(&conn, "A/B/C", data, size, &out), 0);
    char *got = told(&SUBSCRIBED, out.at, out.count, 3, 65536);
    cr_assert_eq(strlen(got), strlen("data A/B/C \n") + size);
    free(got);
    free(data);
    peer_bytes_fini(&out);
    peer_mqtt.fini(&conn);
}

Test(peer_mqtt, a_changed_subscription_tells_only_the_change) {
    static const char *const first[] = {"B/1Min/*", "A/1/O"}, *const second[] = {"C/1/O",
                                                                                 "B/1Min/*"};
    struct peer_conn conn = {.ready = true};
    struct peer_bytes out = {0};
    cr_assert_eq(peer_mqtt.subscribe(&conn, first, 2, &out), 0);
    expect_bytes(&out,
                 "\x82\x15\0\3\0\5A/1/O\0\0\x08"
                 "B/1Min/+\0",
                 23);
    out.count = 0;
    cr_assert_eq(peer_mqtt.subscribe(&conn, second, 2, &out), 0);
    expect_bytes(&out, "\x82\x0a\0\4\0\5C/1/O\0\xa2\x09\0\4\0\5A/1/O", 23);
    out.count = 0;
    cr_assert_eq(peer_mqtt.subscribe(&conn, second, 2, &out), 0);
    expect_bytes(&out, "\x82\x0a\0\4\0\5C/1/O\0", 12);
    cr_assert_eq(conn.waiting, 4, "acknowledgements of two, one and one packets");
    peer_bytes_fini(&out);
    peer_mqtt.fini(&conn);
}

Test(peer_mqtt, refuses_streams_that_topics_cannot_express) {
    expect_refused(
        &peer_mqtt, "{A,B}/1Min/OHLCV",
        "MQTT cannot express '{A,B}/1Min/OHLCV': a wildcard must be a whole element of a "
        "stream, *");
    expect_refused(&peer_mqtt, "A+/1Min/OHLCV",
                   "MQTT cannot express 'A+/1Min/OHLCV': an element holds a character that has a "
                   "meaning there");
}
