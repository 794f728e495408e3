/*
 * Logs, members and splices as a sequence of operations, against a model that knows for each member
 * which frames it should get: those of its group, and private ones between two others. What the
 * members are given is compared byte by byte. The input is operations.
 */
#include <string.h>

#include "fuzz/allocations.h"
#include "fuzz/fuzz.h"
#include "group/member.h"
#include "ws/frame.h"

#define MEMBERS      6
#define GROUPS       3
#define QUEUE        128   /* frames that a member waits for; who has more gets no new ones */
#define LARGE_BYTES  70000 /* above the largest chunk */
#define PIECES       16
#define RECORD_BYTES 16384 /* most that a blocked SSL_write is given */
#define PATTERN_STEP 4093

/* What a frame should look like: its payload is a part of `pattern`. */
struct wanted {
    uint32_t number, bytes; /* header and payload */
    uint32_t splice;        /* private bytes that belong together; 0: of a log */
};

struct expected {
    struct wanted queue[QUEUE + 4];
    uint32_t count;
    uint32_t got;          /* bytes of the first that it has */
    uint32_t committed;    /* bytes from there on that a blocked write was given */
    uint64_t frames, told; /* of logs: that it got, and that it is said to have got */
    bool closed;
};

static struct world {
    struct budget budget;
    struct pool pool;
    struct group groups[GROUPS], lobby;
    struct member members[MEMBERS];
    struct expected expected[MEMBERS];
    uint32_t next_number, next_splice;
} world;

static uint8_t pattern[LARGE_BYTES + 65536];

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    uint32_t dice = 1;
    for (size_t i = 0; i < sizeof pattern; i++) {
        dice = dice * 1664525 + 1013904223;
        pattern[i] = (uint8_t)(dice >> 24);
    }
    return 0;
}

/* --- frames --- */

static size_t header_of(const struct wanted *frame, uint8_t header[WS_HEADER_BYTES]) {
    size_t payload = frame->bytes - 2;
    if (payload > 125) payload -= payload - 2 > UINT16_MAX ? 8 : 2;
    return ws_header_write(WS_BINARY, payload, header);
}

static const uint8_t *payload_of(const struct wanted *frame) {
    return pattern + frame->number * PATTERN_STEP % 65536;
}

static struct wanted new_frame(size_t payload) {
    size_t header = payload > UINT16_MAX ? 10 : payload > 125 ? 4 : 2;
    return (struct wanted){.number = world.next_number++, .bytes = (uint32_t)(header + payload)};
}

static void write_frame(const struct wanted *frame, uint8_t *out) {
    size_t header = header_of(frame, out);
    memcpy(out + header, payload_of(frame), frame->bytes - header);
}

/* True if `bytes` are those of the frame from `at` on. */
static bool frame_has(const struct wanted *frame, uint32_t at, const uint8_t *bytes, size_t count) {
    uint8_t header[WS_HEADER_BYTES];
    uint32_t header_bytes = (uint32_t)header_of(frame, header);
    for (; at < header_bytes && count > 0; at++, count--)
        if (*bytes++ != header[at]) return false;
    return memcmp(bytes, payload_of(frame) + (at - header_bytes), count) == 0;
}

/* --- the model --- */

static struct expected *expected_of(const struct member *member) {
    return &world.expected[member - world.members];
}

static uint64_t remaining(const struct expected *expected) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < expected->count; i++) bytes += expected->queue[i].bytes;
    return bytes - expected->got;
}

static void insert(struct expected *expected, uint32_t place, struct wanted frame) {
    memmove(&expected->queue[place + 1], &expected->queue[place],
            (expected->count - place) * sizeof frame);
    expected->queue[place] = frame;
    expected->count++;
}

/* The first place between two frames that is not in front of what the member has begun to take. */
static uint32_t boundary(const struct expected *expected) {
    uint32_t from = expected->got + expected->committed, place = 0;
    for (uint64_t at = 0; at < from; place++) at += expected->queue[place].bytes;
    return place;
}

