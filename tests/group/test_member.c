/*
 * Members, logs and splices as a sequence of random operations against a model: every member's
 * bytes are exactly what it should have got, and nothing is left at the end.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "group/member.h"
#include "ws/frame.h"

#define MEMBERS    12
#define GROUPS     4
#define STEPS      20000
#define STREAM_MAX (4 << 20)

static struct budget budget;
static struct pool pool;

/* What a member should receive, and how much of it it has. */
struct expected {
    uint8_t *bytes;
    size_t count, got;
    size_t committed; /* end of what a blocked write was given */
    bool closed;
};

struct world {
    struct group groups[GROUPS], lobby;
    struct member members[MEMBERS];
    struct expected expected[MEMBERS];
    unsigned seed;
    uint32_t next_frame;
};

static uint32_t draw(struct world *world, uint32_t below) {
    world->seed = world->seed * 1103515245u + 12345u;
    return (world->seed >> 8) % below;
}

static void expect_bytes(struct expected *expected, const void *bytes, size_t count) {
    cr_assert(expected->count + count <= STREAM_MAX);
    memcpy(expected->bytes + expected->count, bytes, count);
    expected->count += count;
}

/* A frame whose payload nobody else has. */
static size_t make_frame(struct world *world, size_t payload, uint8_t *out) {
    size_t header = ws_header_write(WS_BINARY, payload, out);
    for (size_t i = 0; i < payload; i++) out[header + i] = (uint8_t)(world->next_frame * 31 + i);
    world->next_frame++;
    return header + payload;
}

static void append(struct world *world) {
    static uint8_t frame[20000 + FRAME_SLACK_BYTES];
    struct group *group = &world->groups[draw(world, GROUPS)];
    bool large = draw(world, 20) == 0;
    if (group->members == 0) return;
    size_t bytes = make_frame(world, large ? 5000 + draw(world, 10000) : draw(world, 300), frame);
    if (large) {
        struct frame *shared = malloc(sizeof *shared + bytes);
        memcpy(shared->wire, frame, bytes);
        shared->bytes = (uint32_t)bytes;
        shared->block_bytes = (uint32_t)(sizeof *shared + bytes);
        atomic_init(&shared->refs, 1);
        struct hold *hold = hold_new(&pool, shared);
        cr_assert(log_append_hold(group->log, hold));
        hold_unref(&pool, hold);
    } else {
        cr_assert(log_append(group->log, frame, (uint32_t)bytes));
    }
    group_wake(group);
    for (int i = 0; i < MEMBERS; i++)
        if (world->members[i].group == group && !world->expected[i].closed)
            expect_bytes(&world->expected[i], frame, bytes);
}

/* Where in the expected bytes a splice goes: the first boundary at or after what was given. */
static size_t boundary(const struct expected *expected) {
    size_t from = expected->got > expected->committed ? expected->got : expected->committed, at = 0;
    while (at < from) at += ws_frame_bytes(expected->bytes + at);
    return at;
}

static void insert(struct expected *expected, size_t at, const uint8_t *bytes, size_t count) {
    memmove(expected->bytes + at + count, expected->bytes + at, expected->count - at);
    memcpy(expected->bytes + at, bytes, count);
    expected->count += count;
}

static void answer(struct world *world, int i) {
    uint8_t frame[256];
    struct member *member = &world->members[i];
    if (member->splice != NULL || world->expected[i].closed) return;
    size_t bytes = make_frame(world, draw(world, 100), frame);
    insert(&world->expected[i], boundary(&world->expected[i]), frame, bytes);
    struct iovec piece = {frame, bytes};
    cr_assert(member_answer(member, &piece, 1));
}

static void move(struct world *world, int i) {
    uint8_t frame[256];
    struct member *member = &world->members[i];
    if (member->splice != NULL || world->expected[i].closed) return;
    size_t bytes = make_frame(world, draw(world, 100), frame);
    expect_bytes(&world->expected[i], frame, bytes);
    struct iovec piece = {frame, bytes};
    cr_assert(member_move(member, &world->groups[draw(world, GROUPS)], &piece, 1));
}

