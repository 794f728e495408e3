/* Whom a broker lets in: what its options say of origins, proxies and rates, ready to be asked.
 * Made once for all shards and the acceptor. */
#ifndef SHARD_GATE_H
#define SHARD_GATE_H

#include "net/prefix.h"
#include "tickcast/options.h"

struct gate {
    char *origins;            /**< a good list for ws_origins_have, or NULL: any */
    struct prefixes *proxies; /**< from where connections begin with a PROXY header, or NULL */
};

/** False without memory; gate_fini all the same. `options` are good. */
bool gate_init(struct gate *gate, const struct tickcast_options *options);
void gate_fini(struct gate *gate);

#endif
