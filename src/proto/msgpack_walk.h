/* Walking msgpack without decoding it. Pure; bytes are hostile. */
#ifndef PROTO_MSGPACK_WALK_H
#define PROTO_MSGPACK_WALK_H

#include <stddef.h>

#define PROTO_REQUEST_DEPTH 8  /**< containers in one another in a subscribe request */
#define PROTO_DATA_DEPTH    64 /**< and in published data */
#define PROTO_WALK_DEPTH    65 /**< the most that msgpack_walk takes: data in its payload */

/** Length of the one msgpack object at `bytes`, at most `max_depth` containers deep; 0 if it is
 *  truncated, has the byte 0xc1 or is deeper. Iterative, no allocation, linear in `count`. */
size_t msgpack_walk(const void *bytes, size_t count, unsigned max_depth);

/** The same without a limit of depth, for what is passed over and never looked into. */
size_t msgpack_skip(const void *bytes, size_t count);

#endif
