/*
 * Groups and members. A group is a set of streams that connections of one shard share, with one
 * log; a member is a connection's place in it: a cursor and at most one splice. No I/O; one thread.
 *
 * A splice is where private bytes (handshake, echo, error, pong, close) go between the frames of
 * logs: up to `cut` from the current log, then the bytes, then on in the current log or in `next`.
 * While one is outstanding no other may be made (but a close), so whoever decodes requests stops.
 *
 * The members of a group are in its ready ring or, while their socket takes nothing, in its list of
 * blocked ones. The ring has a cursor, `next`: whoever flushes goes on there.
 */
#ifndef GROUP_MEMBER_H
#define GROUP_MEMBER_H

#include <stdbool.h>

#include "base/list.h"
#include "group/log.h"

#define GROUP_LAG_BYTES         (1024 * 1024) /**< above it a writable member holds the ring back */
#define MEMBER_CLOSE_COPY_BYTES (64 * 1024)   /**< most that is copied so that a close can follow */

struct group {
    struct log_chain *log;
    struct list ready, blocked; /**< members */
    struct list *next;          /**< of `ready`: whom to visit next */
    struct list dirty;          /**< in the shard's queue while there is something to send */
    uint32_t members, ready_count;
    uint32_t to_visit; /**< ready members from `next` on that may have something to send */
    uint64_t floor;    /**< all ready members are at or after this position */
    uint64_t slow_at;  /**< the head at which a blocked member will be too far behind */
    uint64_t full_at;  /**< the head at which it waits no longer for more; UINT64_MAX: nor before */
    uint64_t due_ns;   /**< the same in time */
    uint64_t watch_at; /**< the head at which somebody must look: see group_watch */
    bool lagging;      /**< counted by the shard as more than its limit behind */
};

struct splice {
    struct cursor next;  /**< where to go on; log NULL: in the same log */
    uint64_t cut;        /**< position in the current log */
    uint64_t cut_frames; /**< frames before the cut */
    uint32_t bytes, sent;
    bool closes; /**< nothing follows */
    uint8_t data[];
};

struct member {
    struct list link; /**< ready or blocked */
    struct group *group;
    struct cursor
        now; /**< in the log of its group if there is no splice; log NULL once it closes */
    struct splice *splice;
    uint64_t committed; /**< end of what a blocked SSL_write was given of the log, or 0 */
    bool blocked;
};

/** False without memory. */
bool group_init(struct group *group, struct pool *pool);
/** The group has no members; its log lives on while it is read. */
void group_fini(struct group *group);

/** All ready members are to be visited: a message was appended, or one that was visited has more.
 */
static inline void group_wake(struct group *group) {
    group->to_visit = group->ready_count;
}

/** True while it waits for more to send, or is to do so after this round of visits. */
static inline bool group_delayed(const struct group *group) {
    return group->full_at != UINT64_MAX;
}

/** Brings `floor` up to date where no visit does it: with one ready member or none. */
void group_find_floor(struct group *group);

/** Sets `watch_at` after a change of slow_at, full_at, floor or lagging: where the first blocked
 * member is too far behind, the first ready one more than GROUP_LAG_BYTES, or enough is there. */
static inline void group_watch(struct group *group) {
    uint64_t lag_at = group->lagging ? UINT64_MAX : group->floor + GROUP_LAG_BYTES;
    group->watch_at = group->slow_at < lag_at ? group->slow_at : lag_at;
    if (group->full_at < group->watch_at) group->watch_at = group->full_at;
    group->log->quick_end = 0;
}

/** Nobody has anything to send: sets the floor, and whom to visit first next time. */
void group_visited_all(struct group *group);

/** Visits go in rows: `*at` begins as group->next, each step gives the member to visit there and
 * goes on; then group_visited. At most `to_visit` steps; nothing else is done meanwhile. */
static inline struct member *group_step(const struct group *group, struct list **at) {
    struct list *visited = *at != &group->ready ? *at : group->ready.next;
    *at = visited->next;
    return LIST_ITEM(visited, struct member, link);
}

/** `count` members were visited, up to `next`. */
static inline void group_visited(struct group *group, struct list *next, uint32_t count) {
    group->next = next;
    group->log->quick_end = 0;
    group->to_visit -= count;
    if (group->to_visit == 0) group_visited_all(group);
}

/** After an append, with all ready members waiting for a visit and the group in the queue: appends
 * up to `quick_end` of the log need nothing but to be written. */
static inline void group_allow_quick(struct group *group) {
    struct log_chain *log = group->log;
    uint64_t end = log->newest->base + log->newest->room; /* of a referenced frame no room */
    log->quick_end = end < group->watch_at ? end : group->watch_at;
}

/** Joins a group, ready, with its cursor at the head of the group's log. */
void member_join(struct member *member, struct group *group);
/** Leaves for good: drops splice and cursor. */
void member_leave(struct member *member);

/** The socket takes nothing (more), or takes bytes again. */
void member_block(struct member *member);
void member_unblock(struct member *member);

/** True if there are bytes to send. */
static inline bool member_pending(const struct member *member) {
    return member->splice != NULL || (member->now.log != NULL && !cursor_at_head(&member->now));
}

/** Where it is in the log of its group, which is not the one that it reads if a splice leads there.
 * Not of one that closes. */
static inline uint64_t member_place(const struct member *member) {
    const struct splice *splice = member->splice;
    return splice != NULL && splice->next.log != NULL ? splice->next.at : member->now.at;
}

/** Bytes between the member and the head of its group's log, and its private ones. */
uint64_t member_behind(const struct member *member);

/** Private bytes at the next boundary of the current log. No splice may be outstanding. False
 * without memory. `bytes` are copied, and charged to the pool's budget. */
bool member_answer(struct member *member, const struct iovec *pieces, int count);

/** Moves to `group` (perhaps its own): what is in the old log, `pieces`, then the new group's log
 * from its head on. The member belongs to the new group at once. No splice may be outstanding.
 * False without memory: nothing changed. */
bool member_move(struct member *member, struct group *group, const struct iovec *pieces, int count);

/** The last bytes of a connection: they follow at the next boundary, the rest is dropped, and the
 *  member goes to `lobby`, a group that gets no messages. False if that cannot be (no memory, or
 * the rest of a frame, or of private bytes that have begun, is more than `max_copy`): then reset
 * the connection. */
bool member_close(struct member *member, struct group *lobby, const void *bytes, uint32_t count,
                  uint64_t max_copy);

/** What to send next, as at most `max` pieces. Returns their number. */
int member_range(struct member *member, struct iovec *pieces, int max);

/** What member_sent reports. */
struct member_progress {
    uint64_t frames; /**< messages completed */
    bool spliced;    /**< the splice is over: decoding may go on */
    bool closed;     /**< the last byte of the connection is out */
};

/** `bytes` of what member_range gave were taken by the socket. */
struct member_progress member_sent(struct member *member, uint64_t bytes);

/** A blocked SSL_write was given `bytes` of the first piece: they stay, whatever comes. */
void member_commit(struct member *member, uint64_t bytes);

#endif
