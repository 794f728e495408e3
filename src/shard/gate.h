/* Whom a broker lets in: what its options say of origins, proxies and rates, ready to be asked.
 * Made once for all shards and the acceptor. */
#ifndef SHARD_GATE_H
#define SHARD_GATE_H

#include "net/rates.h"
#include "net/socket.h"
#include "tickcast/options.h"

struct gate {
    char *origins;            /**< a good list for ws_origins_have, or NULL: any */
    struct prefixes *proxies; /**< from where connections begin with a PROXY header, or NULL */
    struct rates *connections, *handshakes; /**< of each address, or NULL: no limit */
    bool limit_loopback;                    /**< local peers have no rates unless it is set */
};

#define GATE_CONNECTION_RATE_BODY "too many connections of your address a second: connection_rate\n"

/** False without memory; gate_fini all the same. `options` are good. */
bool gate_init(struct gate *gate, const struct tickcast_options *options, uint64_t seed);
void gate_fini(struct gate *gate);

/** True if connections of this peer begin with a PROXY header. */
static inline bool gate_proxies(const struct gate *gate, const struct peer *peer) {
    return gate->proxies != NULL && prefixes_have(gate->proxies, &peer->address, peer->unix_socket);
}

/** True if `rates`, one of the gate's, has one left for the peer: it is taken. */
static inline bool gate_admits(const struct gate *gate, struct rates *rates,
                               const struct peer *peer, uint64_t now_ns) {
    if (rates == NULL || (peer->local && !gate->limit_loopback)) return true;
    return rates_take(rates, &peer->address, now_ns);
}

#endif
