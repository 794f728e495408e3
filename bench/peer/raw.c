/* The bare loop of kit/bare.h: what its first connection writes, all others get. */
#include "peer/contract.h"
#include "peer/kinds.h"

static int subscribe(struct peer_conn *conn, const char *const *streams, uint32_t count,
                     struct peer_bytes *out) {
    (void)conn, (void)streams, (void)count, (void)out;
    return 0;
}

const struct peer peer_raw = {
    .name = "bare loop",
    .schemes = "raw",
    .bare = true,
    .websocket = true,
    .framed = true,
    .publishes = true,
    .hello = contract_hello,
    .subscribe = subscribe,
    .publish = contract_publish,
    .take = contract_take,
    .fini = peer_conn_fini,
};
