#include "feed/message.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tickcast/messages.h"

static const struct market_trade trade = {.symbol = 0,
                                          .price = 23001,
                                          .bid = 23001,
                                          .ask = 23003,
                                          .size = 100,
                                          .bid_size = 300,
                                          .ask_size = 200};
static const struct bar bar = {1700006400, 23001, 23010, 1, 23003, 70000};
static struct message message;

#define INT64(bytes) "\xd3" bytes
#define EPOCH                                                                                      \
    "\xa5"                                                                                         \
    "Epoch" INT64("\0\0\0\0\x65\x54\x0a\0")
#define STAMP                                                                                      \
    EPOCH "\xab"                                                                                   \
          "Nanoseconds\xd2\0\0\0\x07"
#define PRICE_230_01 "\xcb\x40\x6c\xc0\x51\xeb\x85\x1e\xb8"
#define PRICE_230_03 "\xcb\x40\x6c\xc0\xf5\xc2\x8f\x5c\x29"
#define STAMP_NS     (INT64_C(1700006400) * 1000000000 + 7)

static void expect(const char *key, const char *data, size_t data_bytes) {
    cr_expect_eq(message.key_bytes, strlen(key));
    cr_expect(memcmp(message.key, key, message.key_bytes) == 0, "%.*s", (int)message.key_bytes,
              message.key);
    cr_assert_eq(message.data_bytes, data_bytes, "%zu", message.data_bytes);
    for (size_t i = 0; i < data_bytes; i++)
        cr_assert_eq(message.data[i], (uint8_t)data[i], "byte %zu: %02x", i, message.data[i]);
}

#define EXPECT(key, data) expect(key, data, sizeof data - 1)

Test(message, a_trade_has_these_names_and_types) {
    message_symbol(&message, "AAPL");
    message_trade(&message, &trade, STAMP_NS);
    EXPECT("AAPL/Tick/TRADE", "\x84" STAMP "\xa5"
                              "Price" PRICE_230_01 "\xa4"
                              "Size" INT64("\0\0\0\0\0\0\0\x64"));
}

Test(message, a_quote_has_these_names_and_types) {
    message_symbol(&message, "AAPL");
    message_quote(&message, &trade, STAMP_NS);
    EXPECT("AAPL/Tick/QUOTE",
           "\x86" STAMP "\xa8"
           "BidPrice" PRICE_230_01 "\xa8"
           "AskPrice" PRICE_230_03 "\xa7"
           "BidSize" INT64("\0\0\0\0\0\0\x01\x2c") "\xa7"
                                                   "AskSize" INT64("\0\0\0\0\0\0\0\xc8"));
}

Test(message, a_bar_has_these_names_and_types_under_the_key_of_its_interval) {
    static const char *const keys[] = {"BRK.B/1Sec/OHLCV", "BRK.B/1Min/OHLCV", "BRK.B/5Min/OHLCV",
                                       "BRK.B/1D/OHLCV"};
    message_symbol(&message, "BRK.B");
    for (int i = 0; i < BAR_INTERVALS; i++) {
        message_bar(&message, i, &bar);
        EXPECT(keys[i], "\x86" EPOCH "\xa4"
                        "Open" PRICE_230_01 "\xa4"
                        "High"
                        "\xcb\x40\x6c\xc3\x33\x33\x33\x33\x33"
                        "\xa3"
                        "Low"
                        "\xcb\x3f\x84\x7a\xe1\x47\xae\x14\x7b"
                        "\xa5"
                        "Close" PRICE_230_03 "\xa6"
                        "Volume" INT64("\0\0\0\0\0\x01\x11\x70"));
    }
}

Test(message, the_longest_symbol_fits) {
    char symbol[MESSAGE_KEY_BYTES - MESSAGE_SUFFIX_BYTES + 1];
    memset(symbol, 'x', sizeof symbol - 1);
    symbol[sizeof symbol - 1] = '\0';
    message_symbol(&message, symbol);
    message_bar(&message, BAR_5MIN, &bar);
    cr_expect_eq(message.key_bytes, MESSAGE_KEY_BYTES);
}
