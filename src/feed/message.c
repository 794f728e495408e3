#include "feed/message.h"

#include <assert.h>
#include <msgpack.h>
#include <string.h>

#include "base/clock.h"

#define S_NS ((int64_t)NS_PER_S)

static const char *const bar_suffixes[BAR_INTERVALS] = {"/1Sec/OHLCV", "/1Min/OHLCV", "/5Min/OHLCV",
                                                        "/1D/OHLCV"};

void message_symbol(struct message *message, const char *symbol) {
    message->symbol_bytes = strlen(symbol);
    assert(message->symbol_bytes <= MESSAGE_KEY_BYTES - MESSAGE_SUFFIX_BYTES);
    memcpy(message->key, symbol, message->symbol_bytes);
}

static int append(void *arg, const char *bytes, size_t count) {
    struct message *message = arg;
    assert(count <= MESSAGE_DATA_BYTES - message->data_bytes);
    memcpy(message->data + message->data_bytes, bytes, count);
    message->data_bytes += count;
    return 0;
}

static msgpack_packer begin(struct message *message, const char *suffix, size_t fields) {
    size_t bytes = strlen(suffix);
    memcpy(message->key + message->symbol_bytes, suffix, bytes);
    message->key_bytes = message->symbol_bytes + bytes;
    message->data_bytes = 0;
    msgpack_packer packer = {message, append};
    msgpack_pack_map(&packer, fields);
    return packer;
}

static void put_name(msgpack_packer *packer, const char *name) {
    msgpack_pack_str_with_body(packer, name, strlen(name));
}

static void put_integer(msgpack_packer *packer, const char *name, int64_t value) {
    put_name(packer, name);
    msgpack_pack_fix_int64(packer, value);
}

/* The float64 next to the decimal number: a division rounds right on every machine. */
static void put_price(msgpack_packer *packer, const char *name, uint32_t cents) {
    put_name(packer, name);
    msgpack_pack_double(packer, (double)cents / 100);
}

static void put_stamp(msgpack_packer *packer, int64_t stamp_ns) {
    put_integer(packer, "Epoch", stamp_ns / S_NS);
    put_name(packer, "Nanoseconds");
    msgpack_pack_fix_int32(packer, (int32_t)(stamp_ns % S_NS));
}

void message_trade(struct message *message, const struct market_trade *trade, int64_t stamp_ns) {
    msgpack_packer packer = begin(message, "/Tick/TRADE", 4);
    put_stamp(&packer, stamp_ns);
    put_price(&packer, "Price", trade->price);
    put_integer(&packer, "Size", trade->size);
}

void message_quote(struct message *message, const struct market_trade *trade, int64_t stamp_ns) {
    msgpack_packer packer = begin(message, "/Tick/QUOTE", 6);
    put_stamp(&packer, stamp_ns);
    put_price(&packer, "BidPrice", trade->bid);
    put_price(&packer, "AskPrice", trade->ask);
    put_integer(&packer, "BidSize", trade->bid_size);
    put_integer(&packer, "AskSize", trade->ask_size);
}

void message_bar(struct message *message, enum bar_interval interval, const struct bar *bar) {
    msgpack_packer packer = begin(message, bar_suffixes[interval], 6);
    put_integer(&packer, "Epoch", bar->epoch_s);
    put_price(&packer, "Open", bar->open);
    put_price(&packer, "High", bar->high);
    put_price(&packer, "Low", bar->low);
    put_price(&packer, "Close", bar->close);
    put_integer(&packer, "Volume", bar->volume);
}
