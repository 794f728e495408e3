/* Subscribe requests: msgpack {"streams": [...]}, decoded as tolerantly as MarketStore does
 * (CONTRACT c4). */
#ifndef PROTO_SUBSCRIBE_H
#define PROTO_SUBSCRIBE_H

#include "proto/text.h"

enum subscribe_verdict {
    SUBSCRIBE_NONE,        /**< no streams: nothing changes, the request is echoed */
    SUBSCRIBE_STREAMS,     /**< `streams` is the new set */
    SUBSCRIBE_UNDECODABLE, /**< no reply */
    SUBSCRIBE_TOO_MANY,    /**< more streams than allowed (counted before duplicates collapse) */
    SUBSCRIBE_NOMEM,
};

struct subscribe_request {
    struct proto_text *streams; /**< in the order of the list, duplicates kept; heap */
    uint32_t count;
};

/** Decodes a request with at most `max_streams` streams. Only SUBSCRIBE_STREAMS fills `request`;
 *  free it with subscribe_request_fini. The texts point into `bytes`. */
enum subscribe_verdict subscribe_decode(const void *bytes, size_t count, uint32_t max_streams,
                                        struct subscribe_request *request);
void subscribe_request_fini(struct subscribe_request *request);

#endif
