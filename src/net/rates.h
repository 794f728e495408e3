/*
 * How often each address does something: a table of token buckets, each of one second's worth.
 *
 * An address is a whole IPv4 address or the first 64 bits of an IPv6 address, since that is what a
 * customer gets: 2^64 addresses cost nothing there. The table is bounded. Where a new address finds
 * its set full, the one that owes least is forgotten: an idle one loses nothing, and whoever is at
 * its limit stays, so that nobody gets rid of his own debt by coming from other addresses too.
 *
 * Any thread: one mutex, for some loads and stores once a connection.
 */
#ifndef NET_RATES_H
#define NET_RATES_H

#include <stdbool.h>
#include <stdint.h>

#include "net/prefix.h"

#define RATES_ADDRESSES                                                                            \
    65536            /**< remembered at a time: 1 MiB, as many as connections of one port */
#define RATES_WAYS 8 /**< of a set: two cache lines */

struct rates;

/** `a_second` is above 0. NULL without memory. */
struct rates *rates_new(uint32_t a_second, uint64_t seed);
/** NULL is allowed. */
void rates_free(struct rates *rates);

/** Takes one token of the address at `now_ns` (monotonic). False if it has none left. */
bool rates_take(struct rates *rates, const struct address *address, uint64_t now_ns);

#endif
