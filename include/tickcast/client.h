/*
 * A client for programs that subscribe or publish over the network. A subscriber:
 *
 *     const char *streams[] = {"AAPL/1Min/OHLCV", "{MSFT,NVDA}/Tick/TRADE"};
 *     struct tickcast_client *client;
 *     struct tickcast_payload got;
 *     int result = tickcast_client_open(
 *         &(struct tickcast_client_options){.url = "ws://127.0.0.1:5993"}, &client);
 *     if (result == TICKCAST_OK) result = tickcast_client_subscribe(client, streams, 2);
 *     while (result == TICKCAST_OK && !(result = tickcast_client_receive(client, -1, &got)))
 *         use(got.key, got.key_bytes, got.data, got.data_bytes);
 *     fprintf(stderr, "%s\n", tickcast_client_error(client));
 *     tickcast_client_close(client);
 *
 * A publisher calls tickcast_client_publish for each message, and tickcast_client_flush when it
 * wants to know that the broker has them all.
 *
 * The calls wait, each for a limited time unless it is told otherwise; meanwhile they move bytes in
 * both directions and answer the broker's pings. A client is used by one thread at a time;
 * different clients know nothing of each other. No thread is started and no signal raised, handled
 * or changed; one that arrives while a call waits does not end the waiting.
 *
 * A client has one connection. TICKCAST_ECLOSED means that it could not be made or has ended: the
 * client then answers ECLOSED to everything, tickcast_client_error says why, and who wants to go on
 * closes it and opens another. A subscriber that does not receive is evicted by the broker once too
 * much waits for it; a publisher may be idle for any time.
 */
#ifndef TICKCAST_CLIENT_H
#define TICKCAST_CLIENT_H

#include <stddef.h>

#include "tickcast/messages.h"
#include "tickcast/tickcast.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Most payloads, in bytes, that come before the answer to a subscription and are kept. */
#define TICKCAST_CLIENT_KEPT ((size_t)64 * 1024 * 1024)
/** Most data of one message, in bytes: what a broker can be set to take (option max_payload). */
#define TICKCAST_CLIENT_DATA ((size_t)64 * 1024 * 1024)

/** All zero but `url` is good. The texts are copied by open. */
struct tickcast_client_options {
    /** ws://HOST[:PORT][/PATH], wss://... (TLS) or unix:///SOCKET[:/PATH]. Without a path it is /ws
     *  for who subscribes and /publish for who publishes. */
    const char *url;
    /** A file of PEM certificates, the authorities that may vouch for a wss server, whose name is
     *  always verified; NULL: those of the system. */
    const char *ca_file;
    /** A client's own certificate chain and its private key, PEM files, for a wss server that asks
     *  for one; both or none. */
    const char *cert_file, *key_file;
    /** Milliseconds for: connecting (TCP, TLS and handshake together, name lookup apart), the
     *  answer to a subscription, a publish while the broker takes nothing; 0: 10000. */
    int timeout_ms;
};

struct tickcast_client;

/** Makes a client, which tickcast_client_close frees. It connects with the first subscribe or
 *  publish, not here. EINVAL (no url, a negative timeout, or one of cert_file
 *  and key_file), ENOMEM; *client is NULL then. */
TICKCAST_API int tickcast_client_open(const struct tickcast_client_options *options,
                                      struct tickcast_client **client);

/** Asks for the payloads of all keys that `count` streams (C strings, at least one; see
 *  tickcast_stream_match) select, in place of those subscribed before, and waits for the broker's
 *  answer; the first time it connects. Payloads that come before the answer, which are of the old
 *  set, are kept for tickcast_client_receive.
 *  EREFUSED: the broker does not allow the set (tickcast_client_error has its words), the old one
 *  stays. EINVAL: no streams, a url that is none, or a client that publishes. ECLOSED: also no
 * answer in time, or more than TICKCAST_CLIENT_KEPT before it. ENOMEM: nothing was sent. */
TICKCAST_API int tickcast_client_subscribe(struct tickcast_client *client,
                                           const char *const *streams, size_t count);

/** Waits for the next payload, at most `timeout_ms` (below 0: without end; 0: takes what is there).
 *  It points into memory of the client and is valid until the next call with this client. Payloads
 *  of one key come in the order in which the broker took them.
 *  ETIMEDOUT, ECLOSED (payloads that came before the end are given first), EINVAL (nothing was
 *  subscribed). */
TICKCAST_API int tickcast_client_receive(struct tickcast_client *client, int timeout_ms,
                                         struct tickcast_payload *payload);

/** Queues one message: `data` is one msgpack object; key and data are copied. What is queued is
 *  sent by later calls, many messages at once, and the last by tickcast_client_flush only. The
 *  first time it connects. When more than 1 MiB is queued it waits until the broker, which stops
 *  reading when it is full, has taken most of it.
 *  EINVAL: a key or data that no broker takes (as tickcast_push; tickcast_client_error says what is
 *  wrong), a url that is none, or a client that subscribes. ETIMEDOUT: the broker took nothing for
 *  the timeout_ms of the options. ENOMEM. In all cases but OK this message is not queued. What the
 *  broker refuses later, tickcast_client_flush tells. */
TICKCAST_API int tickcast_client_publish(struct tickcast_client *client, const char *key,
                                         size_t key_bytes, const void *data, size_t data_bytes);

/** Sends what is queued and waits until the broker has answered it, at most `timeout_ms` (below 0:
 *  without end). OK: each message since the last flush is on its way to every subscriber that wants
 *  it (or none was published). EREFUSED: the broker refused some, which tickcast_client_error
 *  counts and of which it has the first reason; the others are on their way. ETIMEDOUT: not all is
 *  answered yet, flush again. ECLOSED: what was not acknowledged by a flush may be lost. ENOMEM. */
TICKCAST_API int tickcast_client_flush(struct tickcast_client *client, int timeout_ms);

/** Why the last call that failed did: a sentence in printable UTF-8, which names the url where it
 *  is about the connection; "" if none has. Valid until the next call with this client. NULL is
 *  allowed, and answers what open had to say. Any time, also after ECLOSED. */
TICKCAST_API const char *tickcast_client_error(const struct tickcast_client *client);

/** Sends what is queued, closes the connection in an orderly way (1000) and frees; waits a second
 *  at most. Who wants to know that all was taken flushes before. NULL is allowed. */
TICKCAST_API void tickcast_client_close(struct tickcast_client *client);

#ifdef __cplusplus
}
#endif

#endif
