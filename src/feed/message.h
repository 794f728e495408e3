/*
 * The messages of an invented market, with the keys, names and types under which MarketStore's
 * plugins push theirs: Epoch, Size and Volume are int64, Nanoseconds int32, prices float64, each in
 * its full width, since clients may rely on the type. Nothing is allocated. Pure.
 */
#ifndef FEED_MESSAGE_H
#define FEED_MESSAGE_H

#include "feed/bars.h"
#include "feed/market.h"

#define MESSAGE_KEY_BYTES    256 /**< longest key: what the broker takes by default */
#define MESSAGE_SUFFIX_BYTES 11  /**< of the longest: "/Tick/TRADE" */
#define MESSAGE_DATA_BYTES   128 /**< the longest data, a quote, has 98 */

/** A key and its data; valid until the next call on it. */
struct message {
    char key[MESSAGE_KEY_BYTES];
    size_t symbol_bytes, key_bytes, data_bytes;
    uint8_t data[MESSAGE_DATA_BYTES];
};

/** The symbol of the messages that follow; at most MESSAGE_KEY_BYTES - MESSAGE_SUFFIX_BYTES. */
void message_symbol(struct message *message, const char *symbol);

void message_trade(struct message *message, const struct market_trade *trade, int64_t stamp_ns);
void message_quote(struct message *message, const struct market_trade *trade, int64_t stamp_ns);
void message_bar(struct message *message, enum bar_interval interval, const struct bar *bar);

#endif