/* `count` bytes were taken; they are those that it should get. */
static void take(struct expected *expected, const uint8_t *bytes, size_t count) {
    expected->committed = 0;
    while (count > 0) {
        CHECK(expected->count > 0);
        struct wanted *first = &expected->queue[0];
        size_t part = first->bytes - expected->got;
        if (part > count) part = count;
        CHECK(frame_has(first, expected->got, bytes, part));
        bytes += part;
        count -= part;
        expected->got += (uint32_t)part;
        if (expected->got < first->bytes) return;
        expected->frames += first->splice == 0;
        expected->got = 0;
        expected->count--;
        memmove(first, first + 1, expected->count * sizeof *first);
    }
}

static void check_member(const struct member *member) {
    const struct expected *expected = expected_of(member);
    CHECK(member_pending(member) == (expected->count > 0));
    if (expected->closed && expected->count == 0) return; /* it is in no log */
    CHECK(member_behind(member) == remaining(expected));
    if (expected->count == 0) CHECK(expected->told == expected->frames);
}

static unsigned cursors_in(const struct log_chain *log, uint64_t from, uint64_t to) {
    unsigned count = 0;
    for (int i = 0; i < MEMBERS; i++) {
        const struct member *member = &world.members[i];
        if (member->group == NULL) continue;
        const struct cursor *now = &member->now;
        const struct splice *splice = member->splice;
        count += now->log == log && now->at >= from && now->at < to;
        count += splice != NULL && splice->next.log == log && splice->next.at >= from &&
                 splice->next.at < to;
    }
    return count;
}

/* Each chunk counts the cursors in it, and none is kept for nobody. */
static void check_log(const struct log_chain *log) {
    CHECK(log->readers == cursors_in(log, 0, UINT64_MAX));
    for (const struct chunk *chunk = log->oldest; chunk != NULL; chunk = chunk->next) {
        uint64_t end = chunk == log->newest ? UINT64_MAX : chunk->base + chunk->bytes;
        CHECK(chunk->readers == cursors_in(log, chunk->base, end));
        CHECK(chunk != log->oldest || chunk == log->newest || chunk->readers > 0);
    }
}

/* --- sending, as conn_out.c and flush.c do it --- */

static void note_progress(struct member *member, struct member_progress progress) {
    struct expected *expected = expected_of(member);
    expected->told += progress.frames;
    CHECK(progress.closed == (expected->closed && expected->count == 0));
    CHECK(!progress.spliced || member->splice == NULL);
}

/* Whoever may be sent to and has something to get is visited. */
static void wake(struct member *member) {
    if (!member->blocked && member_pending(member)) group_wake(member->group);
}

/* Offers what there is in at most `max` pieces, of which `most` bytes are taken. */
static void send_bytes(struct member *member, int max, uint64_t most) {
    struct iovec pieces[PIECES];
    struct expected *expected = expected_of(member);
    if (!member_pending(member)) return;
    int count = member_range(member, pieces, max);
    CHECK(count > 0 && count <= max);
    uint64_t offered = 0, taken = 0;
    for (int i = 0; i < count; i++) offered += pieces[i].iov_len;
    CHECK(offered > 0 && offered <= remaining(expected));
    if (expected->committed > 0) {
        CHECK(pieces[0].iov_len >= expected->committed); /* the same bytes or more */
        if (most < expected->committed) most = expected->committed;
    }
    for (int i = 0; i < count && taken < most; i++) {
        uint64_t part = pieces[i].iov_len < most - taken ? pieces[i].iov_len : most - taken;
        take(expected, pieces[i].iov_base, part);
        taken += part;
    }
    note_progress(member, member_sent(member, taken));
}

static void send_all(struct member *member) {
    while (member_pending(member)) send_bytes(member, PIECES, UINT64_MAX);
    member_unblock(member);
}

