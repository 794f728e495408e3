/* What the bare loop has in common with the contract: the form of messages. For this folder. */
#ifndef BENCH_PEER_CONTRACT_H
#define BENCH_PEER_CONTRACT_H

#include "peer/peer.h"

int contract_hello(struct peer_conn *conn, struct peer_bytes *out);
int contract_publish(struct peer_conn *conn, const char *key, const uint8_t *data,
                     size_t data_bytes, struct peer_bytes *out);
enum peer_event contract_take(struct peer_conn *conn, const uint8_t **at, const uint8_t *end,
                              struct peer_message *message);

#endif
