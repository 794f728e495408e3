/* Streams and keys in the words of servers that divide names into elements and know wildcards for
 * whole elements only. Pure. */
#ifndef BENCH_PEER_NAMES_H
#define BENCH_PEER_NAMES_H

#include "peer/peer.h"

struct names {
    const char *server;  /**< for sentences */
    const char *no_part; /**< characters that mean something there, beside control characters */
    char separator;      /**< in place of `/` */
    char wildcard;       /**< in place of an element that is `*` */
};

enum names_kind { NAMES_STREAM, NAMES_KEY };

/** Appends `text` in the words of the server. 0, or -1 with conn->error. */
int names_add(struct peer_conn *conn, const struct names *names, enum names_kind kind,
              const char *text, struct peer_bytes *out);

#endif
