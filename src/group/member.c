#include "group/member.h"

#include <assert.h>
#include <stdlib.h>

bool group_init(struct group *group, struct pool *pool) {
    *group =
        (struct group){.slow_at = UINT64_MAX, .full_at = UINT64_MAX, .watch_at = GROUP_LAG_BYTES};
    group->log = log_new(pool);
    if (group->log == NULL) return false;
    list_init(&group->ready);
    list_init(&group->blocked);
    list_init(&group->dirty);
    group->next = &group->ready;
    return true;
}

void group_fini(struct group *group) {
    assert(group->members == 0);
    list_remove(&group->dirty);
    log_orphan(group->log);
    group->log = NULL;
}

void group_visited_all(struct group *group) {
    group->floor = group->log->head;
    group_watch(group);
    if (group->ready_count < 2) return;
    /* nobody is first twice running */
    if (group->next == &group->ready) group->next = group->ready.next;
    group->next = group->next->next;
}

void group_find_floor(struct group *group) {
    if (group->ready_count == 0) group->floor = group->log->head;
    if (group->ready_count != 1) return;
    group->floor = member_place(LIST_ITEM(group->ready.next, struct member, link));
}

static void enter_ready(struct member *member) {
    struct group *group = member->group;
    list_insert(group->next, &member->link);
    group->next = &member->link;
    group->ready_count++;
    group->to_visit++;
    group->log->quick_end = 0;
}

static void leave_list(struct member *member) {
    struct group *group = member->group;
    if (group->next == &member->link) group->next = member->link.next;
    list_remove(&member->link);
    if (member->blocked) return;
    group->ready_count--;
    if (group->to_visit > group->ready_count) group->to_visit = group->ready_count;
    group->log->quick_end = 0;
}

static void enter_group(struct member *member, struct group *group) {
    member->group = group;
    group->members++;
    if (member->blocked)
        list_insert(&group->blocked, &member->link);
    else
        enter_ready(member);
}

static void leave_group(struct member *member) {
    leave_list(member);
    member->group->members--;
}

void member_join(struct member *member, struct group *group) {
    *member = (struct member){0};
    list_init(&member->link);
    cursor_open(&member->now, group->log);
    enter_group(member, group);
}

static struct budget *budget_of(const struct member *member) {
    return member->group->log->pool->budget;
}

static void free_splice(struct member *member) {
    if (member->splice == NULL) return;
    budget_give(budget_of(member), sizeof *member->splice + member->splice->bytes);
    if (member->splice->next.log != NULL) cursor_close(&member->splice->next);
    free(member->splice);
    member->splice = NULL;
}

void member_leave(struct member *member) {
    free_splice(member);
    if (member->now.log != NULL) cursor_close(&member->now);
    leave_group(member);
}

void member_block(struct member *member) {
    struct group *group = member->group;
    if (member->blocked) return;
    leave_list(member);
    member->blocked = true;
    list_insert(&group->blocked, &member->link);
}

void member_unblock(struct member *member) {
    if (!member->blocked) return;
    leave_list(member);
    member->blocked = false;
    enter_ready(member);
}

uint64_t member_behind(const struct member *member) {
    const struct cursor *now = &member->now;
    const struct splice *splice = member->splice;
    if (splice == NULL) return now->log->head - now->at;
    uint64_t bytes = splice->bytes - splice->sent;
    if (now->log == NULL) return bytes;
    if (splice->next.log == NULL) return bytes + now->log->head - now->at;
    return bytes + (splice->cut - now->at) + (splice->next.log->head - splice->next.at);
}

static struct splice *splice_new(const struct iovec *pieces, int count) {
    size_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += pieces[i].iov_len;
    struct splice *splice = malloc(sizeof *splice + bytes);
    if (splice == NULL) return NULL;
    *splice = (struct splice){.bytes = (uint32_t)bytes};
    size_t at = 0;
    for (int i = 0; i < count; i++) {
        if (pieces[i].iov_len == 0) continue; /* an empty ping */
        memcpy(splice->data + at, pieces[i].iov_base, pieces[i].iov_len);
        at += pieces[i].iov_len;
    }
    return splice;
}

/* The next place where private bytes may stand: never inside what a blocked SSL_write was given. */
static uint64_t next_cut(struct member *member) {
    uint64_t from = member->now.at;
    if (member->committed > from) from = member->committed;
    return cursor_boundary(&member->now, from);
}

static void set_splice(struct member *member, struct splice *splice) {
    member->splice = splice;
    budget_take(budget_of(member), sizeof *splice + splice->bytes);
}

