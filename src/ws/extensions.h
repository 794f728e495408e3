/*
 * The grammar of Sec-WebSocket-Extensions (RFC 6455, 9.1): whoever offers something malformed must
 * be refused, even by a server that takes no extension. For this folder.
 */
#ifndef WS_EXTENSIONS_H
#define WS_EXTENSIONS_H

#include <stdbool.h>

#include "ws/handshake.h"

/** True if `list` is one extension or more, `token *( ";" token [ "=" value ] )` each, where a
 * value is a token, in quotes or not. Empty elements of the list are passed over. */
bool ws_extensions_valid(struct ws_text list);

#endif