/* A blocked SSL_write: what it was offered stays. */
static void block_in_record(struct member *member) {
    struct iovec pieces[2];
    struct expected *expected = expected_of(member);
    if (!member_pending(member)) return;
    CHECK(member_range(member, pieces, 2) > 0);
    size_t offer = pieces[0].iov_len < RECORD_BYTES ? pieces[0].iov_len : RECORD_BYTES;
    CHECK(offer >= expected->committed);
    member_commit(member, offer);
    expected->committed = (uint32_t)offer;
    member_block(member);
}

/* True if the member takes all of the end of the newest chunk at once. */
static bool visit_usual(struct member *member, const struct log_tail *tail) {
    struct expected *expected = expected_of(member);
    if (member->splice != NULL || expected->committed > 0) return false;
    size_t bytes = cursor_to_end(&member->now, tail);
    if (bytes == 0) return false;
    CHECK(bytes == remaining(expected));
    take(expected, tail->end - bytes, bytes);
    expected->told += cursor_to_head(&member->now, tail);
    return true;
}

/* A row of visits; the first that is no usual one ends it. */
static void visit_row(struct group *group, uint32_t most) {
    struct log_tail tail = {0};
    if (group->log->newest != NULL) tail = log_tail(group->log);
    if (most > group->to_visit) most = group->to_visit;
    struct list *next = group->next;
    struct member *other = NULL;
    uint32_t usual = 0, visits = 0;
    while (visits < most && other == NULL) {
        struct member *member = group_step(group, &next);
        visits++;
        CHECK(member->group == group && !member->blocked);
        if (group->log->newest != NULL && visit_usual(member, &tail))
            usual++;
        else
            other = member;
    }
    log_reached(group->log, usual);
    group_visited(group, next, visits);
    if (other != NULL) send_all(other);
}

static void visit_only(struct group *group) {
    struct log_chain *log = group->log;
    struct member *member = LIST_ITEM(group->ready.next, struct member, link);
    const struct log_tail tail = log_tail(log);
    group->to_visit = 0;
    if (visit_usual(member, &tail)) log_reached_by_only(log);
    wake(member);
}

/* Afterwards nobody who may be sent to waits for anything. */
static void visit_all(struct group *group) {
    if (group->to_visit > 0 && group->ready_count == 1 && group->log->readers == 1 &&
        group->log->newest != NULL)
        visit_only(group);
    for (int rows = 0; group->to_visit > 0; rows++) {
        CHECK(rows < 4 * MEMBERS);
        visit_row(group, UINT32_MAX);
    }
    for (int i = 0; i < MEMBERS; i++)
        CHECK(world.members[i].group != group || world.members[i].blocked ||
              world.expected[i].count == 0);
}

/* --- operations --- */

static struct hold *make_hold(const struct wanted *frame) {
    struct frame *shared = malloc(sizeof *shared + frame->bytes);
    if (shared == NULL) return NULL;
    *shared = (struct frame){.bytes = frame->bytes,
                             .block_bytes = (uint32_t)sizeof *shared + frame->bytes};
    atomic_init(&shared->refs, 1);
    write_frame(frame, shared->wire);
    struct hold *hold = hold_new(&world.pool, shared);
    if (hold == NULL) frame_unref(NULL, shared);
    return hold;
}

static bool append_copy(struct group *group, const struct wanted *frame) {
    uint8_t wire[LOG_INLINE_BYTES + FRAME_SLACK_BYTES] = {0};
    struct log_chain *log = group->log;
    write_frame(frame, wire);
    if (log->head + frame->bytes <= log->quick_end) {
        log_put(log, wire, frame->bytes, log_blocks(frame->bytes));
        return true;
    }
    if (!log_append(log, wire, frame->bytes)) return false;
    group_wake(group);
    group_allow_quick(group);
    return true;
}

static bool append_reference(struct group *group, const struct wanted *frame) {
    struct hold *hold = make_hold(frame);
    if (hold == NULL) return false;
    bool appended = log_append_hold(group->log, hold);
    hold_unref(&world.pool, hold);
    if (!appended) return false;
    group_wake(group);
    group_allow_quick(group);
    return true;
}

