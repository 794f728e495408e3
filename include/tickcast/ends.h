/*
 * Every way in which a connection can end, refusals before it is open included: one row each.
 *
 *     X(name, NAME, close code sent (0: none), log level, sentence)
 *
 * Each accepted connection ends by exactly one of them: `accepted` is `connections_now` plus the
 * sum of all ended_NAME of struct tickcast_stats.
 */
#ifndef TICKCAST_ENDS_H
#define TICKCAST_ENDS_H

#define TICKCAST_ENDS(X)                                                                           \
    X(peer_close, PEER_CLOSE, 0, DEBUG, "closed by the peer")                                      \
    X(peer_gone, PEER_GONE, 0, DEBUG, "left without a close frame")                                \
    X(peer_reset, PEER_RESET, 0, DEBUG, "connection lost")                                         \
    X(protocol, PROTOCOL, 1002, NOTICE, "protocol error")                                          \
    X(invalid_data, INVALID_DATA, 1007, NOTICE, "invalid UTF-8")                                   \
    X(too_big, TOO_BIG, 1009, NOTICE, "message too big")                                           \
    X(fragments, FRAGMENTS, 1008, NOTICE, "too many fragments")                                    \
    X(records, RECORDS, 1008, NOTICE, "too many TLS records without data")                         \
    X(slow, SLOW, 1008, WARNING, "slow reader evicted")                                            \
    X(outbound, OUTBOUND, 1008, WARNING, "evicted: outbound_memory reached")                       \
    X(inbound, INBOUND, 1008, WARNING, "evicted: inbound_memory reached")                          \
    X(dead, DEAD, 0, NOTICE, "dead: silent for dead_time")                                         \
    X(full, FULL, 0, WARNING, "refused: max_connections reached")                                  \
    X(connection_rate, CONNECTION_RATE, 0, NOTICE, "refused: connection_rate of its address")      \
    X(handshake_rate, HANDSHAKE_RATE, 0, NOTICE, "refused: handshake_rate of its address")         \
    X(proxy_bad, PROXY_BAD, 0, WARNING, "no good PROXY header")                                    \
    X(tls_bad, TLS_BAD, 0, NOTICE, "TLS handshake failed")                                         \
    X(handshakes_full, HANDSHAKES_FULL, 0, NOTICE, "max_handshakes reached")                       \
    X(handshake_late, HANDSHAKE_LATE, 0, NOTICE, "handshake not done in time")                     \
    X(handshake_bad, HANDSHAKE_BAD, 0, NOTICE, "handshake refused")                                \
    X(handshake_gone, HANDSHAKE_GONE, 0, DEBUG, "left before its handshake was done")              \
    X(unknown_path, UNKNOWN_PATH, 0, NOTICE, "no such service")                                    \
    X(subscriber_address, SUBSCRIBER_ADDRESS, 0, NOTICE, "refused: subscribers_from")              \
    X(subscriber_origin, SUBSCRIBER_ORIGIN, 0, NOTICE, "refused: origins")                         \
    X(publisher_address, PUBLISHER_ADDRESS, 0, NOTICE, "refused: publishers_from")                 \
    X(publisher_origin, PUBLISHER_ORIGIN, 0, NOTICE, "refused: a publisher with an Origin")        \
    X(publisher_proxy, PUBLISHER_PROXY, 0, NOTICE, "refused: a publisher behind a proxy")          \
    X(no_memory, NO_MEMORY, 0, ERROR, "no memory")                                                 \
    X(stopped, STOPPED, 1001, DEBUG, "the broker stops")

/*
 * Every reason for which a request or a publication is refused, the connection stays open: one row
 * each, and a counter refused_NAME of struct tickcast_stats.
 *
 *     X(name, NAME, sentence)
 */
#define TICKCAST_REFUSALS(X)                                                                       \
    X(request_undecodable, REQUEST_UNDECODABLE, "messages of subscribers that are no request")     \
    X(request_streams, REQUEST_STREAMS, "requests with more than max_streams streams")             \
    X(request_long, REQUEST_LONG, "requests with a stream above max_stream_bytes")                 \
    X(request_invalid, REQUEST_INVALID, "requests with an invalid stream")                         \
    X(request_crossing, REQUEST_CROSSING, "requests above max_crossing_streams")                   \
    X(request_globs, REQUEST_GLOBS, "requests above max_glob_streams")                             \
    X(request_full, REQUEST_FULL, "requests above max_subscriptions")                              \
    X(publish_undecodable, PUBLISH_UNDECODABLE, "messages of publishers that are no publication")  \
    X(publish_large, PUBLISH_LARGE, "publications with data above max_payload")                    \
    X(publish_key, PUBLISH_KEY, "publications with a key that is not allowed")                     \
    X(publish_closing, PUBLISH_CLOSING, "publications answered with closing: the broker stops")    \
    X(publish_memory, PUBLISH_MEMORY, "publications for which there was no memory")

#endif
