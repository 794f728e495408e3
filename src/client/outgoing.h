/* Masked frames that wait to be sent: one growing buffer with a sent front. One thread. */
#ifndef CLIENT_OUTGOING_H
#define CLIENT_OUTGOING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ws/frame.h"

#define OUTGOING_MASKS 1024 /**< bytes of random numbers fetched at once */

/** All zero: empty. */
struct outgoing {
    uint8_t *bytes;
    size_t from, to, room; /**< [from, to) waits */
    uint8_t masks[OUTGOING_MASKS];
    size_t masks_left;
};

void outgoing_fini(struct outgoing *outgoing);

/** Appends one whole frame, masked with fresh random bytes. False without memory or random bytes.
 */
bool outgoing_frame(struct outgoing *outgoing, enum ws_opcode opcode, const void *payload,
                    size_t count);

static inline size_t outgoing_bytes(const struct outgoing *outgoing) {
    return outgoing->to - outgoing->from;
}

static inline const uint8_t *outgoing_at(const struct outgoing *outgoing) {
    return outgoing->bytes + outgoing->from;
}

/** Forgets the first `count` bytes. */
void outgoing_sent(struct outgoing *outgoing, size_t count);

#endif