static bool has_room(const struct group *group) {
    for (int i = 0; i < MEMBERS; i++)
        if (world.members[i].group == group && world.expected[i].count >= QUEUE) return false;
    return group->members > 0;
}

/* A message for a group: small, of any size that is copied, or one that is referenced. */
static void append(struct group *group, struct fuzz_input *input) {
    uint8_t kind = fuzz_byte(input) % 8;
    size_t payload = kind < 5    ? fuzz_byte(input)
                     : kind == 5 ? fuzz_number(input, LOG_INLINE_BYTES - 4)
                                 : 4093 + fuzz_number(input, LARGE_BYTES - 4093);
    if (!has_room(group)) return;
    struct wanted frame = new_frame(payload);
    bool appended = frame.bytes <= LOG_INLINE_BYTES ? append_copy(group, &frame)
                                                    : append_reference(group, &frame);
    CHECK(appended || allocations_end());
    for (int i = 0; i < MEMBERS && appended; i++)
        if (world.members[i].group == group)
            insert(&world.expected[i], world.expected[i].count, frame);
}

/* One to three private frames; `next`: then it is in that group. */
static void splice(struct member *member, struct group *next, struct fuzz_input *input) {
    uint8_t bytes[3][2 + 125];
    struct iovec pieces[3];
    struct wanted frames[3];
    struct expected *expected = expected_of(member);
    int count = 1 + fuzz_byte(input) % 3;
    if (member->splice != NULL || expected->closed || expected->count >= QUEUE) return;
    for (int i = 0; i < count; i++) {
        frames[i] = new_frame(fuzz_byte(input) % 126);
        frames[i].splice = world.next_splice;
        write_frame(&frames[i], bytes[i]);
        pieces[i] = (struct iovec){bytes[i], frames[i].bytes};
    }
    bool made = next != NULL ? member_move(member, next, pieces, count)
                             : member_answer(member, pieces, count);
    CHECK(made || allocations_end());
    if (!made) return;
    world.next_splice++;
    uint32_t place = next != NULL ? expected->count : boundary(expected);
    for (int i = 0; i < count; i++) insert(expected, place++, frames[i]);
    wake(member);
}

/* What stays before a close: the frame that has begun, all that is committed, private bytes that
 * are due. */
static uint32_t kept_by_close(const struct expected *expected) {
    uint32_t place = 0, splice_number = expected->count > 0 ? expected->queue[0].splice : 0;
    if (splice_number == 0) return boundary(expected);
    while (place < expected->count && expected->queue[place].splice == splice_number) place++;
    return place;
}

static void leave(struct member *member) {
    member_leave(member);
    *member = (struct member){.group = NULL};
}

static void close_member(struct member *member, struct fuzz_input *input) {
    static const uint64_t limits[] = {UINT64_MAX, 64 * 1024, 100, 0};
    uint64_t limit = limits[fuzz_byte(input) % 4];
    struct expected *expected = expected_of(member);
    if (expected->closed) return;
    struct wanted last = new_frame(fuzz_byte(input) % 126);
    uint8_t bytes[2 + 125];
    write_frame(&last, bytes);
    struct expected after = *expected;
    after.count = kept_by_close(expected);
    after.committed = 0;
    bool fits = after.count == 0 || remaining(&after) <= limit;
    bool closes = member_close(member, &world.lobby, bytes, last.bytes, limit);
    CHECK(closes == fits || (!closes && allocations_end()));
    if (!closes) { /* then the connection is reset */
        leave(member);
        *expected = (struct expected){.count = 0};
        return;
    }
    last.splice = world.next_splice++;
    after.closed = true;
    insert(&after, after.count, last);
    *expected = after;
    wake(member);
}

static void join(struct member *member, struct group *group) {
    *expected_of(member) = (struct expected){.count = 0};
    member_join(member, group);
}

