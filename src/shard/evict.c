/* Who takes too little is ended, so that nobody else waits and memory stays in its budget. */
#include <stdio.h>

#include "base/clock.h"
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
        uint64_t at = member_place(member);
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

/* Who moved to another set while the old one waited for it is in no list of that group. */
static bool moved_far_behind(const struct member *member, uint64_t limit) {
    const struct splice *splice = member->splice;
    return splice != NULL && splice->next.log != NULL &&
           member->now.log->head - member->now.at > limit;
}

void evict_moved_readers(struct shard *shard) {
    uint64_t limit = shard->shared->options.slow_memory;
    uint64_t until_ns = shard->now_ns + SHARD_SLICE_NS;
    struct list *node = shard->blocked.next;
    while (node != &shard->blocked) {
        struct conn *conn = LIST_ITEM(node, struct conn, deadline);
        node = node->next;
        if (!moved_far_behind(&conn->member, limit)) continue;
        evict_conn(conn, END_SLOW);
        if (clock_now_ns() >= until_ns) return; /* the others go the next time */
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

/* Evicts who holds at least `least` bytes until the budget is kept or the time is over. */
static void evict_tails(struct shard *shard, uint64_t least, uint64_t until_ns) {
    struct list *node = shard->blocked.next;
    while (node != &shard->blocked && budget_over(&shard->outbound)) {
        struct conn *conn = LIST_ITEM(node, struct conn, deadline);
        node = node->next;
        if (held_by(conn) < least) continue;
        evict_conn(conn, END_OUTBOUND);
        if (clock_now_ns() >= until_ns) return;
    }
}

static void evict_for_outbound(struct shard *shard, uint64_t until_ns) {
    if (!budget_over(&shard->outbound)) return;
    /* what logs keep without need first: the second call finds all that had nothing to do */
    logs_cool(&shard->pool);
    logs_cool(&shard->pool);
    while (budget_over(&shard->outbound)) {
        /* the largest and those like it in one walk: thousands may have logs of their own */
        uint64_t most = most_held(shard);
        if (most == 0) return;
        evict_tails(shard, most / 2 + 1, until_ns);
        shard->short_of_memory = budget_over(&shard->outbound);
        if (clock_now_ns() >= until_ns) return;
    }
}

/* Half handshakes first, the oldest of each: they come in one piece as a rule, so these are hardly
 * good clients. */
static void evict_for_inbound(struct shard *shard, uint64_t until_ns) {
    while (budget_over(&shard->inbound)) {
        struct list *kind = list_empty(&shard->begun) ? &shard->unfinished : &shard->begun;
        if (list_empty(kind)) return;
        conn_fail(LIST_ITEM(kind->next, struct conn, unfinished), END_INBOUND,
                  "inbound_memory is used up by unfinished messages");
        if (clock_now_ns() < until_ns) continue;
        shard->short_of_memory |= budget_over(&shard->inbound);
        return;
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
    uint64_t until_ns = shard->now_ns + SHARD_SLICE_NS;
    shard->short_of_memory = false;
    evict_for_outbound(shard, until_ns);
    evict_for_inbound(shard, until_ns);
    if (!list_empty(&shard->starved)) feed_starved(shard);
}
