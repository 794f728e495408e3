/* The client's opening handshake over an open socket. */
#ifndef CLIENT_HANDSHAKE_H
#define CLIENT_HANDSHAKE_H

#include "client/socket.h"

#define CLIENT_RESPONSE_BYTES                                                                      \
    8192 /**< longest response to an upgrade, with the body of a refusal */

/** Sends the request and reads the response until `deadline_ns`. 0: `bytes` (CLIENT_RESPONSE_BYTES)
 *  begins with `*count` bytes that follow the response. Below 0: `error` (CLIENT_ERROR_BYTES) says
 * why; -1, or for a refusal minus its HTTP status, which `error` names with the body. */
int client_handshake(struct client_socket *socket, const struct client_url *url,
                     const char *protocol, uint64_t deadline_ns, uint8_t *bytes, size_t *count,
                     char *error);

#endif