/* The usual visit: all of the end of the newest chunk. False if it is another case. */
static bool send_end(struct world *world, int i) {
    struct member *member = &world->members[i];
    struct expected *expected = &world->expected[i];
    struct log_chain *log = member->now.log;
    if (member->splice != NULL || expected->committed > 0 || member->now.at == log->head)
        return false;
    const struct log_tail tail = log_tail(log);
    size_t bytes = cursor_to_end(&member->now, &tail);
    if (bytes == 0) return false;
    cr_assert(expected->got + bytes == expected->count);
    cr_assert(memcmp(tail.end - bytes, expected->bytes + expected->got, bytes) == 0,
              "member %d gets wrong bytes", i);
    cr_assert(cursor_to_head(&member->now, &tail) > 0);
    if (log->readers == 1)
        log_reached_by_only(log);
    else
        log_reached(log, 1);
    expected->got += bytes;
    return true;
}

/* Sends a random part of what is offered; sometimes it blocks, with a part committed. */
static void send_some(struct world *world, int i) {
    struct iovec pieces[8];
    struct member *member = &world->members[i];
    struct expected *expected = &world->expected[i];
    if (!member_pending(member)) {
        cr_assert(expected->got == expected->count, "member %d lacks bytes", i);
        return;
    }
    if (draw(world, 2) == 0 && send_end(world, i)) return;
    int count = member_range(member, pieces, 1 + (int)draw(world, 7) + 1);
    cr_assert(count > 0);
    if (draw(world, 4) == 0) {
        size_t offer = pieces[0].iov_len < 16384 ? pieces[0].iov_len : 16384;
        /* a retry offers the committed bytes or more */
        cr_assert(expected->got + offer >= expected->committed);
        member_commit(member, offer);
        expected->committed = expected->got + offer;
        member_block(member);
        return;
    }
    size_t all = 0;
    for (int k = 0; k < count; k++) {
        cr_assert(expected->got + all + pieces[k].iov_len <= expected->count);
        cr_assert(memcmp(pieces[k].iov_base, expected->bytes + expected->got + all,
                         pieces[k].iov_len) == 0,
                  "member %d gets wrong bytes", i);
        all += pieces[k].iov_len;
    }
    size_t taken = draw(world, 3) == 0 ? 1 + draw(world, (uint32_t)all) : all;
    if (taken > all) taken = all;
    if (expected->got + taken < expected->committed) taken = all;
    struct member_progress progress = member_sent(member, taken);
    expected->got += taken;
    expected->committed = 0;
    if (draw(world, 2) == 0) member_unblock(member);
    if (progress.closed) cr_assert(expected->closed && expected->got == expected->count);
}

static void close_one(struct world *world, int i) {
    uint8_t frame[WS_CONTROL_BYTES + 2];
    struct member *member = &world->members[i];
    struct expected *expected = &world->expected[i];
    if (expected->closed) return;
    size_t bytes = ws_close_write(WS_CLOSE_POLICY, "slow", frame);
    /* private bytes that have begun, or are due now, stay: the close follows them */
    size_t cut = boundary(expected);
    const struct splice *splice = member->splice;
    if (splice != NULL && member->now.at == splice->cut)
        cut = expected->got + splice->bytes - splice->sent;
    expected->count = cut;
    expect_bytes(expected, frame, bytes);
    cr_assert(member_close(member, &world->lobby, frame, (uint32_t)bytes, UINT64_MAX));
    expected->closed = true;
}

static void finish(struct world *world, int i) {
    for (int k = 0; k < 100000 && member_pending(&world->members[i]); k++) send_some(world, i);
    cr_assert(!member_pending(&world->members[i]));
    cr_assert(world->expected[i].got == world->expected[i].count);
    member_leave(&world->members[i]);
}

static void renew(struct world *world, int i) {
    struct expected *expected = &world->expected[i];
    expected->count = expected->got = expected->committed = 0;
    expected->closed = false;
    member_join(&world->members[i], &world->groups[draw(world, GROUPS)]);
}

