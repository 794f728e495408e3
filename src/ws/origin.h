/*
 * Origins (RFC 6454) and lists of them: `https://example.com, http://localhost:8080, null`. The
 * case of scheme and host does not matter, nor whether a scheme's own port (80, 443) is written.
 * Pure.
 */
#ifndef WS_ORIGIN_H
#define WS_ORIGIN_H

#include "ws/handshake.h"

/** What is wrong with the first wrong item of a list: a static sentence, and the item. NULL if the
 *  list is good. */
const char *ws_origins_wrong(const char *list, struct ws_text *item);

/** True if a good list has the origin of a request; one that is no origin is in no list. */
bool ws_origins_have(const char *list, struct ws_text origin);

#endif
