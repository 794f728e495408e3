#include "shard/gate.h"

#include <stdlib.h>
#include <string.h>

static bool make_rates(struct rates **made, uint32_t a_second, uint64_t seed) {
    if (a_second > 0) *made = rates_new(a_second, seed);
    return a_second == 0 || *made != NULL;
}

bool gate_init(struct gate *gate, const struct tickcast_options *options, uint64_t seed) {
    gate->limit_loopback = options->limit_loopback;
    if (options->origins != NULL && (gate->origins = strdup(options->origins)) == NULL)
        return false;
    if (options->proxy_from != NULL && (gate->proxies = prefixes_new(options->proxy_from)) == NULL)
        return false;
    return make_rates(&gate->connections, options->connection_rate, seed) &&
           make_rates(&gate->handshakes, options->handshake_rate, seed);
}

void gate_fini(struct gate *gate) {
    free(gate->origins);
    prefixes_free(gate->proxies);
    rates_free(gate->connections);
    rates_free(gate->handshakes);
}