static void step(struct world *world) {
    int i = (int)draw(world, MEMBERS);
    switch (draw(world, 16)) {
    case 0:
        answer(world, i);
        break;
    case 1:
        move(world, i);
        break;
    case 2:
        if (draw(world, 20) == 0) close_one(world, i);
        break;
    case 3:
        logs_cool(&pool);
        if (!world->expected[i].closed && world->expected[i].count < STREAM_MAX / 2) break;
        finish(world, i);
        renew(world, i);
        break;
    case 4:
    case 5:
    case 6:
    case 7:
        append(world);
        break;
    default:
        send_some(world, i);
        break;
    }
}

static void run(unsigned seed) {
    struct world *world = calloc(1, sizeof *world);
    world->seed = seed;
    pool_init(&pool, &budget);
    cr_assert(group_init(&world->lobby, &pool));
    for (int i = 0; i < GROUPS; i++) cr_assert(group_init(&world->groups[i], &pool));
    for (int i = 0; i < MEMBERS; i++) {
        world->expected[i].bytes = malloc(STREAM_MAX);
        renew(world, i);
    }
    for (int i = 0; i < STEPS; i++) step(world);
    for (int i = 0; i < MEMBERS; i++) {
        finish(world, i);
        free(world->expected[i].bytes);
    }
    for (int i = 0; i < GROUPS; i++) group_fini(&world->groups[i]);
    group_fini(&world->lobby);
    cr_assert(count_get(&budget.used) == 0, "bytes are left: %llu",
              (unsigned long long)count_get(&budget.used));
    pool_fini(&pool);
    free(world);
}

Test(member, every_member_gets_exactly_its_bytes_whatever_happens) {
    for (unsigned seed = 1; seed <= 12; seed++) run(seed);
}

static struct member *visit(struct group *group) {
    if (group->to_visit == 0) return NULL;
    struct list *next = group->next;
    struct member *member = group_step(group, &next);
    group_visited(group, next, 1);
    return member;
}

Test(group, each_ready_member_is_visited_once_a_message_and_nobody_is_first_twice_running) {
    struct group group;
    struct member members[5];
    pool_init(&pool, &budget);
    cr_assert(group_init(&group, &pool));
    for (int i = 0; i < 5; i++) member_join(&members[i], &group);
    while (visit(&group) != NULL) {
    }
    struct member *first_before = NULL;
    for (int round = 0; round < 20; round++) {
        uint8_t frame[2 + FRAME_SLACK_BYTES] = {0x82, 0};
        int visits[5] = {0};
        cr_assert(log_append(group.log, frame, 2));
        group_wake(&group);
        struct member *first = NULL, *member;
        while ((member = visit(&group)) != NULL) {
            if (first == NULL) first = member;
            visits[member - members]++;
            member_sent(member, 2);
        }
        for (int i = 0; i < 5; i++) cr_assert(visits[i] == 1);
        cr_assert(first != first_before);
        first_before = first;
    }
    logs_cool(&pool);
    logs_cool(&pool);
    cr_assert(group.log->oldest == NULL, "a group that is caught up holds no chunk for long");
    for (int i = 0; i < 5; i++) member_leave(&members[i]);
    group_fini(&group);
    pool_fini(&pool);
}

Test(group, a_blocked_member_costs_no_visit) {
    struct group group;
    struct member members[3];
    pool_init(&pool, &budget);
    cr_assert(group_init(&group, &pool));
    for (int i = 0; i < 3; i++) member_join(&members[i], &group);
    while (visit(&group) != NULL) {
    }
    member_block(&members[1]);
    cr_assert(log_append(group.log, (uint8_t[2 + FRAME_SLACK_BYTES]){0x82, 0}, 2));
    group_wake(&group);
    int visits = 0;
    struct member *member;
    while ((member = visit(&group)) != NULL) {
        cr_assert(member != &members[1]);
        visits++;
    }
    cr_assert(visits == 2);
    cr_assert(member_behind(&members[1]) == 2);
    for (int i = 0; i < 3; i++) member_leave(&members[i]);
    group_fini(&group);
    pool_fini(&pool);
}
