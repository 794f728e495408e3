/*
 * Every way in which a connection can end: one row each.
 * X(name, counter or closed, close code sent, log level, sentence)
 */
#ifndef SHARD_ENDS_H
#define SHARD_ENDS_H

#include "base/log.h"
#include "ws/frame.h"

#define CONN_ENDS(X)                                                                               \
    X(PEER_CLOSE, closed, WS_CLOSE_NONE, LOG_DEBUG, "closed by the peer")                          \
    X(PEER_GONE, closed, WS_CLOSE_NONE, LOG_DEBUG, "left without a close frame")                   \
    X(PEER_RESET, closed, WS_CLOSE_NONE, LOG_DEBUG, "connection lost")                             \
    X(PROTOCOL, protocol_errors, WS_CLOSE_PROTOCOL, LOG_NOTICE, "protocol error")                  \
    X(INVALID_DATA, protocol_errors, WS_CLOSE_INVALID_DATA, LOG_NOTICE, "invalid UTF-8")           \
    X(TOO_BIG, protocol_errors, WS_CLOSE_TOO_BIG, LOG_NOTICE, "message too big")                   \
    X(SLOW, evicted, WS_CLOSE_POLICY, LOG_WARNING, "slow reader evicted")                          \
    X(OUTBOUND, evicted_budget, WS_CLOSE_POLICY, LOG_WARNING, "evicted: outbound_memory reached")  \
    X(INBOUND, evicted_budget, WS_CLOSE_POLICY, LOG_WARNING, "evicted: inbound_memory reached")    \
    X(DEAD, dead, WS_CLOSE_NONE, LOG_NOTICE, "dead: silent for dead_time")                         \
    X(HANDSHAKE_LATE, handshakes_failed, WS_CLOSE_NONE, LOG_NOTICE, "handshake not done in time")  \
    X(HANDSHAKE_BAD, handshakes_failed, WS_CLOSE_NONE, LOG_NOTICE, "handshake refused")            \
    X(NOT_ALLOWED, refused, WS_CLOSE_NONE, LOG_NOTICE, "refused")                                  \
    X(NO_MEMORY, closed, WS_CLOSE_NONE, LOG_ERROR, "no memory")                                    \
    X(STOPPED, closed, WS_CLOSE_GOING_AWAY, LOG_DEBUG, "the broker stops")

#define CONN_END_NAME(name, counter, code, level, sentence) END_##name,
enum conn_end { CONN_ENDS(CONN_END_NAME) END_COUNT };
#undef CONN_END_NAME

#endif
