/* Who takes too little is ended, so that nobody else waits and memory stays in its budget. */
#include <stdio.h>

#include "shard/conn.h"
#include "shard/groups.h"
#include "shard/turn.h"

void evict_conn(struct conn *conn, enum conn_end end) {
    char text[WS_REASON_BYTES + 1];
    double seconds = (double)(conn->shard->now_ns - conn->since_ns) / 1e9;
    snprintf(text, sizeof text, "slow: %llu bytes pending, %.1f s without progress",
             (unsigned long long)member_behind(&conn->member), seconds);
    conn_fail(conn, end, text);
}

/* Where a blocked member is in the log of its group. */
static uint64_t place_in_group(const struct member *member) {
    const struct splice *splice = member->splice;
    return splice != NULL && splice->next.log != NULL ? splice->next.at : member->now.at;
}

static void end_broken(struct group *group) {
    struct list *lists[] = {&group->ready, &group->blocked};
    for (int i = 0; i < 2; i++) {
        while (!list_empty(lists[i]) && group->log != NULL)
            conn_doom(CONN_OF(LIST_ITEM(lists[i]->next, struct member, link)), END_NO_MEMORY, true);
    }
}

/* Evicts who is too far behind, as long as *left allows. */
static void check_group(struct shard *shard, struct group *group, uint32_t *left) {
    uint64_t limit = shard->shared->options.slow_memory, first = UINT64_MAX;
    struct list *node = group->blocked.next;
    while (group->log != NULL && node != &group->blocked) {
        struct member *member = LIST_ITEM(node, struct member, link);
        node = node->next;
        uint64_t at = place_in_group(member);
        if (group->log->head - at > limit && *left > 0) {
            evict_conn(CONN_OF(member), END_SLOW);
            (*left)--;
        } else if (at < first) {
            first = at;
        }
    }
    if (group->log == NULL) return; /* its last member went */
    group->slow_at = first == UINT64_MAX ? UINT64_MAX : first + limit;
    group_watch(group);
    if (group->log->head <= group->slow_at) return;
    struct stream_group *owner = STREAM_GROUP_OF(group);
    list_insert(&shard->slow_groups, &owner->slow); /* the others go in the next turn */
}

void evict_slow_readers(struct shard *shard) {
    uint32_t left = SHARD_TURN_ENDS;
    while (!list_empty(&shard->slow_groups) && left > 0) {
        struct stream_group *owner = LIST_ITEM(shard->slow_groups.next, struct stream_group, slow);
        list_remove(&owner->slow);
        if (owner->broken)
            end_broken(&owner->group);
        else
            check_group(shard, &owner->group, &left);
    }
}

/* What a blocked connection holds: its private bytes, and its log if it keeps the oldest chunk
 * alive. */
static uint64_t held_by(const struct conn *conn) {
    const struct cursor *now = &conn->member.now;
    const struct splice *splice = conn->member.splice;
    uint64_t bytes = splice != NULL ? splice->bytes : 0;
    return now->log != NULL && cursor_in_oldest(now) ? bytes + now->log->held_bytes : bytes;
}

static uint64_t most_held(struct shard *shard) {
    uint64_t most = 0;
    for (struct list *node = shard->blocked.next; node != &shard->blocked; node = node->next) {
        uint64_t held = held_by(LIST_ITEM(node, struct conn, deadline));
        if (held > most) most = held;
    }
    return most;
}

/* Evicts who holds at least `least` bytes until the budget is kept. */
static void evict_tails(struct shard *shard, uint64_t least) {
    struct list *node = shard->blocked.next;
    while (node != &shard->blocked && budget_over(&shard->outbound)) {
        struct conn *conn = LIST_ITEM(node, struct conn, deadline);
        node = node->next;
        if (held_by(conn) >= least) evict_conn(conn, END_OUTBOUND);
    }
}

/* The oldest that has sent a part of its opening handshake. They come in one piece as a rule, so
 * these are hardly good clients. */
static struct conn *begun_handshake(struct shard *shard) {
    struct list *node = shard->handshakes.next;
    for (int i = 0; i < SHARD_HANDSHAKES_SEEN && node != &shard->handshakes; i++) {
        struct conn *conn = LIST_ITEM(node, struct conn, deadline);
        if (conn->held_bytes > 0) return conn;
        node = node->next;
    }
    return NULL;
}

static void evict_inbound(struct shard *shard) {
    while (budget_over(&shard->inbound)) {
        struct conn *conn = begun_handshake(shard);
        if (conn == NULL && list_empty(&shard->unfinished)) break;
        if (conn == NULL) conn = LIST_ITEM(shard->unfinished.next, struct conn, unfinished);
        conn_fail(conn, END_INBOUND, "inbound_memory is used up by unfinished messages");
    }
}

static void feed_starved(struct shard *shard) {
    if (budget_over(&shard->inbound)) return;
    while (!list_empty(&shard->starved)) {
        struct conn *conn = LIST_ITEM(shard->starved.next, struct conn, turn);
        list_remove(&conn->turn);
        conn_resume_later(conn); /* not only read: TLS may hold bytes of which no poll tells */
    }
}

void evict_for_memory(struct shard *shard) {
    if (budget_over(&shard->outbound)) {
        /* what logs keep without need first: the second call finds all that had nothing to do */
        logs_cool(&shard->pool);
        logs_cool(&shard->pool);
    }
    while (budget_over(&shard->outbound)) {
        /* the largest and those like it in one walk: thousands may have logs of their own */
        uint64_t most = most_held(shard);
        if (most == 0) break;
        evict_tails(shard, most / 2 + 1);
    }
    evict_inbound(shard);
    if (!list_empty(&shard->starved)) feed_starved(shard);
}
