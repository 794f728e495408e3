#include <stdlib.h>
#include <string.h>

#include "peer/peer.h"

uint8_t *peer_bytes_room(struct peer_bytes *bytes, size_t count) {
    if (bytes->room - bytes->count >= count) return bytes->at + bytes->count;
    size_t room = bytes->room ? bytes->room : 64;
    while (room - bytes->count < count) room *= 2;
    uint8_t *at = realloc(bytes->at, room);
    if (!at) return NULL;
    bytes->at = at;
    bytes->room = room;
    return at + bytes->count;
}

int peer_bytes_add(struct peer_bytes *bytes, const void *from, size_t count) {
    if (!count) return 0;
    uint8_t *at = peer_bytes_room(bytes, count);
    if (!at) return -1;
    memcpy(at, from, count);
    bytes->count += count;
    return 0;
}

void peer_bytes_fini(struct peer_bytes *bytes) {
    free(bytes->at);
    *bytes = (struct peer_bytes){0};
}

void peer_conn_fini(struct peer_conn *conn) {
    peer_bytes_fini(&conn->partial);
    peer_bytes_fini(&conn->reply);
    peer_bytes_fini(&conn->request);
}