bool member_answer(struct member *member, const struct iovec *pieces, int count) {
    assert(member->splice == NULL && member->now.log != NULL);
    struct splice *splice = splice_new(pieces, count);
    if (splice == NULL) return false;
    splice->cut = next_cut(member);
    set_splice(member, splice);
    return true;
}

bool member_move(struct member *member, struct group *group, const struct iovec *pieces,
                 int count) {
    assert(member->splice == NULL && member->now.log != NULL);
    struct splice *splice = splice_new(pieces, count);
    if (splice == NULL) return false;
    splice->cut = member->now.log->head;
    splice->cut_frames = member->now.log->frames;
    cursor_open(&splice->next, group->log);
    leave_group(member);
    enter_group(member, group);
    set_splice(member, splice);
    return true;
}

/* What must still be sent before a close: the rest of the frame (and of what is committed), or of
 * the private bytes once they have begun. At most `max` pieces; -1 if it does not fit. */
static int rest_of_frame(struct member *member, uint64_t max_copy, struct iovec *pieces, int max) {
    struct splice *splice = member->splice;
    if (splice != NULL &&
        (member->now.log == NULL || splice->sent > 0 || (member->now.at == splice->cut))) {
        /* the private bytes may be committed too: they all stay */
        if (splice->bytes - splice->sent > max_copy) return -1;
        pieces[0].iov_base = splice->data + splice->sent;
        pieces[0].iov_len = splice->bytes - splice->sent;
        return 1;
    }
    uint64_t cut = next_cut(member);
    if (cut - member->now.at > max_copy) return -1;
    int count = cursor_range(&member->now, cut, pieces, max);
    uint64_t bytes = 0;
    for (int i = 0; i < count; i++) bytes += pieces[i].iov_len;
    return bytes == cut - member->now.at ? count : -1;
}

bool member_close(struct member *member, struct group *lobby, const void *bytes, uint32_t count,
                  uint64_t max_copy) {
    enum { MAX = 16 };
    struct iovec pieces[MAX];
    int rest = rest_of_frame(member, max_copy, pieces, MAX - 1);
    if (rest < 0) return false;
    pieces[rest] = (struct iovec){.iov_base = (void *)(uintptr_t)bytes, .iov_len = count};
    struct splice *splice = splice_new(pieces, rest + 1);
    if (splice == NULL) return false;
    splice->closes = true;
    free_splice(member);
    if (member->now.log != NULL) cursor_close(&member->now);
    member->committed = 0;
    leave_group(member);
    enter_group(member, lobby);
    set_splice(member, splice);
    return true;
}

int member_range(struct member *member, struct iovec *pieces, int max) {
    struct splice *splice = member->splice;
    if (splice == NULL) return cursor_range(&member->now, member->now.log->head, pieces, max);
    int count = 0;
    if (member->now.log != NULL && member->now.at < splice->cut) {
        count = cursor_range(&member->now, splice->cut, pieces, max - 1);
        uint64_t bytes = 0;
        for (int i = 0; i < count; i++) bytes += pieces[i].iov_len;
        if (member->now.at + bytes < splice->cut) return count;
    }
    pieces[count].iov_base = splice->data + splice->sent;
    pieces[count].iov_len = splice->bytes - splice->sent;
    return count + 1;
}

static void finish_splice(struct member *member, struct member_progress *progress) {
    struct splice *splice = member->splice;
    progress->spliced = true;
    progress->closed = splice->closes;
    if (splice->next.log != NULL) {
        if (!cursor_at_head(&member->now)) /* at the head they were counted */
            progress->frames += splice->cut_frames - member->now.frames;
        struct cursor next = splice->next;
        splice->next.log = NULL;
        cursor_close(&member->now);
        member->now = next;
    }
    free_splice(member);
}

struct member_progress member_sent(struct member *member, uint64_t bytes) {
    struct member_progress progress = {0};
    struct splice *splice = member->splice;
    member->committed = 0;
    if (splice == NULL) {
        progress.frames = cursor_advance(&member->now, bytes);
        return progress;
    }
    if (member->now.log != NULL) {
        uint64_t logged = splice->cut - member->now.at;
        if (logged > bytes) logged = bytes;
        progress.frames = cursor_advance(&member->now, logged);
        bytes -= logged;
    }
    splice->sent += (uint32_t)bytes;
    if (splice->sent == splice->bytes) finish_splice(member, &progress);
    return progress;
}

void member_commit(struct member *member, uint64_t bytes) {
    const struct splice *splice = member->splice;
    if (member->now.log == NULL || (splice != NULL && member->now.at == splice->cut)) return;
    member->committed = member->now.at + bytes;
}
