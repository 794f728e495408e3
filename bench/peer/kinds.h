/* Every peer there is, for the table of peer.h. */
#ifndef BENCH_PEER_KINDS_H
#define BENCH_PEER_KINDS_H

#include "peer/peer.h"

extern const struct peer peer_tickcast; /**< the contract of MarketStore and of tickcast */
extern const struct peer peer_raw;      /**< the bare loop of kit/bare.h */
extern const struct peer peer_nats;     /**< NATS over WebSocket */
extern const struct peer peer_nats_tcp; /**< NATS over plain TCP */
extern const struct peer peer_mqtt;     /**< MQTT 3.1.1 over WebSocket, such as Mosquitto */
extern const struct peer peer_mqtt_tcp; /**< the same over plain TCP */
extern const struct peer peer_redis;    /**< Redis pub/sub */

#endif
