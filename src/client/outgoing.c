#include "client/outgoing.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROOM 4096
#define KEEP_ROOM  (4 * 1024 * 1024) /* an empty buffer above this is given back */

void outgoing_fini(struct outgoing *outgoing) {
    free(outgoing->bytes);
    memset(outgoing, 0, sizeof *outgoing);
}

static bool reserve(struct outgoing *outgoing, size_t count) {
    size_t used = outgoing_bytes(outgoing);
    if (outgoing->room - outgoing->to >= count) return true;
    if (outgoing->from >= used && outgoing->room - used >= count) {
        memcpy(outgoing->bytes, outgoing->bytes + outgoing->from, used);
        outgoing->from = 0;
        outgoing->to = used;
        return true;
    }
    size_t room = outgoing->room ? outgoing->room : FIRST_ROOM;
    while (room - outgoing->to < count) {
        if (room > SIZE_MAX / 2) return false;
        room *= 2;
    }
    uint8_t *grown = realloc(outgoing->bytes, room);
    if (!grown) return false;
    outgoing->bytes = grown;
    outgoing->room = room;
    return true;
}

static const uint8_t *fresh_mask(struct outgoing *outgoing) {
    if (outgoing->masks_left == 0) {
        if (RAND_bytes(outgoing->masks, sizeof outgoing->masks) != 1) return NULL;
        outgoing->masks_left = sizeof outgoing->masks;
    }
    outgoing->masks_left -= 4;
    return outgoing->masks + outgoing->masks_left;
}

bool outgoing_frame(struct outgoing *outgoing, enum ws_opcode opcode, const void *payload,
                    size_t count) {
    const uint8_t *mask = fresh_mask(outgoing);
    if (!mask || count > SIZE_MAX / 4 || !reserve(outgoing, WS_HEADER_BYTES + count)) return false;
    uint8_t *at = outgoing->bytes + outgoing->to;
    at += ws_header_write_masked(opcode, count, mask, at);
    if (count > 0) memcpy(at, payload, count);
    ws_mask(at, count, mask, 0);
    outgoing->to = (size_t)(at - outgoing->bytes) + count;
    return true;
}

void outgoing_sent(struct outgoing *outgoing, size_t count) {
    outgoing->from += count;
    if (outgoing->from < outgoing->to) return;
    outgoing->from = outgoing->to = 0;
    if (outgoing->room <= KEEP_ROOM) return;
    free(outgoing->bytes);
    outgoing->bytes = NULL;
    outgoing->room = 0;
}