/* The group goes; its log lives on while those who have moved away read it. */
static void renew(struct group *group) {
    struct group fresh;
    if (group->members > 0 || !group_init(&fresh, &world.pool)) return;
    group_fini(&fresh);
    group_fini(group);
    (void)allocations_end(); /* a group that is not there is nothing to operate on */
    CHECK(group_init(group, &world.pool));
}

enum {
    APPEND,
    APPEND_MORE,
    ANSWER,
    MOVE,
    CLOSE,
    SEND,
    SEND_ALL,
    BLOCK,
    BLOCK_IN_RECORD,
    UNBLOCK,
    VISIT_ROW,
    VISIT_ALL,
    LEAVE,
    COOL,
    RENEW,
    OPERATIONS
};

static void operate(unsigned operation, struct member *member, struct group *group,
                    struct fuzz_input *input) {
    if (member->group == NULL) join(member, group);
    switch (operation) {
    case APPEND:
        append(group, input);
        break;
    case APPEND_MORE:
        for (uint8_t times = fuzz_byte(input) % 16; times > 0; times--) append(group, input);
        break;
    case ANSWER:
        splice(member, NULL, input);
        break;
    case MOVE:
        splice(member, group, input);
        break;
    case CLOSE:
        close_member(member, input);
        break;
    case SEND:
        send_bytes(member, 2 + fuzz_byte(input) % (PIECES - 1), 1 + fuzz_number(input, 100000));
        wake(member);
        break;
    case SEND_ALL:
        send_all(member);
        break;
    case BLOCK:
        member_block(member);
        break;
    case BLOCK_IN_RECORD:
        block_in_record(member);
        break;
    case UNBLOCK:
        member_unblock(member);
        wake(member);
        break;
    case VISIT_ROW:
        visit_row(group, 1 + fuzz_byte(input) % MEMBERS);
        break;
    case VISIT_ALL:
        visit_all(group);
        break;
    case LEAVE:
        leave(member);
        break;
    case COOL:
        logs_cool(&world.pool);
        break;
    case RENEW:
        renew(group);
        break;
    }
}

/* The first byte: the operation, and whether an allocation fails in it. */
static void step(struct fuzz_input *input) {
    uint8_t what = fuzz_byte(input), who = fuzz_byte(input);
    allocations_begin(what < 240 ? 0 : 1 + fuzz_byte(input) % 4);
    struct member *member = &world.members[who % MEMBERS];
    operate(what % OPERATIONS, member, &world.groups[who / MEMBERS % GROUPS], input);
    (void)allocations_end();
    for (int i = 0; i < MEMBERS; i++)
        if (world.members[i].group != NULL) check_member(&world.members[i]);
    for (int i = 0; i < GROUPS; i++) check_log(world.groups[i].log);
}

static void end(void) {
    for (int i = 0; i < GROUPS; i++) visit_all(&world.groups[i]);
    for (int i = 0; i < MEMBERS; i++) {
        struct member *member = &world.members[i];
        if (member->group == NULL) continue;
        send_all(member);
        check_member(member);
        leave(member);
    }
    for (int i = 0; i < GROUPS; i++) {
        CHECK(world.groups[i].log->oldest == NULL || world.groups[i].log->readers == 0);
        group_fini(&world.groups[i]);
    }
    group_fini(&world.lobby);
    CHECK(list_empty(&world.pool.warm));
    CHECK(count_get(&world.budget.used) == 0);
    pool_fini(&world.pool);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    struct fuzz_input input = {bytes, bytes + count};
    memset(&world, 0, sizeof world);
    world.next_splice = 1;
    pool_init(&world.pool, &world.budget);
    CHECK(group_init(&world.lobby, &world.pool));
    for (int i = 0; i < GROUPS; i++) CHECK(group_init(&world.groups[i], &world.pool));
    while (fuzz_left(&input) > 0) step(&input);
    end();
    return 0;
}
