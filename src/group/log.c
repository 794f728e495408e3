#include "group/log.h"

#include <assert.h>
#include <stdlib.h>

#include "ws/frame.h"

struct log_chain *log_new(struct pool *pool) {
    struct log_chain *log = calloc(1, sizeof *log);
    if (log == NULL) return NULL;
    log->pool = pool;
    list_init(&log->warm);
    return log;
}

static uint64_t chunk_cost(const struct chunk *chunk) {
    return chunk->hold != NULL ? chunk->bytes : chunk->room;
}

static uint64_t chunk_end(const struct chunk *chunk) {
    return chunk->base + chunk->bytes;
}

static void drop_oldest(struct log_chain *log) {
    struct chunk *chunk = log->oldest;
    log->oldest = chunk->next;
    if (log->oldest == NULL) log->newest = NULL;
    log->held_bytes -= chunk_cost(chunk);
    pool_give(log->pool, chunk);
}

/* What the next first chunk should be, so that a usual batch lies in one piece. */
static void learn_size(struct log_chain *log) {
    const struct chunk *chunk = log->newest;
    if (chunk == NULL || chunk->hold != NULL) return;
    if (log->oldest != chunk)
        log->first_size = chunk->size;
    else if (chunk->size > 0 && chunk->bytes < chunk->room / 32)
        log->first_size = chunk->size - 1;
}

static void drop_all(struct log_chain *log) {
    log->quick_end = 0;
    learn_size(log);
    while (log->oldest != NULL) drop_oldest(log);
    list_remove(&log->warm);
}

void log_trim(struct log_chain *log) {
    struct chunk *chunk = log->newest;
    if (log->at_head != log->readers) {
        while (log->oldest != chunk && log->oldest->readers == 0) drop_oldest(log);
    } else if (chunk == NULL || chunk != log->oldest || chunk->hold != NULL || log->orphan) {
        drop_all(log);
    } else {
        log_begin_anew(log);
    }
}

void logs_cool(struct pool *pool) {
    struct list *node = pool->warm.next;
    while (node != &pool->warm) {
        struct log_chain *log = LIST_ITEM(node, struct log_chain, warm);
        node = node->next;
        if (log->warm_head == log->head && log->at_head == log->readers) drop_all(log);
        log->warm_head = log->head;
    }
}

void log_orphan(struct log_chain *log) {
    log->orphan = true;
    list_remove(&log->warm);
    log_trim(log);
    if (log->readers == 0) free(log);
}

static void link_chunk(struct log_chain *log, struct chunk *chunk) {
    log->quick_end = 0;
    if (chunk->hold != NULL)
        list_remove(&log->warm); /* nobody keeps that without need */
    else if (list_empty(&log->warm))
        list_insert(&log->pool->warm, &log->warm);
    chunk->base = log->head;
    chunk->readers = log->newest == NULL ? log->readers : log->at_head;
    log->held_bytes += chunk_cost(chunk);
    if (log->newest == NULL) {
        log->oldest = log->newest = chunk;
        return;
    }
    log->newest->readers -= log->at_head;
    log->newest->next = chunk;
    log->newest = chunk;
    while (log->oldest != log->newest && log->oldest->readers == 0) drop_oldest(log);
}

bool log_grow(struct log_chain *log, uint32_t bytes) {
    uint32_t size = log->first_size;
    if (log->newest != NULL) {
        size = log->newest->hold != NULL ? 1 : log->newest->size + 1;
        if (size >= POOL_SIZES) size = POOL_SIZES - 1;
    }
    struct chunk *chunk = pool_take(log->pool, size, bytes);
    if (chunk == NULL) return false;
    link_chunk(log, chunk);
    return true;
}

bool log_append_hold(struct log_chain *log, struct hold *hold) {
    struct chunk *chunk = pool_take_hold(log->pool, hold);
    if (chunk == NULL) return false;
    link_chunk(log, chunk);
    log->head += chunk->bytes;
    log->frames++;
    log->at_head = 0;
    return true;
}

/* The chunk that the cursor is in; there are chunks. */
static struct chunk *find(struct cursor *cursor) {
    struct log_chain *log = cursor->log;
    if (cursor->at >= log->newest->base) return log->newest;
    if (cursor->at < chunk_end(log->oldest)) return log->oldest;
    struct chunk *chunk = cursor->hint;
    if (cursor->at >= chunk_end(chunk)) chunk = chunk->next;
    assert(chunk->base <= cursor->at && cursor->at < chunk_end(chunk));
    return chunk;
}

void cursor_open(struct cursor *cursor, struct log_chain *log) {
    *cursor =
        (struct cursor){.log = log, .at = log->head, .hint = log->newest, .frames = log->frames};
    log->readers++;
    log->at_head++;
    log->quick_end = 0;
    if (log->newest != NULL) log->newest->readers++;
}

void cursor_close(struct cursor *cursor) {
    struct log_chain *log = cursor->log;
    if (log->newest != NULL) find(cursor)->readers--;
    /* `at_head` counts those that reached the head; a cursor may be there only if it was counted */
    if (cursor_at_head(cursor)) log->at_head--;
    log->readers--;
    cursor->log = NULL;
    log_trim(log);
    if (log->orphan && log->readers == 0) free(log);
}

int cursor_range(struct cursor *cursor, uint64_t until, struct iovec *pieces, int max) {
    if (cursor->at >= until) return 0;
    struct chunk *chunk = find(cursor);
    uint64_t at = cursor->at;
    int count = 0;
    while (at < until && count < max) {
        uint64_t end = chunk_end(chunk) < until ? chunk_end(chunk) : until;
        pieces[count].iov_base = (void *)(uintptr_t)(chunk->data + (at - chunk->base));
        pieces[count].iov_len = end - at;
        count++;
        at = end;
        chunk = chunk->next;
    }
    return count;
}

uint64_t cursor_advance(struct cursor *cursor, uint64_t bytes) {
    if (bytes == 0) return 0;
    struct log_chain *log = cursor->log;
    struct chunk *from = find(cursor), *to = from;
    cursor->at += bytes;
    while (to->next != NULL && cursor->at >= chunk_end(to)) to = to->next;
    if (from != to) {
        from->readers--;
        to->readers++;
    }
    cursor->hint = to;
    uint64_t frames = 0;
    if (cursor_at_head(cursor)) {
        log->at_head++;
        log->quick_end = 0;
        frames = log->frames - cursor->frames;
        cursor->frames = log->frames;
    }
    if (from != to || log->at_head == log->readers) log_trim(log);
    return frames;
}

uint64_t cursor_boundary(struct cursor *cursor, uint64_t from) {
    if (from >= cursor->log->head) return from;
    struct chunk *chunk = find(cursor);
    while (from >= chunk_end(chunk)) chunk = chunk->next;
    uint64_t at = chunk->base;
    while (at < from) at += ws_frame_bytes(chunk->data + (at - chunk->base));
    return at;
}

bool cursor_in_oldest(const struct cursor *cursor) {
    const struct log_chain *log = cursor->log;
    return log->oldest != NULL && cursor->at < chunk_end(log->oldest);
}
