/*
 * Large sets. One that is new goes into the index a piece at a time, for a slice of each turn; its
 * connection is halted meanwhile, and the set that it has stays in force. They go in one after the
 * other: whoever asks for the same set waits, and finds it. When the set is whole, the request is
 * handled as if it had just come. One that has lost its last member goes out of the index likewise.
 */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "shard/conn.h"
#include "shard/groups.h"
#include "shard/turn.h"

#define PIECE_STREAMS 64 /* between two looks at the clock: some 100 us */

struct large_set {
    struct stream_group *group; /* once it is being put into the index */
    struct stream_set set;      /* likewise; its texts are in the request */
    uint32_t bytes;
    uint8_t request[];
};

size_t large_set_memory(const struct conn *conn) {
    const struct large_set *large = conn->large_set;
    if (large == NULL) return 0;
    return sizeof *large + large->bytes + large->set.count * sizeof large->set.streams[0];
}

void large_set_wait(struct conn *conn, const struct ws_message *message) {
    struct large_set *large = malloc(sizeof *large + message->bytes);
    if (large == NULL) {
        conn_fail(conn, END_NO_MEMORY, NULL);
        return;
    }
    *large = (struct large_set){.bytes = (uint32_t)message->bytes};
    memcpy(large->request, message->payload, message->bytes);
    ws_decoder_release(&conn->decoder); /* not two copies for as long as it waits */
    conn->large_set = large;
    conn->parked = true;
    list_remove(&conn->turn);
    list_insert(&conn->shard->large_sets, &conn->turn);
}

/* The connection waits no longer; the caller frees what it has waited with. */
static struct large_set *take(struct conn *conn) {
    struct large_set *large = conn->large_set;
    if (large->group != NULL) conn->shard->streams_to_come = 0;
    conn->large_set = NULL;
    conn->parked = false;
    list_remove(&conn->turn);
    return large;
}

static void free_set(struct large_set *large) {
    stream_set_fini(&large->set);
    free(large);
}

void large_set_drop(struct conn *conn) {
    struct large_set *large = take(conn);
    if (large->group != NULL) groups_discard(conn->shard, large->group);
    free_set(large);
}

/* The set is in the index, or there is no room for it. */
static void handle_request(struct conn *conn) {
    struct large_set *large = take(conn);
    struct ws_message request = {
        .opcode = WS_BINARY, .payload = large->request, .bytes = large->bytes};
    uint64_t whole_at = conn->whole_at;
    session_message(conn, &request);
    conn->whole_at = whole_at; /* it was counted when it came */
    if (large->group != NULL) groups_released(conn->shard, &large->group->group);
    free_set(large);
    conn_note_unfinished(conn);
    conn_charge(conn);
}

/* False without memory. */
static bool begin(struct conn *conn) {
    struct shard *shard = conn->shard;
    struct large_set *large = conn->large_set;
    struct subscribe_request decoded;
    if (subscribe_decode(large->request, large->bytes, shard->shared->options.max_streams,
                         &decoded) != SUBSCRIBE_STREAMS)
        return false; /* it was good when it came */
    bool made = stream_set_init(&large->set, decoded.streams, decoded.count, shard->shared->seed);
    subscribe_request_fini(&decoded);
    if (!made) return false;
    if (groups_find(shard, &large->set) != NULL || !groups_have_room(shard, &large->set)) {
        handle_request(conn);
        return true;
    }
    if (groups_begin(shard, &large->set, &large->group) != GROUPS_OK) return false;
    shard->streams_to_come = large->set.count;
    stream_set_fit(&large->set);
    conn_charge(conn);
    return true;
}

static bool go_on(struct conn *conn) {
    struct large_set *large = conn->large_set;
    int result = groups_extend(conn->shard, large->group, &large->set, PIECE_STREAMS);
    if (result == GROUPS_NOMEM) return false;
    conn->shard->streams_to_come = large->set.count - large->group->target.ref_count;
    if (result == GROUPS_OK) handle_request(conn);
    return true;
}

static void put_in(struct shard *shard) {
    struct conn *conn = LIST_ITEM(shard->large_sets.next, struct conn, turn);
    bool good = conn->large_set->group == NULL ? begin(conn) : go_on(conn);
    if (!good) conn_fail(conn, END_NO_MEMORY, NULL);
}

void large_sets_slice(struct shard *shard) {
    uint64_t until_ns = 0;
    while (!list_empty(&shard->large_sets) || !list_empty(&shard->leaving_groups)) {
        uint64_t now_ns = clock_now_ns();
        if (until_ns == 0) until_ns = now_ns + SHARD_SLICE_NS;
        if (now_ns >= until_ns) return;
        if (!list_empty(&shard->large_sets)) put_in(shard);
        if (!list_empty(&shard->leaving_groups)) groups_take_out(shard, PIECE_STREAMS);
    }
}

void large_sets_end(struct shard *shard) {
    while (!list_empty(&shard->leaving_groups)) groups_take_out(shard, UINT32_MAX);
    groups_bury(shard);
}
