/* What the load says to a server of MarketStore's contract, and understands of it. */
#include <criterion/criterion.h>
#include <string.h>

#include "peer/kinds.h"
#include "tickcast/messages.h"

static enum peer_event take(struct peer_conn *conn, const void *bytes, size_t count,
                            struct peer_message *message) {
    const uint8_t *at = bytes;
    return peer_tickcast.take(conn, &at, at + count, message);
}

Test(contract, is_the_peer_of_ws_and_wss) {
    cr_assert_eq(peer_find("ws://host"), &peer_tickcast);
    cr_assert_eq(peer_find("WSS://host/x"), &peer_tickcast);
    cr_assert_eq(peer_find("raw://127.0.0.1:1"), &peer_raw);
    cr_assert_null(peer_find("http://host"));
    cr_assert_null(peer_find("host"));
}

Test(contract, the_echo_of_a_request_says_that_it_is_in_force) {
    struct peer_conn conn = {0};
    struct peer_bytes out = {0};
    struct peer_message message;
    const char *streams[] = {"A/1Min/OHLCV", "B/1Min/OHLCV"};
    cr_assert_eq(peer_tickcast.subscribe(&conn, streams, 2, &out), 0);
    cr_assert_eq(conn.waiting, 1);
    cr_assert_eq(take(&conn, out.at, out.count, &message), PEER_SUBSCRIBED);
    cr_assert_eq(conn.waiting, 0);
    cr_assert_eq(take(&conn, out.at, out.count, &message), PEER_ERROR, "nobody asked");
    peer_tickcast.fini(&conn);
    peer_bytes_fini(&out);
}

Test(contract, what_is_published_comes_back_whatever_its_size) {
    static uint8_t data[70000];
    for (size_t i = 0; i < sizeof data; i++) data[i] = (uint8_t)(i * 7);
    const size_t sizes[] = {1, 48, 255, 256, 65535, 65536, 70000};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct peer_conn conn = {.publisher = true};
        struct peer_bytes out = {0};
        struct peer_message message;
        cr_assert_eq(peer_tickcast.publish(&conn, "AAPL/1Min/OHLCV", data, sizes[i], &out), 0);
        struct tickcast_payload payload;
        cr_assert_eq(tickcast_payload_decode(out.at, out.count, &payload), 0);
        cr_assert_eq(take(&conn, out.at, out.count, &message), PEER_DATA);
        cr_assert_eq(message.key_bytes, 15);
        cr_assert_arr_eq(message.key, "AAPL/1Min/OHLCV", 15);
        cr_assert_eq(message.data_bytes, sizes[i]);
        cr_assert_arr_eq(message.data, data, sizes[i]);
        peer_bytes_fini(&out);
    }
}

Test(contract, fields_in_another_order_are_understood) {
    static const char text[] = "\x82\xa4"
                               "data\xa1x\xa3key\xa5"
                               "a/b/c";
    struct peer_conn conn = {0};
    struct peer_message message;
    cr_assert_eq(take(&conn, text, sizeof text - 1, &message), PEER_DATA);
    cr_assert_arr_eq(message.key, "a/b/c", 5);
    cr_assert_eq(message.data_bytes, 2);
}

Test(contract, an_error_of_the_server_is_told_in_its_words) {
    static const char text[] = "\x81\xa5"
                               "error\xb2"
                               "no\nsuch thing here";
    struct peer_conn conn = {0};
    struct peer_message message;
    cr_assert_eq(take(&conn, text, sizeof text - 1, &message), PEER_ERROR);
    cr_assert_str_eq(conn.error, "the server answered: no\\x0asuch thing here");
}

Test(contract, every_beginning_of_a_message_is_refused_or_whole) {
    struct peer_conn conn = {0};
    struct peer_bytes out = {0};
    struct peer_message message;
    uint8_t data[60] = {0};
    peer_tickcast.publish(&conn, "AAPL/1Min/OHLCV", data, sizeof data, &out);
    for (size_t count = 1; count < out.count; count++) {
        uint8_t *exact = malloc(count); /* so that a sanitizer sees what is read beyond it */
        memcpy(exact, out.at, count);
        enum peer_event event = take(&conn, exact, count, &message);
        if (event == PEER_DATA)
            cr_assert_leq((const uint8_t *)message.data + message.data_bytes, exact + count);
        else
            cr_assert_eq(event, PEER_ERROR);
        free(exact);
    }
    peer_bytes_fini(&out);
}
